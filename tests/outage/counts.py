"""What is sent, how often and when: counted in the platform's log, and read from the breakers."""
import contextlib
import json
import os
import subprocess
import time

from expect import check
from outage.bed import BOBS, GRANTS, LOGIN_SECONDS, SLACK_SECONDS, WRONG, cells_in
from outage.faults import patience, raw
from sign_in.harness import ADA, BOB, PASSWORD, PATIENCE, wait_until

FLOOR, CEILING, TOLD_MOST = 5, 40, 3600
KINDS = {
    'refused': {'listen': {'mode': 'refuse'}}, 'black hole': {'listen': {'mode': 'black_hole'}},
    'handshake broken off': {'listen': {'mode': 'abort_handshake'}},
    'certificate expired': {'listen': {'certificate': 'expired'}},
    '503': {'number': 90033}, '500': raw(500), '408': raw(408), '429': patience('60'),
    'server_error': {'number': 50126, 'error': 'server_error', 'under_status': 400},
    'an outage with 200': raw(200, '{"error":"temporarily_unavailable"}'),
    '80002': {'number': 80002}, '50196': {'number': 50196}}
TOLD = (patience('30'), patience(30, 503), patience('30', 500), patience('30', 404),
        {'number': 50126, 'error': 'temporarily_unavailable', 'retry_after': '30'})
UNANSWERED = {fault: {'fault': fault} for fault in ('drop', 'reset', 'cut', 'reset_in_body', 'not_http')}
HTML = {'Content-Type': 'text/html'}
# It may be about this request alone, or be somebody else's page.
NO_OUTAGE = {
    'portal': raw(302, '', {'Location': 'https://portal.example/'}), '307': raw(307),
    '401 alone': raw(401), 'page of a proxy': raw(403, '<html>blocked</html>', HTML), '404': raw(404),
    '407': raw(407), '410': raw(410), '400 without error': raw(400, '{"error_codes":[50126]}'),
    'page with 200': raw(200, '<html>Welcome to the hotel</html>', HTML), 'nothing': raw(200),
    'empty object': raw(200, '{}'), 'truncated': raw(200, '{"access_token":"x","id_to'),
    'no access token': {'token': {'response': {'access_token': None}}},
    'no ID token': {'token': {'response': {'id_token': None}}}}


def connections(t):
    return len(t.emulator.order('/_connections'))


def probe(t):
    """What a timer would run; (status, output)."""
    done = subprocess.run([f'{t.host.build}/latchkey', 'probe', '--json'], capture_output=True,
                          text=True)
    return done.returncode, done.stdout + done.stderr


# An outage is found once. -----------------------------------------------------------------------

def a_second_sign_in_during_an_outage_sends_nothing(t, kind, grant):
    t.restore(grant)
    t.spoil(KINDS[kind])
    t.admitted_offline(t.timed(ADA, PASSWORD))
    before = connections(t)
    t.seen()
    begun = time.monotonic()
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.timed(ADA, WRONG).verdict == 'unavailable')
    check(connections(t) == before and not t.seen(), 'something was sent')
    check(time.monotonic() - begun < LOGIN_SECONDS + SLACK_SECONDS, 'it waited for something')


def what_is_no_outage_is_asked_again(t, kind, grant):
    t.restore(grant)
    t.spoil(NO_OUTAGE[kind])
    t.admitted_offline(t.timed(ADA, PASSWORD))
    sent = t.seen()
    check(sent == {'password': ['password', 'refresh_token'], 'refresh': ['refresh_token']}[grant], sent)
    check(not t.breakers(), t.breakers())
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.seen() == sent, 'not the same')
    check(t.timed(BOB, BOBS).verdict == 'unavailable' and t.seen() == ['password'])
    t.well()
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == sent[:1], 'it is well at once')


def silence_of_one_grant_counts_for_both(t):
    t.restore('password')
    t.outage()
    t.admitted_offline(t.timed(ADA, PASSWORD))
    before = connections(t)
    t.configure(password_recheck_hours=24)
    t.grant = None
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(connections(t) == before, 'the other grant was tried')
    check(set(t.breakers()) == {'password grants', 'refresh grants'}, t.breakers())


