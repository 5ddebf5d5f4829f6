"""What every test of whole sign-ins stands on: a host, a platform, and words for both."""
import concurrent.futures
import os
import re
import time

from expect import check

ADA, BOB = 'ada@contoso.example', 'bob@contoso.example'
PASSWORD, NEW = 'correct horse battery staple', 'a new one'
DAY = 86400
UNREACHED = 'cannot be reached'
GENERIC = 'Sign-in failed. Check the user name and password.'
ELSEWHERE = '192.0.2.1'
PATIENCE = 30  # seconds until an awaited condition is a failure


def wait_until(condition, what):
    """For what cannot be waited for otherwise: looks again and again."""
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, 'waited in vain for', what)
        time.sleep(0.01)


class Test:
    """One host and one platform, both as new; `know_ada` is the usual beginning."""

    def __init__(self, host, emulator):
        self.host, self.emulator, self.count = host, emulator, 0
        self.pool = concurrent.futures.ThreadPoolExecutor(60)

    def begin(self):
        self.emulator.order('/_reset', {})
        self.host.clean()
        self.configure()
        self.seen()

    def configure(self, **settings):
        about = self.emulator.about
        wanted = {
            'issuer': about['issuer'], 'client_id': about['client_id'], 'ca_file': about['ca_file'],
            'domains': 'contoso.example', 'allow': 'everyone', 'recheck_minutes': 0,
            'password_recheck_hours': 24, **settings}
        self.host.configure(**{name: value for name, value in wanted.items() if value is not None})

    def know_ada(self, **settings):
        self.configure(**settings)
        self.expect('admit', self.host.sign_in(ADA, PASSWORD))
        self.seen()

    # The platform ---------------------------------------------------------------------------

    def unseen(self):
        """The token and document requests since the last seen(), in short."""
        return [dict(entry['form']).get('grant_type', entry['endpoint'])
                for entry in self.emulator.order('/_log')[self.count:]]

    def seen(self):
        fresh = self.unseen()
        self.count += len(fresh)
        return fresh

    def await_request(self, kind):
        wait_until(lambda: kind in self.unseen(), 'a request ' + kind)

    def script(self, **rule):
        self.emulator.order('/_script', rule)

    def unscript(self):
        self.emulator.order('/_clear', {})
        self.host.forget_breakers()

    def release(self):
        self.emulator.order('/_release', {})

    def change(self, name=ADA, **what):
        """At the platform: password, disabled, gone, groups, oid."""
        self.emulator.order('/_person', {'name': name, **what})

    def outage(self):
        self.emulator.order('/_listen', {'mode': 'abort_handshake'})

    def recovery(self):
        """The platform is back, and so long that nobody remembers an outage."""
        self.emulator.order('/_listen', {})
        self.host.forget_breakers()

    def breaker(self, name, what):
        rows = self.host.ask_store(f'SELECT {what} FROM breaker WHERE name = ?', name)
        return rows[0][0] if rows else 0

    def let_outage_last(self):
        """However slow this machine is: the waits that were begun are not over."""
        now = int(time.time())
        self.host.change_store(
            f'UPDATE breaker SET opened_at = {now}, wait_until = {now + 30} WHERE wait_until > 0;'
            f'UPDATE breaker SET opened_at = {now}, told_until = {now + 900} WHERE told_until > 0')

    def let_waits_end(self):
        """What failed may be asked again, by one at a time."""
        self.host.change_store(
            'UPDATE breaker SET since = since - 3600, opened_at = opened_at - 3600,'
            ' wait_until = wait_until - 3600, told_until = max(0, told_until - 3600),'
            ' tried_at = max(0, tried_at - 3600)')

    # Sign-ins -------------------------------------------------------------------------------

    @staticmethod
    def expect(verdict, sign_in, words=''):
        check(sign_in.verdict == verdict, 'wanted', verdict, 'got', sign_in)
        check(words in ' '.join(sign_in.told), 'wanted words', words, 'got', sign_in)

    @staticmethod
    def expect_not_admitted(sign_in, *about):
        check(sign_in.verdict not in ('admit', 'silence'), *about, 'got', sign_in)

    def offline(self, verdict, password=PASSWORD, name=ADA, words='', **request):
        self.outage()
        self.expect(verdict, self.host.sign_in(name, password, **request), words)
        self.recovery()

    def offline_not_admitted(self, password=PASSWORD, *about):
        self.outage()
        self.expect_not_admitted(self.host.sign_in(ADA, password), 'offline', *about)
        self.recovery()

    def in_background(self, *secrets, name=ADA, **request):
        """A sign-in that goes on beside the test; result() waits for it."""
        return self.pool.submit(self.host.start(name, **request).finish, *secrets)

    def prompt(self, name=ADA, **request):
        """A helper that has read what is remembered, and waits for the secret."""
        return self.host.start(name, **request).await_prompt()

    def logged(self):
        """What the last decision says of itself in the log."""
        with open(self.host.log, encoding='utf-8') as log:
            line = [line for line in log if 'verdict=' in line][-1]
        return re.sub(r'^[^ ]*: ', '', line.rstrip('\n'))

    def whole_log(self):
        with open(self.host.log, encoding='utf-8') as log:
            return log.read()

    # What is remembered ---------------------------------------------------------------------

    def set_person(self, assignment):
        self.host.change_store(f'UPDATE person SET {assignment}')

    def set_highest_time(self, value):
        self.host.change_store(f"INSERT OR REPLACE INTO fact VALUES ('highest_time', {value})")

    def let_documents_age(self):
        """Within minutes nobody fetches the key set again, not even for an unknown key."""
        self.host.change_store('UPDATE document SET fetched_at = fetched_at - 3600')

    def highest_time(self):
        return self.host.ask_store("SELECT value FROM fact WHERE name = 'highest_time'")[0][0]

    def person(self, what='count(*)'):
        return self.host.ask_store(f'SELECT {what} FROM person')[0][0]

    def published(self):
        """Each file that everybody may read: its generation, what file it is, and when it was written."""
        found, folder = {}, f'{self.host.state}/public'
        for name in os.listdir(folder):
            status = os.stat(f'{folder}/{name}')
            with open(f'{folder}/{name}', 'rb') as file:
                found[name] = (int.from_bytes(file.read(24)[16:], 'little'), status.st_ino, status.st_mtime_ns,
                               status.st_ctime_ns)
        return found

    def standing(self):
        """Everything about people and groups. (Facts, such as the highest time, may change.)"""
        return [self.host.ask_store(f'SELECT * FROM {table} ORDER BY 1, 2')
                for table in ('person', 'membership', 'directory_group')]
