"""The door of the emulated platform: a port where connections are taken, spoilt or not taken at all.

    tls              as it should be
    silence          connected, and never a word
    abort_handshake  reset when the other side begins TLS
    close            closed at once
    plain_http       a refusing answer without TLS
    refuse           nobody listens
    black_hole       nobody answers: what comes to the port is dropped
"""
import itertools
import socket
import ssl
import threading
import time

import certificates
from faults import hold, reset_connection

REFUSAL = (b'HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\n\r\n'
           b'{"error":"invalid_grant","error_codes":[50126]}')


class Listener:
    """`serve` is called with each good connection, in a thread of its own."""

    def __init__(self, folder, serve, port=0):
        self.ca_file, self.certificates = certificates.make(folder)
        self.serve = serve
        self.port, self.door, self.fillers = port, None, []
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.connections = []  # all that were made, whatever became of them
        self.good = self._context({})
        self.listen({})

    def _context(self, how):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificates[how.get('certificate', 'good')])
        context.sni_callback = lambda connection, name, _: setattr(connection, 'server_name', name)
        if 'newest_tls' in how:
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion[how['newest_tls']]
        return context

    def listen(self, how):
        """`first` and `times` of `how`: the connections from now on that it is about."""
        context = self._context(how) if 'certificate' in how or 'newest_tls' in how else self.good
        with self.lock:
            self.how = {'mode': 'tls', **how, 'context': context, 'seen': 0}
            mode = self.how['mode']
            if mode not in ('refuse', 'black_hole') and self.door and not self.fillers:
                return
            self._close()
            if mode == 'black_hole':
                self._fill()
            elif mode != 'refuse':
                self._open()

    def _bound(self, backlog):
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(('127.0.0.1', self.port))
        door.listen(backlog)
        self.port = door.getsockname()[1]
        return door

    def _open(self):
        self.door = self._bound(1024)
        threading.Thread(target=self._take, args=(self.door,), daemon=True).start()

    def _fill(self):
        """A queue that is full: the kernel drops what else comes."""
        self.door = self._bound(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(('127.0.0.1', self.port))
            self.fillers.append(filler)

    def _close(self):
        for filler in self.fillers:
            filler.close()
        self.fillers = []
        if self.door:
            self.door.shutdown(socket.SHUT_RDWR)  # ends accept(), and nobody listens from now on
            self.door.close()
        self.door = None

    def _take(self, door):
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._welcome, args=(connection,), daemon=True).start()

    def _mode(self):
        """What this connection gets."""
        with self.lock:
            how = self.how
            how['seen'] += 1
            past = how['seen'] - how.get('first', 1)
            about = past >= 0 and ('times' not in how or past < how['times'])
            mode, context = (how['mode'], how['context']) if about else ('tls', self.good)
            number = next(self.numbers)
            self.connections.append({'at': time.monotonic(), 'connection': number, 'mode': mode})
        return mode, context, number

    def _welcome(self, connection):
        mode, context, number = self._mode()
        try:
            connection.settimeout(60)
            if mode == 'silence':
                hold(connection)
            elif mode == 'abort_handshake':
                connection.recv(65536)
                reset_connection(connection)
            elif mode == 'plain_http':
                connection.recv(65536)
                connection.sendall(REFUSAL)
            elif mode == 'tls':
                connection = context.wrap_socket(connection, server_side=True)
                connection.number = number
                self.serve(connection)
        except OSError:
            pass
        finally:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            connection.close()
