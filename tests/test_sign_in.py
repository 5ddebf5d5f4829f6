#!/usr/bin/python3
"""Whole sign-ins: the real helper, store and snapshot against an emulated platform.

    test_sign_in.py BUILD [PART OF A TEST'S NAME]

BUILD is a build folder made with statedir=BUILD/state configdir=BUILD/etc runtimedir=BUILD/run.
Needs root, as the helper's callers are.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
import traceback

from emulator.client import Emulator
from expect import check
from signin import OWNER, Host

ADA, BOB, PASSWORD = 'ada@contoso.example', 'bob@contoso.example', 'correct horse battery staple'
DAY = 86400
UNREACHED = 'cannot be reached'
GENERIC = 'Sign-in failed. Check the user name and password.'


class Test:
    """One host and one platform, both as new; `know_ada` is the usual beginning."""

    def __init__(self, host, emulator):
        self.host, self.emulator = host, emulator

    def begin(self):
        self.emulator.order('/_reset', {})
        self.host.clean()
        self.configure()
        self.seen()

    def configure(self, **settings):
        about = self.emulator.about
        self.host.configure(**{
            'issuer': about['issuer'], 'client_id': about['client_id'], 'ca_file': about['ca_file'],
            'domains': 'contoso.example', 'allow': 'everyone', 'recheck_minutes': 0,
            'password_recheck_hours': 24, **settings})

    def seen(self):
        """The token and document requests since the last call, in short."""
        entries = self.emulator.order('/_log')
        fresh, self.count = entries[getattr(self, 'count', 0):], len(entries)
        grants = [dict(entry['form']).get('grant_type', entry['endpoint']) for entry in fresh]
        return grants

    def script(self, **rule):
        self.emulator.order('/_script', rule)

    def outage(self):
        self.emulator.order('/_listen', {'mode': 'abort_handshake'})

    def recovery(self):
        self.emulator.order('/_listen', {})

    def know_ada(self, **settings):
        self.configure(**settings)
        self.expect('admit', self.host.sign_in(ADA, PASSWORD))
        self.seen()

    @staticmethod
    def expect(verdict, sign_in, words=''):
        check(sign_in.verdict == verdict, 'wanted', verdict, 'got', sign_in)
        check(words in ' '.join(sign_in.told), 'wanted words', words, 'got', sign_in)

    def offline(self, verdict, password=PASSWORD, name=ADA, words='', **request):
        self.outage()
        self.expect(verdict, self.host.sign_in(name, password, **request), words)
        self.recovery()

    def set_person(self, assignment, *values):
        """Lets time pass, in the store's eyes."""
        subprocess.run(['sqlite3', f'{self.host.state}/private/store.db',
                        f'UPDATE person SET {assignment}'], check=True)

    def person(self, what='count(*)'):
        return self.host.ask_store(f'SELECT {what} FROM person')[0][0]


# The story --------------------------------------------------------------------------------------

def first_sign_in_takes_three_requests_and_the_next_ones_one(t):
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['discovery', 'keys', 'password'])
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])
    t.configure(password_recheck_hours=0)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['password'])
    t.configure(recheck_minutes=5)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == [])


def somebody_known_signs_in_during_an_outage_with_the_right_secret_only(t):
    t.know_ada()
    t.offline('admit', words=UNREACHED)
    t.offline('unavailable', 'wrong', words=UNREACHED)
    t.offline('deny', '')
    check(t.seen() == [])


def somebody_never_seen_here_is_told_that_the_platform_cannot_be_reached(t):
    t.offline('unavailable', words='Only people who have signed in here before')
    check(t.person() == 0)


def a_wrong_password_is_denied_online_and_nothing_changes(t):
    t.expect('deny', t.host.sign_in(ADA, 'wrong'), GENERIC)
    check(t.person() == 0)
    t.know_ada()
    t.expect('deny', t.host.sign_in(ADA, 'wrong'), GENERIC)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def a_new_password_works_at_once_and_then_offline(t):
    t.know_ada()
    t.emulator.order('/_person', {'name': ADA, 'password': 'new one'})
    t.expect('admit', t.host.sign_in(ADA, 'new one'))
    check(t.seen() == ['refresh_token', 'password'])
    t.offline('admit', 'new one')
    t.offline('unavailable', PASSWORD)


