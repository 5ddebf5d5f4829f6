"""How often, and by whom, secrets may be tried."""
from expect import check
from sign_in.harness import ADA, ELSEWHERE, GENERIC, NEW, PASSWORD


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
        t.expect('unavailable', t.host.sign_in(ADA, f'wrong {number}', remote_host=ELSEWHERE))
    t.expect('maxtries', t.host.sign_in(ADA, PASSWORD, remote_host=ELSEWHERE), 'Too many attempts')
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


def guesses_from_elsewhere_do_not_keep_a_new_password_from_the_console(t):
    t.know_ada(password_recheck_hours=0)
    for guess in ('a', 'b', 'c', 'd'):
        t.expect('deny', t.host.sign_in(ADA, guess, service='sshd', remote_host=ELSEWHERE))
    check(t.seen().count('password') == 3)
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))


def typing_errors_during_an_outage_use_up_no_checks(t):
    t.know_ada(password_recheck_hours=0)
    t.outage()
    for guess in ('a', 'b', 'c', 'd'):
        t.expect('unavailable', t.host.sign_in(ADA, guess))
    t.recovery()
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))


def without_a_verifier_the_platform_is_no_more_exposed(t):
    t.know_ada(password_recheck_hours=0)
    t.set_person("verifier = '', refused = 1")
    for _ in range(4):
        t.expect('deny', t.host.sign_in(ADA, 'x'))
    check(t.seen().count('password') == 1, 'the same wrong password is asked about once')
    for guess in ('a', 'b', 'c', 'd'):
        t.expect('deny', t.host.sign_in(ADA, guess))
    check(t.seen().count('password') == 2, 'three in all')
