"""The account phase, and callers who are not root."""
import os

from expect import check
from sign_in.harness import ADA, BOB, DAY, GENERIC, PASSWORD, UNREACHED


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
    t.change(disabled=True)
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.outage()
    check(t.host.account(ADA, service='sshd').verdict != 'admit')
    t.expect('expired', t.host.account(ADA, service='cron'))


def a_locked_account_is_no_refusal_in_the_account_phase(t):
    t.know_ada()
    t.script(endpoint='token', number=50053)
    t.expect('admit', t.host.account(ADA, service='sshd'))
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.expect_not_admitted(t.host.account(ADA, service='sshd'))
    check(t.person('refused') == 0)


def without_a_refresh_token_the_account_phase_ends_and_nothing_else(t):
    t.script(endpoint='token', token={'response': {'refresh_token': None}})
    t.know_ada()
    check(t.person('token IS NULL') == 1)
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.offline('admit')


def others_may_not_ask_about_somebody_else(t):
    t.know_ada()
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, caller=4321))
    check(t.seen() == [])
    t.expect('deny', t.host.sign_in(BOB, PASSWORD, caller=4321))
    check(t.person() == 1)


def somebody_known_may_verify_herself(t):
    t.know_ada()
    uid = t.person('uid')
    herself = {'caller': uid, 'with_nss': True}
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, **herself))
    t.expect('admit', t.host.account(ADA, **herself))
    t.expect('deny', t.host.sign_in(ADA, 'wrong', **herself), GENERIC)
    t.offline('admit', **herself)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, action='password', **herself))
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, caller=uid + 1, with_nss=True))


def passwd_with_ada(t, uid):
    """A passwd file for the helper's eyes, in which Ada has this uid without being known here."""
    path = f'{t.host.build}/passwd'
    with open('/etc/passwd', encoding='utf-8') as real, open(path, 'w', encoding='utf-8') as out:
        out.write(real.read() + f'{ADA}:*:{uid}:{uid}::/:/bin/sh\n')
    os.chmod(path, 0o644)
    return path


def nobody_enrols_herself(t):
    herself = {'caller': 4321, 'passwd': passwd_with_ada(t, 4321)}
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, **herself))
    t.expect_not_admitted(t.host.account(ADA, **herself))
    check(t.person() == 0 and 'password' not in t.seen())
