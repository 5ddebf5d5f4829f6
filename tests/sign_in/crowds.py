"""Many sign-ins of one person at once: one asks, the others count on what comes of it."""
import contextlib
import os
import platform
import time

from expect import check
from sign_in.company import stands_in_line
from sign_in.harness import ADA, NEW, PASSWORD, UNREACHED, wait_until

MANY = 50
PATIENT = {'login_seconds': 30}  # the first of a crowd waits until the last one has begun
AT_ONCE = 10  # so many attempts of one person are let through at a time
SLEEPS = {'x86_64': ('230',), 'aarch64': ('115',)}[platform.machine()]  # clock_nanosleep


def is_on_its_way(conversation):
    """Whether this helper has read what is known, and waits for something that others have."""
    if stands_in_line(conversation):
        return True
    task = f'/proc/{conversation.process.pid}'
    try:
        with open(f'{task}/syscall', encoding='ascii') as file:
            return len(os.listdir(f'{task}/task')) == 1 and file.read().split()[0] in SLEEPS
    except FileNotFoundError:
        return False


def crowd(t, held, secret=PASSWORD, count=MANY, **request):
    """The requests that so many sign-ins make whose first one is held until all have begun."""
    t.script(endpoint='token:' + held, hold=True, times=1)
    many = [t.host.start(ADA, **request) for _ in range(count)]
    answers = [t.pool.submit(one.finish, secret) for one in many]
    t.await_request(held)
    wait_until(lambda: all(map(is_on_its_way, many)), 'a crowd')
    t.release()
    ends = [answer.result().verdict for answer in answers]
    # Ten attempts at a time: on a machine that is slow enough the last ones give up waiting.
    check(set(ends) <= {'admit', 'maxtries'} and ends.count('admit') >= min(count, AT_ONCE), ends)
    check(count > AT_ONCE or 'maxtries' not in ends, ends)
    t.unscript()
    return t.seen()


def let_proofs_age(t):
    """One in this very second could not be told from one that is still to come."""
    t.set_person('last_online = last_online - 3600, last_password = last_password - 3600')


def fifty_who_are_known_redeem_one_token(t):
    t.know_ada(**PATIENT)
    let_proofs_age(t)
    check(crowd(t, 'refresh_token') == ['refresh_token'])
    let_proofs_age(t)
    asked = crowd(t, 'refresh_token', action='account', service='sshd')
    check(asked == ['refresh_token'], asked)


def many_who_are_known_prove_one_password(t):
    for count in (AT_ONCE, MANY):
        t.begin()
        t.know_ada(password_recheck_hours=0, **PATIENT)
        let_proofs_age(t)
        asked = crowd(t, 'password', count=count)
        check(asked == ['password'], asked)


def many_who_are_new_are_enrolled_once(t):
    for count in (AT_ONCE, MANY):
        t.begin()
        t.configure(**PATIENT)
        asked = crowd(t, 'password', count=count)
        check(asked == ['discovery', 'keys', 'password'], asked)
        check(t.person() == 1)
    t.offline('admit')
    t.offline('unavailable', 'wrong')


def many_whose_token_is_dead_prove_one_password(t):
    t.know_ada(**PATIENT)
    let_proofs_age(t)
    t.script(endpoint='token:refresh_token', number=70000)
    asked = crowd(t, 'password')
    check(asked == ['refresh_token', 'password'], asked)


def some_whose_secret_was_forgotten_prove_one_password(t):
    t.know_ada(**PATIENT)
    t.set_person("verifier = '', token = NULL, refused = 4")
    let_proofs_age(t)
    check(crowd(t, 'password', count=AT_ONCE) == ['password'])
    t.offline('admit')


def a_wrong_password_waits_its_time_and_proves_nothing(t):
    t.know_ada(password_recheck_hours=0, login_seconds=4, connect_seconds=1)
    let_proofs_age(t)
    t.script(endpoint='token:password', hold=True, times=1)
    right = t.in_background(PASSWORD)
    t.await_request('password')
    t.expect('deny', t.host.sign_in(ADA, 'wrong'))
    t.release()
    t.expect('admit', right.result())
    check(t.seen() == ['password'] * 2)


def a_guess_that_takes_its_time_keeps_nobody_out(t):
    for known in (False, True):
        t.begin()
        t.configure(login_seconds=8, connect_seconds=1, password_recheck_hours=0)
        if known:
            t.expect('admit', t.host.sign_in(ADA, PASSWORD))
            let_proofs_age(t)
            t.seen()
        t.script(endpoint='token:password', hold=True, times=1)
        guess = t.in_background('a guess')
        t.await_request('password')
        signed_in = t.host.sign_in(ADA, PASSWORD)
        check(signed_in.verdict == 'admit' and not signed_in.told, known, signed_in)
        check(t.seen().count('password') == 2)
        t.release()
        t.expect_not_admitted(guess.result())


def who_has_the_turn_too_late_does_not_ask(t):
    t.know_ada(login_seconds=4, connect_seconds=3)
    let_proofs_age(t)
    with t.host.held_turn(t.person('uid')):
        late = t.host.start(ADA, action='account', service='sshd')
        answer = t.pool.submit(late.finish)
        wait_until(lambda: stands_in_line(late), 'one in line')
        time.sleep(2.5)
    t.expect('admit', answer.result(), UNREACHED)
    check(t.seen() == [] and 'too late' in t.logged(), t.logged())