def an_old_password_tried_first_is_refused_and_forgotten(t):
    t.know_ada(password_recheck_hours=0)
    t.emulator.order('/_person', {'name': ADA, 'password': 'new one'})
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'no longer valid')
    check(t.person("verifier = ''") == 1)
    t.offline('unavailable', PASSWORD)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.expect('admit', t.host.sign_in(ADA, 'new one'))
    t.offline('admit', 'new one')
    t.offline('unavailable', PASSWORD)


def a_refresh_token_of_a_removed_account_ends_in_a_lasting_refusal(t):
    t.know_ada()
    t.emulator.order('/_person', {'name': ADA, 'gone': True})
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.offline('unavailable', PASSWORD)
    check(t.person() == 1, 'the uid stays')


def refusals_of_the_account_outlast_the_platform_until_it_says_yes(t):
    for number in (50034, 50057, 53003, 50173, 50055, 50105, 530003, 70043):
        for hours in (0, 24):  # by password and by token
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            t.script(endpoint='token', number=number)
            first = t.host.sign_in(ADA, PASSWORD)
            check(first.verdict in ('deny', 'forbidden'), number, hours, first)
            t.outage()
            then = t.host.sign_in(ADA, PASSWORD)
            check(then.verdict != 'admit', number, hours, then)
            t.emulator.order('/_reset', {})
            t.expect('admit', t.host.sign_in(ADA, PASSWORD))
            t.offline('admit')


def an_outage_of_the_service_is_never_a_refusal(t):
    cases = [dict(status=503, body='<html>', headers={'Content-Type': 'text/html'}),
             dict(status=503, body='{"error":"invalid_grant","error_codes":[50126]}'),
             dict(status=429, headers={'Retry-After': '60'}), dict(status=500), dict(status=302),
             dict(status=200, body='<html>captive</html>', headers={'Content-Type': 'text/html'}),
             dict(status=200, body='{"access_token":'), dict(status=200, body='{}'),
             dict(number=80002), dict(number=50196), dict(number=90033), dict(fault='drop'),
             dict(fault='reset'), dict(fault='cut')]
    for case in cases:
        for hours in (0, 24):
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            before = t.host.dump()
            t.script(endpoint='token', **case)
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            wrong = t.host.sign_in(ADA, 'wrong')
            check(wrong.verdict == 'unavailable', case, hours, wrong)
            check(t.host.dump()[1] == before[1], case)


def a_password_endpoint_that_does_not_serve_falls_back_to_the_refresh_token(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:password', status=503)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['password', 'refresh_token'])
    t.script(endpoint='token:password', number=50076)


def more_than_a_password_is_no_success_for_a_new_person(t):
    t.script(endpoint='token:password', number=50076)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'extra verification')
    check(t.person() == 0)


def a_dead_refresh_token_leads_to_the_password_in_the_same_conversation(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', number=70000)
    signed_in = t.host.sign_in(ADA, PASSWORD)
    t.expect('admit', signed_in)
    check(signed_in.asked == ['Password: '], signed_in)
    check(t.seen() == ['refresh_token', 'password'])


def nobody_outside_our_domains_costs_a_request(t):
    for name in ('eve@elsewhere.example', 'ada@contoso.example.evil.example', 'ada@example'):
        t.expect('deny', t.host.sign_in(name, PASSWORD))
    check(t.seen() == [])


# Limits -----------------------------------------------------------------------------------------

def wrong_passwords_reach_the_platform_three_times_and_none_twice(t):
    t.know_ada()
    for guess in ('a', 'a', 'a', 'b', 'c', 'd', 'e'):
        t.expect('deny', t.host.sign_in(ADA, guess), GENERIC)
    check(t.seen().count('password') == 3)
    t.begin()
    t.know_ada(password_recheck_hours=0)
    for guess in ('a', 'a', 'b', 'c', 'd'):
        t.expect('deny', t.host.sign_in(ADA, guess), GENERIC)
    check(t.seen().count('password') == 3)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def ten_wrong_attempts_use_them_up_and_only_there(t):
    t.know_ada()
    t.outage()
    for number in range(10):
        t.expect('unavailable', t.host.sign_in(ADA, f'wrong {number}', remote_host='192.0.2.1'))
    t.expect('maxtries', t.host.sign_in(ADA, PASSWORD, remote_host='192.0.2.1'), 'Too many attempts')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))  # the console stays open


