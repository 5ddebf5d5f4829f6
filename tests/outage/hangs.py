"""A helper that hangs, a name server that is silent: how long it takes until the PAM application goes on.

A helper that hangs is given up by the PAM module when the part of its work that it has announced should be
over: in the middle of the network, that is the budget of the sign-in (login_seconds).
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess

from expect import check
from outage.bed import GRANTS, LOGIN_SECONDS, WRONG, cells_in
from sign_in.harness import ADA, PASSWORD, UNREACHED, wait_until
from signin import IN_NAMESPACE

SUCCESS, AUTH_ERR, AUTHINFO_UNAVAIL = 0, 7, 9  # PAM's
LEEWAY = 0.2  # seconds beyond a budget
CLOSING = 0.3  # of a budget, for what comes of the answer
KDF_SECONDS, STORE_SECONDS = 5, 20  # COMPARE_COMPUTE_MS of login/compare.h, TALK_STORE_MS of login/talk.h
TRIES = 4  # what else runs on this machine may be in the way of one
LATE = 'The login helper of this machine did not answer in time. Try again.\n'
SYN_SENT = '02'
# With names as the host has them: who is admitted must be known.
APPLICATION = 'mount --bind "$0" /etc/nsswitch.conf; LD_LIBRARY_PATH="$1" exec "$1/pam_ask" "$1/pam.d" "$2"'


def budget_by_default():
    with open(f'{os.path.dirname(__file__)}/../../config/setting.c', encoding='utf-8') as source:
        return int(re.search(r'"login_seconds",[^"]*"(\d+)"', source.read())[1])


class Application:
    """A program that signs somebody in by PAM; its helper is its only child."""

    def __init__(self, t, name=ADA):
        build = t.host.build
        os.makedirs(f'{build}/pam.d', exist_ok=True)
        with open(f'{build}/pam.d/latchkey-test', 'w', encoding='utf-8') as service:
            service.write(f'auth required {build}/pam_latchkey.so\nsession required {build}/pam_latchkey.so\n')
        # pylint: disable=consider-using-with # ended by finish()
        self.process = subprocess.Popen(
            IN_NAMESPACE + [APPLICATION, f'{build}/nsswitch.conf', build, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def helper(self):
        with open(f'/proc/{self.process.pid}/task/{self.process.pid}/children', encoding='utf-8') as file:
            return int(file.read().split()[0])

    def ask(self):
        check(self.process.stdout.readline() == 'asked\n', 'no question')
        return self

    def answer(self, secret):
        self.process.stdin.write(secret + '\n')
        self.process.stdin.flush()
        return self

    def finish(self):
        """PAM's code, the seconds it took, and what was shown."""
        said = self.process.communicate()[0]
        found = re.match(r'(\d+) (\d+)\n', said)
        check(found, 'it came to no end', said)
        return int(found[1]), int(found[2]) / 1000, said[found.end():]


def measure(what, budget, run):
    """`run` gives seconds: at most the budget, and a moment."""
    took = [run()]
    while took[-1] > budget + LEEWAY and len(took) < TRIES:
        took.append(run())
    before = f', before {took[:-1]}' if took[1:] else ''
    print(f'   {what}: {took[-1]:.3f} s of {budget} s{before}', flush=True)
    check(took[-1] <= budget + LEEWAY, what, took)


def who_is_served_is_admitted_and_refused_by_pam_too(t):
    t.restore()
    for secret, wanted in ((PASSWORD, SUCCESS), (WRONG, AUTH_ERR)):
        code, _, shown = Application(t).ask().answer(secret).finish()
        check(code == wanted, secret, code, shown)


def a_silent_name_server_costs_no_more_than_the_budget(t, grant):
    def sign_in():
        t.restore(grant)
        t.spoil({'resolver': 'silent'})
        asked = t.resolver.asked
        code, took, shown = Application(t).ask().answer(PASSWORD).finish()
        check(code == SUCCESS and UNREACHED in shown and t.resolver.asked > asked, code, shown)
        return took
    measure(f'silent DNS, {grant}', LOGIN_SECONDS, sign_in)


def a_silent_platform_costs_no_more_than_the_budget(t):
    def sign_in():
        t.restore('refresh')
        t.spoil({'fault': 'silence'})
        code, took, shown = Application(t).ask().answer(PASSWORD).finish()
        check(code == SUCCESS and UNREACHED in shown, code, shown)
        check(took > LOGIN_SECONDS - CLOSING - LEEWAY, 'it did not wait for the answer', took)
        return took
    measure('silent platform, healthy helper', LOGIN_SECONDS, sign_in)


@contextlib.contextmanager
def helper_is(t, command):
    """A script takes the place of the helper, which is beside it as NAME.kept."""
    kept = f'{t.host.helper}.kept'
    os.rename(t.host.helper, kept)
    with open(t.host.helper, 'w', encoding='utf-8') as helper:
        helper.write(f'#!/bin/sh\n{command}\n')
    os.chmod(t.host.helper, 0o755)
    try:
        yield
    finally:
        shutil.move(kept, t.host.helper)


def naps(helper):
    """Whether it sleeps for a while, as who tries again does."""
    with open(f'/proc/{helper}/wchan', encoding='utf-8') as wchan:
        return 'nanosleep' in wchan.read()


def computes(t, helper):
    """Whether it has a slot and waits for nothing but its thread."""
    slots = os.stat(f'{t.host.state}/private/kdf.slots')
    with open('/proc/locks', encoding='utf-8') as locks:
        held = any(line.split()[5].endswith(f':{slots.st_ino}') for line in locks if 'OFDLCK' in line)
    with open(f'/proc/{helper}/wchan', encoding='utf-8') as wchan:
        return held and 'futex' in wchan.read()


