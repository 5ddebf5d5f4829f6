"""Device codes (RFC 8628, platform.md 2.4 and 5.6): asked for, carried elsewhere, approved, redeemed."""
import secrets
import threading
import time

from errors import error_body
from tokens import changed

GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
PAGE = 'https://microsoft.com/devicelogin'
# How it ends where nobody approves: (number of Entra's or None, error of Entra's, of any other)
ENDS = {'expired': (70020, 'expired_token', 'expired_token'),
        'declined': (None, 'authorization_declined', 'access_denied'),
        'unknown': (70018, 'bad_verification_code', 'invalid_grant'),
        'pending': (70016, 'authorization_pending', 'authorization_pending'),
        'slow': (None, 'slow_down', 'slow_down')}


class Devices:
    def __init__(self):
        self.lock = threading.Lock()
        self.codes = {}  # device code: what became of it
        self.usual = {}

    def set(self, usual):
        """What the next codes are like: {"expires_in": …, "interval": …}."""
        self.usual = usual

    def begin(self, shape):
        code, user_code = 'LAQABAAEAAAD-' + secrets.token_urlsafe(24), \
            ''.join(secrets.choice(LETTERS) for _ in range(9))
        body = changed({
            'user_code': user_code, 'device_code': code, 'verification_uri': PAGE, 'expires_in': 900,
            'interval': 5, 'message': f'To sign in, use a web browser to open the page {PAGE} and enter '
                                      f'the code {user_code} to authenticate.'}, self.usual)
        if shape == 'plain':
            body = changed(body, {'verification_uri': 'https://localhost/device', 'message': None,
                                  'verification_uri_complete': f'https://localhost/device?user_code={user_code}'})
        with self.lock:
            self.codes[code] = {'user_code': user_code, 'state': 'pending', 'name': None, 'token': {},
                                'slow': 0, 'until': time.monotonic() + float(body.get('expires_in', 900))}
        return body

    def change(self, order):
        """For the code of {"user_code": …}, else for all: {"state": "approved", "name": …, "token": …}.

        `name`: who has approved; `token`: a changed success, as in tokens.py; `state`: also
        "declined", "expired", "unknown"; `slow`: so many polls from now on are too fast.
        """
        wanted = order.pop('user_code', None)
        with self.lock:
            for entry in self.codes.values():
                if wanted in (None, entry['user_code']):
                    entry.update(order)

    def owner(self, code):
        with self.lock:
            return self.codes.get(code, {}).get('name')

    def redeem(self, code):
        """(name, token) of an approved code, which is used up then, or how it stands."""
        with self.lock:
            entry = self.codes.get(code)
            if entry is None:
                return 'unknown'
            if entry['slow'] > 0:
                entry['slow'] -= 1
                return 'slow'
            if entry['state'] == 'pending' and time.monotonic() > entry['until']:
                return 'expired'
            if entry['state'] != 'approved':
                return entry['state']
            del self.codes[code]
            return entry['name'], entry['token']


def error_of(state, shape):
    """(status, body)."""
    number, of_entra, of_others = ENDS[state]
    if shape == 'plain':
        return 400, {'error': of_others}
    if number is None:
        return 400, {'error': of_entra, 'error_description': 'Emulated.'}
    return error_body(number, of_entra)
