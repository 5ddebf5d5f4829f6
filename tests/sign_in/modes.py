"""What the verdict says of how somebody was let in, for LATCHKEY_MODE and the words of the session."""
from expect import check
from sign_in.harness import ADA, DAY, ELSEWHERE, PASSWORD


def expect_mode(t, mode, sign_in, until=0):
    t.expect('admit', sign_in)
    check((sign_in.mode, sign_in.offline_until) == (mode, until), mode, until, 'got', sign_in.offline_until, sign_in)


STEPS = [expect_mode]


def online_is_who_was_vouched_for_now_or_lately(t):
    t.configure()
    expect_mode(t, 'online', t.host.sign_in(ADA, PASSWORD))
    expect_mode(t, 'online', t.host.sign_in(ADA, PASSWORD))
    expect_mode(t, 'online', t.host.account(ADA, service='sshd'))
    t.configure(recheck_minutes=60)
    t.outage()
    t.seen()
    expect_mode(t, 'online', t.host.sign_in(ADA, PASSWORD))
    expect_mode(t, 'online', t.host.account(ADA, service='sshd'))
    expect_mode(t, 'online', t.host.account(ADA, service='cron'))
    check(t.seen() == [])


def offline_says_until_when_that_works(t):
    t.know_ada(offline_days=10, offline_days_remote=2)
    proven = t.person('last_online')
    t.outage()
    for remote_host, days in (('', 10), (ELSEWHERE, 2)):
        until = proven + days * DAY
        expect_mode(t, 'offline', t.host.sign_in(ADA, PASSWORD, remote_host=remote_host), until)
        expect_mode(t, 'offline', t.host.account(ADA, service='sshd', remote_host=remote_host), until)
    expect_mode(t, 'offline', t.host.account(ADA, service='cron'))
    expect_mode(t, 'offline', t.host.account(ADA, service='su', remote_user='root'))


def who_is_not_let_in_has_no_mode(t):
    t.know_ada()
    for sign_in in (t.host.sign_in(ADA, 'wrong'), t.host.sign_in('bob@contoso.example', PASSWORD)):
        check(sign_in.verdict != 'admit' and sign_in.mode is None and not sign_in.offline_until, sign_in)
    t.outage()
    refused = t.host.sign_in(ADA, 'wrong')
    check(refused.verdict != 'admit' and refused.mode is None and not refused.offline_until, refused)
