"""What is sent, how often and when: counted in the platform's log, and read from the breakers."""
import concurrent.futures
import inspect
import json
import os
import subprocess
import time

from expect import check
from outage.bed import BOBS, LOGIN_SECONDS, SLACK_SECONDS, WRONG
from outage.faults import patience, raw
from sign_in.company import stands_in_line
from sign_in.harness import ADA, BOB, PASSWORD, PATIENCE, wait_until

FLOOR, CEILING, TOLD_MOST = 5, 40, 3600
MINUTES = 5 * 60
ATTEMPTS = 10  # of one person at a time; the others wait for those to be over
KINDS = {
    'refused': {'listen': {'mode': 'refuse'}}, 'black hole': {'listen': {'mode': 'black_hole'}},
    'handshake broken off': {'listen': {'mode': 'abort_handshake'}},
    'silent': {'fault': 'silence'}, '503': {'number': 90033}, '429': patience('60'),
    'portal': raw(302, '', {'Location': 'https://portal.example/'}),
    '80002': {'number': 80002}, '50196': {'number': 50196}}


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


def an_answer_of_no_use_counts_for_its_own_grant_alone(t):
    t.restore('password')
    t.spoil({'endpoint': 'token:password', 'status': 500})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == ['password', 'refresh_token'])
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'], 'while the breaker of passwords is open')
    check(t.breakers()['password grants']['failures'] == 1, t.breakers())


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
        answer = t.timed(ADA, PASSWORD)
        check(answer.verdict == 'admit' and not answer.told, answer)
        check(t.seen() == ['discovery'] + sent, 'wanted a probe before the secret')


def a_due_sign_in_still_in_the_outage_sends_no_secret(t):
    make_outage(t, 'password')
    t.outage()
    before = connections(t)
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(connections(t) == before + 1 and not t.seen(), 'more than a probe')


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


# Many at once. ---------------------------------------------------------------------------------------

def fifty_sign_ins_of_one_person_are_one_request(t, action, at_once):
    with t.rotating(recheck_minutes=MINUTES // 60, login_seconds=PATIENCE):
        t.set_person('last_online = last_online - 3600')
        t.script(endpoint='token:refresh_token', hold=True, times=1)
        many = [t.host.start(ADA, action=action, service='sshd') for _ in range(50)]
        with concurrent.futures.ThreadPoolExecutor(len(many)) as pool:
            answers = [pool.submit(one.finish, PASSWORD) for one in many]
            wait_until(lambda: sum(map(stands_in_line, many)) == at_once,
                       f'{at_once} that stand in line')
            t.release()
            for answer in answers:
                t.expect('admit', answer.result())
        check(t.seen() == ['refresh_token'], 'more than one')


def many_strangers_fetch_the_documents_once(t):
    t.restore()
    names = [f'p{number}@contoso.example' for number in range(12)]
    for name in names:
        t.change(name, password=PASSWORD)
    t.host.change_store('DELETE FROM document')
    waiting = [t.host.start(name).await_prompt() for name in names]
    for answer in [t.pool.submit(one.finish, PASSWORD) for one in waiting]:
        t.expect('admit', answer.result())
    sent = t.seen()
    check(sent.count('discovery') == 1 and sent.count('keys') == 1, sent)
    check(sent.count('password') == len(names), sent)


def tokens_with_unknown_keys_cause_one_fetch(t):
    t.restore('refresh')
    t.let_documents_age()
    for number in range(20):
        t.emulator.order('/_clear', {})
        t.script(endpoint='token', token={'header': {'kid': f'nobody-{number}'}})
        check(t.timed(ADA, PASSWORD).verdict == 'deny')
        t.host.forget_attempts()
    sent = t.seen()
    check(sent.count('keys') == 1 and sent.count('discovery') <= 1, sent)


def documents_are_asked_for_on_condition(t):
    t.restore()
    t.emulator.order('/_documents', {'etag': True})
    try:
        t.host.change_store('DELETE FROM document')
        t.expect('admit', t.timed(ADA, PASSWORD))
        t.host.change_store(f'UPDATE document SET fetched_at = fetched_at - {25 * 3600}')
        count = len(t.emulator.order('/_log'))
        t.expect('admit', t.timed(ADA, PASSWORD))
        asked = [entry for entry in t.emulator.order('/_log')[count:] if entry['method'] == 'GET']
        check([entry['endpoint'] for entry in asked] == ['discovery', 'keys'], asked)
        check(all('If-None-Match' in entry['headers'] for entry in asked), asked)
        t.expect('admit', t.timed(ADA, PASSWORD))
        check('discovery' not in t.seen()[5:], 'the answer 304 counts as a fetch')
    finally:
        t.emulator.order('/_documents', {})


STEPS = [connections, probe, told]
VARIED = {
    a_second_sign_in_during_an_outage_sends_nothing:
        [(kind, grant) for kind in KINDS for grant in ('password', 'refresh')],
    nobody_asks_before_retry_after_is_over:
        [(grant, rule) for grant in ('password', 'refresh') for rule in
         (patience('30'), patience(30, 503), patience('30', 500),
          {'number': 50126, 'error': 'temporarily_unavailable', 'retry_after': '30'})],
    fifty_sign_ins_of_one_person_are_one_request: [('account', 50), ('authenticate', ATTEMPTS)],
}


def all_cells():
    cells = []
    for name, run in globals().items():
        if not inspect.isfunction(run) or run.__module__ != __name__ or run in STEPS:
            continue
        if run in VARIED:
            cells += [(f'{name} {case}', lambda t, r=run, c=case: r(t, *c)) for case in VARIED[run]]
        elif list(inspect.signature(run).parameters) == ['t']:
            cells.append((name, run))
    return cells