def right_attempts_cost_nothing(t):
    t.know_ada()
    t.outage()
    for _ in range(12):
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def strangers_share_one_bucket(t):
    for number in range(10):
        t.expect('deny', t.host.sign_in(f'person{number}@contoso.example', 'guess'))
    t.seen()
    t.expect('maxtries', t.host.sign_in('another@contoso.example', 'guess'))
    check(t.seen() == [])


# Windows, clocks, rules -------------------------------------------------------------------------

def the_offline_window_ends_and_is_shorter_from_elsewhere(t):
    t.know_ada()
    t.set_person(f'last_online = last_online - {4 * DAY}')
    t.offline('admit')
    t.offline('unavailable', words='too long ago', remote_host='192.0.2.1')
    t.set_person(f'last_online = last_online - {11 * DAY}')
    t.offline('unavailable', words='too long ago')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit', remote_host='192.0.2.1')


def a_clock_set_back_closes_the_window_until_the_next_online_sign_in(t):
    t.know_ada()
    subprocess.run(['sqlite3', f'{t.host.state}/private/store.db',
                    f"INSERT OR REPLACE INTO fact VALUES ('highest_time', {int(time.time()) + DAY})"],
                   check=True)
    t.offline('unavailable', words='clock')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit')


def only_who_is_allowed_gets_in_and_strangers_leave_no_trace(t):
    t.configure(allow=BOB)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD), 'not been given access')
    check(t.person() == 0)
    for allow in (ADA, '44444444-4444-4444-4444-444444444444'):
        t.begin()
        t.know_ada(allow=allow)
        t.offline('admit')
        t.configure(allow=BOB)
        t.offline('forbidden')
        t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.begin()
    t.know_ada(allow='44444444-4444-4444-4444-444444444444')
    t.emulator.order('/_person', {'name': ADA, 'groups': []})
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.offline('forbidden')


def groups_follow_the_platform_and_stay_when_it_does_not_tell(t):
    t.know_ada()
    members = 'SELECT count(*) FROM membership'
    check(t.host.ask_store(members) == [(2,)])
    t.script(endpoint='token', token={'claims': {'groups': None, '_claim_names': {'groups': 'src1'}}})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.host.ask_store(members) == [(2,)])
    t.emulator.order('/_reset', {})
    t.emulator.order('/_person', {'name': ADA, 'groups': ['linux-admins', 'sudo', 'root', 'a:b']})
    t.set_person("token = NULL, last_password = 0")
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    names = t.host.ask_store('SELECT name FROM directory_group JOIN membership USING (gid)')
    check(names == [('linux-admins',)], names)


# Who is who -------------------------------------------------------------------------------------

