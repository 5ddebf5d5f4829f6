#!/usr/bin/python3
"""An identity platform on loopback for tests: HTTPS on a port the system chooses.

    server.py [FOLDER]      FOLDER: for certificates and log.jsonl; a temporary one if not given

Prints one line of JSON (issuers, CA file, client, control address), then serves until its
standard input ends. The control address is plain HTTP on another port, so that it answers
whatever is wrong with the first:
    POST /_script {rule}    script.py says what a rule is
    POST /_clear  {}           no rules any more; people and tokens stay
    POST /_listen {"mode": …, "certificate": …, "newest_tls": "TLSv1_1"}
    POST /_person {"name": …, "password": …, "disabled": true, …}; {"name": …, "gone": true}
    POST /_release {}          answers that a rule holds are sent now
    POST /_keys   {"published": ["A", "C"], "signs": "C", "jwk": {"C": {"use": "enc"}}}
    POST /_tokens {"rotate": true}   a refresh token works once; a second use revokes its family
    POST /_issue  {"name": …}   answers with a refresh token for that person
    POST /_reset            all as in the beginning; the log goes on
    GET  /_log              requests so far, as a list
"""
import base64
import itertools
import json
import os
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import certificates
from provider import CLIENT, TENANT, Provider, error_body
from script import Script
from tokens import changed

