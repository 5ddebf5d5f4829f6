"""Drives latchkey-login as the PAM module does: frames over a socket that is its standard input.

A Host is one machine: a state folder of its own below the folder that the helper under test was
built for (make B=... statedir=... configdir=...), so that many sign-ins can be played without PAM.
"""
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess

VERSION = 3  # FRAME_VERSION of login/frame.h
VERDICTS = ['failed', 'admit', 'deny', 'forbidden', 'expired', 'unavailable', 'maxtries']
MODES = [None, 'online', 'offline']
ACTIONS = {'authenticate': b'1', 'account': b'2', 'password': b'3', 'reset': b'4'}
OWNER = 65534  # stands for the user latchkey
IN_NAMESPACE = ['/usr/bin/unshare', '-m', '/bin/sh', '-ec']
READ_ONLY = 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$1"'
OTHER_PASSWD = 'mount --bind "$0" /etc/passwd; exec "$1"'
WITH_NSS = 'mount --bind "$0" /etc/nsswitch.conf; LD_LIBRARY_PATH="${1%/*}" exec "$1"'
F_OFD_SETLK = 37  # fcntl.h; the module fcntl of this Python does not name it
PATIENCE = 60  # seconds; a helper that is silent for longer is a failed test


class SignIn:
    """What came of one conversation: the verdict, and all that the person was told."""

    def __init__(self, ruling, told, asked):
        self.verdict, self.told, self.asked = 'silence', told, asked
        self.mode, self.offline_until = None, 0
        if ruling:
            self.verdict, self.mode = VERDICTS[ruling[0]], MODES[ruling[1]]
            self.offline_until = int.from_bytes(ruling[2:10], 'big')
        if self.offline_until:  # as the module says it when the session begins
            self.told = [*told, f'The sign-in service cannot be reached until {self.offline_until}.']

    def __repr__(self):
        return f'{self.verdict} {self.mode} asked={self.asked} told={self.told}'


def _receive(sock, length):
    data = b''
    while len(data) < length:
        piece = sock.recv(length - len(data))
        if not piece:
            raise EOFError('the helper went away without a verdict')
        data += piece
    return data


def receive_frame(sock, waits=None):
    """The next one that is not about the helper's own time; those that are go to `waits`."""
    while True:
        version, kind, length = struct.unpack('>BcH', _receive(sock, 4))
        assert version == VERSION, version
        text = _receive(sock, length)
        if kind != b'W':
            return kind.decode(), text
        if waits is not None:
            waits.append(int(text))


def send_frame(sock, kind, text):
    sock.sendall(struct.pack('>BcH', VERSION, kind.encode(), len(text)) + text)


class Conversation:
    """One helper at work. finish() answers its questions, then with nothing, to the verdict.

    An answer may be a function that takes the conversation, called when the question has come.
    """

    def __init__(self, sock, process):
        self.sock, self.process = sock, process
        self.told, self.asked, self.waits = [], [], []
        self.waiting = False  # the helper has asked, and was not answered

    def _next(self):
        """The kind of the next frame, with its text kept; 'V' holds the verdict, '' an end."""
        try:
            kind, text = receive_frame(self.sock, self.waits)
        except (EOFError, ConnectionResetError):
            return '', b''
        if kind in 'TE':
            self.told.append(text.decode())
        elif kind != 'V':
            self.asked.append(text.decode())
        return kind, text

    def await_prompt(self):
        """Returns when the helper waits for the person, as it may for a long time."""
        kind = 'T'
        while kind in ('T', 'E'):
            kind, _ = self._next()
        assert kind not in ('', 'V'), 'no prompt came'
        self.waiting = True
        return self

    def answer(self, text):
        self.waiting = False
        send_frame(self.sock, 'R', text.encode())

    def finish(self, *secrets):
        secrets = list(secrets)
        try:
            while True:
                if not self.waiting:
                    kind, text = self._next()
                    if kind in ('', 'V'):
                        return SignIn(text, self.told, self.asked)
                    self.waiting = kind not in 'TE'
                    continue
                self.waiting = False
                if secrets:
                    secret = secrets.pop(0)
                    send_frame(self.sock, 'R', (secret(self) if callable(secret) else secret).encode())
                else:
                    send_frame(self.sock, 'N', b'')
        finally:
            self.sock.close()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()


