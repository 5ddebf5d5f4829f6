"""Many at once, and the documents that all share: counted in the platform's log."""
import concurrent.futures
import os
import secrets
import tempfile
import time

from client.bed import Bed
from client.documents import random_keys_of_many_processes_cause_one_fetch_in_five_minutes
from expect import check
from outage.bed import cells_in
from sign_in.company import stands_in_line
from sign_in.harness import ADA, PASSWORD, PATIENCE, wait_until

MINUTES = 5 * 60
TOKENS = 300
ATTEMPTS = 10  # of one person at a time; the others wait for those to be over


def fifty_sign_ins_of_one_person_are_one_request(t, action, at_once):
    with t.rotating(recheck_minutes=MINUTES // 60, connect_seconds=PATIENCE, login_seconds=PATIENCE):
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
    t.restore(connect_seconds=PATIENCE, login_seconds=PATIENCE)
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


# Documents and keys. ----------------------------------------------------------------------------------

def tokens_with_unknown_keys_cause_one_fetch(t):
    t.restore('refresh')
    t.let_documents_age()
    for _ in range(60):
        token_with_an_unknown_key(t)
    sent = t.seen()
    check(sent.count('keys') == 1 and sent.count('discovery') <= 1, sent)


def token_with_an_unknown_key(t, wanted='deny', **how):
    t.emulator.order('/_clear', {})
    t.script(endpoint='token', token={'header': {'kid': secrets.token_urlsafe(20)}})
    answer = t.timed(ADA, PASSWORD, **how)
    check(answer.verdict == wanted, answer)
    t.host.forget_attempts()


def where_nothing_can_be_kept_tokens_with_unknown_keys_cause_one_fetch_too(t):
    """The disk is read-only, and the runtime folder keeps it; five minutes later there is another one."""
    t.restore('password')
    t.let_documents_age()
    note = f'{t.host.build}/run/state/forced-keys'
    for number in range(TOKENS):
        token_with_an_unknown_key(t, read_only=True, wanted=('deny', 'admit')[number > 0])
    sent = t.seen()
    check(sent.count('password') == TOKENS and sent.count('keys') == 1 and sent.count('discovery') == 0,
          {kind: sent.count(kind) for kind in sent})
    with open(note, 'wb') as file:
        file.write(b'nonsense')
    token_with_an_unknown_key(t, read_only=True, wanted='deny')
    token_with_an_unknown_key(t, read_only=True, wanted='admit')
    check(t.seen().count('keys') == 1, 'after damage')
    os.unlink(note)
    os.mkdir(note)
    token_with_an_unknown_key(t, read_only=True, wanted='admit')
    check(t.seen().count('keys') == 0, 'what cannot be kept anywhere is not begun')
    os.rmdir(note)


def where_no_keys_are_kept_tokens_with_unknown_keys_cause_one_forced_fetch(t):
    """Each sign-in has to fetch them; but a second time for the unknown key only the first."""
    t.restore('password')
    t.host.change_store('DELETE FROM document')
    for number in range(5):
        token_with_an_unknown_key(t, read_only=True)
        sent = t.seen()
        check(sent.count('keys') == (2, 1)[number > 0], number, sent)


def five_minutes_later_an_unknown_key_causes_another_fetch(t):
    t.restore('refresh')
    t.let_documents_age()
    token_with_an_unknown_key(t)
    check(t.seen().count('keys') == 1)
    for seconds, fetches in ((MINUTES - 10, 0), (MINUTES + 1, 1), (0, 0)):
        t.host.change_store(f'UPDATE document SET forced_at = {int(time.time()) - seconds} '
                            'WHERE forced_at > 0')
        token_with_an_unknown_key(t)
        check(t.seen().count('keys') == fetches, seconds)


def keys_that_change_between_two_requests_are_found(t):
    usual = {'published': ['A', 'B', 'MSA'], 'signs': 'A'}
    fetches = {'discovery': ['discovery', 'keys'],  # then the key set is the new one
               'keys': ['discovery', 'keys', 'keys']}  # then the token is of a key not known yet
    t.emulator.order('/_keys', {**usual, 'published': ['A', 'B', 'MSA', 'C']})  # made beforehand
    for endpoint, wanted in fetches.items():
        for grant in ('password', 'refresh'):
            t.restore(grant)
            t.emulator.order('/_keys', usual)
            t.host.change_store('DELETE FROM document')
            t.script(endpoint=endpoint, times=1, publish={'published': ['C', 'B'], 'signs': 'C'})
            answer = t.timed(ADA, PASSWORD)
            check(answer.verdict == 'admit' and not answer.told, endpoint, grant, answer)
            sent = t.seen()
            check([kind for kind in sent if kind in ('discovery', 'keys')] == wanted, sent)
    t.emulator.order('/_keys', usual)


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


VARIED = {fifty_sign_ins_of_one_person_are_one_request: [('account', 50), ('authenticate', ATTEMPTS)]}


def a_thousand_tokens_with_unknown_keys_cause_one_fetch(t):
    """By the platform client alone, in eight processes."""
    with tempfile.TemporaryDirectory(prefix='client-') as folder:
        client = Bed(t.emulator, f'{t.host.build}/platform_probe', folder)
        random_keys_of_many_processes_cause_one_fetch_in_five_minutes(client)


def of_the_client():
    """Apart: it gives the platform's orders itself."""
    return [(run.__name__, run) for run in (a_thousand_tokens_with_unknown_keys_cause_one_fetch,)]


def all_cells():
    return cells_in(globals(), [token_with_an_unknown_key, a_thousand_tokens_with_unknown_keys_cause_one_fetch],
                    VARIED)
