"""A locked screen: a PAM application that somebody runs as himself, so that systemd starts the helper for it."""

from host import CAROL, PASSWORDS

RIGHT_AWAY = 'auth required pam_latchkey.so nodelay\naccount required pam_latchkey.so\n'


class LockedScreen:
    def __init__(self, host, checks):
        self.host, self.machine, self.check = host, host.machine, checks.that

    def unlock(self, person, name, secret):
        return self.machine.run('pamtester', 'locker', name, 'authenticate', 'acct_mgmt', user=person,
                                given=secret + '\n')

    def tell(self):
        """Carol has signed in here before."""
        self.machine.write('/etc/pam.d/locker', RIGHT_AWAY)
        for when in ('online', 'offline'):
            done = self.unlock(CAROL, CAROL, PASSWORDS[CAROL])
            self.check(f'{when}: she unlocks her own screen', done.returncode == 0, done.stdout)
            done = self.unlock(CAROL, CAROL, 'canary-wrong-screen-31f0')
            self.check(f'{when}: a wrong password does not', done.returncode != 0, done.stdout)
            done = self.unlock('lena', CAROL, PASSWORDS[CAROL])
            self.check(f'{when}: her password is of no use to somebody else', done.returncode != 0
                       and 'assword' not in done.stdout, done.stdout)
            if when == 'online':
                self.host.provider.stop()
        self.host.provider.start()
        self.host.await_platform()
        self.machine.run('rm', '/etc/pam.d/locker')
