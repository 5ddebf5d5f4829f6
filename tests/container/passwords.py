#!/usr/bin/python3
"""passwd(1) on a real system: a passphrase is changed by her and by root, a password is not, local people's as ever."""
import subprocess
import sys
import tempfile

import pexpect

from checks import Checks
from host import ADA, PASSWORDS, Host

FIRST, SECOND, LENAS = 'moss on the northern wall', 'a kettle under the stairs', 'canary-lena-anew-77ab'
STORE = '/var/lib/latchkey/private/store.db'
QUESTION = r'(?:[Pp]assword|[Pp]assphrase|once more)[^\r\n]*: ?$'


class Story:
    def __init__(self, host):
        self.host, self.machine, self.doors = host, host.machine, host.doors
        self.checks = Checks('passwords', self.machine.news)

    def passwd(self, name, *answers, user=None):
        """What was on the screen, and whether passwd(1) succeeded; each answer for one question."""
        terminal = self.machine.terminal('passwd', name, user=user, seconds=60)
        seen = ''
        try:
            for answer in answers:
                if terminal.expect([QUESTION, pexpect.EOF]) == 1:
                    break
                seen += terminal.before + terminal.after
                terminal.sendline(answer)
            terminal.expect(pexpect.EOF)
            seen += terminal.before
        except pexpect.TIMEOUT:
            seen += terminal.before + ' [nothing more came]'
        terminal.close(force=True)
        return terminal.exitstatus == 0, seen

    def install(self):
        self.host.install()
        stack = self.machine.sh('grep -v "^#" /etc/pam.d/common-password')
        self.checks.that('pam_unix stands before us in the password stack',
                         0 < stack.find('pam_unix') < stack.find('pam_latchkey'), stack)
        visit = self.doors.login(ADA, PASSWORDS[ADA])
        self.checks.that('ada signs in with her password', visit, visit)

    def local(self):
        check = self.checks.that
        done, seen = self.passwd('lena', PASSWORDS['lena'], LENAS, LENAS, user='lena')
        check('lena changes her password as ever', done and seen.count(': ') >= 3, seen)
        check('nobody speaks of a passphrase to her', 'passphrase' not in seen, seen)
        visit = self.doors.login('lena', LENAS)
        check('she signs in with it', visit, visit)
        done, seen = self.passwd('lena', PASSWORDS['lena'], PASSWORDS['lena'])
        check('root changes it as ever', done and 'passphrase' not in seen, seen)
        done, seen = self.passwd('lena', 'canary-wrong-0d', user='lena')
        check('a wrong one changes nothing', not done and 'passphrase' not in seen, seen)

    def password(self):
        self.machine.write('/etc/latchkey/conf.d/url.conf', 'password_change_url = https://contoso.example/password\n')
        for who in (ADA, None):
            done, seen = self.passwd(ADA, user=who)
            self.checks.that(f'{who or "root"} reads where the password is changed',
                             not done and 'https://contoso.example/password' in seen, seen)

    def forget_password(self):
        """As if she had come by a code. The store has no journal while nobody writes to it."""
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(self.machine.run_bytes('cat', STORE))
            copy.flush()
            subprocess.run(['sqlite3', copy.name, "UPDATE person SET verifier = '', last_password = 0"], check=True)
            with open(copy.name, 'rb') as changed:
                self.machine.run_bytes('sh', '-c', f'cat > {STORE}', given=changed.read())

    def passphrase(self):
        check = self.checks.that
        self.forget_password()
        done, seen = self.passwd(ADA, FIRST, FIRST)
        check('root sets a passphrase for ada, who came by a code', done, seen)
        done, seen = self.passwd(ADA, FIRST, SECOND, SECOND, user=ADA)
        check('ada changes it, knowing the one before', done and 'Current passphrase' in seen, seen)
        for secret, right in ((FIRST, False), (PASSWORDS[ADA], False), (SECOND, True)):
            visit, asked = self.host.asked(self.doors.login, ADA, secret)
            check(f'{secret}: {"in" if right else "not in"}', bool(visit) == right, visit)
            check('and no password is sent', not [one for one in asked if one.get('grant_type') == 'password'], asked)
        done, seen = self.passwd(ADA, FIRST, user=ADA)
        check('a wrong current one changes nothing', not done and 'Sign-in failed' in seen, seen)
        done, seen = self.passwd(ADA, user='lena')
        check('lena cannot change that of ada', not done and 'passphrase' not in seen, seen)
        self.host.provider.stop()
        done, seen = self.passwd(ADA, SECOND, FIRST, FIRST, user=ADA)
        check('in an outage she changes it as well', done, seen)
        visit = self.doors.ssh(ADA, FIRST)
        check('and signs in with it', visit, visit)

    def tell(self):
        for sentence, run in (('The packages come', self.install), ('Local people', self.local),
                              ('A password', self.password), ('A passphrase', self.passphrase)):
            self.checks.part(sentence, run)
        self.checks.end()


if __name__ == '__main__':
    try:
        with Host() as prepared:
            Story(prepared).tell()
    except KeyboardInterrupt:
        sys.exit(130)
