#!/usr/bin/python3
"""An identity platform on loopback for tests: HTTPS on a port the system chooses.

    server.py [FOLDER [HOST]]    FOLDER: for certificates and log.jsonl; a temporary one if not given
                                 HOST: its name, localhost or login.test; or a host of clouds.py,
                                 then on port 443 it is all of those

Prints one line of JSON (issuers, CA file, client, control address), then serves until its
standard input ends. The control address is plain HTTP on another port, so that it answers
whatever is wrong with the first:
    POST /_script {rule}    script.py says what a rule is
    POST /_clear  {}           no rules any more; people and tokens stay
    POST /_listen {"mode": …, "certificate": …, "newest_tls": "TLSv1_1", "first": …, "times": …}
                            listener.py says which modes there are
    POST /_person {"name": …, "password": …, "disabled": true, …}; {"name": …, "gone": true}
    POST /_release {}          answers that a rule holds are sent now
    POST /_keys   {"published": ["A", "C"], "signs": "C", "jwk": {"C": {"use": "enc"}}}
    POST /_tokens {"rotate": true}   a refresh token works once; a second use revokes its family
    POST /_backup {"on": true}       refresh grants are served, password grants are not
    POST /_documents {"etag": true, "max_age": 3600}   how documents may be kept
    POST /_devices {"expires_in": 60, "interval": 1}   what device codes are like from now on
    POST /_device {"state": "approved", "name": …, "token": …}   what becomes of a code: devices.py
    POST /_realm  {"contoso.example": "Federated"}   or "Managed", "Unknown"
    POST /_issue  {"name": …}   answers with a refresh token for that person
    POST /_reset            all as in the beginning; the logs go on
    GET  /_log              requests so far, as a list; /_log/N leaves out the first N of them
    GET  /_connections      connections so far, also those on which no request was read
"""
import base64
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

import clouds
from errors import error_body
from faults import Faults
from listener import Listener
from provider import CLIENT, DOMAIN, TENANT, Provider
from script import Script
from tokens import changed

DISCOVERY = '/v2.0/.well-known/openid-configuration'
ENDS = {DISCOVERY: 'discovery', '/discovery/v2.0/keys': 'keys', '/oauth2/v2.0/token': 'token',
        '/oauth2/v2.0/devicecode': 'device'}
REALM = '/common/userrealm/'
FORMS = ('token', 'device')
PATHS = {
    f'/common{DISCOVERY}': ('common', 'discovery'),
    '/common/discovery/v2.0/keys': ('common', 'keys'),
    '/plain/.well-known/openid-configuration': ('plain', 'discovery'),
    '/plain/keys': ('plain', 'keys'),
    '/plain/token': ('plain', 'token'),
    '/plain/device': ('plain', 'device'),
    **{f'/{name}{end}': ('entra', endpoint) for name in (TENANT, DOMAIN) for end, endpoint in ENDS.items()}
}
SECRET_FIELDS = {'password', 'refresh_token', 'device_code', 'client_secret', 'client_assertion'}
HEADERS = {
    'Cache-Control': 'no-store, no-cache', 'Pragma': 'no-cache',
    'Content-Type': 'application/json; charset=utf-8', 'Expires': '-1',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'X-Content-Type-Options': 'nosniff', 'P3P': 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    'x-ms-ests-server': '2.1.12651.9 - KRSLR1 ProdSlices', 'x-ms-srs': '1.P',
    'X-XSS-Protection': '0'}
OF_DOCUMENTS = {'Pragma': None, 'Expires': None, 'Access-Control-Allow-Origin': '*'}
COOKIES = ('fpc=emulated; path=/; secure; HttpOnly; SameSite=None',
           'esctx=emulated; domain=.localhost; path=/; secure; HttpOnly; SameSite=None',
           'x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly',
           'stsservicecookie=estsfd; path=/; secure; samesite=none; httponly')