def connects(helper):
    """Whether it has asked for a connection and got no answer."""
    with open('/proc/net/tcp', encoding='utf-8') as sockets:
        waiting = {f'socket:[{line.split()[9]}]' for line in sockets if line.split()[3] == SYN_SENT}
    folder = f'/proc/{helper}/fd'
    with contextlib.suppress(FileNotFoundError):  # a descriptor that was just closed
        return any(os.readlink(f'{folder}/{fd}') in waiting for fd in os.listdir(folder))


def given_up(application):
    code, took, shown = application.finish()
    check(code == AUTHINFO_UNAVAIL and shown == LATE, 'not given up', code, shown)
    return took


def a_helper_that_is_stopped_while_it_connects_is_given_up_with_its_budget(t, grant):
    def sign_in():
        t.restore(grant, connect_seconds=LOGIN_SECONDS)
        t.spoil({'listen': {'mode': 'black_hole'}})
        application = Application(t).ask()
        helper = application.helper()
        application.answer(PASSWORD)
        wait_until(lambda: connects(helper), 'a connection that is not answered')
        os.kill(helper, signal.SIGSTOP)
        return given_up(application)
    measure(f'stopped while it connects, {grant}', LOGIN_SECONDS, sign_in)


def a_helper_that_is_stopped_after_it_has_sent_is_given_up_with_its_budget(t, grant):
    def sign_in():
        t.restore(grant)
        t.spoil({'fault': 'silence'})
        application = Application(t).ask()
        helper = application.helper()
        application.answer(PASSWORD)
        t.await_request({'password': 'password', 'refresh': 'refresh_token'}[grant])
        os.kill(helper, signal.SIGSTOP)
        return given_up(application)
    measure(f'stopped after it has sent, {grant}', LOGIN_SECONDS, sign_in)


def a_helper_that_is_stopped_at_the_question_is_given_up_with_the_usual_budget(t):
    def sign_in():
        t.restore()
        application = Application(t).ask()
        os.kill(application.helper(), signal.SIGSTOP)
        return given_up(application.answer(PASSWORD))
    measure('stopped at the question', budget_by_default(), sign_in)


def a_helper_that_is_stopped_before_its_first_word_is_given_up_with_the_usual_budget(t):
    t.restore()
    with helper_is(t, 'kill -STOP $$'):
        measure('stopped before its first word', budget_by_default(), lambda: given_up(Application(t)))


def a_helper_that_is_stopped_while_it_computes_is_given_up_when_that_should_be_over(t):
    """However many may stand in line before it: it has its turn already."""
    def sign_in():
        t.restore('password', recheck_minutes=60)
        t.host.change_store(f"UPDATE person SET verifier = '{strong}'")
        application = Application(t).ask()
        helper = application.helper()
        application.answer(PASSWORD)
        wait_until(lambda: computes(t, helper), 'a key derivation')
        os.kill(helper, signal.SIGSTOP)
        return given_up(application)
    t.restore()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    strong = t.person('verifier')
    measure('stopped while it computes', KDF_SECONDS + LEEWAY, sign_in)


def a_helper_that_is_stopped_while_it_waits_for_the_store_is_given_up_when_that_should_be_over(t):
    def sign_in():
        t.restore()
        application = Application(t).ask()
        helper = application.helper()
        with t.host.busy_store():
            application.answer(PASSWORD)
            wait_until(lambda: naps(helper), 'a wait for the store')
            os.kill(helper, signal.SIGSTOP)
            return given_up(application)
    measure('stopped while it waits for the store', STORE_SECONDS + LEEWAY, sign_in)


def on_a_slow_disk_a_silent_platform_refuses_nobody(t, grant):
    """Each write is announced: what the network may take is used up before the breaker is written."""
    t.restore(grant)
    t.spoil({'fault': 'silence'})
    with helper_is(t, 'exec /usr/bin/strace -D -qq -o /dev/null -e trace=fsync,fdatasync '
                      f'-e inject=fsync,fdatasync:delay_exit=400000 {t.host.helper}.kept'):
        code, took, shown = Application(t).ask().answer(PASSWORD).finish()
    check(code == SUCCESS and UNREACHED in shown, code, took, shown)
    check(any(breaker['failures'] for breaker in t.breakers().values()), 'nobody else will know')


def a_crowd_is_not_taken_for_helpers_that_hang(t):
    """The queue for key derivations is much longer than any budget of the network."""
    t.restore('password', login_seconds=30, connect_seconds=30)
    t.host.change_store("UPDATE person SET last_online = last_online - 3600")
    for outage in (None, 'refuse', 'silence'):
        if outage == 'silence':  # whose budgets end while others compute
            t.configure(password_recheck_hours=0)
            t.grant = None
            t.forget_breakers()
        if outage:
            t.spoil({'listen': {'mode': outage}})
        many = []
        for _ in range(6):  # more at once use up the attempts of one person
            many += [Application(t) for _ in range(8)]
            for one in many[-8:]:
                one.ask().answer(PASSWORD)
        for one in many:
            code, took, shown = one.finish()
            check(LATE not in shown, 'cut off after', took, shown)
            check(code == SUCCESS, code, took, shown)


VARIED = {a_silent_name_server_costs_no_more_than_the_budget: [(grant,) for grant in GRANTS],
          on_a_slow_disk_a_silent_platform_refuses_nobody: [(grant,) for grant in GRANTS],
          a_helper_that_is_stopped_while_it_connects_is_given_up_with_its_budget: [(g,) for g in GRANTS],
          a_helper_that_is_stopped_after_it_has_sent_is_given_up_with_its_budget: [(g,) for g in GRANTS]}


def all_cells():
    return cells_in(globals(), [budget_by_default, computes, connects, given_up, helper_is, measure, naps], VARIED)