class Host:
    def __init__(self, build):
        self.build = build
        self.state, self.config = f'{build}/state', f'{build}/etc'
        self.helper = f'{build}/latchkey-login'
        self.log = f'{build}/helper.log'
        self.under = []  # a command that starts the helper
        self.clean()

    def clean(self):
        """A new machine: nobody is known, nothing is configured."""
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.rmtree(self.config, ignore_errors=True)
        shutil.rmtree(f'{self.build}/run', ignore_errors=True)
        os.makedirs(f'{self.config}/conf.d', mode=0o755)
        os.makedirs(self.state, mode=0o755)
        for name, mode in (('private', 0o700), ('public', 0o755)):
            os.mkdir(f'{self.state}/{name}', mode)
            os.chown(f'{self.state}/{name}', OWNER, OWNER)
        os.makedirs(f'{self.build}/run/state', mode=0o700)
        os.chown(f'{self.build}/run/state', OWNER, OWNER)
        self.prepare()
        with open(f'{self.build}/nsswitch.conf', 'w', encoding='utf-8') as out:
            out.write('passwd: files latchkey\ngroup: files latchkey\nhosts: files dns\n')
        os.chmod(f'{self.build}/nsswitch.conf', 0o644)

    def prepare(self):
        subprocess.run([self.helper, '--prepare'], check=True, stdout=subprocess.DEVNULL)

    def configure(self, **settings):
        with open(f'{self.config}/latchkey.conf', 'w', encoding='utf-8') as out:
            out.writelines(f'{name} = {value}\n' for name, value in settings.items())
        os.chmod(f'{self.config}/latchkey.conf', 0o644)

    def _command(self, read_only, passwd, with_nss):
        if read_only:
            return IN_NAMESPACE + [READ_ONLY, self.state, self.helper]
        if passwd:
            return IN_NAMESPACE + [OTHER_PASSWD, passwd, self.helper]
        if with_nss:
            return IN_NAMESPACE + [WITH_NSS, f'{self.build}/nsswitch.conf', self.helper]
        return [self.helper]

    def start(self, name, action='authenticate', service='login', remote_host='', terminal='',
              remote_user='', silent=False, caller=0, read_only=False, passwd=None, with_nss=False):
        """Starts a helper and asks. `passwd`: what it sees as /etc/passwd; `with_nss`: it finds
        people by the NSS module beside it.
        """
        os.seteuid(caller)  # whom SO_PEERCRED names
        ours, theirs = socket.socketpair()
        os.seteuid(0)
        ours.settimeout(PATIENCE)
        with open(self.log, 'ab') as log:
            process = subprocess.Popen(self.under + self._command(read_only, passwd, with_nss),
                                       stdin=theirs.fileno(), stdout=log, stderr=log, env={},
                                       start_new_session=True)
        theirs.close()
        texts = [name, service, remote_host, terminal, remote_user]
        with contextlib.suppress(BrokenPipeError):  # one that could not start: finish() finds silence
            send_frame(ours, 'B',
                       ACTIONS[action] + (b's' if silent else b'-') + b''.join(t.encode() + b'\0' for t in texts))
        return Conversation(ours, process)

    def sign_in(self, name, *secrets, **request):
        return self.start(name, **request).finish(*secrets)

    def account(self, name, **request):
        return self.sign_in(name, action='account', **request)

    def ask_store(self, query, *values):
        with sqlite3.connect(f'file:{self.state}/private/store.db?mode=ro', uri=True) as store:
            return store.execute(query, values).fetchall()

    def change_store(self, statement):
        """Lets time pass or things happen, in the store's eyes."""
        subprocess.run(['sqlite3', f'{self.state}/private/store.db', statement], check=True)

    def forget_attempts(self):
        """For tests of something else that need many."""
        for folder in (f'{self.state}/private', f'{self.build}/run/state'):  # the latter where the former fails
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f'{folder}/attempts')

    def forget_breakers(self):
        """As if no outage had ever been met."""
        with sqlite3.connect(f'{self.state}/private/store.db', timeout=PATIENCE) as store:
            store.execute('DELETE FROM breaker')
        for name in os.listdir(f'{self.build}/run/state'):
            if name == 'outage' or name.startswith('breaker-'):
                os.unlink(f'{self.build}/run/state/{name}')

    @contextlib.contextmanager
    def busy_store(self):
        """Another process holds the store, for longer than anybody waits."""
        store = sqlite3.connect(f'{self.state}/private/store.db', isolation_level=None)
        try:
            store.execute('BEGIN EXCLUSIVE')
            yield
            store.execute('ROLLBACK')
        finally:
            store.close()

    @contextlib.contextmanager
    def full_disk(self):
        """What is remembered lies on a small disk of its own, on which nothing has room any more."""
        kept = f'{self.build}/kept'

        def move(origin, to):
            subprocess.run(['cp', '-a', f'{origin}/.', to], check=True)
            for name in os.listdir(origin):
                shutil.rmtree(f'{origin}/{name}')

        os.mkdir(kept)
        move(self.state, kept)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=755', 'tmpfs', self.state],
                       check=True)
        try:
            move(kept, self.state)
            with contextlib.suppress(OSError), open(f'{self.state}/filler', 'wb', 0) as filler:
                while True:
                    filler.write(bytes(4096))
            yield
        finally:
            os.unlink(f'{self.state}/filler')
            move(self.state, kept)
            subprocess.run(['umount', self.state], check=True)
            move(kept, self.state)
            os.rmdir(kept)

    @contextlib.contextmanager
    def held_store(self):
        """Another process writes to the store, for longer than anybody waits."""
        store = sqlite3.connect(f'{self.state}/private/store.db', isolation_level=None)
        try:
            store.execute('BEGIN IMMEDIATE')
            yield
            store.execute('ROLLBACK')
        finally:
            store.close()

    @contextlib.contextmanager
    def held_turn(self, number):
        """Another process has this turn, and does not come to an end."""
        with open(f'{self.build}/run/state/turns', 'ab') as turns:
            os.chown(turns.name, OWNER, OWNER)
            fcntl.fcntl(turns, F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET,
                                                        number, 1, 0))
            yield

    @contextlib.contextmanager
    def busy_slots(self, count=0):
        """Others compute in the first `count` slots; 0: in all, so that no verifier can be made."""
        with open(f'{self.state}/private/kdf.slots', 'r+b') as slots:
            everything = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, count, 0)
            fcntl.fcntl(slots, F_OFD_SETLK, everything)
            yield

    def dump(self):
        """All that is remembered of people, to be compared before and after: store, snapshot.

        Not the highest time, which moves on once a minute.
        """
        with sqlite3.connect(f'file:{self.state}/private/store.db?mode=ro', uri=True) as store:
            people = '\n'.join(line for line in store.iterdump()
                               if not any(word in line for word in
                                          ('"document"', '"breaker"', 'highest_time')))
        with open(f'{self.state}/public/snapshot', 'rb') as snapshot:
            return people, snapshot.read()