def is_guid(text):
    try:
        return str(uuid.UUID(text)) == (text or '').lower()
    except (TypeError, ValueError):
        return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    timeout = 60
    rule = {}

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

    def date_time_string(self, timestamp=None):
        return formatdate((timestamp or time.time()) + self.rule.get('date_shift', 0), usegmt=True)

    def answer(self):
        platform = self.server
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        fields = parse_qsl(body.decode('utf-8', 'replace'), keep_blank_values=True)
        shape, endpoint = clouds.find(self.headers.get('Host'), self.path, ENDS) \
            or PATHS.get(self.path, ('common', 'realm') if self.path.startswith(REALM) else (None, None))
        form, self.rule = dict(fields), {}
        user = platform.provider.owner(form)
        platform.note(self, endpoint, fields, user)
        if not endpoint or (self.command == 'POST') != (endpoint in FORMS):
            return self.nothing_there()
        rule = self.rule = platform.script.rule_for(endpoint, form, user)
        time.sleep(rule.get('delay', 0))
        if 'fault' in rule:
            getattr(Faults, rule['fault'])(self, rule)
        elif 'status' in rule:
            content = base64.b64decode(rule['body_base64']) if 'body_base64' in rule \
                else rule.get('body', '') * rule.get('repeat', 1)
            self.send(rule['status'], content, rule.get('headers', {}))
        elif 'number' in rule:
            self.error(rule['number'], rule.get('error'), **rule.get('members', {}))
        else:
            self.usual(shape, endpoint, form, rule)

    def nothing_there(self):
        tenant = self.path.split('/')[1]
        if self.command == 'GET' and self.path == f'/{tenant}{DISCOVERY}':
            return self.error(90002, tenant=tenant)
        return self.send(404, 'Not found', {'Content-Type': 'text/plain'})

    def wanted_id(self):
        """What the client calls its request, if that is a GUID."""
        wanted = self.headers.get('client-request-id')
        return wanted if is_guid(wanted) else None

    def error(self, number, error=None, **members):
        status, content = error_body(number, error, self.rule.get('style', 'new'), self.wanted_id(),
                                     **members)
        self.send(self.rule.get('under_status', status), content, self.rule.get('headers', {}))

    def usual(self, shape, endpoint, form, rule):
        provider = self.server.provider
        if endpoint == 'discovery':
            return self.document(changed(provider.discovery(shape), rule.get('document', {})))
        if endpoint == 'keys':
            return self.document(provider.key_set(shape))
        if endpoint == 'realm':
            name = unquote(self.path.removeprefix(REALM).partition('?')[0])
            return self.send(200, changed(provider.realm(name), rule.get('document', {})))
        content = provider.device(shape, form) if endpoint == 'device' \
            else provider.grant(shape, form, rule.get('token', {}))
        if isinstance(content, tuple):
            return self.send(*content, rule.get('headers'))
        if endpoint == 'device' and isinstance(content, dict):
            content = changed(content, rule.get('document', {}))
        if isinstance(content, int):
            return self.error(content)
        return self.send(rule.get('under_status', 200), content, rule.get('headers'))

    def document(self, content):
        kept, text = self.server.documents, json.dumps(content)
        headers = {**OF_DOCUMENTS, 'Cache-Control': f'max-age={kept.get("max_age", 86400)}, private'}
        status = self.rule.get('under_status', 200)
        if kept.get('etag'):
            headers['ETag'] = '"%s"' % hashlib.sha256(text.encode()).hexdigest()[:32]
            if self.headers.get('If-None-Match') == headers['ETag']:
                status, text = 304, ''
        self.send(status, text, {**headers, **self.rule.get('headers', {})})

    def about_request(self, content):
        """The headers that are not always the same."""
        headers = {'x-ms-request-id': content['trace_id'] if isinstance(content, dict) and 'trace_id' in content
                   else str(uuid.uuid4())}
        if self.headers.get('return-client-request-id') == 'true' and self.wanted_id():
            headers['client-request-id'] = self.wanted_id()
        after = self.rule.get('retry_after')
        if isinstance(after, str):
            headers['Retry-After'] = after
        elif after is not None:
            headers['Retry-After'] = self.date_time_string(time.time() + after)
        return headers

    def send(self, status, content, headers=None):
        headers = changed(HEADERS, {**self.about_request(content), **(headers or {})})
        if isinstance(content, dict):
            content = json.dumps(content)
        if isinstance(content, str):
            content = content.encode()
        if self.rule.get('hold'):
            self.server.script.released.wait(60)
        if 'publish' in self.rule:
            self.server.provider.publish(**self.rule['publish'])
        if self.rule.get('lose'):
            return Faults.reset(self, self.rule)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        for cookie in COOKIES:
            self.send_header('Set-Cookie', cookie)
        if status != 304:
            self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        return self.wfile.write(content)