def what_was_sent_counts_for_its_own_grant_alone(t, fault):
    t.restore('password')
    t.spoil({**fault, 'endpoint': 'token:password'})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == ['password', 'refresh_token'])
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'], 'while the breaker of passwords is open')
    check({name: row['failures'] for name, row in t.breakers().items()} == {'password grants': 1},
          t.breakers())
    t.restore('refresh')
    t.spoil({**fault, 'endpoint': 'token:refresh_token'})
    t.admitted_offline(t.timed(ADA, PASSWORD))
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'], 'while the breaker of tokens is open')
    check(set(t.breakers()) == {'refresh grants'}, t.breakers())
    t.expect('admit', t.timed(BOB, BOBS))


def who_is_sent_something_and_says_nothing_is_asked_for_each_grant_once(t):
    """A whole budget is gone with each."""
    t.restore('password')
    t.spoil({'fault': 'silence'})
    for sent in (['password'], ['refresh_token'], []):
        t.admitted_offline(t.timed(ADA, PASSWORD))
        check(t.seen() == sent, 'wanted', sent)


def the_backup_service_is_good_for_somebody_known(t):
    t.restore('password')
    t.emulator.order('/_backup', {'on': True})
    try:
        for sent in (['password', 'refresh_token'], ['refresh_token']):
            answer = t.timed(ADA, PASSWORD)
            check(answer.verdict == 'admit' and not answer.told, answer)
            check(t.seen() == sent, sent)
        check(t.timed(ADA, WRONG).verdict != 'admit')
        check(t.timed(BOB, BOBS).verdict == 'unavailable')
    finally:
        t.emulator.order('/_backup', {'on': False})


def a_request_that_was_sent_is_not_sent_again(t):
    faults = [{'fault': fault} for fault in ('drop', 'reset', 'silence', 'cut', 'headers_then_close')]
    faults += [raw(status, '', {'Location': '/plain/token'}) for status in (302, 307, 308)]
    for fault in faults:
        for grant, kind in (('password', 'password'), ('refresh', 'refresh_token')):
            t.restore(grant)
            t.spoil(fault)
            t.admitted_offline(t.timed(ADA, PASSWORD), fault, grant)
            check(t.seen().count(kind) == 1, fault, grant)


# Waits. ---------------------------------------------------------------------------------------------

def told(t):
    """Seconds from now on, of each breaker; and no request before."""
    now = time.time()
    return {name: row['told_until'] - now for name, row in t.breakers().items()}


def nobody_asks_before_retry_after_is_over(t, grant, rule):
    t.restore(grant)
    t.spoil(rule)
    t.admitted_offline(t.timed(ADA, PASSWORD))
    longest = max(told(t).values())
    check(28 < longest < 36, told(t))
    t.emulator.order('/_clear', {})
    before = connections(t)
    t.let_waits_pass()
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.timed(BOB, BOBS).verdict == 'unavailable')
    t.configure(password_recheck_hours=24 if grant == 'password' else 0)
    t.grant = None
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.host.account(ADA, service='sshd').verdict == 'admit', 'account phase')
    t.host.change_store('UPDATE document SET fetched_at = 1')
    check(t.timed(BOB, BOBS).verdict == 'unavailable', 'documents are due')
    status, said = probe(t)
    check(status == 1 and connections(t) == before, 'somebody asked', status, said)


def forms_of_retry_after(t):
    forms = {'60': (60, 70), '2.128': (2, 8), ' 45 ': (45, 53), '1': (1, 6), '0': (0, 6),
             '99999': (TOLD_MOST, TOLD_MOST * 1.1 + 2), 40: (38, 50),
             '9' * 40: None, '-5': None, 'soon': None, '': None, '12 monkeys': None}
    for form, wanted in forms.items():
        t.restore()
        t.spoil(patience(form, 503))
        t.admitted_offline(t.timed(ADA, PASSWORD), form)
        seconds = max(told(t).values())
        check(seconds <= 0 if wanted is None else wanted[0] - 1 <= seconds <= wanted[1],
              repr(form), seconds)


def a_date_is_read_by_the_clock_of_the_server(t):
    for shift in (-86400, 86400):
        t.restore()
        t.spoil({**patience(30, 503), 'date_shift': shift})
        t.admitted_offline(t.timed(ADA, PASSWORD))
        check(28 < max(told(t).values()) < 36, shift, told(t))


