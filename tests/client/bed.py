"""What every test of the platform client needs: an emulator, folders of what is kept, a probe."""
import os
import shutil
import subprocess
import time

FIELDS = ('answer', 'refusal', 'sent', 'others', 'token_length', 'name', 'object_id', 'groups',
          'number', 'correlation_id', 'kind', 'why', 'advice', 'alarm', 'claims', 'guest')
CODE = ('user_code', 'uri', 'uri_complete', 'left_ms', 'interval', 'wait_ms')
ADVICE = ('', 'device', 'guest', 'hours', 'risk', 'register', 'declined', 'assign', 'policy', 'expired',
          'verify', 'again', 'code', 'late', 'setup', 'clock')
BREAKER = ('failures', 'silent', 'answering', 'since', 'wait_until', 'told_until', 'tried_at',
           'opened_at')
TIMES = BREAKER[3:]
BREAKERS = {'metadata': 'metadata', 'password': 'password_grants', 'refresh': 'refresh_grants',
            'device': 'device_codes'}
ADA, PASSWORD = 'ada@contoso.example', 'correct horse battery staple'
ADA_ID = '33333333-3333-3333-3333-333333333333'
LONG, SHORT = 8000, 400  # milliseconds; SHORT only where nothing comes in any case
OUTCOMES = ('accepted', 'refused', 'unreachable')


class Bed:
    def __init__(self, emulator, probe, folder, issuers=('issuer', 'plain_issuer')):
        self.emulator, self.probe, self.folder = emulator, probe, folder
        self.count = 0
        self.warm_template = os.path.join(folder, 'warm')
        os.mkdir(self.warm_template)
        for issuer in issuers:
            answer, = self.run([self.password()], issuer=issuer, documents=self.warm_template)
            assert answer['answer'] == 'accepted', answer
        self.begin()

    def begin(self):
        self.emulator.order('/_reset', {})
        self.seen = len(self.emulator.order('/_log'))
        self.connected = len(self.emulator.order('/_connections'))

    def script(self, **rule):
        self.emulator.order('/_script', rule)

    def requests(self, endpoint=None):
        entries = self.emulator.order('/_log')[self.seen:]
        return [entry for entry in entries if endpoint in (None, entry['endpoint'])]

    def connections(self):
        return len(self.emulator.order('/_connections')) - self.connected

    # What is kept between processes. ---------------------------------------------------------

    def cold(self):
        self.count += 1
        path = os.path.join(self.folder, f'documents-{self.count}')
        os.mkdir(path)
        return path

    def warm(self):
        """Documents as an earlier process left them."""
        path = self.cold()
        shutil.copytree(self.warm_template, path, dirs_exist_ok=True)
        return path

    @staticmethod
    def documents(folder, part=''):
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
                if name.startswith('https') and part in name]

    @staticmethod
    def facts(path):
        """[fetched at, fresh seconds, forced at, etag] and the body."""
        with open(path, 'rb') as file:
            line, body = file.read().split(b'\n', 1)
        fetched, fresh, forced, etag = line.decode().split(' ', 3)
        return [int(fetched), int(fresh), int(forced), etag], body

    def age(self, folder, seconds, part=''):
        for path in self.documents(folder, part):
            (fetched, fresh, forced, etag), body = self.facts(path)
            forced = max(forced - seconds, 0) if forced else 0
            with open(path, 'wb') as file:
                file.write(f'{fetched - seconds} {fresh} {forced} {etag}\n'.encode() + body)

    @staticmethod
    def breaker(folder, which):
        try:
            with open(os.path.join(folder, BREAKERS[which])) as file:
                return dict(zip(BREAKER, map(int, file.read().split())))
        except FileNotFoundError:
            return dict.fromkeys(BREAKER, 0)

    def put_breaker(self, folder, which, **fields):
        breaker = {**self.breaker(folder, which), **fields}
        with open(os.path.join(folder, BREAKERS[which]), 'w') as file:
            file.write(' '.join(str(breaker[field]) for field in BREAKER) + '\n')

    def pass_time(self, folder, seconds):
        """As if all that is kept had happened so much earlier."""
        self.age(folder, seconds)
        for which in BREAKERS:
            breaker = self.breaker(folder, which)
            self.put_breaker(folder, which, **{field: breaker[field] - seconds for field in TIMES
                                               if breaker[field]})

    def fallen(self, failures, silent, *which, folder=None):
        """What is kept when these have failed, and are due now."""
        folder, now = folder or self.warm(), int(time.time())
        for name in which:
            self.put_breaker(folder, name, failures=failures, silent=int(silent), since=now - 50,
                             wait_until=now - 1, tried_at=now - 50, opened_at=now - 50)
        return folder

    # Orders. -----------------------------------------------------------------------------------

    @staticmethod
    def password(name=ADA, secret=PASSWORD, object_id=''):
        return f'password\t{name}\t{secret}\t{object_id}\n'

    def refresh(self, name=ADA, token=None, object_id=''):
        token = token or self.emulator.order('/_issue', {'name': name})
        return f'refresh\t{name}\t{token}\t{object_id}\n'

    def start(self, orders, issuer='issuer', documents=None, budget=LONG, connect=3,
              environment=None, ca_file=None, guests=False):
        about = self.emulator.about
        process = subprocess.Popen(
            [self.probe, about.get(issuer, issuer), about['client_id'],
             about['ca_file'] if ca_file is None else ca_file,
             documents or self.warm(), str(budget), str(connect), *['guests'][:guests]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=environment or {})
        process.orders = ''.join(orders)
        return process

    @staticmethod
    def finish(process):
        out, errors = process.communicate(process.orders, timeout=60)
        assert process.returncode == 0, f'{process.returncode} {out} {errors[-2000:]}'
        lines = [line.split('\t') for line in out.split('\n')[:-1]]
        return [dict(zip(FIELDS, line)) if line[0] in OUTCOMES and len(line) > 2 else
                dict(zip(CODE, line[1:])) if line[0] == 'code' else line for line in lines]

    def run(self, orders, **how):
        return self.finish(self.start(orders, **how))

    def run_at_once(self, processes, orders, **how):
        """The answers of all. So many at once may keep a small machine busy for a while."""
        patience = {'budget': 50000, 'connect': 50}
        running = [self.start(orders, **{**patience, **how}) for _ in range(processes)]
        for process in running:
            process.stdin.write(process.orders)
            process.stdin.flush()
            process.orders = None
        return [answer for process in running for answer in self.finish(process)]


def verdict(answer):
    return answer['answer'] + (':' + answer['refusal'] if answer['refusal'] else '')
