"""A name server on loopback that answers as told: UDP port 53, so only in a network namespace.

    good, nxdomain, servfail, refused, empty, garbage
    silent      it never answers
    nobody      nothing listens: the kernel says so
    no_route    the address is one that cannot be reached from here
"""
import contextlib
import socket
import struct
import threading

CODES = {'nxdomain': 3, 'servfail': 2, 'refused': 5}
TYPE_A = 1
ADDRESSES = {'good': '127.0.0.1', 'no_route': '192.0.2.1'}


def answer_to(query, mode):
    """RFC 1035, 4.1: the question comes back, with at most one address."""
    end = query.index(b'\0', 12) + 5
    kind, = struct.unpack('>H', query[end - 4:end - 2])
    addresses = [ADDRESSES[mode]] if mode in ADDRESSES and kind == TYPE_A else []
    head = struct.pack('>2sHHHHH', query[:2], 0x8180 | CODES.get(mode, 0), 1, len(addresses), 0, 0)
    records = b''.join(b'\xc0\x0c' + struct.pack('>HHIH', TYPE_A, 1, 0, 4) + socket.inet_aton(address)
                       for address in addresses)
    return head + query[12:end] + records


class Resolver:
    """`mode` can be changed at any time."""

    def __init__(self):
        self.asked = 0
        self._mode, self.socket = 'nobody', None
        self.mode = 'good'

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        self._mode = mode
        if mode == 'nobody' and self.socket:
            with contextlib.suppress(OSError):  # it wakes the thread, and says that there is no peer
                self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()
            self.socket = None
        elif mode != 'nobody' and not self.socket:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(('127.0.0.1', 53))
            threading.Thread(target=self._serve, args=(self.socket,), daemon=True).start()

    def _serve(self, server):
        while True:
            try:
                query, client = server.recvfrom(4096)
                if not query:  # shut down
                    return
                self.asked += 1
                mode = self._mode
                if mode == 'garbage':
                    server.sendto(query[:2] + b'\xff' * 9, client)
                elif mode != 'silent':
                    server.sendto(answer_to(query, mode), client)
            except OSError:
                return
