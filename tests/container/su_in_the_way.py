"""What somebody can do to a su of his own, to be in other people's way."""
import re

from doors import ASKS
from machine import await_that


class SuInTheWay:
    """lena's su to `name`; each gives back the terminal that it goes on in, if it does."""

    def __init__(self, doors, name, secret):
        self.doors, self.machine, self.name, self.secret = doors, doors.machine, name, secret

    def begin(self):
        shell = self.machine.terminal('bash', '--norc', '--noprofile', user='lena')
        shell.expect(r'[$] $')
        shell.sendline(f'unset HISTFILE; su - {self.name} -c true')
        shell.expect(ASKS)
        pid = await_that('su', lambda: self.machine.run('pgrep', '-u', 'root', '-x', 'su').stdout.split())[0]
        return shell, pid

    def state(self, pid, *, or_pending=False):
        """Stopped, or the terminal's stop signal waits until su has read the answer."""
        status = self.machine.run('cat', f'/proc/{pid}/status').stdout
        pending = any(int(bits, 16) & 1 << 19 for bits in re.findall(r'(?:SigPnd|ShdPnd):\s*(\w+)', status))
        stopped = 'State:\tT' in status
        return ('stopped' if stopped else 'pending' if pending and or_pending else None)

    def stopped_by_key(self):
        shell, pid = self.begin()
        shell.send('\x1a')
        if await_that('Ctrl-Z to arrive', lambda: self.state(pid, or_pending=True)) == 'pending':
            shell.sendline(self.secret)
            await_that('su to be stopped', lambda: self.state(pid))
        return shell

    def stopped_at_question(self):
        shell, pid = self.begin()
        self.machine.sh(f'kill -STOP {pid}', user='lena')
        await_that('su to be stopped', lambda: self.state(pid))
        return shell

    def stopped_after_answer(self):
        shell, pid = self.begin()
        shell.sendline(self.secret)
        self.machine.run('kill', '-STOP', pid, user='lena')
        return shell

    def without_file_size(self):
        self.doors.su(self.name, self.secret, before='ulimit -f 0;')
