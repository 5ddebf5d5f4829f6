"""Many at once."""
import os

from expect import check
from sign_in.harness import ADA, PASSWORD, wait_until


def many_at_once_are_all_let_in(t):
    t.know_ada()
    for outage in (False, True):
        if outage:
            t.outage()
        for answer in [t.in_background(PASSWORD) for _ in range(20)]:
            t.expect('admit', answer.result())


def stands_in_line(conversation):
    """Whether this helper has come to where one after the other may redeem a token."""
    folder = f'/proc/{conversation.process.pid}/fd'
    try:
        return any(os.readlink(f'{folder}/{fd}').endswith('/turns') for fd in os.listdir(folder))
    except FileNotFoundError:  # an end, or a descriptor just closed
        return False


def many_at_once_share_a_token_that_works_only_once(t):
    for action in ('account', 'authenticate'):
        t.begin()
        t.emulator.order('/_tokens', {'rotate': True})
        t.know_ada()
        t.script(endpoint='token:refresh_token', hold=True, times=1)
        many = [t.host.start(ADA, action=action, service='sshd') for _ in range(10)]
        answers = [t.pool.submit(one.finish, PASSWORD) for one in many]
        wait_until(lambda: all(map(stands_in_line, many)), 'ten that stand in line')
        t.release()
        for answer in answers:
            t.expect('admit', answer.result())
        # How many count on the first one's proof depends on the second in which each began.
        redeemed = t.seen()
        check(1 <= len(redeemed) <= 10 and set(redeemed) == {'refresh_token'}, action, redeemed)
        t.expect('admit', t.host.account(ADA, service='sshd'))
        check(t.seen() == ['refresh_token'], 'the last token is good')


def a_token_that_was_used_twice_is_dead_with_its_family(t):
    """Shows that the test above can fail."""
    t.emulator.order('/_tokens', {'rotate': True})
    t.know_ada()
    token = t.host.ask_store('SELECT token FROM person')[0][0]
    t.expect('admit', t.host.account(ADA, service='sshd'))
    t.host.change_store(f"UPDATE person SET token = x'{token.hex()}'")
    for _ in range(2):
        t.expect('expired', t.host.account(ADA, service='sshd'))
