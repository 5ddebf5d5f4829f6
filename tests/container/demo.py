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

    def enters(self, door, name, secret, command='id -un', admitted=True, shows=''):
        """Shows what was on the screen, and whether it went as announced."""
        shown, go = {
            'login': (None, self.doors.login),
            'ssh': (f'ssh {name}@testhost', self.doors.ssh),
            'ssh, keyboard-interactive': (f'ssh -o PreferredAuthentications=keyboard-interactive {name}@testhost',
                                          lambda *what: self.doors.ssh(*what, method='keyboard-interactive')),
            'sudo': (f'ssh {name}@testhost sudo {command}',
                     lambda *what: self.doors.sudo(name, PASSWORDS[name], command, given=secret)),
            'su': (f'su - {name}', self.doors.su),
        }[door]
        if shown:
            print(f'    $ {shown}')
        visit = go(name, secret, command)
        self.show(visit.said)
        typed = 'a wrong password' if secret != PASSWORDS[name] else 'her password' if name == ADA else 'his password'
        print(f'    ({typed} was typed{" to sudo" if door == "sudo" else ""})')
        if visit:
            if door != 'sudo':
                print(f'    $ {command}')
            self.show(visit.output)
        print('    -> ' + ('in' if visit else 'not in'))
        if bool(visit) != admitted or shows not in visit.output:
            self.failed += 1
            print('    *** This is not what should happen. The log says:')
            self.show('\n'.join(self.host.machine.news()))

    def run(self, *command):
        print(f'    # {" ".join(command)}')
        self.show(self.host.machine.run(*command).stdout)

    def look(self, *groups):
        """What others on the machine see of Ada."""
        self.run('getent', 'passwd', ADA)
        for group in groups:
            self.run('getent', 'group', group)
        self.run('id', ADA)

    def online(self):
        self.say('Nobody knows Ada yet. She signs in with her password, which the provider checks:')
        self.run('getent', 'passwd', ADA)
        self.enters('login', ADA, PASSWORDS[ADA], 'pwd')
        self.say('Now the system knows her, and her groups:')
        self.look('linux-admins')
        self.say('By ssh, with both methods that ask for a password:')
        self.enters('ssh', ADA, PASSWORDS[ADA])
        self.enters('ssh, keyboard-interactive', ADA, PASSWORDS[ADA])
        self.say('sudo lets her group become root:')
        self.enters('sudo', ADA, PASSWORDS[ADA])

    def outage(self):
        self.host.provider.stop()
        self.say('The provider is stopped. Ada comes in all the same, by every way:')
        for door in ('login', 'ssh', 'sudo', 'su'):
            self.enters(door, ADA, PASSWORDS[ADA])
        self.say('The outage is known to this host, so that nobody waits for it again:')
        self.run('latchkey', 'probe')
        self.say('She is still known:')
        self.look('linux-admins')
        self.say('A wrong password does not help while it is down:')
        for door in ('login', 'ssh', 'sudo', 'su'):
            self.enters(door, ADA, WRONG, admitted=False)
        self.say('Bob has never been here, so nobody can tell whether it is him:')
        self.enters('login', BOB, PASSWORDS[BOB], admitted=False)

    def back(self):
        self.host.provider.start()
        self.host.provider.change(ADA, groups=['night-shift', 'staff-engineering'])
        self.say('The provider is back. Within a minute this host finds that out, whether or not anybody signs in:')
        self.host.await_platform()
        self.run('latchkey', 'probe')
        self.say('It has put Ada into another group:')
        self.enters('login', ADA, PASSWORDS[ADA], 'id -Gn', shows='night-shift')
        self.look('linux-admins', 'night-shift')

    def tell(self):
        self.say('A Debian system and an OpenID Connect provider are running, in a namespace of their own. '
                 'Latchkey is installed, and told:')
        self.host.install()
        self.host.machine.sh('rm -f /etc/motd /etc/update-motd.d/*')
        self.run('grep', '.', '/etc/latchkey/latchkey.conf')
        self.online()
        self.outage()
        self.back()
        self.say('That was it.' if not self.failed else f'{self.failed} of these did not go as they should.')


if __name__ == '__main__':
    try:
        with Host() as prepared:
            demo = Demo(prepared)
            demo.tell()
        sys.exit(1 if demo.failed else 0)
    except KeyboardInterrupt:
        sys.exit(130)
