"""Known and unknown people, right and wrong secrets, the platform there and away."""
from expect import check
from sign_in.harness import ADA, GENERIC, NEW, PASSWORD, UNREACHED


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
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    check(t.seen() == ['refresh_token', 'password'])
    t.offline('admit', NEW)
    t.offline('unavailable', PASSWORD)


def an_old_password_tried_first_is_refused_and_forgotten(t):
    t.know_ada(password_recheck_hours=0)
    t.change(password=NEW)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'no longer valid')
    check(t.person("verifier = ''") == 1)
    t.offline('unavailable', PASSWORD)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.offline('admit', NEW)
    t.offline_not_admitted(PASSWORD)


def a_refresh_token_of_a_removed_account_ends_in_a_lasting_refusal(t):
    t.know_ada()
    t.change(gone=True)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.offline('unavailable', PASSWORD)
    check(t.person() == 1, 'the uid stays')


def nobody_outside_our_domains_costs_a_request(t):
    for name in ('eve@elsewhere.example', 'ada@contoso.example.evil.example', 'ada@example'):
        t.expect('deny', t.host.sign_in(name, PASSWORD))
    check(t.seen() == [])


def a_sign_in_that_changes_nothing_public_publishes_nothing(t):
    t.know_ada()
    before = t.published()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'] and t.published() == before, 'online', before, t.published())
    t.offline('admit')
    check(t.published() == before, 'offline', before, t.published())
    t.configure(password_recheck_hours=0)  # a new verifier, which is not public
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.expect('deny', t.host.sign_in(ADA, 'wrong'))
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.published() == before, 'a password proven, one refused, an account looked at', before, t.published())
    t.change(groups=['linux-admins'])
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    after = t.published()
    check(after['snapshot'][0] == before['snapshot'][0] + 1, 'and what does change it is published once', before, after)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.published() == after)