OTHER = '99999999-9999-9999-9999-999999999999'
FORGERIES = {
    'another name': dict(claims={'preferred_username': BOB}),
    'same local part, other domain': dict(claims={'preferred_username': 'ada@fabrikam.example'}),
    'no name': dict(claims={'preferred_username': None}),
    'a list of names': dict(claims={'preferred_username': [ADA]}),
    'other tenant in tid': dict(claims={'tid': OTHER}),
    'other issuer': dict(claims={'iss': 'https://localhost/' + OTHER + '/v2.0'}),
    'first version issuer': dict(claims={'iss': f'https://sts.windows.net/{OTHER}/', 'ver': '1.0'}),
    'issuer in a list': dict(claims={'iss': ['https://localhost']}),
    'other audience': dict(claims={'aud': OTHER}),
    'directory audience': dict(claims={'aud': '00000003-0000-0000-c000-000000000000'}),
    'audience list without azp': dict(claims={'aud': ['22222222-2222-2222-2222-222222222222', OTHER]}),
    'no audience': dict(claims={'aud': None}),
    'expired': dict(claims={'exp': 1000}),
    'no expiry': dict(claims={'exp': None}),
    'expiry as text': dict(claims={'exp': '9999999999'}),
    'expiry beyond numbers': dict(claims={'exp': 1e300}),
    'from the future': dict(claims={'iat': 32503680000, 'exp': 32503690000}),
    'not yet valid': dict(claims={'nbf': 32503680000}),
    'no subject': dict(claims={'sub': None, 'oid': None}),
    'empty object id': dict(claims={'oid': ''}),
    'guest': dict(claims={'acct': 1}),
    'home elsewhere': dict(claims={'idp': f'https://sts.windows.net/{OTHER}/'}),
    'nonce': dict(claims={'nonce': 'x'}),
    'broken signature': dict(break_signature=True),
    'unknown key': dict(header={'kid': 'key-Z'}),
    'key of another': dict(header={'kid': 'key-B'}),
    'none': dict(header={'alg': 'none'}),
    'HS256': dict(header={'alg': 'HS256'}),
    'PS256 that is not allowed': dict(header={'alg': 'PS256'}),
    'own key': dict(header={'jwk': {'kty': 'RSA', 'n': 'AQ', 'e': 'AQAB'}}),
    'key address': dict(header={'jku': 'https://localhost/keys'}),
    'critical': dict(header={'crit': ['exp']}),
    'access token': dict(header={'typ': 'at+jwt'}),
    'no ID token': dict(response={'id_token': None}),
    'five parts': dict(response={'id_token': 'a.b.c.d.e'}),
    'no token at all': dict(response={'id_token': '..'}),
}
# Only somebody who is known here can turn out to be another.
TAKEN_OVER = {'recreated under the same name': dict(claims={'oid': OTHER})}


def forged(t, how, change, act, allowed=()):
    """`act` must not admit, and must leave no trace in store or snapshot."""
    before = t.host.dump()
    t.script(endpoint='token', token=change)
    result = act()
    check(result.verdict != 'admit' or how in allowed, how, result)
    check(t.host.dump() == before, how, 'left a trace')
    t.emulator.order('/_clear', {})


def no_forged_answer_makes_a_first_sign_in(t):
    for how, change in FORGERIES.items():
        subprocess.run(['rm', '-f', f'{t.host.state}/private/attempts'], check=True)
        forged(t, how, change, lambda: t.host.sign_in(ADA, PASSWORD))
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def no_forged_answer_passes_for_somebody_known(t):
    for hours in (0, 24):  # by password, by token
        for how, change in {**FORGERIES, **TAKEN_OVER}.items():
            if 'id_token' in change.get('response', {}) and change['response']['id_token'] is None:
                continue  # no ID token is no answer: an outage, told apart below
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            forged(t, how, change, lambda: t.host.sign_in(ADA, PASSWORD))
            if hours:
                forged(t, how, change, lambda: t.host.account(ADA))


def a_name_that_was_another_account_is_refused(t):
    t.know_ada()
    t.emulator.order('/_person', {'name': ADA, 'oid': OTHER})
    before = t.host.dump()
    for _ in range(2):
        answer = t.host.sign_in(ADA, PASSWORD)
        check(answer.verdict != 'admit', answer)
    check(t.host.dump()[1] == before[1])
    check(t.person() == 1)


# Callers ----------------------------------------------------------------------------------------

def account_phase_follows_what_is_known(t):
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.know_ada()
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.seen() == ['refresh_token'])
    t.outage()
    t.expect('admit', t.host.account(ADA, service='sshd'), UNREACHED)
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.expect('unavailable', t.host.account(ADA, service='sshd'), 'too long ago')
    t.expect('admit', t.host.account(ADA, service='cron'))
    t.recovery()
    t.emulator.order('/_person', {'name': ADA, 'disabled': True})
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.outage()
    check(t.host.account(ADA, service='sshd').verdict != 'admit')
    t.expect('expired', t.host.account(ADA, service='cron'))


def others_may_verify_themselves_only(t):
    t.know_ada()
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, caller=4321))
    check(t.seen() == [])
    t.expect('deny', t.host.sign_in(BOB, PASSWORD, caller=4321))
    check(t.person() == 1)


# Broken hosts -----------------------------------------------------------------------------------

