"""Hosts that are broken or lost something, and what may never be written down."""
import os
import subprocess

from expect import check
from sign_in.harness import ADA, BOB, DAY, PASSWORD, UNREACHED
from signin import OWNER


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


def a_full_disk_costs_no_token(t):
    t.emulator.order('/_tokens', {'rotate': True})
    t.know_ada()
    with t.host.full_disk():
        for sign_in in (t.host.sign_in(ADA, PASSWORD), t.host.account(ADA, service='sshd')):
            t.expect('admit', sign_in)
        check(t.seen() == ['password'], 'a successor of the token would be lost')
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.seen() == ['refresh_token'], 'it is good')


def who_needs_the_token_and_cannot_keep_its_successor_is_as_good_as_cut_off(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:password', number=50076)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, read_only=True), UNREACHED)
    t.expect_not_admitted(t.host.sign_in(ADA, 'wrong', read_only=True))
    with t.host.full_disk():
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(set(t.seen()) == {'password'})
    signed_in = t.host.sign_in(ADA, PASSWORD)
    check(signed_in.verdict == 'admit' and not signed_in.told, signed_in)
    check(t.seen() == ['password', 'refresh_token'])
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, read_only=True), 'extra verification')
    t.set_person('last_online = last_online + 1, token = NULL')
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, read_only=True), 'extra verification')


def nothing_secret_is_written_down(t):
    t.know_ada()
    t.host.sign_in(ADA, 'canary-of-a-wrong-password')
    t.offline('admit')
    check(t.person('token IS NOT NULL AND access_token IS NOT NULL') == 1)
    canaries = [PASSWORD.encode(), b'canary-of-a-wrong-password', b'1.AAAA-', b'opaque-']
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
