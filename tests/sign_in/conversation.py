"""A greeter as GDM's: one question at a time, what is said shown apart from it, and no terminal."""
import os
import subprocess

from expect import check
from sign_in.harness import ADA, GENERIC, PASSWORD, UNREACHED
from signin import IN_NAMESPACE

SERVICE = 'gdm-password'
GREETER = 'mount --bind "$0" /etc/nsswitch.conf; LD_LIBRARY_PATH="$1" exec "$1/greeter" "$1/pam.d" "$2" "$3"'
PHASES = ['authenticate', 'account', 'credentials', 'session', 'end']


class Greeter:
    """What it showed, in its order; the phases with their codes; and the session's environment."""

    def __init__(self, t, *answers, name=ADA):
        build = t.host.build
        os.makedirs(f'{build}/pam.d', exist_ok=True)
        with open(f'{build}/pam.d/{SERVICE}', 'w', encoding='utf-8') as service:
            service.writelines(f'{phase} required {build}/pam_latchkey.so nodelay\n' if phase == 'auth' else
                               f'{phase} required {build}/pam_latchkey.so\n' for phase in ('auth', 'account', 'session'))
        done = subprocess.run(IN_NAMESPACE + [GREETER, f'{build}/nsswitch.conf', build, SERVICE, name], text=True,
                              input=''.join(answer + '\n' for answer in answers), capture_output=True)
        rows = [line.split(' ', 1) for line in done.stdout.splitlines()]
        self.shown = [(kind, text) for kind, text in rows if kind in ('info', 'error', 'ask', 'secret')]
        self.phases = {kind: int(text) for kind, text in rows if kind in PHASES}
        self.environment = [text for kind, text in rows if kind == 'environment']
        check(done.returncode == 0 and not done.stderr, done)

    def __repr__(self):
        return f'{self.shown} {self.phases} {self.environment}'


def asked_for_name_and_password(greeter):
    check([kind for kind, _ in greeter.shown[:2]] == ['ask', 'secret'], greeter)
    check(greeter.shown[0][1] == 'Username: ' and greeter.shown[1][1].startswith('Password'), greeter)
    return greeter.shown[2:]


STEPS = [asked_for_name_and_password]


def a_greeter_signs_somebody_in_online(t):
    t.configure()
    greeter = Greeter(t, PASSWORD)
    check(asked_for_name_and_password(greeter) == [], greeter)
    check(greeter.phases == dict.fromkeys(PHASES, 0), greeter)
    check(greeter.environment == ['LATCHKEY_MODE=online'], greeter)


def a_greeter_shows_until_when_an_offline_session_works(t):
    t.know_ada()
    t.outage()
    greeter = Greeter(t, PASSWORD)
    said = asked_for_name_and_password(greeter)
    check(len(said) == 1 and said[0][0] == 'info' and UNREACHED in said[0][1], greeter)
    check(greeter.phases == dict.fromkeys(PHASES, 0), greeter)
    check(greeter.environment == ['LATCHKEY_MODE=offline'], greeter)


def a_greeter_shows_an_error_to_whoever_is_wrong(t):
    t.know_ada()
    greeter = Greeter(t, 'wrong')
    check(asked_for_name_and_password(greeter) == [('error', GENERIC)], greeter)
    check(greeter.phases == {'authenticate': 7}, greeter)


def a_greeter_that_is_cancelled_lets_nobody_in(t):
    t.know_ada()
    greeter = Greeter(t)
    asked_for_name_and_password(greeter)
    check(greeter.phases == {'authenticate': 7}, greeter)
    check(t.seen() == [])
