"""What an outage costs whoever signs in, how it ends by itself, and what a helper that hangs can do."""
import json
import re
import shlex
import socket
import subprocess
import threading
import time

from host import CAROL, PASSWORDS
from machine import await_that, read_number
from provider import HOST

RECORD = '/run/latchkey/state/outage'
RETURN_MOST = 60  # seconds from the platform's return to the end of an outage, without a sign-in
LEEWAY = 0.2  # seconds beyond a budget
RESOLVER = '127.0.0.53'
SERVICE = 'tests'
TIMED = r's=$EPOCHREALTIME; pamtester {} {} authenticate acct_mgmt; r=$?; e=$EPOCHREALTIME; ' \
        r'echo "status $r after $((${{e/./}} - ${{s/./}}))"'


class Silence:
    """A resolver that takes every question and never answers."""

    def __enter__(self):
        self.taken, self.socket = 0, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((RESOLVER, 53))
        self.thread = threading.Thread(target=self.swallow, daemon=True)
        self.thread.start()
        return self

    def swallow(self):
        while self.socket.recv(4096):
            self.taken += 1

    def __exit__(self, *_):
        self.socket.sendto(b'', (RESOLVER, 53))
        self.thread.join(10)
        self.socket.close()


class Outages:
    def __init__(self, host, checks):
        self.host, self.machine, self.provider, self.check = host, host.machine, host.provider, checks.that
        self.patience = read_number('login/frame.h', r'#define FRAME_SILENCE_MS (\d+)') / 1000
        self.watches, self.given_up = [], {}
        self.machine.write(f'/etc/pam.d/{SERVICE}',
                           'auth required pam_latchkey.so nodelay\naccount required pam_latchkey.so\n')

    def sign_in(self, name=CAROL, secret=PASSWORDS[CAROL]):
        """By an application of its own, which tells what libpam answered and how many seconds that took."""
        said = self.machine.run('bash', '-c', TIMED.format(SERVICE, name), given=f'{secret}\n').stdout
        found = re.search(r'status (\d+) after (\d+)', said)
        return found[1] == '0', int(found[2]) / 1e6, said

    # -- an outage ends without a sign-in --------------------------------------------------

    def is_recorded(self):
        return self.machine.run('test', '-e', RECORD).returncode == 0

    def state(self, unit):
        return self.machine.run('systemctl', 'is-active', unit).stdout.strip()

    def timer(self):
        check = self.check
        check('the path unit is enabled', self.machine.run('systemctl', 'is-enabled', 'latchkey-probe.path').stdout
              == 'enabled\n')
        self.host.await_platform()
        await_that('the timer to stop', lambda: self.state('latchkey-probe.timer') == 'inactive')
        check('no outage, no timer: only the path unit waits', not self.is_recorded()
              and self.state('latchkey-probe.path') == 'active' and self.state('latchkey-probe.service') == 'inactive')
        self.provider.stop()
        begin = time.time()
        await_that('the outage to be recorded', lambda: self.sign_in()[0] and self.is_recorded(), RETURN_MOST)
        await_that('the timer to start', lambda: self.state('latchkey-probe.timer') == 'active', 5)
        check('sign-ins meet an outage: the timer runs', True)
        said = self.machine.run('latchkey', 'probe', '--json')
        states = {row['dependency']: row['state'] for row in json.loads(said.stdout)}
        check('latchkey probe says so', said.returncode == 1 and states['metadata'] == 'in-service'
              and {states['password grants'], states['refresh grants']} <= {'out', 'waiting'}, said)
        self.recovers(begin)

    def recovers(self, begin):
        check, before = self.check, len(self.provider.requests())
        self.provider.start()
        back = time.monotonic()
        await_that('the outage to end', lambda: not self.is_recorded(), 2 * RETURN_MOST)
        took = time.monotonic() - back
        check(f'the platform is back: without a sign-in the outage is over after {took:.0f} s', took <= RETURN_MOST)
        await_that('the timer to stop', lambda: self.state('latchkey-probe.timer') == 'inactive', 15)
        asked = self.provider.requests()[before:]
        check('nobody\'s secret was sent for that', asked and not any(r.get('grant_type') for r in asked), asked)
        lines = self.machine.run('journalctl', '--no-pager', '--output=cat', f'--since=@{begin:.0f}',
                                 '--unit=latchkey-probe*').stdout.splitlines()
        check(f'the units leave few lines in the log: {len(lines)}', 2 <= len(lines) <= 8, lines)
        visit, asked = self.host.asked(self.sign_in)
        check('the next sign-in is online', visit[0] and asked and asked[-1]['status'] == 200, (visit, asked))
        check('nothing of it runs any more', not self.is_recorded()
              and self.state('latchkey-probe.service') == 'inactive'
              and self.machine.run('pgrep', '-x', 'latchkey').returncode == 1)

    def begins(self):
        """For those who take the packages away: the timer runs."""
        self.machine.sh(f'touch {RECORD}', user='latchkey')
        await_that('the timer to start', lambda: self.state('latchkey-probe.timer') == 'active', 5)

    def is_gone(self):
        left = self.machine.sh('systemctl list-units --all --no-legend "latchkey*"; find / -xdev -name "latchkey*" '
                               '! -path "/root/*"')
        self.check('the units are gone, although an outage was on', not left, left)

    # -- nobody answers for names ------------------------------------------------------------

    def silent_dns(self):
        check, connect = self.check, read_number('config/setting.c', r'"connect_seconds",[^"]*"(\d+)"')
        self.host.await_platform()
        self.machine.sh('cp /etc/hosts /root/hosts')
        self.machine.sh(f'sed -i /{HOST}/d /etc/hosts; echo nameserver {RESOLVER} > /etc/resolv.conf')
        try:
            with Silence() as resolver:
                admitted, took, said = self.sign_in()
                check(f'DNS is silent: the first sign-in asks it and is admitted after {took:.2f} s',
                      admitted and resolver.taken and took <= connect + LEEWAY, said)
                taken = resolver.taken
                admitted, took, said = self.sign_in()
                check(f'DNS is silent: the second one asks nobody and is admitted after {took:.2f} s',
                      admitted and resolver.taken == taken and took < connect / 2, said)
                admitted, took, said = self.sign_in(secret='wrong')
                check(f'DNS is silent: a wrong password is refused after {took:.2f} s', not admitted, said)
        finally:
            self.machine.sh('cat /root/hosts > /etc/hosts; : > /etc/resolv.conf')
        self.host.await_platform()

    # -- helpers that hang: they are waited for while other parts go on -----------------------

    def stand_still(self):
        stopped = {way: self.stopped(options) for way, options in (('by root', ''), ('by the socket', '-I ruser=lena'))}
        for way, (application, pid) in stopped.items():
            application.stdin.write(PASSWORDS[CAROL] + '\n')
            application.stdin.flush()
            watch = threading.Thread(target=self.watch, args=(way, application, pid, time.monotonic()))
            self.watches.append(watch)
            watch.start()

    def watch(self, way, application, pid, begin):
        """Notes when the application gave up; its own child has ended then."""
        said = application.communicate(timeout=2 * self.patience)[0]
        took = time.monotonic() - begin
        left = self.machine.run('kill', '-KILL', pid).returncode == 0
        self.given_up[way] = application.returncode, took, left, said

    def gives_up(self):
        for watch in self.watches:
            watch.join()
        for way, (status, took, left, said) in sorted(self.given_up.items()):
            self.check(f'a helper that was started {way} hangs: the sign-in is refused after {took:.1f} s',
                       status != 0 and took <= self.patience + LEEWAY, said)
            self.check(f'a helper that was started {way} hangs: it is ended if it was a child',
                       left == (way != 'by root'))
        self.check('both were waited for', len(self.given_up) == 2, self.given_up)

    def stopped(self, options):
        """An application that waits for the secret, and its helper, which is stopped."""
        others = set(self.helpers())
        line = self.machine.inside('sh', '-c', f'exec pamtester {options} {SERVICE} {shlex.quote(CAROL)} authenticate')
        # pylint: disable=consider-using-with # watched until it ends
        application = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True)
        await_that('the question', lambda: application.stdout.read(len('Password')))
        pid = await_that('its helper', lambda: set(self.helpers()) - others).pop()
        self.machine.run('kill', '-STOP', pid)
        return application, pid

    def helpers(self):
        return self.machine.run('pgrep', '-x', 'latchkey-login').stdout.split()