def nobody_is_admitted_when_the_host_is_broken(t):
    def no_configuration():
        os.unlink(f'{t.host.config}/latchkey.conf')

    def wrong_setting():
        t.configure(ofline_days=3)

    def writable_configuration():
        os.chmod(f'{t.host.config}/latchkey.conf', 0o666)

    def corrupt_store():
        with open(f'{t.host.state}/private/store.db', 'r+b') as store:
            store.write(b'garbage' * 1000)

    def lost_store():
        os.unlink(f'{t.host.state}/private/store.db')

    def lost_key():
        os.unlink(f'{t.host.state}/private/host.key')

    for breakage in (no_configuration, wrong_setting, writable_configuration, corrupt_store,
                     lost_store, lost_key):
        t.begin()
        t.know_ada()
        breakage()
        for _ in range(2):
            answer = t.host.sign_in(ADA, PASSWORD)
            check(answer.verdict == 'unavailable', breakage.__name__, answer)
            check('Tell your administrator' in ' '.join(answer.told), answer)
    again = subprocess.run([t.host.helper, '--prepare'], capture_output=True, text=True)
    check(again.returncode == 1, 'a lost key is not made anew', again)


def a_lost_store_is_not_begun_again(t):
    t.know_ada()
    for name in ('store.db', 'host.key'):
        os.unlink(f'{t.host.state}/private/{name}')
    again = subprocess.run([t.host.helper, '--prepare'], capture_output=True, text=True)
    check(again.returncode == 1 and 'the store is lost' in again.stderr, again)
    check(not os.path.exists(f'{t.host.state}/private/store.db'))


def a_read_only_disk_lets_known_people_in_and_nobody_new(t):
    t.know_ada()
    for online in (True, False):
        if not online:
            t.outage()
        t.expect('admit', t.host.sign_in(ADA, PASSWORD, read_only=True))
        wrong = t.host.sign_in(ADA, 'wrong', read_only=True)
        check(wrong.verdict in ('deny', 'unavailable'), wrong)
    t.recovery()
    check(t.host.sign_in(BOB, 'whatever', read_only=True).verdict != 'admit')
    t.seen()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, read_only=True))
    check(t.seen() == ['password'], 'no token is redeemed whose successor would be lost')


# Company ----------------------------------------------------------------------------------------

def many_at_once_are_all_let_in(t):
    t.know_ada()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for answer in pool.map(lambda _: t.host.sign_in(ADA, PASSWORD), range(20)):
            t.expect('admit', answer)
    t.outage()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for answer in pool.map(lambda _: t.host.sign_in(ADA, PASSWORD), range(20)):
            t.expect('admit', answer)


def nothing_secret_is_written_down(t):
    t.know_ada()
    t.host.sign_in(ADA, 'canary-of-a-wrong-password')
    t.offline('admit')
    canaries = [PASSWORD.encode(), b'canary-of-a-wrong-password', b'1.AAAA-']
    for folder, _, names in os.walk(t.host.build):
        for name in names:
            if folder.startswith((t.host.state, t.host.config)) or name == 'helper.log':
                with open(os.path.join(folder, name), 'rb') as file:
                    content = file.read()
                for canary in canaries:
                    check(canary not in content, canary, 'is in', name)
    for name in os.listdir(f'{t.host.state}/private'):
        status = os.stat(f'{t.host.state}/private/{name}')
        check(status.st_mode & 0o077 == 0 and status.st_uid == OWNER, name, oct(status.st_mode))


TESTS = [value for value in list(globals().values())
         if callable(value) and getattr(value, '__code__', None) and value.__code__.co_argcount == 1
         and value.__code__.co_varnames[:1] == ('t',)]


def main():
    build, part = os.path.abspath(sys.argv[1]), (sys.argv[2:] or [''])[0]
    failed = 0
    chosen = [test for test in TESTS if part in test.__name__]
    with tempfile.TemporaryDirectory(prefix='sign-in-') as folder:
        os.chmod(folder, 0o755)  # the helper reads the CA file there
        emulator = Emulator(folder)
        try:
            for run in chosen:
                test = Test(Host(build), emulator)
                test.begin()
                try:
                    run(test)
                    print('ok', run.__name__, flush=True)
                except Exception:  # every failure is shown, the rest goes on
                    failed += 1
                    print('FAILED', run.__name__, flush=True)
                    traceback.print_exc(file=sys.stdout)
        finally:
            emulator.close()
    print(f'sign-in: {len(chosen) - failed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
