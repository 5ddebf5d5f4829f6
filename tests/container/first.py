#!/usr/bin/python3
"""People whom this host has never seen, at the door of a real sshd; and local groups that root has mapped.

How many random names are tried: FULL=1 5,000, else 60.
"""
import os
import random
import sqlite3
import subprocess
import sys

from checks import Checks
from doors import SSH
from host import ADA, BOB, CAROL, CONFIG, DAVE, ERIN, PASSWORDS, Host
from machine import await_that
from provider import ISSUER

NAMES = 5000 if os.environ.get('FULL') else 60
STORE, SNAPSHOT = '/var/lib/latchkey/private/store.db', '/var/lib/latchkey/public/snapshot'
NSS_CONF, CONFIG_FILE = '/etc/latchkey/nss.conf', '/etc/latchkey/latchkey.conf'
GROUPS = '[local groups]\nsudo = linux-admins\n'
LEAST, MOST = 0x70000000, 0x7ffdffff
STRANGER = 'eve@contoso.example'  # nobody at the provider either
BITS = (1 << 64) - 1


def first_id(kind, issuer, label):
    """As cache/first_id.h describes it."""
    value = 0xcbf29ce484222325
    for text in (kind, issuer, label):
        for byte in text.encode() + b'\0':
            value = (value ^ byte) * 0x100000001b3 & BITS
    for factor in (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53):
        value = (value ^ value >> 33) * factor & BITS
    return LEAST + (value ^ value >> 33) % (MOST - LEAST + 1)


