#!/usr/bin/python3
"""Ways in without a password on a real system: SSH keys, and cron, user managers and su of root, in outages too."""
import re
import subprocess
import sys
import tempfile
import time

from checks import Checks
from doors import SSH, visit
from host import ADA, DAVE, PASSWORDS, Host
from machine import await_that

GROUP = 'linux-admins'
STORE = '/var/lib/latchkey/private/store.db'
ENDED, NOT_GIVEN, NOT_VALID = 'too long ago', 'not been given access', 'no longer valid'
HOLE = 'table inet hole { chain input { type filter hook input priority 0; tcp dport 443 counter drop; }; }'
DAYS = 20
DISABLED = 3  # REFUSED_DISABLED of cache/person.h


class Story:
    def __init__(self, host):
        self.host, self.machine, self.provider, self.doors = host, host.machine, host.provider, host.doors
        self.checks, self.uids = Checks('background', self.machine.news), {}
        self.key = f'{host.scratch.name}/key'
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.key], check=True)

    def part(self, sentence, run):
        self.machine.news()
        self.checks.part(sentence, run)

    def line(self, name):
        return ['ssh', '-o', 'PubkeyAuthentication=yes', *SSH, '-o', 'PreferredAuthentications=publickey', '-i', self.key, '-l', name, '127.0.0.1',
                'echo begin-42; id -un; echo "$LATCHKEY_MODE"; echo end-42']

    def by_key(self, name):
        """Through sshd with a key: only the account phase asks about the person."""
        begin = time.monotonic()
        done = subprocess.run(self.line(name), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', timeout=120, check=False)
        return visit(done.stdout.replace('\r\n', '\n'), time.monotonic() - begin)

    def edit_store(self, statement):
        """The store has no journal while nobody writes to it."""
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(self.machine.run_bytes('cat', STORE))
            copy.flush()
            subprocess.run(['sqlite3', copy.name, statement], check=True)
            with open(copy.name, 'rb') as changed:
                self.machine.run_bytes('sh', '-c', f'cat > {STORE}', given=changed.read())

    def install(self):
        self.host.install()
        self.machine.write('/etc/latchkey/conf.d/allow.conf', f'allow = {GROUP}\n')
        with open(self.key + '.pub', encoding='ascii') as public:
            text = public.read()
        for name in (ADA, DAVE):
            entered = self.doors.login(name, PASSWORDS[name], 'id -u')
            self.checks.that(f'{name} signs in with a password', entered, entered)
            self.uids[name] = entered.output.strip()
            self.machine.write(f'/home/{name}/.ssh/authorized_keys', text)
            self.machine.sh(f'chown -R {name}: /home/{name}/.ssh')
        self.machine.sh('systemctl is-active cron')

    # -- an SSH key ---------------------------------------------------------------------------

    def keys(self):
        check = self.checks.that
        entered, asked = self.host.asked(self.by_key, ADA)
        check('ada, who is in the group, comes in with her key', entered.output.split() == [ADA, 'online'], entered)
        check('the platform was asked once, by her refresh token', [one.get('grant_type') for one in asked]
              == ['refresh_token'], asked)
        self.provider.change(ADA, groups=['staff-engineering'])
        entered, asked = self.host.asked(self.by_key, ADA)
        check('she has left the group: the next account phase asks, and refuses her', not entered and asked, entered)
        check('she reads why', NOT_GIVEN in entered.said, entered)
        self.provider.change(ADA, groups=[GROUP])
        entered = self.by_key(ADA)
        check('she is in the group again, and comes in', entered, entered)

    # -- an outage ----------------------------------------------------------------------------

    def dropped(self):
        """Packets that went into the hole."""
        rules = subprocess.run(['nft', 'list', 'table', 'inet', 'hole'], stdout=subprocess.PIPE, text=True, check=True)
        return int(re.search(r'counter packets (\d+)', rules.stdout)[1])

    def is_recorded(self):
        return self.machine.run('test', '-e', '/run/latchkey/state/outage').returncode == 0

    def become_by_root(self, name):
        done = self.machine.run('su', '-', name, '-c', 'echo begin-42; id -un; echo end-42')
        return visit(done.stdout, 0)

    def manage(self, name):
        """Starts and stops her user manager, and says whether it came up."""
        unit = f'user@{self.uids[name]}.service'
        self.machine.run('systemctl', 'stop', unit)
        self.machine.run('systemctl', 'reset-failed', unit)
        done = self.machine.run('systemctl', 'start', unit)
        state = self.machine.run('systemctl', 'is-active', unit).stdout.strip()
        self.machine.run('systemctl', 'stop', unit)
        return done.returncode == 0 and state == 'active', done.stdout

    def begin_jobs(self, *names):
        """A job for each, at the next full minute; each writes down when it ran and as whom."""
        self.machine.sh('rm -rf /var/tmp/jobs; mkdir -m 1777 /var/tmp/jobs')
        self.machine.write('/etc/cron.d/tests', ''.join(
            f'* * * * * {name} {{ id -un; date +\\%S; }} > /var/tmp/jobs/{name}\n' for name in names))

    def job(self, name):
        return self.machine.run('cat', f'/var/tmp/jobs/{name}').stdout.split()

    def await_job(self, name):
        found = await_that(f'the job of {name}', lambda: len(self.job(name)) == 2 and self.job(name), 130)
        self.machine.sh('rm /etc/cron.d/tests')
        return found

    def in_the_hole(self):
        self.host.await_platform()
        self.edit_store(f'UPDATE person SET last_online = last_online - {DAYS * 86400}')
        subprocess.run(['nft', '-f', '-'], input=HOLE, text=True, check=True)
        try:
            self.unattended()
            self.killed()
            self.ended()
            self.edit_store(f'UPDATE person SET last_online = last_online + {DAYS * 86400}')
            entered = self.by_key(ADA)
            self.checks.that('in the hole: within her window she comes in with her key, offline',
                             entered.output.split() == [ADA, 'offline'], entered)
        finally:
            subprocess.run(['nft', 'delete', 'table', 'inet', 'hole'], check=True)
        self.host.await_platform()

    def unattended(self):
        """Nobody knows of the outage yet: whoever asked would wait, and be refused as her window has ended."""
        check = self.checks.that
        self.begin_jobs(ADA)
        entered = self.become_by_root(ADA)
        check('in the hole: su of root becomes her', entered.output.strip() == ADA, entered)
        up, said = self.manage(ADA)
        check('in the hole: her user manager starts', up, said)
        ran = self.await_job(ADA)
        check(f'in the hole: her cron job runs as she, {ran[1:]} s into the minute', ran[0] == ADA, ran)
        check('not one packet went to the platform for that, and no outage was met', self.dropped() == 0
              and not self.is_recorded(), self.dropped())
        lines = self.machine.run('journalctl', '--no-pager', '--output=cat').stdout
        found = {service for service in ('cron', 'systemd-user', 'su-l')
                 if re.search(f'verdict=admit action=account .*service={service} .*mode=background', lines)}
        check('the log says so of all three', found == {'cron', 'systemd-user', 'su-l'}, found)

    def killed(self):
        with subprocess.Popen(self.line(ADA), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as client:
            pid = await_that('the helper', lambda: self.machine.run('pgrep', '-x', 'latchkey-login').stdout.split())[0]
            await_that('its request', self.dropped)
            self.machine.sh(f'kill -KILL {pid}')
            said = client.communicate(timeout=60)[0]
        self.checks.that('in the hole: the helper is killed while it asks: her key does not let her in',
                         client.returncode != 0 and 'begin-42' not in said, said)

    def ended(self):
        before = self.dropped()
        entered = self.by_key(ADA)
        self.checks.that('in the hole: her window has ended: her key does not let her in', not entered, entered)
        self.checks.that(f'she reads why, after {entered.seconds:.1f} s', ENDED in entered.said, entered)
        self.checks.that('the platform was tried for that', self.dropped() > before, self.dropped())

    # -- somebody who is gone -----------------------------------------------------------------

    def disabled(self):
        check = self.checks.that
        entered = self.by_key(DAVE)
        check('dave comes in with his key', entered, entered)
        self.provider.remove(DAVE)
        entered, asked = self.host.asked(self.by_key, DAVE)
        check('his account was ended: the next account phase asks, and refuses him', not entered and asked,
              (entered, asked))
        check('he reads why', NOT_VALID in entered.said, entered)
        self.provider.stop()
        for when in ('', ', again'):
            entered = self.by_key(DAVE)
            check(f'the provider is stopped: his key does not let him in{when}', not entered, entered)
        entered = self.by_key(ADA)
        check('the provider is stopped: ada comes in', entered, entered)
        self.edit_store(f"UPDATE person SET refused = {DISABLED} WHERE name = '{DAVE}'")  # said with a reason
        self.begin_jobs(DAVE, ADA)
        entered = self.become_by_root(DAVE)
        check('he is known to be disabled: root does not become him', not entered, entered)
        check('his user manager does not start', not self.manage(DAVE)[0])
        self.await_job(ADA)
        check('his job does not run when hers does', not self.machine.run('cat', f'/var/tmp/jobs/{DAVE}').stdout
              .startswith(DAVE))
        self.provider.start()

    def tell(self):
        for sentence, run in (('The packages come', self.install), ('An SSH key', self.keys),
                              ('The platform is a black hole', self.in_the_hole), ('Somebody is gone', self.disabled)):
            self.part(sentence, run)
        self.checks.end()


if __name__ == '__main__':
    try:
        with Host('cron') as prepared:
            Story(prepared).tell()
    except KeyboardInterrupt:
        sys.exit(130)
