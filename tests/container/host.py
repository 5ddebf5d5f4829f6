"""A host that is set up to sign in with the provider: what story.py and demo.py start from."""
import tempfile

import machine
import sandbox
from doors import Doors
from provider import CLIENT, HOST, ISSUER, Provider, person

ADA, BOB, CAROL, DAVE, ERIN = (f'{name}@contoso.example' for name in ('ada', 'bob', 'carol', 'dave', 'erin'))
PASSWORDS = {ADA: 'canary-ada-6f1d0c', BOB: 'canary-bob-e2b7a4',
             CAROL: 'canary-carol-90ac3e', DAVE: 'canary-dave-51be77', ERIN: 'canary-erin-2d8c44',
             'lena': 'canary-lena-c07d12', 'root': 'canary-root-3a9f80'}
PEOPLE = {
    ADA: person(ADA, PASSWORDS[ADA], 'Ada Lovelace', 'linux-admins', 'staff-engineering',
                '0f0e7d4c-1f4a-4d53-9c50-1b5a4a8f3a11'),
    BOB: person(BOB, PASSWORDS[BOB], 'Bob Baker', 'staff-engineering'),
    CAROL: person(CAROL, PASSWORDS[CAROL], 'Carol Jones', 'staff-engineering'),
    DAVE: person(DAVE, PASSWORDS[DAVE], 'Dave Smith', 'linux-admins'),
    ERIN: person(ERIN, PASSWORDS[ERIN], 'Erin Wood'),
}
CONFIG = f'''issuer = {ISSUER}
client_id = {CLIENT}
domains = contoso.example
allow = everyone
recheck_minutes = 0
'''


class Host:
    """`machine`, `doors` and `provider`, all in the sandbox that this process is moved to.

    Local people: root and lena. `packages` of Debian are there besides what every machine has.
    """

    def __init__(self, *packages):
        root = machine.base_root(*packages)
        self.packages = machine.built_packages()
        name = sandbox.enter()
        self.scratch = tempfile.TemporaryDirectory(prefix=name)
        self.machine = machine.Machine(name, root, self.scratch.name)
        self.provider = Provider(self.scratch.name, PEOPLE)
        self.doors = Doors(self.machine)

    def __enter__(self):
        try:
            self.provider.start()
            self.machine.start()
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.machine.stop()
        self.provider.stop()
        self.scratch.cleanup()

    def set_up(self):
        """All that an administrator's host has before Latchkey comes."""
        inside = self.machine
        with open(self.provider.authority, encoding='ascii') as authority:
            inside.write('/usr/local/share/ca-certificates/tests.crt', authority.read())
        inside.sh(f'update-ca-certificates; echo 127.0.0.1 {HOST} >> /etc/hosts; useradd -m -s /bin/bash lena')
        inside.sh('chpasswd', given=''.join(f'{name}:{PASSWORDS[name]}\n' for name in ('lena', 'root')))
        inside.write('/etc/sudoers.d/tests', '%linux-admins ALL=(ALL:ALL) ALL\nlena ALL=(ALL:ALL) ALL\n', '440')
        inside.write('/etc/ssh/sshd_config.d/tests.conf', 'KbdInteractiveAuthentication yes\nPermitRootLogin yes\n')
        inside.sh('systemctl reload ssh; pam-auth-update --enable mkhomedir')

    def install(self):
        self.machine.write('/etc/latchkey/latchkey.conf', CONFIG)
        self.machine.install(self.packages)

    def await_platform(self):
        """After an outage: until sign-ins ask the platform again."""
        machine.await_that('the outage to be over', lambda: self.machine.run('latchkey', 'probe').returncode == 0, 90)

    def asked(self, visit, *arguments, **how):
        """A visit, and the HTTPS requests that it caused."""
        before = len(self.provider.requests())
        done = visit(*arguments, **how)
        return done, self.provider.requests()[before:]
