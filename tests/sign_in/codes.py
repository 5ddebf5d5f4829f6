"""Steps of sign-ins by device code, and what the person sees of them."""
import re

from sign_in.harness import ADA

PHRASE = 'seven lanterns over a quiet harbour'
SEAT = {'service': 'login', 'terminal': 'tty1'}
ASK = 'Press Enter when you have signed in there, or q to stop: '
DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'


def be_quick(t, **usual):
    """Codes that may be asked about once a second."""
    t.emulator.order('/_devices', {'interval': 1, **usual})


def becomes(t, answer='', **what):
    """An answer that is given when this has become of the code."""
    def act(_):
        t.emulator.order('/_device', dict(what))
        return answer
    return act


def approved(t, name=ADA, **token):
    return becomes(t, state='approved', name=name, token=token)


def text_of(sign_in):
    return '\n'.join(sign_in.told)


def user_code(sign_in):
    found = re.search(r'\b[A-Z2-9]{9}\b', text_of(sign_in))
    return found and found.group()


def polls(t):
    return [kind for kind in t.unseen() if kind == DEVICE_GRANT]


def enrol_by_code(t, *phrases, name=ADA, **request):
    """The first sign-in of somebody who then chooses a passphrase."""
    phrases = phrases or (PHRASE, PHRASE)
    return t.host.sign_in(name, '', approved(t, name), *phrases, **{**SEAT, **request})