PATHS = {
    f'/{TENANT}/v2.0/.well-known/openid-configuration': ('entra', 'discovery'),
    f'/{TENANT}/discovery/v2.0/keys': ('entra', 'keys'),
    f'/{TENANT}/oauth2/v2.0/token': ('entra', 'token'),
    '/plain/.well-known/openid-configuration': ('plain', 'discovery'),
    '/plain/keys': ('plain', 'keys'),
    '/plain/token': ('plain', 'token'),
}
SECRET_FIELDS = {'password', 'refresh_token', 'client_secret', 'client_assertion'}


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
    """What can happen after a request was read. Each has the handler and the rule."""

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
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                            b'Content-Length: 500\r\n\r\n')
        Faults.silence(handler, rule)

    @staticmethod
    def cut(handler, rule):
        """The body ends before its announced length."""
        body = rule.get('body', '{"access_token":').encode()
        handler.wfile.write(b'HTTP/1.1 %d X\r\nContent-Type: application/json\r\n'
                            b'Content-Length: %d\r\n\r\n' % (rule.get('status', 200), len(body) + 50))
        handler.wfile.write(body)
        handler.close_connection = True

    @staticmethod
    def drip(handler, rule):
        """One byte now and then."""
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                            b'Content-Length: 1000000\r\n\r\n')
        for _ in range(6000):
            handler.wfile.write(b' ')
            time.sleep(0.01)

    @staticmethod
    def flood_body(handler, rule):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                            b'Transfer-Encoding: chunked\r\n\r\n')
        for _ in range(rule.get('repeat', 10000)):
            handler.wfile.write(b'10000\r\n' + b' ' * 65536 + b'\r\n')
        handler.wfile.write(b'0\r\n\r\n')

    @staticmethod
    def flood_headers(handler, rule):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\n')
        for _ in range(rule.get('repeat', 100000)):
            handler.wfile.write(b'X-Filler: ' + b'x' * 1000 + b'\r\n')

    @staticmethod
    def not_http(handler, rule):
        handler.wfile.write(b'SSH-2.0-OpenSSH_9.2\r\n')
        handler.close_connection = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 60
    held = False  # by a rule: see send()

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:  # the client has left: often the very point
            pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        fields = parse_qsl(body.decode('utf-8', 'replace'), keep_blank_values=True)
        shape, endpoint = PATHS.get(self.path, (None, None))
        server.note(self, endpoint, fields)
        if not endpoint or (self.command == 'POST') != (endpoint == 'token'):
            return self.send(404, 'Not found', {'Content-Type': 'text/plain'})
        form = dict(fields)
        rule = server.script.rule_for(endpoint, form)
        self.held = rule.get('hold', False)
        time.sleep(rule.get('delay', 0))
        if 'fault' in rule:
            return getattr(Faults, rule['fault'])(self, rule)
        if 'status' in rule:
            content = base64.b64decode(rule['body_base64']) if 'body_base64' in rule \
                else rule.get('body', '') * rule.get('repeat', 1)
            return self.send(rule['status'], content, rule.get('headers', {}))
        if 'number' in rule:
            status, content = error_body(rule['number'], rule.get('error'),
                                         **rule.get('members', {}))
            return self.send(status, content, rule.get('headers', {}))
        return self.usual(shape, endpoint, form, rule)

    def usual(self, shape, endpoint, form, rule):
        provider = self.server.provider
        under = rule.get('under_status')
        document = {'Cache-Control': 'max-age=86400, private', 'Access-Control-Allow-Origin': '*'}
        if endpoint == 'discovery':
            content = changed(provider.discovery(shape), rule.get('document', {}))
            self.send(under or 200, content, document)
        elif endpoint == 'keys':
            self.send(under or 200, provider.key_set(shape), document)
        else:
            status, content = provider.grant(shape, form, rule.get('token', {}))
            self.send(under or status, content, rule.get('headers'))

    def send(self, status, content, headers=None):
        if isinstance(content, dict):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        if self.held:
            self.server.script.released.wait(60)
        usual = {'Cache-Control': 'no-store, no-cache', 'Pragma': 'no-cache',
                 'Content-Type': 'application/json; charset=utf-8', 'Expires': '-1',
                 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
                 'X-Content-Type-Options': 'nosniff', 'x-ms-request-id': str(uuid.uuid4()),
                 'x-ms-ests-server': '2.1.12651.9 - KRSLR1 ProdSlices', 'X-XSS-Protection': '0',
                 'Set-Cookie': 'fpc=emulated; path=/; secure; HttpOnly; SameSite=None'}
        self.send_response(status)
        for name, value in {**usual, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Platform(ThreadingHTTPServer):
    """The HTTPS side. TLS is set up in each connection's own thread, as `listening` says."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder):
        super().__init__(('127.0.0.1', 0), Handler)
        self.ca_file, self.certificates = certificates.make(folder)
        self.provider = Provider(f'https://localhost:{self.server_port}')
        self.script = Script()
        self.connections = itertools.count(1)
        self.log_lock = threading.Lock()
        self.log = []
        self.log_file = open(os.path.join(folder, 'log.jsonl'), 'w', encoding='utf-8')
        self.listen({})

    def listen(self, how):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificates[how.get('certificate', 'good')])
        if 'newest_tls' in how:
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion[how['newest_tls']]
        self.listening = (how.get('mode', 'tls'), context)

    def process_request_thread(self, request, client_address):
        mode, context = self.listening
        number = next(self.connections)
        try:
            if mode == 'silence':
                hold(request)
            elif mode == 'abort_handshake':
                request.recv(65536)
                reset_connection(request)
            elif mode == 'plain_http':
                request.recv(65536)
                request.sendall(b'HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\n\r\n'
                                b'{"error":"invalid_grant","error_codes":[50126]}')
            elif mode == 'tls':
                request.settimeout(60)
                request = context.wrap_socket(request, server_side=True)
                request.number = number
                self.finish_request(request, client_address)
        except OSError:
            pass
        finally:
            self.shutdown_request(request)

    def note(self, handler, endpoint, fields):
        entry = {'at': time.monotonic(), 'method': handler.command, 'path': handler.path,
                 'endpoint': endpoint, 'connection': handler.connection.number,
                 'headers': dict(handler.headers),
                 'form': [[name, '(hidden)' if name in SECRET_FIELDS else value]
                          for name, value in fields]}
        with self.log_lock:
            self.log.append(entry)
            self.log_file.write(json.dumps(entry) + '\n')
            self.log_file.flush()


class ControlHandler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        with self.server.platform.log_lock:
            self.reply(self.server.platform.log if self.path == '/_log' else None)

    def do_POST(self):
        platform = self.server.platform
        order = json.loads(self.rfile.read(int(self.headers.get('Content-Length', 0))) or '{}')
        if self.path == '/_script':
            platform.script.add(order)
        elif self.path == '/_clear':
            platform.script.clear()
        elif self.path == '/_listen':
            platform.listen(order)
        elif self.path == '/_person':
            self.change_person(platform.provider, order)
        elif self.path == '/_keys':
            platform.provider.publish(**order)
        elif self.path == '/_tokens':
            platform.provider.rotate = order['rotate']
        elif self.path == '/_release':
            platform.script.released.set()
        elif self.path == '/_issue':
            return self.reply(platform.provider.issue(order['name']))
        elif self.path == '/_reset':
            platform.script.clear()
            platform.provider.reset()
            platform.listen({})
        else:
            return self.reply(None)
        return self.reply({})

    @staticmethod
    def change_person(provider, order):
        name = order.pop('name')
        with provider.lock:
            if order.pop('gone', False):
                provider.people.pop(name, None)
            else:
                provider.people.setdefault(name, {'name': name, 'groups': [],
                                                  'oid': str(uuid.uuid4())}).update(order)

    def reply(self, content):
        body = json.dumps(content).encode()
        self.send_response(404 if content is None else 200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory(prefix='emulator-') as folder:
            serve(folder)


def serve(folder):
    platform = Platform(folder)
    control = ThreadingHTTPServer(('127.0.0.1', 0), ControlHandler)
    control.platform, control.daemon_threads = platform, True
    for server in (platform, control):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({'issuer': platform.provider.issuer('entra'),
                      'plain_issuer': platform.provider.issuer('plain'), 'client_id': CLIENT,
                      'ca_file': platform.ca_file, 'folder': folder,
                      'control': f'http://127.0.0.1:{control.server_port}'}), flush=True)
    sys.stdin.read()


if __name__ == '__main__':
    main()
