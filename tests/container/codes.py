#!/usr/bin/python3
"""Sign-ins by device code on a real system: real provider, real pages, real login, sshd, su and sudo."""
import os
import re
import shlex
import sys
import time

import pexpect

from browser import Browser
from checks import Checks
from doors import PROMPT, SSH, Visit, ssh_client, visit
from host import ADA, BOB, CAROL, DAVE, ERIN, PASSWORDS, Host
from machine import await_that
from provider import ISSUER

PHRASE, WRONG = 'seven lanterns over a quiet harbour', 'canary-wrong-5e0b'
EITHER, PLAIN = 'Password, or Enter for a code: ', 'Password: '
QUESTION = r'((?:[Pp]assword|Press Enter|New passphrase|The same once more)[^\r\n]*: ?)$'
CODE = r'\b[A-Z]{4}-[A-Z]{4}\b'
QR = '\u2580'
UNREACHED, STRANGER = 'cannot be reached', 'Somebody else signed in there'
TO_ENABLE = 'KbdInteractiveAuthentication yes'
SETTINGS = '/etc/latchkey/conf.d/codes.conf'


class Story:
    def __init__(self, host):
        self.host, self.machine, self.provider, self.doors = host, host.machine, host.provider, host.doors
        self.checks = Checks('codes', self.machine.news)
        self.questions = []

    # -- steps --------------------------------------------------------------------------

    def configure(self, **settings):
        self.machine.write(SETTINGS, ''.join(f'{name} = {value}\n' for name, value in settings.items()))

    def approved_by(self, name, decision='allow'):
        """An answer: Enter, once `name` has entered the code that is shown in a browser elsewhere."""
        def act(seen):
            page = Browser(self.provider.authority).follow(
                f'{ISSUER}/device', user_code=re.findall(CODE, seen)[-1], username=name, password=PASSWORDS[name],
                decision=decision)
            self.checks.that(f'the provider shows {name} that it is done', decision != 'allow' or 'Success' in page, page)
            return ''
        return act

    def converse(self, terminal, answers, last=pexpect.EOF):
        """Each answer for one question, until the other side hangs up or `last` comes; all that was on the screen."""
        seen, self.questions = '', []
        try:
            for answer in [*answers, None]:
                found = terminal.expect([QUESTION, last, pexpect.EOF])
                seen += terminal.before + (terminal.after if isinstance(terminal.after, str) else '')
                if found:
                    return seen, found == 1
                self.questions.append(terminal.match[1])
                if answer is None:
                    break
                terminal.sendline(answer(seen) if callable(answer) else answer)
            return f'{seen} [one question more]', False
        except pexpect.TIMEOUT:
            return f'{seen}{terminal.before} [nothing more came]', False

    def login(self, name, *answers, command='id -un'):
        terminal = self.machine.terminal('login', seconds=60)
        try:
            terminal.expect(r'login: $')
            terminal.sendline(name)
            seen, admitted = self.converse(terminal, answers, last=rf'(?:{PROMPT}|incorrect|login: $)')
            if not admitted or 'incorrect' in seen or seen.endswith('login: '):
                return Visit(False, seen)
            terminal.sendline(f'echo begin-$((40+2)); {command}; echo end-$((40+2))')
            terminal.expect(r'begin-42\r\n(.*)end-42')
            return Visit(True, seen, terminal.match[1].replace('\r\n', '\n'))
        finally:
            terminal.close(force=True)

    def ssh(self, name, *answers, command='id -un', method='keyboard-interactive'):
        line = [*SSH, '-o', f'PreferredAuthentications={method}', '-l', name, '127.0.0.1',
                f'echo begin-42; {command}; echo end-42']
        return self.spoken(ssh_client(line), answers)

    def su(self, name, *answers, caller):
        line = shlex.quote('echo begin-$((40+2)); id -un; echo end-$((40+2))')
        return self.spoken(self.machine.terminal('su', '-', name, '-c', line, user=caller, seconds=60), answers)

    def sudo(self, *answers, caller):
        line = shlex.quote('echo begin-$((40+2)); id -un; echo end-$((40+2))')
        return self.spoken(self.machine.terminal('sudo', '-k', 'sh', '-c', line, user=caller, seconds=60), answers)

    def greeter(self, name, *answers):
        """A service of GDM's, at its display."""
        terminal = self.machine.terminal('pamtester', '-I', 'tty=:0', 'gdm-password', name, 'authenticate', 'acct_mgmt',
                                         seconds=60)
        seen, _ = self.converse(terminal, answers)
        terminal.close(force=True)
        return Visit('successfully authenticated' in seen and terminal.exitstatus == 0, seen)

    def spoken(self, terminal, answers):
        begin = time.monotonic()
        try:
            return visit(self.converse(terminal, answers)[0], time.monotonic() - begin)
        finally:
            terminal.close(force=True)

    def is_known(self, name):
        return self.machine.run('getent', 'passwd', name).returncode == 0

    def without_password(self, visited, asked, what):
        sent = [one for one in asked if one.get('grant_type') == 'password']
        self.checks.that(f'{what}: no password is sent', not sent, (visited, sent))

    # -- the parts ----------------------------------------------------------------------

    def install(self):
        self.host.install()
        self.machine.sh('sed "s/^auth.*/@include common-auth/; s/^account.*/@include common-account/" '
                        '> /etc/pam.d/gdm-password', given='auth\naccount\n')

    def first_by_login(self):
        check = self.checks.that
        came, asked = self.host.asked(self.login, ADA, '', self.approved_by(ADA), 'lantern', PHRASE, PHRASE,
                                      command='id -un; pwd; id -Gn; stat -c %U .')
        check('ada signs in by login with a code', came, came)
        check('she was asked one thing after the other', [question[:5] for question in self.questions] ==
              ['Passw', 'Press', 'New p', 'New p', 'The s'] and self.questions[0] == EITHER, self.questions)
        check('a poor passphrase was not taken, for a reason', re.search(r'lantern|short|BAD|simple|characters', came.said),
              came)
        check('she is herself, in her home folder', came.output.split('\n')[:2] == [ADA, f'/home/{ADA}'] and
              came.output.split()[-1] == ADA, came)
        check('and in her groups', {'linux-admins', 'staff-engineering'} <= set(came.output.split()), came)
        host = self.machine.sh('uname -n').strip()
        for word in (ADA, f'{host} (login)', f'{ISSUER}/device\r\n', ' minutes', 'Never enter a code', QR):
            check(f'she was shown {word!r}', word in came.said, came)
        self.without_password(came, asked, 'a first sign-in by code')

    def again(self):
        check = self.checks.that
        ways = {'login': self.doors.login, 'ssh': self.doors.ssh,
                'ssh, keyboard-interactive': lambda *given: self.doors.ssh(*given, method='keyboard-interactive'),
                'su': self.doors.su}
        for way, visited in ways.items():
            came, asked = self.host.asked(visited, ADA, PHRASE)
            check(f'{way} lets her in online with her passphrase', came.output.strip() == ADA, came)
            check(f'{way} asks the provider once, about her token',
                  [one.get('grant_type') for one in asked] == ['refresh_token'], asked)
        came = self.doors.sudo(ADA, PHRASE)
        check('sudo makes her root with it', came.output.strip() == 'root', came)
        for way, secret in (('login', WRONG), ('ssh', WRONG), ('login', PASSWORDS[ADA])):
            came, asked = self.host.asked(ways[way], ADA, secret)
            check(f'{way} does not let her in with {secret}', not came, came)
            self.without_password(came, asked, f'{way} with {secret}')

    def outage(self):
        check = self.checks.that
        self.provider.stop()
        for way in (self.doors.login, self.doors.ssh, self.doors.su):
            came = way(ADA, PHRASE)
            check(f'in the outage: {way.__name__} lets her in with her passphrase', came.output.strip() == ADA, came)
            check(f'in the outage: {way.__name__} does not with a wrong one', not way(ADA, WRONG))
        came = self.login(ADA, '')
        check('in the outage: there is no code, and she reads why', not came and UNREACHED in came.said, came)
        self.provider.start()
        self.host.await_platform()

    def elsewhere(self):
        """By ssh, where it is possible."""
        check = self.checks.that
        self.configure(device_code='always')
        came, asked = self.host.asked(self.ssh, BOB, '', self.approved_by(BOB), PHRASE, PHRASE, command='id -un; pwd')
        check('bob signs in by ssh with a code', came.output.split() == [BOB, f'/home/{BOB}'], came)
        for word in (BOB, '(sshd, from 127.0.0.1)', f'{ISSUER}/device', ' seconds', QR):
            check(f'he was shown {word!r}', word in came.said, came)
        self.without_password(came, asked, 'a first sign-in by ssh')
        came = self.ssh(BOB, PHRASE)
        check('he comes back with his passphrase', came.output.strip() == BOB, came)

    def more_than_a_password(self):
        check, secret = self.checks.that, PASSWORDS[CAROL]
        self.provider.change(CAROL, more=True)
        began = time.time()
        came = self.ssh(CAROL, secret, method='password')
        check('the plain password method of sshd shows no code and lets nobody in', not came and
              not re.search(CODE, came.said) and not self.is_known(CAROL), came)
        told = self.machine.sh(f'journalctl --no-pager --since=@{began:.0f}')
        check('what to enable is in the log, as OpenSSH shows nothing of it', TO_ENABLE in told, (came, told))
        came = self.ssh(CAROL, secret, self.approved_by(CAROL), secret, PHRASE, PHRASE)
        check('keyboard-interactive goes on with a code after her password', came.output.strip() == CAROL, came)
        check('her password was not taken for a passphrase', 'you have just typed' in came.said, came)
        came = self.ssh(CAROL, PHRASE)
        check('she comes back with her passphrase', came.output.strip() == CAROL, came)

    def somebody_else(self):
        check = self.checks.that
        for way in (self.login, self.ssh):
            came = way(DAVE, '', self.approved_by(BOB), PHRASE, PHRASE)
            check(f'{way.__name__}: a code of dave that bob approves lets nobody in', not came, came)
            check(f'{way.__name__}: and he reads why', STRANGER in came.said, came)
            check(f'{way.__name__}: and dave is not known', not self.is_known(DAVE))
        came = self.login(ADA, '', self.approved_by(BOB), WRONG, WRONG)
        check('nor does one of ada, who is known', not came and STRANGER in came.said, came)
        came = self.login(DAVE, '', self.approved_by(DAVE, 'deny'), PHRASE, PHRASE)
        check('who declines it is not in', not came and 'declined' in came.said and not self.is_known(DAVE), came)
        check('ada comes back as before', self.doors.login(ADA, PHRASE))

    def nobody_there(self):
        """Approved when the client has gone."""
        terminal = ssh_client([*SSH, '-o', 'PreferredAuthentications=keyboard-interactive', '-l', ERIN, '127.0.0.1'])
        terminal.expect(QUESTION)
        terminal.sendline('')
        terminal.expect(QUESTION)
        shown = terminal.before
        terminal.close(force=True)
        await_that('the helper to end', lambda: self.machine.run('pgrep', '-f', 'latchkey-login').returncode, 30)
        self.approved_by(ERIN)(shown)
        self.checks.that('erin, who had gone before she approved, is not known', not self.is_known(ERIN))

    def local(self):
        check = self.checks.that
        self.configure(device_code='local')
        places = {
            'login': (self.login, [BOB], {}, EITHER), 'ssh': (self.ssh, [BOB], {}, PLAIN),
            'su of bob to himself': (self.su, [BOB], {'caller': BOB}, EITHER),
            'su of ada to bob': (self.su, [BOB], {'caller': ADA}, PLAIN),
            'su of lena to bob': (self.su, [BOB], {'caller': 'lena'}, PLAIN),
            'sudo of ada': (self.sudo, [], {'caller': ADA}, EITHER),
            'a greeter': (self.greeter, [BOB], {}, EITHER)}
        for what, (way, who, how, prompt) in places.items():
            came = way(*who, *(['', 'q'] if prompt == EITHER else ['']), **how)
            check(f'local: {what} asks {prompt!r}', self.questions[:1] == [prompt] and not came, (came, self.questions))
            check(f'local: {what} shows {"a" if prompt == EITHER else "no"} code',
                  bool(re.search(CODE, came.said)) == (prompt == EITHER), came)

    def with_codes_of_ones_own(self):
        check = self.checks.that
        came = self.sudo('', self.approved_by(ADA), '', caller=ADA)
        check('sudo makes ada root with a code of her own', came.output.strip() == 'root', came)
        came = self.su(ADA, '', self.approved_by(BOB), '', caller=ADA)
        check('su does not take one that bob approved', not came and STRANGER in came.said, came)
        came = self.greeter(DAVE, '', self.approved_by(DAVE), PHRASE, PHRASE)
        check('a greeter lets dave in with a code', came and self.is_known(DAVE), came)
        check('in a line of text and without a picture', QR not in came.said and
              re.search(rf'To sign in as {DAVE}[^\n]* {CODE}', came.said), came)
        came = self.greeter(DAVE, PHRASE)
        check('and with his passphrase from then on', came, came)

    def tell(self):
        for sentence, run in (
                ('The packages come', self.install), ('A first sign-in by login', self.first_by_login),
                ('With the passphrase', self.again), ('In an outage', self.outage), ('By ssh', self.elsewhere),
                ('More than a password', self.more_than_a_password), ('Somebody else approves', self.somebody_else),
                ('Nobody is there any more', self.nobody_there), ('device_code = local', self.local),
                ('Codes of one\'s own', self.with_codes_of_ones_own)):
            self.machine.news()
            self.checks.part(sentence, run)
        self.checks.end()


if __name__ == '__main__':
    os.environ['LC_ALL'] = 'C.UTF-8'  # or the client of ssh shows blocks as numbers
    try:
        with Host() as prepared:
            Story(prepared).tell()
    except KeyboardInterrupt:
        sys.exit(130)
