#!/usr/bin/python3
"""The main job, end to end, on a real system: real provider, real Debian, real ways in, our packages."""
import re
import subprocess
import sys

import pexpect

from checks import Checks
from doors import ASKS, SSH
from eyes import Eyes
from host import ADA, BOB, CAROL, DAVE, PASSWORDS, Host
from locked_screen import LockedScreen
from lookups import COMMANDS, PLAIN, Lookups
from machine import await_that
from outages import Outages
from su_in_the_way import SuInTheWay

NO_ANSWER = 'cannot be reached'
HELPER = '/usr/libexec/latchkey/latchkey-login'
STORE, SNAPSHOT = '/var/lib/latchkey/private/store.db', '/var/lib/latchkey/public/snapshot'
CONFIG_FILE = '/etc/latchkey/latchkey.conf'
VERIFIER = rb'\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43}'
RESIDENT_MOST = 100  # KiB of the PAM module in sshd
NEW_PASSWORD, WRONG = 'canary-ada-changed-1d44b9', 'canary-wrong-8cc2f0'


def grants(asked, status):
    """The password grants among the requests that ended with this status."""
    return [request for request in asked if request.get('grant_type') == 'password' and request['status'] == status]


class Story:
    def __init__(self, host):
        self.host, self.machine, self.provider, self.doors = host, host.machine, host.provider, host.doors
        self.checks = Checks('story', self.machine.news)
        self.eyes = Eyes(self.machine)

    def part(self, sentence, run):
        self.machine.news()
        self.checks.part(sentence, run)

    # -- before and after -------------------------------------------------------------

    def look_at_configuration(self):
        """Every byte of what decides who may come in and what names mean."""
        return self.machine.sh('cd /etc; find nsswitch.conf pam.d | sort | while read -r f; do '
                               'stat -c "%n %a %U:%G" "$f"; if [ -f "$f" ]; then sha256sum "$f"; fi; done')

    def local_visits(self):
        """What root and local people see. The welcome's date of the last visit is left out."""
        lena, root = PASSWORDS['lena'], PASSWORDS['root']
        visits = {
            'login of root': self.doors.login('root', root, 'id'),
            'login of lena': self.doors.login('lena', lena, 'id'),
            'login of lena with a wrong password': self.doors.login('lena', WRONG),
            'ssh of lena': self.doors.ssh('lena', lena, 'id'),
            'ssh of lena, keyboard-interactive': self.doors.ssh('lena', lena, 'id', method='keyboard-interactive'),
            'ssh of lena with a wrong password': self.doors.ssh('lena', WRONG),
            'ssh of root': self.doors.ssh('root', root, 'id'),
            'sudo of lena': self.doors.sudo('lena', lena, 'id'),
            'su of lena to root': self.doors.su('root', root, 'id'),
            'su of root to lena': self.doors.su_by_root('lena', 'id'),
        }
        return {what: (visit.admitted, re.sub(r'Last login:[^\n]*\n', '', visit.said), visit.output, visit.seconds)
                for what, visit in visits.items()}

    def install(self):
        self.configuration = self.look_at_configuration()
        self.machine.sh(f'cp -p /etc/nsswitch.conf {PLAIN}')
        self.local = self.local_visits()
        for what, (admitted, *_) in self.local.items():
            self.checks.that(f'before Latchkey is there: {what}', admitted != ('wrong' in what), self.local[what])
        self.host.install()
        self.checks.that('the packages are installed', 'latchkey' in self.machine.sh('cat /etc/nsswitch.conf'))
        self.compare_local('Latchkey is installed')

    # -- the parts --------------------------------------------------------------------

    def online(self):
        check, password = self.checks.that, PASSWORDS[ADA]
        check('nobody knows ada before she comes', self.machine.run('getent', 'passwd', ADA).returncode == 2)
        visit, asked = self.host.asked(self.doors.login, ADA, password, 'id -un; pwd; id -Gn')
        check('ada signs in by login with her password', visit, visit)
        check('the provider was asked for a token by her password', grants(asked, 200), asked)
        check('she is herself, in her home folder, in her groups', visit.output.split('\n')[:2] == [ADA, f'/home/{ADA}']
              and {'linux-admins', 'staff-engineering'} <= set(visit.output.split()), visit)
        entry = self.machine.run('getent', 'passwd', ADA).stdout.strip()
        found = re.fullmatch(rf'{ADA}:\*:(\d+):\1:Ada Lovelace:/home/{ADA}:/bin/bash', entry)
        check('getent passwd shows her', found and 0x70000000 <= int(found[1]) <= 0x7ffdffff, entry)
        by_number = self.machine.run('getent', 'passwd', found[1] if found else '1').stdout.strip()
        check('getent passwd finds her by number', by_number == entry, by_number)
        group = self.machine.run('getent', 'group', 'linux-admins').stdout.strip()
        found = re.fullmatch(rf'linux-admins:[^:]*:\d+:{ADA}', group)
        check('getent group shows her group with her in it', found, group)
        groups = self.machine.run('id', '-Gn', ADA).stdout
        check('id shows her groups', {ADA, 'linux-admins', 'staff-engineering'} <= set(groups.split()), groups)
        self.come_in_everywhere('online', ADA, password)

    def come_in_everywhere(self, when, name, password, ways=('ssh', 'kbdint', 'login', 'sudo', 'su')):
        for way, visit in self.ways(name).items():
            if way in ways:
                done = visit(password)
                self.checks.that(f'{when}: {way} lets {name} in with the right password',
                                 done and done.output.strip() == ('root' if way == 'sudo' else name), done)

    def ways(self, name):
        return {
            'ssh': lambda secret: self.doors.ssh(name, secret),
            'kbdint': lambda secret: self.doors.ssh(name, secret, method='keyboard-interactive'),
            'login': lambda secret: self.doors.login(name, secret),
            'sudo': lambda secret: self.doors.sudo(name, PASSWORDS[name], given=secret),
            'su': lambda secret: self.doors.su(name, secret),
        }

    def outage(self):
        check = self.checks.that
        self.provider.stop()
        self.come_in_everywhere('in the outage', ADA, PASSWORDS[ADA])
        visit = self.doors.su_by_root(ADA)
        check('in the outage: su of root becomes her', visit.output.strip() == ADA, visit)
        visit = self.doors.login(ADA, PASSWORDS[ADA])
        check('in the outage: she is told that the sign-in service cannot be reached', NO_ANSWER in visit.said, visit)
        for way in ('ssh', 'login', 'sudo', 'su'):
            visit = self.ways(ADA)[way](WRONG)
            check(f'in the outage: {way} does not let her in with a wrong password', not visit, visit)
        for way in ('login', 'kbdint'):
            visit = self.ways(BOB)[way](PASSWORDS[BOB])
            check(f'in the outage: {way} does not let a person in who was never seen here', not visit, visit)
            check(f'in the outage: {way} tells him that the sign-in service cannot be reached', NO_ANSWER in visit.said,
                  visit)

    def back_again(self):
        check = self.checks.that
        self.provider.start()
        self.host.await_platform()
        self.provider.change(ADA, groups=['night-shift', 'staff-engineering'])
        visit, asked = self.host.asked(self.doors.login, ADA, PASSWORDS[ADA], 'id -Gn')
        check('the provider is back: ada signs in, and it was asked', visit and asked and asked[-1]['status'] == 200,
              (visit, asked))
        groups = set(visit.output.split())
        check('she is in the groups that she has now', {'night-shift', 'staff-engineering'} <= groups, visit)
        check('she is not in the group that she has lost', 'linux-admins' not in groups, visit)
        groups = set(self.machine.run('id', '-Gn', ADA).stdout.split())
        check('id shows the new groups', 'night-shift' in groups and 'linux-admins' not in groups, groups)

    def one_request(self):
        self.doors.login(CAROL, PASSWORDS[CAROL])
        self.doors.login(DAVE, PASSWORDS[DAVE])
        for way in ('login', 'ssh', 'kbdint', 'su'):
            visit, asked = self.host.asked(self.ways(CAROL)[way], PASSWORDS[CAROL])
            self.checks.that(f'a warm online sign-in by {way} is exactly one HTTPS request', visit and len(asked) == 1
                             and asked[0]['status'] == 200, (visit, asked))

    # -- who starts the helper, and who can be in its way --------------------------------

    def helpers(self):
        """The helpers that run now: who started each, and in which cgroup it is."""
        rows = [line.split(None, 3) for line in
                self.machine.run('ps', '-ww', '-eo', 'pid=,ppid=,comm=,cgroup=').stdout.splitlines()]
        names = {row[0]: row[2] for row in rows}
        return [(names.get(row[1], '?'), row[3]) for row in rows if row[2] == 'latchkey-login']

    def helper_at(self, line, prompts, user=None, ssh=None):
        """Leads a sign-in to its last question and looks who started the helper that waits for the answer."""
        terminal = pexpect.spawn('ssh', ssh, encoding='utf-8', timeout=60, echo=False) if ssh else \
            self.machine.terminal(*line, user=user)
        try:
            for pattern, answer in prompts:
                terminal.expect(pattern)
                if answer:
                    terminal.sendline(answer)
            return await_that('a helper', self.helpers, 10)
        finally:
            terminal.close(force=True)
            await_that('the helper to end', lambda: not self.helpers(), 15)

    def who_starts_it(self):
        check = self.checks.that
        ssh = [*SSH, '-tt', '-l', DAVE, '127.0.0.1', 'sudo -k true']
        found = self.helper_at(['su', '-', DAVE], [(ASKS, None)], user='lena')
        check('su of a local person uses the socket', [f for f in found if 'latchkey-login@' in f[1]], found)
        found = self.helper_at(None, [(ASKS, PASSWORDS[DAVE]), (ASKS, None)], ssh=ssh)
        check('sudo uses the socket', [f for f in found if 'latchkey-login@' in f[1]], found)
        found = self.helper_at(['login'], [('login: ', DAVE), (ASKS, None)])
        check('login starts the helper itself', [f for f in found if f[0] == 'login'], found)
        with self.doors.at_the_question_of_ssh(DAVE):
            found = await_that('a helper', self.helpers, 10)
            resident = self.machine.resident('sshd', 'pam_latchkey.so')
        check('sshd starts the helper itself', [f for f in found if f[0] == 'sshd'], found)
        most = max(resident.values(), default=0)
        check(f'of the PAM module at most {RESIDENT_MOST} KiB are resident in sshd: {most}', 0 < most <= RESIDENT_MOST)
        await_that('the helper to end', lambda: not self.helpers(), 15)
        self.machine.sh('systemctl stop latchkey-login.socket')
        self.come_in_everywhere('with the socket stopped', DAVE, PASSWORDS[DAVE])
        self.machine.sh('systemctl start latchkey-login.socket')

    def nobody_in_the_way(self):
        su = SuInTheWay(self.doors, DAVE, PASSWORDS[DAVE])
        normal = self.doors.ssh(CAROL, PASSWORDS[CAROL])
        self.checks.that('carol signs in by ssh', normal, normal)
        for what, obstacle in {
                'stopped by Ctrl-Z': su.stopped_by_key, 'stopped at the question': su.stopped_at_question,
                'stopped after the answer': su.stopped_after_answer, 'with ulimit -f 0': su.without_file_size}.items():
            terminal = obstacle()
            visit = self.doors.ssh(CAROL, PASSWORDS[CAROL])
            self.checks.that(f'a su to dave {what} does not keep carol out',
                             visit and visit.seconds < 3 * normal.seconds + 5, visit)
            if terminal:
                terminal.close(force=True)
            self.machine.run('pkill', '-KILL', '-u', 'lena')
            await_that('the helpers to end', lambda: not self.helpers(), 20)

    # -- when parts of it are broken -----------------------------------------------------

    def compare_local(self, when):
        for what, now in self.local_visits().items():
            before = self.local[what]
            self.checks.that(f'{when}: {what} is as before', now[:3] == before[:3] and now[3] < 3 * before[3] + 5,
                             f'before: {before}\nnow:    {now}')

    def compare_lookups(self, when):
        lookups = Lookups(self.machine)
        lookups.measure()
        for command in COMMANDS:
            self.checks.that(f'{when}: {command} gains no delay', lookups.no_delay(command), lookups)
        print(f'        {lookups}')

    def broken(self):
        swap = 'cp -p {0} {0}.kept; head -c 65536 /dev/urandom > {0}.bad; chown --reference={0} {0}.bad; ' \
               'chmod --reference={0} {0}.bad; mv {0}.bad {0}'
        away, back = 'mv {0} {0}.kept', 'mv {0}.kept {0}'
        for when, ruin, mend in (
                ('the helper is missing', away.format(HELPER), back.format(HELPER)),
                ('the store is corrupt', swap.format(STORE), back.format(STORE)),
                ('the snapshot is corrupt', swap.format(SNAPSHOT), back.format(SNAPSHOT)),
                ('the snapshot is missing', away.format(SNAPSHOT), back.format(SNAPSHOT)),
                ('the configuration is broken', 'cp -p {0} {0}.kept; echo "colour = blue" >> {0}'.format(CONFIG_FILE),
                 back.format(CONFIG_FILE))):
            self.machine.sh(ruin)
            try:
                self.compare_local(when)
                self.compare_lookups(when)
            finally:
                self.machine.sh(mend)
        subprocess.run(['nft', '-f', '-'], input='table inet hole { chain input { type filter hook input priority 0; '
                       'tcp dport 443 drop; }; }', text=True, check=True)
        try:
            self.compare_local('the provider is a black hole')
            self.compare_lookups('the provider is a black hole')
            visit = self.doors.ssh(CAROL, PASSWORDS[CAROL])
            self.checks.that('the provider is a black hole: carol comes in by what is remembered', visit, visit)
        finally:
            subprocess.run(['nft', 'delete', 'table', 'inet', 'hole'], check=True)
        self.host.await_platform()
        visit, asked = self.host.asked(self.doors.ssh, CAROL, PASSWORDS[CAROL])
        self.checks.that('everything is mended: carol signs in online', visit and asked, (visit, asked))

    # -- changes at the provider -----------------------------------------------------------

    def changed(self):
        check, old = self.checks.that, PASSWORDS[ADA]
        token = self.provider.last_refresh_token(ADA)
        self.provider.change(ADA, password=NEW_PASSWORD)
        visit, asked = self.host.asked(self.doors.ssh, ADA, old)
        check('her password was changed: the old one is refused online', not visit, visit)
        check('the provider itself refused it', grants(asked, 400), asked)
        status, answer = self.provider.redeem(token)
        check('her refresh token was still good: the provider redeems it', status == 200 and 'id_token' in answer,
              answer)
        visit = self.doors.ssh(ADA, NEW_PASSWORD)
        check('the new one is accepted online', visit, visit)
        visit = self.doors.login(ADA, old)
        check('the old one is still refused online', not visit, visit)
        self.provider.stop()
        for way in ('ssh', 'login'):
            visit = self.ways(ADA)[way](NEW_PASSWORD)
            check(f'the new one is accepted offline by {way}', visit, visit)
            visit = self.ways(ADA)[way](old)
            check(f'the old one is refused offline by {way}', not visit, visit)

    def removed(self):
        check = self.checks.that
        self.provider.start()
        self.host.await_platform()
        self.provider.remove(ADA)
        for way in ('ssh', 'login'):
            visit, asked = self.host.asked(self.ways(ADA)[way], NEW_PASSWORD)
            check(f'her account was removed: {way} refuses her online', not visit and asked, (visit, asked))
        self.provider.stop()
        for way in ('ssh', 'login', 'su'):
            visit = self.ways(ADA)[way](NEW_PASSWORD)
            check(f'her account was removed: {way} refuses her when the provider is stopped, too', not visit, visit)
        self.provider.start()

    # -- secrets, and the way out --------------------------------------------------------------

    def nothing_secret(self):
        self.eyes.close()
        tokens = self.provider.secrets()
        passwords = [*PASSWORDS.values(), NEW_PASSWORD, WRONG]
        store = self.machine.run_bytes('cat', STORE)
        verifiers = {text.decode() for text in re.findall(VERIFIER, store)}
        self.checks.that('there are tokens and verifiers to look for', len(tokens) > 10 and verifiers,
                         (len(tokens), len(verifiers)))
        pieces = {piece[:24] for token in tokens for piece in token.split('.')}  # a part of one is too much, too
        secrets = {'a token': pieces, 'a password': passwords, 'a verifier': verifiers}
        for kind, texts in secrets.items():
            for place, found in self.eyes.find(texts).items():
                self.checks.that(f'{kind} is not in {place}', not found, found)
        clear = [token for token in tokens + passwords if token.encode() in store]
        self.checks.that('no token or password is in the store in clear', not clear, clear)
        seen = self.eyes.find(['Ada Lovelace'])
        self.checks.that('the search finds what is there', seen['files that everybody can read'])

    def purged(self):
        said = self.machine.sh('dpkg --purge libpam-latchkey libnss-latchkey latchkey 2>&1', seconds=180)
        left = self.look_at_configuration()
        self.checks.that('nsswitch.conf and pam.d are as they were, to the byte', left == self.configuration,
                         f'{said}\nbefore:\n{self.configuration}\nnow:\n{left}')
        left = self.machine.run('sh', '-c', 'ls -d /etc/latchkey /var/lib/latchkey /run/latchkey /usr/libexec/latchkey '
                                '2>/dev/null').stdout
        self.checks.that('nothing of Latchkey is left', not left, left)
        left = self.machine.run('getent', 'passwd', 'latchkey').stdout
        self.checks.that('the user latchkey is gone', not left, left)
        self.compare_local('the packages are removed')

    def tell(self):
        outages, screen = Outages(self.host, self.checks), LockedScreen(self.host, self.checks)
        for sentence, run in (
                ('The packages come', self.install), ('Online', self.online), ('In an outage', self.outage),
                ('The provider is back', self.back_again), ('Requests', self.one_request), ('A screen', screen.tell),
                ('Two helpers stand still', outages.stand_still), ('An outage ends by itself', outages.timer),
                ('Nobody answers for names', outages.silent_dns), ('The two are given up', outages.gives_up),
                ('Who starts the helper', self.who_starts_it), ('Nobody is in the way', self.nobody_in_the_way),
                ('Parts are broken', self.broken), ('The password is changed', self.changed),
                ('The account is removed', self.removed), ('Secrets', self.nothing_secret),
                ('An outage begins', outages.begins), ('The packages go', self.purged),
                ('With all their units', outages.is_gone)):
            self.part(sentence, run)
        self.eyes.close()
        self.checks.end()


if __name__ == '__main__':
    try:
        with Host() as prepared:
            Story(prepared).tell()
    except KeyboardInterrupt:
        sys.exit(130)
