"""The real helper on hosts whose clock is moved, or where time goes by while the clock stands still."""
import contextlib
import os
import subprocess
import tempfile
import time

from expect import check
from sign_in.harness import ADA, DAY, ELSEWHERE, PASSWORD

SET_BACK, ENDED = 'clock of this host was set back', 'too long ago'
IN_1970, IN_2038 = -int(time.time()), 2**31 - 1 - int(time.time())
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'wall_clock.c')


@contextlib.contextmanager
def shifted(t, wall=0, up=0):
    """Helpers meanwhile see a clock that is ahead by `wall` seconds, on a machine that was up for `up` more."""
    with tempfile.TemporaryDirectory(prefix='clock-') as folder:
        os.chmod(folder, 0o755)
        subprocess.run(['cc', '-shared', '-fPIC', '-o', f'{folder}/wall_clock.so', SOURCE], check=True)
        t.host.under = ['/usr/bin/unshare', '--time', '--fork', '--boottime', str(up), '/usr/bin/env',
                        f'LD_PRELOAD={folder}/wall_clock.so', f'WALL_AHEAD={wall}']
        try:
            yield
        finally:
            t.host.under = []


def trust_clock(t):
    subprocess.run([f'{t.host.build}/latchkey', 'store', 'trust-clock'], check=True)


STEPS = [trust_clock]


def a_clock_set_back_lets_nobody_in_and_harms_nobody_when_put_right(t):
    t.know_ada()
    for ahead in (-10 * DAY, IN_1970, -3600):
        with shifted(t, ahead):
            t.offline('unavailable', words=SET_BACK)
            t.offline('unavailable', words=SET_BACK, remote_host=ELSEWHERE)
            t.outage()
            t.expect('unavailable', t.host.account(ADA, service='sshd'))
            t.recovery()
        t.offline('admit')


def a_clock_put_forward_wins_no_day_and_is_forgiven_by_an_online_sign_in(t):
    for ahead, verdict in ((10 * DAY, 'admit'), (15 * DAY, 'unavailable'), (IN_2038, 'unavailable')):
        t.begin()
        t.know_ada()
        with shifted(t, ahead):
            t.offline(verdict, words=ENDED if verdict != 'admit' else '')
        t.offline('unavailable', words=SET_BACK)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
        t.offline('admit')


def root_forgives_it_too(t):
    t.know_ada()
    with shifted(t, IN_2038):
        t.offline('unavailable', words=ENDED)
    t.offline('unavailable', words=SET_BACK)
    trust_clock(t)
    t.offline('admit')
    t.set_person(f'last_online = last_online - {15 * DAY}')
    trust_clock(t)
    t.offline('unavailable', words=ENDED)


def only_root_or_the_owner_forgives(t):
    done = subprocess.run(['setpriv', '--reuid', '1', '--regid', '1', '--clear-groups',
                           f'{t.host.build}/latchkey', 'store', 'trust-clock'], stderr=subprocess.PIPE, text=True,
                          check=False)
    check(done.returncode == 3 and 'only root' in done.stderr, done)


def time_that_was_up_counts_though_the_clock_stands_still(t):
    for up, wall in ((13 * DAY, 0), (13 * DAY, 3 * DAY), (3 * DAY, 13 * DAY)):
        t.begin()
        t.know_ada()
        with shifted(t, wall, up):
            t.outage()
            let_in = t.host.sign_in(ADA, PASSWORD)
            t.expect('admit', let_in)
            end = t.person('last_online') + 14 * DAY - max(0, up - wall)
            check(abs(let_in.offline_until - end) <= 2, let_in.offline_until - end)
            t.recovery()
    for up, wall in ((15 * DAY, 0), (15 * DAY, 5 * DAY), (20 * DAY, 13 * DAY)):
        t.begin()
        t.know_ada()
        with shifted(t, wall, up):
            t.offline('unavailable', words=ENDED)
    t.begin()
    t.know_ada()
    with shifted(t, 0, 4 * DAY):
        t.offline('unavailable', words=ENDED, remote_host=ELSEWHERE)
        t.offline('admit')


def another_start_forgets_no_time_that_was_seen(t):
    t.know_ada()
    up = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    t.host.change_store("UPDATE fact SET value = value + 1 WHERE name = 'anchor_boot'")
    t.offline('admit')  # the machine was up for so long since then, as far as can be known
    anchor = dict(t.host.ask_store("SELECT name, value FROM fact WHERE name LIKE 'anchor%'"))['anchor_time']
    check(up - 2 <= anchor - t.person('last_online') <= up + 60, anchor, up)
