"""Crowds and guessers at the real helper: who is right gets in, and the rest is counted exactly."""
import os
import signal
import struct

from expect import check
from sign_in.clock import shifted
from sign_in.harness import ADA, ELSEWHERE, PASSWORD, wait_until

MANY, MOST = 50, 10
SLOT = 256  # bytes: of the head of the file `attempts`, and of each person
REFILL = 300  # seconds


def used(t, kind):
    """Attempts of Ada that are gone; those in flight among them."""
    uid = t.person('uid')
    with open(f'{t.host.state}/private/attempts', 'rb') as file:
        data = file.read()
    slots = [data[at:at + SLOT] for at in range(SLOT, len(data), SLOT)]
    mine = [slot for slot in slots if struct.unpack_from('I', slot)[0] == uid]
    return mine[0][8 + 8 * kind + 4] if mine else 0


def evaluated(t):
    return t.whole_log().count(' secret=wrong')


def crowd(t, secret, **request):
    many = [t.in_background(secret(number), **request) for number in range(MANY)]
    return [one.result().verdict for one in many]


STEPS = [evaluated]


def fifty_at_once_with_the_right_password_all_get_in(t):
    t.know_ada()
    t.outage()
    verdicts = crowd(t, lambda number: PASSWORD)
    check(verdicts == ['admit'] * MANY, verdicts)
    check(used(t, 0) == 0, 'and it cost nothing')


def of_fifty_wrong_ones_ten_are_evaluated(t):
    t.know_ada()
    t.outage()
    before = evaluated(t)
    verdicts = crowd(t, lambda number: f'wrong {number}', service='sshd', remote_host=ELSEWHERE)
    check(sorted(verdicts) == ['maxtries'] * (MANY - MOST) + ['unavailable'] * MOST, verdicts)
    check(evaluated(t) - before == MOST, evaluated(t) - before)
    check((used(t, 0), used(t, 1)) == (0, MOST))
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))  # at the console


def helpers_killed_before_they_could_check_have_spent_their_attempts(t):
    t.know_ada()
    t.outage()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))  # the file of slots is there
    with t.host.busy_slots():
        guessers = [t.host.start(ADA) for _ in range(MOST)]
        guesses = [t.pool.submit(one.finish, 'a guess') for one in guessers]
        wait_until(lambda: used(t, 0) == MOST, 'ten leases')
        for one in guessers:
            os.kill(one.process.pid, signal.SIGKILL)
        check({guess.result().verdict for guess in guesses} == {'silence'})
    t.expect('maxtries', t.host.sign_in(ADA, PASSWORD))
    check(used(t, 0) == MOST)
    with shifted(t, up=REFILL + 1):
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def setting_the_clock_refills_nothing(t):
    t.know_ada()
    t.outage()
    for number in range(MOST):
        t.expect('unavailable', t.host.sign_in(ADA, f'wrong {number}'))
    for ahead in (REFILL * MOST, 86400 * 30, -86400 * 30):
        with shifted(t, wall=ahead):
            t.expect('maxtries', t.host.sign_in(ADA, PASSWORD))