def who_is_throttled_waits_a_minute(t):
    for rule in (raw(429), {'number': 50196}, {'number': 90055}):
        t.restore()
        t.spoil(rule)
        t.admitted_offline(t.timed(ADA, PASSWORD))
        check(59 < max(told(t).values()) < 69, rule, told(t))


def waits_grow_from_five_seconds_to_the_ceiling(t):
    t.restore('refresh')
    t.spoil({'fault': 'drop'})
    waits = []
    for failures in range(1, 8):
        t.admitted_offline(t.timed(ADA, PASSWORD))
        row = t.breakers()['refresh grants']
        check(row['failures'] == failures, row)
        waits.append(row['wait_until'] - time.time())
        t.let_waits_pass()
    check(all(FLOOR - 1 < wait <= CEILING for wait in waits), waits)
    check(waits[0] <= FLOOR + 2 and max(waits) > 2 * FLOOR, waits)


def requests_of_an_outage_are_five_seconds_apart_and_more(t):
    """By the platform's own clock, whoever signs in meanwhile, and however often."""
    t.restore('refresh')
    t.spoil({'fault': 'drop'})
    begun = []  # when somebody was the first of a sign-in to ask
    while len(begun) < 3:
        count = connections(t)
        t.expect('admit', t.timed(ADA, '', action='account', service='sshd'))
        begun += [one['at'] for one in t.emulator.order(f'/_connections/{count}')[:1]]
        time.sleep(0.2)  # as people come, not for a condition
    gaps = [later - earlier for earlier, later in zip(begun, begun[1:])]
    check(all(FLOOR <= gap <= most + SLACK_SECONDS for gap, most in zip(gaps, (FLOOR + 1, 2 * FLOOR + 1))), gaps)


def an_outage_is_remembered_where_nothing_can_be_written(t, disk, kind):
    """In the runtime folder, for the next process."""
    t.restore('password')
    request = {'read_only': True} if disk == 'read-only' else {}
    with t.host.full_disk() if disk == 'full' else contextlib.nullcontext():
        t.spoil(KINDS[kind] if kind in KINDS else patience('600'))
        t.admitted_offline(t.timed(ADA, PASSWORD, **request))
        t.admitted_offline(t.timed(ADA, PASSWORD, **request))
        before = connections(t)
        check(before and any(name.startswith('breaker-') for name in os.listdir(f'{t.host.build}/run/state')))
        for _ in range(2):
            t.admitted_offline(t.timed(ADA, PASSWORD, **request))
            check(t.timed(ADA, WRONG, **request).verdict == 'unavailable')
        check(t.timed(ADA, '', action='account', service='sshd', **request).verdict == 'admit')
        check(connections(t) == before, 'something was sent')
    check(not t.breakers(), 'it was to be remembered elsewhere')


# At the same time. ---------------------------------------------------------------------------------------

def tasks(conversation):
    return len(os.listdir(f'/proc/{conversation.process.pid}/task'))


def the_secret_is_compared_beside_the_request(t, grant, asked, secret):
    """The request is sent before the computation has begun, and that ends before the answer comes."""
    t.restore(grant)
    if asked == 'token':  # the question whether an outage is over
        make_outage(t, grant)
    t.grant = None
    t.configure(password_recheck_hours=GRANTS[grant], connect_seconds=PATIENCE, login_seconds=PATIENCE)
    t.script(endpoint='token', hold=True, times=1)
    with t.host.busy_slots():
        signs_in = t.prompt()
        answer = t.pool.submit(signs_in.finish, secret)
        t.await_request(asked)
        check(tasks(signs_in) == 2, 'nobody waits for a slot to compute in')
    wait_until(lambda: tasks(signs_in) == 1, 'the end of the computation')
    check(t.unseen() == [asked], t.unseen())
    t.release()
    check((answer.result().verdict == 'admit') == (secret == PASSWORD), answer.result())


# The end of an outage. --------------------------------------------------------------------------------