class Story:
    def __init__(self, host):
        self.host, self.machine, self.provider, self.doors = host, host.machine, host.provider, host.doors
        self.checks = Checks('first', self.machine.news)

    def part(self, sentence, run):
        self.machine.news()
        self.checks.part(sentence, run)

    # -- looking ----------------------------------------------------------------------

    def store(self):
        """Names and uids of all people, and all that is bound to an id."""
        path = f'{self.host.scratch.name}/store.db'
        with open(path, 'wb') as file:
            file.write(self.machine.run_bytes('cat', STORE))
        with sqlite3.connect(path) as store:
            people = dict(store.execute('SELECT name, uid FROM person'))
            ids = sorted(store.execute('SELECT id, kind, object_id FROM id'))
        return people, ids

    def traces(self):
        return self.store(), self.machine.run_bytes('cat', SNAPSHOT)

    def getent(self, database, key):
        return self.machine.run('getent', database, key).stdout.strip()

    def log_since(self, cursor):
        return '\n'.join(self.machine.run('journalctl', '--no-pager', '-q', f'--after-cursor={cursor}').stdout
                         .splitlines())

    def log_now(self):
        """Where the journal ends now."""
        return self.machine.run('journalctl', '-n', '0', '--show-cursor').stdout.rpartition('cursor: ')[2].strip()

    def groups_in_session(self, name):
        visit = self.doors.ssh(name, PASSWORDS[name], 'id -Gn')
        return visit and set(visit.output.split())

    # -- the parts ------------------------------------------------------------------------

    def install(self):
        self.machine.write('/etc/sudoers.d/tests', 'lena ALL=(ALL:ALL) ALL\n', '440')
        self.machine.write(CONFIG_FILE, CONFIG + GROUPS)
        self.machine.install(self.host.packages)
        conf = self.machine.sh(f'stat -c "%a %U:%G" {NSS_CONF}; cat {NSS_CONF}')
        gid = first_id('group', ISSUER, 'linux-admins')
        self.checks.that('the package has written nss.conf', conf.startswith('644 root:root\n')
                         and f'\nissuer {ISSUER}\n' in conf and f'\nlocal_group sudo 27 {gid}\n' in conf, conf)

    def first_by_password(self):
        check = self.checks.that
        for name, method in ((BOB, 'password'), (CAROL, 'keyboard-interactive')):
            check(f'nobody knows {name}', not self.getent('passwd', name))
            visit = self.doors.ssh(name, PASSWORDS[name], 'id -un; id -u; id -g; pwd; stat -c "%U %u" .', method=method)
            check(f'{name}, never seen before, comes in by ssh with a password at the first attempt ({method})', visit,
                  visit)
            uid = self.store()[0].get(name)
            check('the uid of the session is the stored one, and the first choice',
                  visit.output.split('\n')[:3] == [name, str(uid), str(uid)] and
                  uid == first_id('person', ISSUER, name), (visit, uid))
            check('the home folder was made for that uid', visit.output.split('\n')[3:5] ==
                  [f'/home/{name}', f'{name} {uid}'], visit)
            entry = self.getent('passwd', name)
            check('others find the same uid', entry.split(':')[2:4] == [str(uid), str(uid)], entry)

    def refused(self):
        """Wrong passwords, unknown names, other domains, other spellings: all of it in vain, and nothing stays."""
        check, before = self.checks.that, self.traces()
        for name, secret in ((DAVE, 'wrong'), (STRANGER, 'wrong'), ('x@other.example', 'wrong'),
                             ('DAVE@contoso.example', PASSWORDS[DAVE]), ('dave@CONTOSO.EXAMPLE', PASSWORDS[DAVE]),
                             ('dave', PASSWORDS[DAVE])):
            visit = self.doors.ssh(name, secret)
            check(f'ssh as {name} is refused', not visit, visit)
            found = self.machine.run('getent', 'passwd', name)
            check(f'{name} is not found', found.returncode == 2, found)
        check('nothing of that is in store or snapshot', self.traces() == before, (before[0], self.store()))
        for user in ('root', 'lena'):
            found = self.machine.run('setpriv', f'--reuid={user}', '--clear-groups', 'getent', 'passwd', DAVE)
            check(f'{user} does not find somebody who never was here', found.returncode == 2, found)
        log = self.machine.run('journalctl', '--no-pager', '-q', '-t', 'sshd').stdout
        check('sshd takes another domain, and capitals, for nobody', 'Invalid user x@other.example' in log
              and 'Invalid user DAVE@contoso.example' in log and 'Invalid user dave@CONTOSO.EXAMPLE' in log, log)

    def capitals_at_match(self):
        """`Match User` knows one spelling, and so does everything else."""
        rule = f'Match User {CAROL}\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n'
        self.machine.write('/etc/ssh/sshd_config.d/zz-match.conf', rule)
        self.machine.sh('systemctl restart ssh')
        for name in (CAROL, CAROL.upper(), CAROL.title(), 'carol@Contoso.example', CAROL + '.', CAROL + ' ', ' ' + CAROL,
                     CAROL + '\t', 'carol', CAROL + '\\', CAROL + '@'):
            found = self.machine.run('getent', 'passwd', name)
            self.checks.that(f'{name!r} is not found', (found.returncode == 2) == (name != CAROL), found)
            visit = self.doors.ssh(name, PASSWORDS[CAROL])
            self.checks.that(f'Match User keeps {name} out', not visit, visit)
        self.machine.sh('rm /etc/ssh/sshd_config.d/zz-match.conf; systemctl restart ssh')
        visit = self.doors.ssh(CAROL, PASSWORDS[CAROL])
        self.checks.that('without it she comes in', visit, visit)

    def short_names(self):
        """The same host, with `names = short` from now on."""
        check, bob, carol = self.checks.that, BOB.split('@')[0], CAROL.split('@')[0]
        before = self.store()[0]
        self.machine.write(CONFIG_FILE, CONFIG + 'names = short\n')
        visit = self.doors.ssh(BOB, PASSWORDS[BOB], 'id -un')
        check('a change that is not applied has no effect', visit and visit.output.strip() == BOB, visit)
        self.machine.sh('latchkey config apply')
        check('the store keeps names and uids', self.store()[0] == before, self.store())
        entry = self.getent('passwd', bob)
        check('he is called by the short name, with his uid and his home', entry.split(':')[2:3] == [str(before[BOB])]
              and entry.split(':')[5:6] == [f'/home/{BOB}'], entry)
        for other in (BOB, bob.upper(), bob.title(), bob + '.', bob + ' ', ' ' + bob):
            found = self.machine.run('getent', 'passwd', other)
            check(f'{other!r} is not found', found.returncode == 2, found)
        visit = self.doors.ssh(bob, PASSWORDS[BOB], 'id -un; id -u')
        check('he comes in by ssh', visit and visit.output.split() == [bob, str(before[BOB])], visit)
        rule = f'Match User {carol}\n  PasswordAuthentication no\n  KbdInteractiveAuthentication no\n'
        self.machine.write('/etc/ssh/sshd_config.d/zz-match.conf', rule)
        self.machine.sh('systemctl restart ssh')
        for name in (carol, CAROL, carol.upper(), carol + '.', carol + ' '):
            visit = self.doors.ssh(name, PASSWORDS[CAROL])
            check(f'Match User keeps {name!r} out', not visit, visit)
        self.machine.sh('rm /etc/ssh/sshd_config.d/zz-match.conf; systemctl restart ssh')
        visit = self.doors.ssh(carol, PASSWORDS[CAROL])
        check('without it she comes in', visit, visit)
        self.first_short()
        self.machine.write(CONFIG_FILE, CONFIG)
        self.machine.sh('latchkey config apply')
        visit = self.doors.ssh(BOB, PASSWORDS[BOB], 'id -un; id -u')
        check('with full names again he is who he was', visit and visit.output.split() == [BOB, str(before[BOB])], visit)

    def first_short(self):
        """Somebody who is not known yet: sshd does not find her, login makes her known."""
        check, erin = self.checks.that, ERIN.split('@')[0]
        self.machine.sh('rm -f /run/latchkey/state/attempts /var/lib/latchkey/private/attempts')
        cursor = self.log_now()
        visit = self.doors.ssh(erin, PASSWORDS[ERIN])
        log = self.log_since(cursor)
        check('ssh is not the first way in', not visit and f'Invalid user {erin} ' in log, (visit, log))
        check('nothing of that is in the store', ERIN not in self.store()[0], self.store()[0])
        visit = self.doors.login(erin, PASSWORDS[ERIN])
        check('login is', visit, visit)
        uid = self.store()[0].get(ERIN)
        visit = self.doors.ssh(erin, PASSWORDS[ERIN], 'id -u')
        check('and then ssh is one, too', visit and visit.output.strip() == str(uid), (visit, uid))

    def by_key(self):
        """Somebody put the key there before he ever came: sshd accepts it, the account phase does not."""
        check, before, key = self.checks.that, self.traces(), f'{self.host.scratch.name}/key'
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key], check=True)
        with open(f'{key}.pub', encoding='ascii') as file:
            self.machine.write(f'/home/{DAVE}/.ssh/authorized_keys', file.read())
        self.machine.write('/home/lena/.ssh/authorized_keys', self.machine.sh(
            f'cat /home/{DAVE}/.ssh/authorized_keys'))

        def come(name):
            # The first value of an option counts.
            return subprocess.run(['ssh', '-o', 'PubkeyAuthentication=yes', *SSH, '-i', key, '-o',
                                   'PreferredAuthentications=publickey', '-o', 'BatchMode=yes', '-l', name,
                                   '127.0.0.1', 'echo in-$((40+2))'], text=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=60, check=False)

        done = come('lena')
        check('a local person comes in by key', 'in-42' in done.stdout, done)
        cursor = self.log_now()
        done = come(DAVE)
        log = self.log_since(cursor)
        check('somebody who never was here does not come in by key', 'in-42' not in done.stdout, (done, log))
        check('the key was right, and the account phase refused him', 'Access denied for user' in log
              and 'account' in log, log)
        check('nothing of that is in store or snapshot', self.traces() == before)
        self.machine.sh(f'rm -r /home/{DAVE} /home/lena/.ssh')

    def random_names(self):
        before, draw = self.traces(), random.Random(4)
        letters = 'abcdefghijklmnopqrstuvwxyz0123456789._-'
        names = set()
        while len(names) < NAMES:
            names.add(draw.choice('abcdefghijklmnopqrstuvwxyz') + ''.join(draw.choices(letters, k=draw.randrange(1, 24)))
                      + '@contoso.example')
        # ssh's status 255 would end xargs.
        line = ['xargs', '-P', '6', '-n', '1', 'sh', '-c', 'sshpass -p guess ssh "$@" 127.0.0.1 echo in-42 || :',
                'ssh', *SSH, '-o', 'PreferredAuthentications=password', '-l']
        done = subprocess.run(line, input='\n'.join(sorted(names)), text=True, capture_output=True, check=False)
        check = self.checks.that
        check(f'{len(names)} random names tried against sshd: nobody comes in', 'in-42' not in done.stdout
              and done.stderr.count('Permission denied') == len(names), done.stderr)
        check('they leave no trace in store or snapshot', self.traces() == before, (before[0], self.store()))
        # The attempts of people who are not known are one bucket, and it is empty now: known people have their own.
        visit = self.doors.ssh(BOB, PASSWORDS[BOB])
        check('a known person is not kept out by that', visit, visit)

    def mapped(self):
        check = self.checks.that
        self.machine.sh('rm -f /run/latchkey/state/attempts /var/lib/latchkey/private/attempts')
        groups = self.groups_in_session(ADA)
        check('ada, at her first ssh, is in the local group sudo and in no other one', groups and 'sudo' in groups
              and groups - {'sudo'} == {ADA, 'linux-admins', 'staff-engineering'} | {
                  group for group in groups if group.startswith('group-')}, groups)
        visit = self.doors.sudo(ADA, PASSWORDS[ADA])
        check('sudo makes her root', visit and visit.output.strip() == 'root', visit)
        listed = self.machine.run('id', '-Gn', ADA).stdout.split()
        check('id shows it to others', 'sudo' in listed, listed)
        check('getent group sudo is what the local file says', self.getent('group', 'sudo') ==
              self.machine.sh('grep ^sudo: /etc/group').strip(), self.getent('group', 'sudo'))
        visit = self.doors.sudo(BOB, PASSWORDS[BOB])
        groups = self.groups_in_session(BOB)
        check('bob is not in it, and sudo refuses him', not visit and 'sudo' not in groups, (visit, groups))
        self.provider.change(ADA, groups=['staff-engineering'])
        groups = self.groups_in_session(ADA)
        check('her membership has ended: she is not in sudo from the next sign-in on', groups and 'sudo' not in groups,
              groups)
        listed = self.machine.run('id', '-Gn', ADA).stdout.split()
        check('id shows that, too', 'sudo' not in listed, listed)
        visit = self.doors.sudo(ADA, PASSWORDS[ADA])
        check('sudo refuses her', not visit and 'not in the sudoers' in visit.said, visit)
        self.provider.change(ADA, groups=['linux-admins'])
        self.machine.write(CONFIG_FILE, CONFIG)
        self.machine.sh('latchkey config apply')
        groups = self.groups_in_session(ADA)
        check('without the line in the configuration the group gives her nothing', groups and 'linux-admins' in groups
              and 'sudo' not in groups, groups)

    def taken(self):
        """A local user has the id that dave would get."""
        check, uid = self.checks.that, first_id('person', ISSUER, DAVE)
        self.machine.sh(f'useradd --no-create-home --uid {uid} squatter')
        visit = self.doors.ssh(DAVE, PASSWORDS[DAVE], 'id -u', method='keyboard-interactive')
        stored = self.store()[0].get(DAVE)
        check('his uid is a local one: dave is enrolled under the next', stored == uid + 1, stored)
        check('which sshd was told at once: he comes in', visit and visit.output.strip() == str(stored), visit)
        visit = self.doors.ssh(DAVE, PASSWORDS[DAVE], 'id -u')
        check('and again', visit and visit.output.strip() == str(stored), visit)
        late = self.machine.run('useradd', '--no-create-home', '--uid', str(stored), 'late')
        check('useradd finds his uid taken from now on', late.returncode != 0 and 'not unique' in late.stdout, late.stdout)
        self.machine.sh(f'useradd --no-create-home --non-unique --uid {stored} late')  # had it looked a moment earlier
        visit = self.doors.ssh(DAVE, PASSWORDS[DAVE], 'id -u', method='keyboard-interactive')
        check('of two with one uid the local one has it: dave does not come in', not visit, visit)
        self.machine.sh("sed -i '/^late:/d' /etc/passwd /etc/shadow /etc/group /etc/gshadow")
        visit = self.doors.ssh(DAVE, PASSWORDS[DAVE], 'id -u')
        check('until that is over', visit and visit.output.strip() == str(stored), visit)

    def tell(self):
        for sentence, run in (
                ('The packages come', self.install), ('The first sign-in by ssh', self.first_by_password),
                ('Refused', self.refused), ('Capitals', self.capitals_at_match), ('By key', self.by_key),
                ('Local groups', self.mapped), ('An id that is taken', self.taken),
                ('Short names', self.short_names), ('Random names', self.random_names)):
            self.part(sentence, run)
        self.checks.end()


if __name__ == '__main__':
    try:
        with Host() as prepared:
            Story(prepared).tell()
    except KeyboardInterrupt:
        sys.exit(130)
