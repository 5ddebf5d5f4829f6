"""The real OpenID Connect provider (tests/provider), run on port 443 of the sandbox, and its people."""
import glob
import http.client
import json
import os
import socket
import ssl
import subprocess
import urllib.parse
import uuid

from machine import HERE, TestbedError, await_that, read

HOST = 'login.contoso.example'
ISSUER = f'https://{HOST}'
CLIENT = 'latchkey-test'
PROGRAM = os.path.abspath(f'{HERE}/../provider')
# Its own Node.js, because the provider wants a newer one than Debian 12 has.
RUNTIME = next(glob.iglob(f'{PROGRAM}/node_modules/node-linux-*/bin/node'), 'node')
NAMESPACE = uuid.UUID('9c5b94b1-35ad-49bb-b118-8e8fc24abf80')


def person(name, password, full_name, *groups):
    oid = str(uuid.uuid5(NAMESPACE, name))
    return {'password': password, 'sub': f'subject-of-{oid}', 'oid': oid, 'name': full_name, 'groups': list(groups)}


class Provider:
    def __init__(self, folder, people):
        self.folder, self.process = f'{folder}/provider', None
        subprocess.run([f'{HERE}/../pki.sh', self.folder, HOST], check=True)
        self.authority = f'{self.folder}/ca.crt'
        with open(f'{self.folder}/people.json', 'w', encoding='utf-8') as file:
            json.dump(people, file)

    def start(self):
        with open(f'{self.folder}/log', 'a', encoding='utf-8') as log:
            # pylint: disable=consider-using-with # ended by stop, or with the sandbox
            self.process = subprocess.Popen([RUNTIME, f'{PROGRAM}/provider.mjs', self.folder, '443', ISSUER],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        await_that('the provider to be ready', self.is_ready)

    def is_ready(self):
        if self.process.poll() is not None:
            raise TestbedError('the provider ended: ' + read(f'{self.folder}/log'))
        try:
            return self.control('GET', '/ready')['ready']
        except OSError:
            return False

    def stop(self):
        """As a crash would: what it knows is on disk."""
        if self.process:
            self.process.kill()
            self.process.wait(30)
            self.process = None
            os.unlink(f'{self.folder}/control.sock')

    def control(self, method, path, body=None):
        connection = http.client.HTTPConnection('provider', timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(f'{self.folder}/control.sock')
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise TestbedError(f'the provider answered {response.status} to {method} {path}')
        return json.loads(answer)

    def change(self, name, **what):
        self.control('PATCH', '/people', {name: what})

    def remove(self, name):
        self.control('PATCH', '/people', {name: None})

    def last_refresh_token(self, name):
        """The newest that `name` was given and that is not used yet. Tokens are the ids of the provider's records."""
        state = json.loads(read(f'{self.folder}/state.json'))
        own = [(record['iat'], state['secrets'].index(token), token)
               for token, record in ((key.partition(':')[2], record) for key, record in state['records'].items())
               if record['kind'] == 'RefreshToken' and record['accountId'] == state['people'][name]['sub']
               and not record.get('consumed')]
        return max(own)[-1]

    def redeem(self, token):
        """As any client would; the status, and the answer."""
        trust = ssl.create_default_context(cafile=self.authority)
        connection = http.client.HTTPSConnection(HOST, timeout=10)
        connection.sock = trust.wrap_socket(socket.create_connection(('127.0.0.1', 443), 10), server_hostname=HOST)
        try:
            connection.request('POST', '/token', urllib.parse.urlencode(
                {'grant_type': 'refresh_token', 'client_id': CLIENT, 'refresh_token': token}),
                {'Content-Type': 'application/x-www-form-urlencoded'})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def secrets(self):
        return self.control('GET', '/secrets')

    def requests(self):
        """Every HTTP request so far, oldest first: at, method, path, grant_type, status."""
        return [json.loads(line) for line in read(f'{self.folder}/requests.jsonl').splitlines()]
