"""The ways into a machine, driven as a person would: what was typed, what was shown, who one then is."""
import shlex
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pexpect

ASKS = r'[Pp]assword[^\r\n]*: ?$'
PROMPT = r'[$#] $'
SSH = ['-F', '/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
       '-o', 'LogLevel=INFO', '-o', 'NumberOfPasswordPrompts=1', '-o', 'PubkeyAuthentication=no',
       '-o', 'ConnectTimeout=20']


@dataclass
class Visit:
    """`said` is all that was on the screen; `output` is what the command printed once in."""
    admitted: bool
    said: str
    output: str = ''
    seconds: float = 0.0

    def __bool__(self):
        return self.admitted


class Doors:
    def __init__(self, machine):
        self.machine = machine

    def login(self, name, secret, command='id -un'):
        """login(1), as on a console."""
        terminal, begin, seen = self.machine.terminal('login', seconds=60), time.monotonic(), ''
        try:
            terminal.expect(r'login: $')
            seen = terminal.before + terminal.after
            terminal.sendline(name)
            terminal.expect([ASKS, r'incorrect', pexpect.EOF])
            seen += terminal.before + str(terminal.after)
            if terminal.match_index == 0:
                terminal.sendline(secret)
                terminal.expect([PROMPT, r'incorrect', r'login: $', pexpect.EOF])
                seen += terminal.before + (terminal.after if isinstance(terminal.after, str) else '')
            took = time.monotonic() - begin
            if not terminal.match_index == 0:
                return Visit(False, seen, seconds=took)
            terminal.sendline(f'echo begin-$((40+2)); {command}; echo end-$((40+2))')
            terminal.expect(r'begin-42\r\n(.*)end-42')
            output = terminal.match[1].replace('\r\n', '\n')
            terminal.sendline('exit')
            terminal.expect(pexpect.EOF)
            return Visit(True, seen, output, took)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return Visit(False, f'{seen}{terminal.before} [nothing more came]', seconds=time.monotonic() - begin)
        finally:
            terminal.close(force=True)

    def ssh(self, name, secret, command='id -un', method='password'):
        """OpenSSH's client in the sandbox; `method` is also keyboard-interactive."""
        line = [*SSH, '-o', f'PreferredAuthentications={method}', '-l', name, '127.0.0.1',
                f'echo begin-42; {command}; echo end-42']
        return self.converse(ssh_client(line), [secret])

    @contextmanager
    def at_the_question_of_ssh(self, name):
        """For as long as sshd waits for the password of `name`, keyboard-interactive."""
        line = [*SSH, '-o', 'PreferredAuthentications=keyboard-interactive', '-l', name, '127.0.0.1']
        terminal = ssh_client(line)
        try:
            terminal.expect(ASKS)
            yield
        finally:
            terminal.close(force=True)

    def sudo(self, name, secret, command='id -un', given=None):
        """Signs in by ssh, then becomes root by sudo; `given` is what sudo gets instead of the secret."""
        line = [*SSH, '-o', 'PreferredAuthentications=password', '-tt', '-l', name, '127.0.0.1',
                f'sudo -k sh -c {shlex.quote("echo begin-$((40+2)); " + command + "; echo end-$((40+2))")}']
        return self.converse(ssh_client(line), [secret, given or secret])

    def su(self, name, secret, command='id -un', caller='lena', before=''):
        """su from a local person who is not root, on a terminal."""
        inner = shlex.quote(f'echo begin-$((40+2)); {command}; echo end-$((40+2))')
        terminal = self.machine.terminal('sh', '-c', shlex.quote(f'{before} exec su - {name} -c {inner}'), user=caller,
                                         seconds=60)
        return self.converse(terminal, [secret])

    def su_by_root(self, name, command='id -un'):
        begin = time.monotonic()
        done = self.machine.run('su', '-', name, '-c', f'echo begin-42; {command}; echo end-42')
        return visit(done.stdout, time.monotonic() - begin)

    @staticmethod
    def converse(terminal, secrets):
        """Answers each hidden question with the next secret, until the other side hangs up."""
        seen, begin = '', time.monotonic()
        try:
            for secret in secrets:
                terminal.expect([ASKS, pexpect.EOF])
                seen += terminal.before
                if terminal.match_index == 1:
                    return visit(seen, time.monotonic() - begin)
                seen += terminal.after
                terminal.sendline(secret)
            terminal.expect([r'end-42', ASKS, pexpect.EOF])
            return visit(seen + terminal.before + (terminal.after if terminal.match_index < 2 else ''),
                         time.monotonic() - begin)
        except pexpect.TIMEOUT:
            return Visit(False, f'{seen}{terminal.before} [nothing more came]', seconds=time.monotonic() - begin)
        finally:
            terminal.close(force=True)


def ssh_client(line):
    return pexpect.spawn('ssh', line, encoding='utf-8', codec_errors='replace', timeout=60, echo=False)


def visit(seen, took):
    seen = seen.replace('\r\n', '\n')
    if 'begin-42\n' in seen and 'end-42' in seen:
        said, _, rest = seen.partition('begin-42\n')
        return Visit(True, said, rest.partition('end-42')[0], took)
    return Visit(False, seen, seconds=took)
