"""What can happen instead of an answer, after a request was read: each has the handler and the rule."""
import gzip
import socket
import struct
import time

OPENING = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'


def reset_connection(connection):
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()


def hold(connection):
    """Says nothing until the other side has left."""
    connection.settimeout(60)
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


class Faults:
    @staticmethod
    def drop(handler, rule):
        handler.close_connection = True

    @staticmethod
    def reset(handler, rule):
        handler.close_connection = True
        raw = handler.connection.detach()
        reset_connection(socket.socket(fileno=raw))

    @staticmethod
    def silence(handler, rule):
        handler.close_connection = True
        hold(handler.connection)

    @staticmethod
    def headers_then_silence(handler, rule):
        handler.wfile.write(OPENING + b'Content-Length: 500\r\n\r\n')
        Faults.silence(handler, rule)

    @staticmethod
    def headers_then_close(handler, rule):
        handler.wfile.write(OPENING + b'Content-Length: 500\r\n\r\n')
        handler.close_connection = True

    @staticmethod
    def cut(handler, rule):
        """The body ends before its announced length."""
        body = rule.get('body', '{"access_token":').encode()
        handler.wfile.write(b'HTTP/1.1 %d X\r\nContent-Type: application/json\r\n'
                            b'Content-Length: %d\r\n\r\n' % (rule.get('status', 200), len(body) + 50))
        handler.wfile.write(body)
        handler.close_connection = True

    @staticmethod
    def reset_in_body(handler, rule):
        handler.wfile.write(OPENING + b'Content-Length: 500\r\n\r\n{"access_token":')
        Faults.reset(handler, rule)

    @staticmethod
    def drip(handler, rule):
        """One byte a second, or as often as the rule says."""
        handler.wfile.write(OPENING + b'Content-Length: 1000000\r\n\r\n')
        while True:  # until the other side has left
            handler.wfile.write(b' ')
            time.sleep(rule.get('pause', 1))

    @staticmethod
    def flood_body(handler, rule):
        handler.wfile.write(OPENING + b'Transfer-Encoding: chunked\r\n\r\n')
        for _ in range(rule.get('repeat', 10000)):
            handler.wfile.write(b'10000\r\n' + b' ' * 65536 + b'\r\n')
        handler.wfile.write(b'0\r\n\r\n')

    @staticmethod
    def flood_headers(handler, rule):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\n')
        for _ in range(rule.get('repeat', 100000)):
            handler.wfile.write(b'X-Filler: ' + b'x' * 1000 + b'\r\n')

    @staticmethod
    def gzip_bomb(handler, rule):
        """100 MiB of blanks in 100 KiB, asked for or not."""
        bomb = gzip.compress(b' ' * (rule.get('repeat', 100) << 20), 1)
        handler.wfile.write(OPENING + b'Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n' % len(bomb))
        handler.wfile.write(bomb)

    @staticmethod
    def not_http(handler, rule):
        handler.wfile.write(b'SSH-2.0-OpenSSH_9.2\r\n')
        handler.close_connection = True
