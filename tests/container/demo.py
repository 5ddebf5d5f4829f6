#!/usr/bin/python3
"""The main job in a minute, to be read: sign in online, look the person up, sign in during an outage."""
import sys

from host import ADA, BOB, PASSWORDS, Host

WRONG = 'not her password'


class Demo:
    def __init__(self, host):
        self.host, self.doors, self.failed = host, host.doors, 0

    @staticmethod
    def say(text):
        print(f'\n\033[1m{text}\033[0m' if sys.stdout.isatty() else f'\n{text}', flush=True)

    @staticmethod
    def show(text):
        for line in text.replace('\r', '').strip().splitlines():
            if line.strip() and 'known hosts' not in line and not line.endswith('~$ '):
                print(f'    {line.rstrip()}', flush=True)

    def enters(self, door, name, secret, command, admitted=True):
        """Shows what was on the screen, and whether it went as announced."""
        visit = {'login': self.doors.login, 'sudo': self.doors.sudo,
                 'ssh': lambda *what: self.doors.ssh(*what, method='keyboard-interactive')}[door](name, secret, command)
        if door != 'login':
            print(f'    $ ssh {name}@testhost' + (f' sudo {command}' if door == 'sudo' else ''))
        self.show(visit.said)
        whose = 'her' if name == ADA else 'his'
        print(f'    ({whose} password was typed)' if secret == PASSWORDS[name] else '    (a wrong password was typed)')
        if visit:
            if door != 'sudo':
                print(f'    $ {command}')
            self.show(visit.output)
        if bool(visit) != admitted:
            self.failed += 1
            print('    *** This is not what should happen. The log says:')
            self.show('\n'.join(self.host.machine.news()))

    def run(self, *command):
        print(f'    # {" ".join(command)}')
        self.show(self.host.machine.run(*command).stdout)

    def tell(self):
        self.say('A Debian system and an OpenID Connect provider are running, in a namespace of their own. '
                 'Latchkey is installed, and told:')
        self.host.install()
        self.host.machine.sh('rm -f /etc/motd /etc/update-motd.d/*')
        self.run('grep', '.', '/etc/latchkey/latchkey.conf')
        self.say('Nobody knows Ada yet. She signs in with her password, which the provider checks:')
        self.run('getent', 'passwd', ADA)
        self.enters('login', ADA, PASSWORDS[ADA], 'pwd; id')
        self.say('Now the system knows her, and her groups:')
        self.run('getent', 'passwd', ADA)
        self.run('getent', 'group', 'linux-admins')
        self.say('By ssh, where sudo lets her group become root:')
        self.enters('sudo', ADA, PASSWORDS[ADA], 'id -un')
        self.host.provider.stop()
        self.say('The provider is stopped. Ada comes in all the same:')
        self.enters('login', ADA, PASSWORDS[ADA], 'id -un')
        self.enters('ssh', ADA, PASSWORDS[ADA], 'echo "$USER is here"')
        self.say('A wrong password does not help while it is down:')
        self.enters('login', ADA, WRONG, 'id -un', admitted=False)
        self.say('Bob has never been here, so nobody can tell whether it is him:')
        self.enters('login', BOB, PASSWORDS[BOB], 'id -un', admitted=False)
        self.host.provider.start()
        self.host.provider.change(ADA, groups=['night-shift', 'staff-engineering'])
        self.say('The provider is back, and has put Ada into another group:')
        self.enters('login', ADA, PASSWORDS[ADA], 'id -Gn')
        self.say('That was it.' if not self.failed else f'{self.failed} of these did not go as they should.')


if __name__ == '__main__':
    try:
        with Host() as prepared:
            demo = Demo(prepared)
            demo.tell()
        sys.exit(1 if demo.failed else 0)
    except KeyboardInterrupt:
        sys.exit(130)
