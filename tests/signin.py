"""Drives latchkey-login as the PAM module does: frames over a socket that is its standard input.

A Host is one machine: a state folder of its own below the folder that the helper under test was
built for (make B=... statedir=... configdir=...), so that many sign-ins can be played without PAM.
"""
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess

VERDICTS = ['failed', 'admit', 'deny', 'forbidden', 'expired', 'unavailable', 'maxtries']
ACTIONS = {'authenticate': b'1', 'account': b'2', 'password': b'3'}
OWNER = 65534  # stands for the user latchkey
READ_ONLY = ['/usr/bin/unshare', '-m', '/bin/sh', '-ec',
             'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$1"']
PATIENCE = 60  # seconds; a helper that is silent for longer is a failed test


class SignIn:
    """What came of one conversation: the verdict, and all that the person was told."""

    def __init__(self, verdict, told, asked):
        self.verdict, self.told, self.asked = verdict, told, asked

    def __repr__(self):
        return f'{self.verdict} asked={self.asked} told={self.told}'


def _receive(sock, length):
    data = b''
    while len(data) < length:
        piece = sock.recv(length - len(data))
        if not piece:
            raise EOFError('the helper went away without a verdict')
        data += piece
    return data


def receive_frame(sock):
    version, kind, length = struct.unpack('>BcH', _receive(sock, 4))
    assert version == 1, version
    return kind.decode(), _receive(sock, length)


def send_frame(sock, kind, text):
    sock.sendall(struct.pack('>BcH', 1, kind.encode(), len(text)) + text)


class Host:
    def __init__(self, build):
        self.build = build
        self.state, self.config = f'{build}/state', f'{build}/etc'
        self.helper = f'{build}/latchkey-login'
        self.log = f'{build}/helper.log'
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

    def prepare(self):
        subprocess.run([self.helper, '--prepare'], check=True, stdout=subprocess.DEVNULL)

    def configure(self, **settings):
        with open(f'{self.config}/latchkey.conf', 'w', encoding='utf-8') as out:
            out.writelines(f'{name} = {value}\n' for name, value in settings.items())
        os.chmod(f'{self.config}/latchkey.conf', 0o644)

    def start(self, name, action='authenticate', service='login', remote_host='', remote_user='',
              caller=0, read_only=False):
        """Starts a helper and asks; the caller carries on with converse()."""
        os.seteuid(caller)  # whom SO_PEERCRED names
        ours, theirs = socket.socketpair()
        os.seteuid(0)
        ours.settimeout(PATIENCE)
        with open(self.log, 'ab') as log:
            process = subprocess.Popen(READ_ONLY + [self.state, self.helper] if read_only
                                       else [self.helper], stdin=theirs.fileno(), stdout=log,
                                       stderr=log, env={}, start_new_session=True)
        theirs.close()
        texts = [name, service, remote_host, '', remote_user]
        send_frame(ours, 'B', ACTIONS[action] + b'-' + b''.join(t.encode() + b'\0' for t in texts))
        return ours, process

    @staticmethod
    def converse(ours, process, secrets):
        secrets, told, asked = list(secrets), [], []
        try:
            while True:
                try:
                    kind, text = receive_frame(ours)
                except (EOFError, ConnectionResetError):
                    return SignIn('silence', told, asked)
                if kind == 'V':
                    return SignIn(VERDICTS[text[0]], told, asked)
                if kind in 'TE':
                    told.append(text.decode())
                elif secrets:
                    asked.append(text.decode())
                    send_frame(ours, 'R', secrets.pop(0).encode())
                else:
                    send_frame(ours, 'N', b'')
        finally:
            ours.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def sign_in(self, name, *secrets, **request):
        return self.converse(*self.start(name, **request), secrets)

    def account(self, name, **request):
        return self.sign_in(name, action='account', **request)

    def ask_store(self, query, *values):
        with sqlite3.connect(f'file:{self.state}/private/store.db?mode=ro', uri=True) as store:
            return store.execute(query, values).fetchall()

    def dump(self):
        """Everything that is remembered of people, to be compared before and after."""
        with sqlite3.connect(f'file:{self.state}/private/store.db?mode=ro', uri=True) as store:
            people = '\n'.join(line for line in store.iterdump() if '"document"' not in line)
        with open(f'{self.state}/public/snapshot', 'rb') as snapshot:
            return people, snapshot.read()