class Platform:
    """What the handlers of all connections share."""

    def __init__(self, folder, host):
        port = 443 if host in clouds.HOSTS else 0
        self.listener = Listener(folder, lambda connection: Handler(connection, None, self), port)
        self.provider = Provider(f'https://{host}' + ('' if port else f':{self.listener.port}'))
        self.script = Script()
        self.documents = {}
        self.log_lock = threading.Lock()
        self.log = []
        self.log_file = open(os.path.join(folder, 'log.jsonl'), 'w', encoding='utf-8')

    def reset(self):
        self.script.clear()
        self.documents = {}
        self.provider.reset()
        self.listener.listen({})

    def note(self, handler, endpoint, fields, user):
        entry = {'at': time.monotonic(), 'method': handler.command, 'path': handler.path,
                 'endpoint': endpoint, 'user': user, 'connection': handler.connection.number,
                 'server_name': handler.connection.server_name,
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
        platform = self.server.platform
        _, name, *first = self.path.split('/')
        with platform.log_lock:
            lists = {'_log': platform.log, '_connections': platform.listener.connections}
            self.reply(lists[name][int(first[0] if first else 0):] if name in lists else None)

    def do_POST(self):
        platform = self.server.platform
        order = json.loads(self.rfile.read(int(self.headers.get('Content-Length', 0))) or '{}')
        orders = {
            '/_script': lambda: platform.script.add(order),
            '/_clear': platform.script.clear,
            '/_listen': lambda: platform.listener.listen(order),
            '/_person': lambda: self.change_person(platform.provider, order),
            '/_keys': lambda: platform.provider.publish(**order),
            '/_tokens': lambda: setattr(platform.provider, 'rotate', order['rotate']),
            '/_backup': lambda: setattr(platform.provider, 'backup', order['on']),
            '/_documents': lambda: setattr(platform, 'documents', order),
            '/_release': platform.script.released.set,
            '/_device': lambda: platform.provider.devices.change(order),
            '/_devices': lambda: platform.provider.devices.set(order),
            '/_realm': lambda: platform.provider.realms.update(order),
            '/_issue': lambda: platform.provider.issue(order['name']),
            '/_reset': platform.reset,
        }
        if self.path not in orders:
            return self.reply(None)
        answer = orders[self.path]()
        return self.reply({} if answer is None else answer)

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
        serve(*sys.argv[1:])
    else:
        with tempfile.TemporaryDirectory(prefix='emulator-') as folder:
            serve(folder)


def serve(folder, host='localhost'):
    print(json.dumps(start(folder, host)), flush=True)
    sys.stdin.read()


def start(folder, host='localhost'):
    """Serves from threads of its own, and says where."""
    platform = Platform(folder, host)
    control = ThreadingHTTPServer(('127.0.0.1', 0), ControlHandler)
    control.platform, control.daemon_threads = platform, True
    threading.Thread(target=control.serve_forever, daemon=True).start()
    return {'issuer': platform.provider.issuer('entra'),
            'plain_issuer': platform.provider.issuer('plain'), 'client_id': CLIENT,
            'ca_file': platform.listener.ca_file, 'folder': folder,
            'control': f'http://127.0.0.1:{control.server_port}'}


if __name__ == '__main__':
    main()
