"""What the outage tests stand on: a host that knows Ada and not Bob, put back between any two cells."""
import base64
import contextlib
import crypt
import ctypes
import hashlib
import hmac
import inspect
import os
import subprocess
import time

from expect import check
from sign_in.harness import ADA, PASSWORD, Test

CONNECT_SECONDS, LOGIN_SECONDS = 1, 2
SLACK_SECONDS = 1.5  # of a loaded machine, beside the budget
WRONG, BOBS = 'a wrong one', 'p\u00e4ss w&rd+100%=\u20ac"\\'
GRANTS = {'password': 0, 'refresh': 24}  # which proof a sign-in begins with: password_recheck_hours
SECRETS = ('right', 'wrong', 'empty')
OFFLINE_BAD = 'Only people who have signed in here before'
WAY_PAST = 90  # seconds; longer than any wait that nobody asked for


def cheap_verifier(host, secret):
    """A verifier as the host makes it, but at the least cost: the matrices need thousands of checks."""
    with open(f'{host.state}/private/host.key', 'rb') as file:
        derived = hmac.digest(file.read(), b'verifier', hashlib.sha256)
    phrase = base64.b64encode(hmac.digest(derived, secret.encode(), hashlib.sha256)).decode()
    gensalt = ctypes.CDLL('libcrypt.so.1').crypt_gensalt
    gensalt.restype = ctypes.c_char_p
    return crypt.crypt(phrase, gensalt(b'$y$', ctypes.c_ulong(1), b'0123456789abcdef', 16).decode())


def cells_in(namespace, steps, varied):
    """The functions of a module that are cells, those in `varied` once with each of its cases."""
    cells = []
    for name, run in namespace.items():
        if not inspect.isfunction(run) or run.__module__ != namespace['__name__'] or run in steps:
            continue
        if run in varied:
            cells += [(f'{name} {case}', lambda t, r=run, c=case: r(t, *c)) for case in varied[run]]
        elif list(inspect.signature(run).parameters) == ['t']:
            cells.append((name, run))
    return cells