def many_whose_password_was_just_changed_are_let_in_by_one_request(t):
    for hours in (0, 24):
        for count in (5, AT_ONCE):
            t.begin()
            t.know_ada(password_recheck_hours=hours, **PATIENT)
            let_proofs_age(t)
            t.change(password=NEW)
            before = len(t.whole_log())
            asked = crowd(t, 'password', secret=NEW, count=count)
            check(asked.count('password') == 1, hours, count, asked)
            # Who begins after the first has redeemed the token redeems it too.
            check((asked.count('refresh_token') > 0) == (hours > 0), hours, count, asked)
            check('platform=proven-by-another' in t.whole_log()[before:], hours, count)
            t.offline('admit', NEW)
            t.offline_not_admitted(PASSWORD)


def who_counts_on_the_proof_of_another_says_so_in_the_log(t):
    t.know_ada(password_recheck_hours=0, recheck_minutes=5, **PATIENT)
    let_proofs_age(t)
    before = len(t.whole_log())
    crowd(t, 'password', count=2)
    lines = [line for line in t.whole_log()[before:].split('\n') if 'proven-by-another' in line]
    check(len(lines) == 1 and 'decided_by' not in lines[0], lines)


def turns_are_taken_elsewhere_where_the_runtime_folder_gives_none(t):
    t.know_ada(password_recheck_hours=0, **PATIENT)
    let_proofs_age(t)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f'{t.host.build}/run/state/turns')
    os.mkdir(f'{t.host.build}/run/state/turns')
    check(crowd(t, 'password', count=5) == ['password'])


def somebody_new_with_another_password_is_not_let_in_by_the_first(t):
    t.configure(**PATIENT)
    t.script(endpoint='token:password', hold=True, times=1)
    right = t.in_background(PASSWORD)
    t.await_request('password')
    other = t.host.start(ADA)
    wrong = t.pool.submit(other.finish, 'wrong')
    wait_until(lambda: stands_in_line(other), 'the second')
    t.release()
    t.expect('admit', right.result())
    t.expect_not_admitted(wrong.result())
    check(t.seen().count('password') == 2)
    t.offline('admit')
    t.offline('unavailable', 'wrong')


def who_was_refused_while_others_waited_lets_nobody_in(t):
    t.know_ada(password_recheck_hours=0, **PATIENT)
    let_proofs_age(t)
    t.script(endpoint='token:password', hold=True, times=1, number=50057)
    t.change(disabled=True)
    many = [t.host.start(ADA) for _ in range(5)]
    answers = [t.pool.submit(one.finish, PASSWORD) for one in many]
    wait_until(lambda: all(map(stands_in_line, many)), 'five in line')
    t.release()
    for answer in answers:
        t.expect_not_admitted(answer.result())


def a_token_that_is_doubted_is_not_sent_by_those_who_waited_for_it(t):
    t.know_ada(**PATIENT)
    let_proofs_age(t)
    t.script(endpoint='token:refresh_token', hold=True, status=400, body='{"error":"invalid_grant"}')
    many = [t.host.start(ADA, action='account', service='sshd') for _ in range(5)]
    answers = [t.pool.submit(one.finish) for one in many]
    wait_until(lambda: all(map(stands_in_line, many)), 'five in line')
    t.release()
    ends = sorted(answer.result().verdict for answer in answers)
    check(ends == ['expired'] * 5, 'who has shown no secret waits until the platform has accepted her', ends)
    check(t.seen() == ['refresh_token'] and t.person('token IS NOT NULL') == 1)


def a_token_that_is_not_enough_is_not_sent_by_those_who_waited_for_it(t):
    t.know_ada(**PATIENT)
    t.script(endpoint='token:refresh_token', hold=True, number=50076)
    many = [t.host.start(ADA) for _ in range(5)]
    answers = [t.pool.submit(one.finish, PASSWORD) for one in many]
    wait_until(lambda: all(map(stands_in_line, many)), 'five in line')
    t.release()
    for answer in answers:
        t.expect('deny', answer.result(), 'extra verification')
    check(t.seen() == ['refresh_token'])


def a_password_replaced_while_the_old_one_redeemed_a_token_ends_it(t):
    t.know_ada(**PATIENT)
    t.script(endpoint='token:refresh_token', hold=True, times=1)
    old = t.in_background(PASSWORD)
    t.await_request('refresh_token')
    t.change(password=NEW)
    t.configure(password_recheck_hours=0, **PATIENT)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.release()
    t.expect_not_admitted(old.result())
    t.offline('admit', NEW)
    t.offline_not_admitted(PASSWORD)


def a_password_replaced_while_the_old_one_went_on_by_token_ends_it(t):
    t.know_ada(password_recheck_hours=0, **PATIENT)
    t.script(endpoint='token:password', status=503, times=1)
    t.script(endpoint='token:refresh_token', hold=True, times=1)
    old = t.in_background(PASSWORD)
    t.await_request('refresh_token')
    t.host.forget_breakers()
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.release()
    t.expect_not_admitted(old.result())
    t.offline('admit', NEW)
    t.offline_not_admitted(PASSWORD)


STEPS = [let_proofs_age]