def make_outage(t, grant='refresh', fault=None):
    t.restore(grant)
    t.spoil(fault or KINDS['handshake broken off'])
    for _ in range(2):
        t.admitted_offline(t.timed(ADA, PASSWORD))
        t.let_waits_pass()
    t.well()
    t.seen()


def the_next_due_sign_in_ends_an_outage(t):
    for grant, sent in (('password', ['password']), ('refresh', ['refresh_token'])):
        make_outage(t, grant)
        count = len(t.emulator.order('/_log'))
        answer = t.timed(ADA, PASSWORD)
        check(answer.verdict == 'admit' and not answer.told, answer)
        first = t.emulator.order(f'/_log/{count}')[0]
        check([name for name, _ in first['form']] == ['client_id'] and first['user'] is None, first)
        check(t.seen() == ['token'] + sent, 'wanted a probe before the secret')


def a_due_sign_in_still_in_the_outage_sends_no_secret(t):
    for kind, asked in (('handshake broken off', 0), ('503', 2), ('an outage with 200', 2), ('80002', 2)):
        make_outage(t, 'password', KINDS[kind])
        t.spoil(KINDS[kind])
        t.dialled()
        t.admitted_offline(t.timed(ADA, PASSWORD))
        sent = t.seen()
        check(sent == ['token'] * asked, kind, 'more than probes', sent)
        check(t.dialled() == max(1, asked), kind, 'connections')


def an_outage_is_shown_to_the_timer_while_it_lasts(t):
    shown = f'{t.host.build}/run/state/outage'
    make_outage(t)
    check(os.path.exists(shown), 'no file outage')
    status, said = probe(t)
    check(t.seen() and 'answered' in said, said)
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(not os.path.exists(shown), 'outage is over')
    check(probe(t)[0] == 0 and all(one['state'] == 'in-service' for one in json.loads(probe(t)[1])),
          probe(t))


def a_probe_sends_no_secret(t):
    for fault in (KINDS['handshake broken off'], KINDS['503']):
        make_outage(t, 'password', fault)
        count = len(t.emulator.order('/_log'))
        probe(t)
        entries = t.emulator.order('/_log')[count:]
        check(entries, 'nothing was asked')
        for entry in entries:
            check(not {'password', 'refresh_token', 'username'} & set(dict(entry['form'])), entry)


# What the requests look like. ------------------------------------------------------------------------

def no_request_has_more_than_it_needs(t):
    t.restore()
    count = len(t.emulator.order('/_log'))
    t.expect('admit', t.timed(ADA, PASSWORD))
    t.configure(password_recheck_hours=24)
    t.grant = None
    t.expect('admit', t.timed(ADA, PASSWORD))
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.timed(ADA, WRONG).verdict == 'deny')
    t.expect('admit', t.timed(BOB, BOBS))
    forms = [dict(entry['form']) for entry in t.emulator.order('/_log')[count:] if entry['form']]
    check(len(forms) >= 5, forms)
    check(len({form['scope'] for form in forms}) == 1, 'one scope', forms)
    for form in forms:
        check('prompt' not in form and 'claims' not in form, form)
        if form['grant_type'] == 'refresh_token':
            check(not {'username', 'password'} & set(form), form)
        else:
            check('refresh_token' not in form, form)


VARIED = {
    a_second_sign_in_during_an_outage_sends_nothing:
        [(kind, grant) for kind in KINDS for grant in GRANTS],
    what_is_no_outage_is_asked_again: [(kind, grant) for kind in NO_OUTAGE for grant in GRANTS],
    what_was_sent_counts_for_its_own_grant_alone: [(raw(500),)] + [(how,) for how in UNANSWERED.values()],
    an_outage_is_remembered_where_nothing_can_be_written:
        [(disk, kind) for disk in ('full', 'read-only') for kind in ('handshake broken off', '503', 'Retry-After')],
    the_secret_is_compared_beside_the_request:
        [(grant, asked, secret) for grant, sent in (('password', 'password'), ('refresh', 'refresh_token'))
         for asked in (sent, 'token') for secret in (PASSWORD, WRONG)],
    nobody_asks_before_retry_after_is_over: [(grant, rule) for grant in GRANTS for rule in TOLD],
}


def all_cells():
    return cells_in(globals(), [connections, probe, told, tasks], VARIED)