class Bed(Test):
    """Cells are `known` (Ada, by password or by token) or not (Bob), and end where they began."""

    def __init__(self, host, emulator, resolver):
        super().__init__(host, emulator)
        self.resolver = resolver
        self.dialled_before = 0
        self.grant = None
        self.begin()
        self.know_ada(connect_seconds=None, login_seconds=None)  # the platform makes its keys meanwhile
        self.configure()
        self.make_verifier_cheap()
        self.kept = self.files()
        _, self.snapshot = self.host.dump()

    def make_verifier_cheap(self):
        self.set_person(f"verifier = '{cheap_verifier(self.host, PASSWORD)}'")

    def configure(self, **settings):
        super().configure(**{'connect_seconds': CONNECT_SECONDS, 'login_seconds': LOGIN_SECONDS,
                             **settings})

    # The host as it was ----------------------------------------------------------------------

    def _files(self):
        for top in (self.host.state, f'{self.host.build}/run'):
            for folder, _, names in os.walk(top):
                yield from (os.path.join(folder, name) for name in names)

    def files(self):
        kept = {}
        for path in self._files():
            with open(path, 'rb') as file:
                kept[path] = file.read(), os.stat(path)
        return kept

    def put_back(self, kept):
        for path in list(self._files()):
            if path not in kept:
                os.unlink(path)
        for path, (content, status) in kept.items():
            with open(path, 'wb') as file:
                file.write(content)
            os.chown(path, status.st_uid, status.st_gid)
            os.chmod(path, status.st_mode & 0o777)

    def restore(self, grant='password', **settings):
        """Store, snapshot, attempts and breakers as in the beginning; the platform is well."""
        self.well()
        self.put_back(self.kept)
        if self.grant != (grant, settings):
            self.configure(password_recheck_hours=GRANTS[grant], **settings)
            self.grant = grant, settings
        self.seen()

    def well(self):
        self.emulator.order('/_clear', {})
        self.emulator.order('/_listen', {})
        self.resolver.mode = 'good'

    @contextlib.contextmanager
    def rotating(self, **settings):
        """A refresh token works once here, and there is one that is not used up."""
        self.restore('password')
        self.expect('admit', self.host.sign_in(ADA, PASSWORD))
        self.make_verifier_cheap()
        self.configure(password_recheck_hours=GRANTS['refresh'], **settings)
        self.grant = None
        self.seen()
        self.emulator.order('/_tokens', {'rotate': True})
        try:
            yield
        finally:
            self.emulator.order('/_tokens', {'rotate': False})

    def unseen(self):
        """As of any Test, without the thousands of requests that were there before."""
        return [dict(entry['form']).get('grant_type', entry['endpoint'])
                for entry in self.emulator.order(f'/_log/{self.count}')]

    def dialled(self):
        """How many connections were made since the last look, whatever became of them."""
        fresh = len(self.emulator.order(f'/_connections/{self.dialled_before}'))
        self.dialled_before += fresh
        return fresh

    @contextlib.contextmanager
    def nothing_sent(self):
        """Meanwhile no request leaves the host, no connection is tried, and no name is looked up."""
        self.seen()
        self.dialled()
        asked, breakers = self.resolver.asked, self.breakers()
        yield
        check(not self.seen() and not self.dialled(), 'something was sent')
        check(self.resolver.asked == asked, 'a name was looked up')
        check(self.breakers() == breakers, 'something was tried', self.breakers())

    # Faults and what comes of them -----------------------------------------------------------

    def spoil(self, fault):
        """`fault` is a rule, or says how to listen, or how names are resolved."""
        if 'listen' in fault:
            self.emulator.order('/_listen', fault['listen'])
        elif 'resolver' in fault:
            self.resolver.mode = fault['resolver']
        else:
            self.script(**{'endpoint': 'token', **fault})

    def timed(self, name, secret, **request):
        """A sign-in that ends within its budget, whatever it is."""
        begun = time.monotonic()
        answer = self.host.sign_in(name, secret, **request)
        took = time.monotonic() - begun
        check(answer.verdict != 'silence', 'no verdict', answer)
        check(took < LOGIN_SECONDS + SLACK_SECONDS, 'took', took, answer)
        return answer

    def secret(self, kind, name=ADA):
        return {'right': PASSWORD if name == ADA else BOBS, 'wrong': WRONG, 'empty': ''}[kind]

    def admitted_offline(self, answer, *about):
        """The session says it, in the words of the platform's not being reached, and until when."""
        check((answer.verdict, answer.mode) == ('admit', 'offline') and answer.offline_until > time.time(),
              *about, 'got', answer)

    def access(self, after=0):
        """Ada's access token as the store gives it, so many seconds from now: 'due opaque-…'."""
        done = subprocess.run([f'{self.host.build}/latchkey-access-token', f'{self.host.state}/private',
                               ADA, str(after)], capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)
        return done.stdout.strip()

    # What is remembered ----------------------------------------------------------------------

    def unchanged(self, standing, *about):
        check(self.standing() == standing, *about, self.standing(), 'was', standing)
        with open(f'{self.host.state}/public/snapshot', 'rb') as file:
            check(file.read() == self.snapshot, *about, 'another snapshot')

    def has(self, what):
        """Whether Ada's row has a verifier, a token, a refusal."""
        return bool(self.person({'verifier': "verifier <> ''", 'token': 'token IS NOT NULL',
                                 'refusal': 'refused <> 0'}[what]))

    def breakers(self):
        rows = self.host.ask_store('SELECT name, failures, wait_until, told_until FROM breaker')
        return {name: dict(zip(('failures', 'wait_until', 'told_until'), rest)) for name, *rest in rows}

    def forget_breakers(self):
        """As if no failure had ever been seen."""
        self.host.change_store('DELETE FROM breaker')
        for name in os.listdir(f'{self.host.build}/run/state'):
            os.unlink(f'{self.host.build}/run/state/{name}')

    def let_waits_pass(self):
        """The breakers as they will be later, without waiting for it."""
        self.host.change_store(f'UPDATE breaker SET wait_until = max(0, wait_until - {WAY_PAST}), '
                               f'opened_at = max(0, opened_at - {WAY_PAST}), '
                               f'since = max(0, since - {WAY_PAST})')
