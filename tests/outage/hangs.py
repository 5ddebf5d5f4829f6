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

SUCCESS, SYSTEM_ERR, AUTH_ERR = 0, 4, 7  # PAM's
LEEWAY = 0.2  # seconds beyond a budget
TRIES = 4  # what else runs on this machine may be in the way of one
SILENT = 'did not answer in time'
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
            service.write(f'auth required {build}/pam_latchkey.so\n')
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
        check(took > LOGIN_SECONDS - LEEWAY, 'it did not wait for the answer', took)
        return took
    measure('silent platform, healthy helper', LOGIN_SECONDS, sign_in)


def connects(helper):
    """Whether it has asked for a connection and got no answer."""
    with open('/proc/net/tcp', encoding='utf-8') as sockets:
        waiting = {f'socket:[{line.split()[9]}]' for line in sockets if line.split()[3] == SYN_SENT}
    folder = f'/proc/{helper}/fd'
    with contextlib.suppress(FileNotFoundError):  # a descriptor that was just closed
        return any(os.readlink(f'{folder}/{fd}') in waiting for fd in os.listdir(folder))


def given_up(application):
    code, took, shown = application.finish()
    check(code == SYSTEM_ERR and SILENT in shown, 'not given up', code, shown)
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
    kept = f'{t.host.helper}.kept'
    os.rename(t.host.helper, kept)
    with open(t.host.helper, 'w', encoding='utf-8') as helper:
        helper.write('#!/bin/sh\nkill -STOP $$\n')
    os.chmod(t.host.helper, 0o755)
    try:
        measure('stopped before its first word', budget_by_default(), lambda: given_up(Application(t)))
    finally:
        shutil.move(kept, t.host.helper)


def a_crowd_is_not_taken_for_helpers_that_hang(t):
    """The queue for key derivations is much longer than any budget of the network."""
    t.restore('password', login_seconds=30, connect_seconds=30)
    t.host.change_store("UPDATE person SET last_online = last_online - 3600")
    for outage in (False, True):
        if outage:
            t.spoil({'listen': {'mode': 'refuse'}})
        many = []
        for _ in range(6):  # more at once use up the attempts of one person
            many += [Application(t) for _ in range(8)]
            for one in many[-8:]:
                one.ask().answer(PASSWORD)
        for one in many:
            code, took, shown = one.finish()
            check(SILENT not in shown, 'cut off after', took, shown)
            check(code == SUCCESS, code, took, shown)


VARIED = {a_silent_name_server_costs_no_more_than_the_budget: [(grant,) for grant in GRANTS],
          a_helper_that_is_stopped_while_it_connects_is_given_up_with_its_budget: [(g,) for g in GRANTS],
          a_helper_that_is_stopped_after_it_has_sent_is_given_up_with_its_budget: [(g,) for g in GRANTS]}


def all_cells():
    return cells_in(globals(), [budget_by_default, connects, given_up, measure], VARIED)
