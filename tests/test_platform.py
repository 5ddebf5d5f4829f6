#!/usr/bin/python3
"""The platform client against an emulated platform.

    test_platform.py PLATFORM_PROBE [PART OF A TEST'S NAME]
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from emulator.client import Emulator
from expect import check

FIELDS = ('answer', 'refusal', 'answered', 'retry_after', 'token_length', 'name', 'object_id',
          'groups', 'kind', 'why')
ADA, PASSWORD = 'ada@contoso.example', 'correct horse battery staple'
ADA_ID = '33333333-3333-3333-3333-333333333333'
LONG, SHORT = 8000, 400  # milliseconds; SHORT only where nothing comes in any case


class Test:
    """What every test needs: a fresh emulator state, folders of documents, a probe."""

    def __init__(self, emulator, probe, folder):
        self.emulator, self.probe, self.folder = emulator, probe, folder
        self.count = 0
        self.warm_template = os.path.join(folder, 'warm')
        os.mkdir(self.warm_template)
        for issuer in ('issuer', 'plain_issuer'):
            answer, = self.run([self.password()], issuer=issuer, documents=self.warm_template)
            assert answer['answer'] == 'accepted', answer
        self.begin()

    def begin(self):
        self.emulator.order('/_reset', {})
        self.seen = len(self.emulator.order('/_log'))

    def script(self, **rule):
        self.emulator.order('/_script', rule)

    def requests(self, endpoint=None):
        entries = self.emulator.order('/_log')[self.seen:]
        return [entry for entry in entries if endpoint in (None, entry['endpoint'])]

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
    def age(documents, seconds, part=''):
        at = time.time() - seconds
        for name in os.listdir(documents):
            if part in name:
                os.utime(os.path.join(documents, name), (at, at))

    @staticmethod
    def password(name=ADA, secret=PASSWORD, object_id=''):
        return f'password\t{name}\t{secret}\t{object_id}\n'

    def refresh(self, name=ADA, token=None, object_id=''):
        token = token or self.emulator.order('/_issue', {'name': name})
        return f'refresh\t{name}\t{token}\t{object_id}\n'

    def run(self, grants, issuer='issuer', documents=None, budget=LONG, environment=None,
            ca_file=None):
        about = self.emulator.about
        done = subprocess.run(
            [self.probe, about.get(issuer, issuer), about['client_id'],
             about['ca_file'] if ca_file is None else ca_file,
             documents or self.warm(), str(budget)], input=''.join(grants),
            capture_output=True, text=True, timeout=60, env=environment or {})
        assert done.returncode == 0, f'{done.returncode} {done.stdout} {done.stderr[-2000:]}'
        return [dict(zip(FIELDS, line.split('\t'))) for line in done.stdout.splitlines()]


def verdict(answer):
    return answer['answer'] + (':' + answer['refusal'] if answer['refusal'] else '')


# Faults of the token endpoint: what a password grant and a refresh grant make of them. ----------

UNREACHABLE = ('unreachable', 'unreachable')
HTML = {'Content-Type': 'text/html'}
GRANT_ERROR = '{"error":"invalid_grant"}'


def raw(status, body='', headers=None, **more):
    return {'status': status, 'body': body, 'headers': headers or {}, **more}


TOKEN_FAULTS = {
    'redirect to another host': (raw(302, '', {'Location': 'https://portal.example/'}), UNREACHABLE),
    'redirect with an error body': (raw(302, GRANT_ERROR, {'Location': '/plain/token'}), UNREACHABLE),
    'redirect that keeps the method': (raw(307, '', {'Location': '/plain/token'}), UNREACHABLE),
    'proxy wants a password': (raw(407, GRANT_ERROR), UNREACHABLE),
    'captive portal status': (raw(511, GRANT_ERROR), UNREACHABLE),
    'captive portal page': (raw(200, '<html>Welcome to the hotel</html>', HTML), UNREACHABLE),
    'proxy page 403': (raw(403, '<html>blocked</html>', HTML), UNREACHABLE),
    'page with 400': (raw(400, '<html>bad</html>', HTML), UNREACHABLE),
    'not found': (raw(404, 'nothing here', {'Content-Type': 'text/plain'}), UNREACHABLE),
    'not found, with an OAuth error': (raw(404, GRANT_ERROR), UNREACHABLE),
    'request timeout 408': (raw(408, GRANT_ERROR), UNREACHABLE),
    'too many requests 429': (raw(429, GRANT_ERROR, {'Retry-After': '60'}), UNREACHABLE),
    '500 with a refusing body': (raw(500, GRANT_ERROR), UNREACHABLE),
    '502 page': (raw(502, '<html>bad gateway</html>', HTML), UNREACHABLE),
    '503 with the real 90033 body': ({'number': 90033}, UNREACHABLE),
    '503 with invalid_grant and 50126': (
        raw(503, '{"error":"invalid_grant","error_codes":[50126]}'), UNREACHABLE),
    '504': (raw(504), UNREACHABLE),
    '509': (raw(509, 'Bandwidth Limit Exceeded', {'Content-Type': 'text/plain'}), UNREACHABLE),
    'temporarily_unavailable with 400': (raw(400, '{"error":"temporarily_unavailable"}'), UNREACHABLE),
    'plain text of a front end': (raw(400, 'Server Error 500-599', {'Content-Type': 'text/plain'}),
                                  UNREACHABLE),
    'empty 200': (raw(200), UNREACHABLE),
    'empty 400': (raw(400), UNREACHABLE),
    'empty 401': (raw(401), UNREACHABLE),
    'empty 500': (raw(500), UNREACHABLE),
    'no content 204': (raw(204), UNREACHABLE),
    'truncated JSON 200': (raw(200, '{"access_token":"x","id_to'), UNREACHABLE),
    'truncated JSON 400': (raw(400, '{"error":"invalid_gr'), UNREACHABLE),
    'JSON that is no object': (raw(400, '["invalid_grant"]'), UNREACHABLE),
    'no error member': (raw(400, '{"error_codes":[50126]}'), UNREACHABLE),
    'error is an object': (raw(400, '{"error":{"code":"invalid_grant"}}'), UNREACHABLE),
    'error is empty': (raw(400, '{"error":""}'), UNREACHABLE),
    'member twice': (raw(400, '{"error":"invalid_grant","error":"invalid_grant"}'), UNREACHABLE),
    'bytes behind the object': (raw(400, GRANT_ERROR + ' x'), UNREACHABLE),
    'NUL in the JSON': (raw(400, '{"error":"invalid_grant\\u0000"}'), UNREACHABLE),
    'not UTF-8': ({'status': 400, 'body_base64': 'eyJlcnJvciI6Iv8ifQ=='}, UNREACHABLE),
    'a number beyond all bounds': (raw(400, '{"error":"invalid_grant","x":1e400}'), UNREACHABLE),
    'deep nesting': (raw(400, '{"error":"invalid_grant","x":' + '[' * 1000 + ']' * 1000 + '}'),
                     UNREACHABLE),
    'over-long error': (raw(400, GRANT_ERROR + ' ' * 300000), UNREACHABLE),
    'body without end': ({'fault': 'flood_body'}, UNREACHABLE),
    'headers without end': ({'fault': 'flood_headers'}, UNREACHABLE),
    'refusal behind too many headers': (
        raw(400, GRANT_ERROR, {f'X-Filler-{n}': 'x' * 1000 for n in range(80)}), UNREACHABLE),
    'tokens with 201': ({'under_status': 201}, UNREACHABLE),
    'tokens with 400': ({'under_status': 400}, UNREACHABLE),
    'tokens with 503': ({'under_status': 503}, UNREACHABLE),
    'compressed though not asked for': (
        {'status': 400, 'headers': {'Content-Encoding': 'gzip'},
         'body_base64': 'H4sIAAAAAAAAA6tWSi0qyi9SslLKzCtLzMlMiU8vSswrUaoFANtgbCEZAAAA'}, UNREACHABLE),
    'tokens of another content type': ({'headers': {'Content-Type': 'text/plain'}}, UNREACHABLE),
    'tokens without a content type': ({'headers': {'Content-Type': ''}}, UNREACHABLE),
    '200 without id_token': ({'token': {'response': {'id_token': None}}}, UNREACHABLE),
    '200 without access_token': ({'token': {'response': {'access_token': None}}}, UNREACHABLE),
    '200 with an error': (raw(200, GRANT_ERROR), UNREACHABLE),
    '200 with an over-long refresh token': (
        {'token': {'response': {'refresh_token': 'x' * 16385}}}, UNREACHABLE),
    '200 with an id_token of another type': ({'token': {'response': {'id_token': 5}}}, UNREACHABLE),
    'body cut short': ({'fault': 'cut'}, UNREACHABLE),
    'refusal cut short': ({'fault': 'cut', 'status': 400, 'body': GRANT_ERROR}, UNREACHABLE),
    'closed without an answer': ({'fault': 'drop'}, UNREACHABLE),
    'reset without an answer': ({'fault': 'reset'}, UNREACHABLE),
    'not HTTP at all': ({'fault': 'not_http'}, UNREACHABLE),
    'slow drip': ({'fault': 'drip', 'budget': SHORT}, UNREACHABLE),
    'silence after the request': ({'fault': 'silence', 'budget': SHORT}, UNREACHABLE),
    'silence after the headers': ({'fault': 'headers_then_silence', 'budget': SHORT}, UNREACHABLE),

    'bare invalid_grant': (raw(400, GRANT_ERROR), ('refused:secret', 'refused:token')),
    'bare invalid_grant with 401': (raw(401, GRANT_ERROR), ('refused:secret', 'refused:token')),
    'bare invalid_grant with 403': (raw(403, GRANT_ERROR), ('refused:secret', 'refused:token')),
    'a refusal of another content type': (
        raw(400, GRANT_ERROR, {'Content-Type': 'text/html'}), ('refused:secret', 'refused:token')),
    'unknown number': ({'number': 59999}, ('refused:denied', 'refused:token')),
    'unknown error': (raw(400, '{"error":"mfa_enrollment"}'), ('refused:denied', 'refused:denied')),
    'numbers as a text': ({'number': 50057, 'members': {'error_codes': '[50057]'}},
                          ('refused:disabled', 'refused:disabled')),
    'second factor with claims': (
        {'number': 50076, 'members': {'suberror': 'basic_action', 'claims': '{"access_token":{}}'}},
        ('refused:more', 'refused:more')),
    'locked': ({'number': 50053}, ('refused:locked', 'refused:locked')),
    'disabled': ({'number': 50057}, ('refused:disabled', 'refused:disabled')),
    'gone': ({'number': 50034}, ('refused:account', 'refused:account')),
    'revoked': ({'number': 50173}, ('refused:revoked', 'refused:revoked')),
    'expired password': ({'number': 50055}, ('refused:expired', 'refused:expired')),
    'conditional access': ({'number': 53003}, ('refused:policy', 'refused:policy')),
    'no consent': ({'number': 65001}, ('refused:setup', 'refused:setup')),
    'agent timed out': ({'number': 80002}, UNREACHABLE),
    'loop detected': ({'number': 50196}, UNREACHABLE),
    'client is not public': ({'number': 7000218}, UNREACHABLE),

    'signature of nobody': ({'token': {'break_signature': True}}, ('refused:untrusted',) * 2),
    'token of another person': ({'token': {'claims': {'preferred_username': 'bob@contoso.example'}}},
                                ('refused:untrusted',) * 2),
    'token for another client': ({'token': {'claims': {'aud': 'another'}}}, ('refused:untrusted',) * 2),
    'token of another issuer': ({'token': {'claims': {'iss': 'https://evil.example'}}},
                                ('refused:untrusted',) * 2),
    'token that has expired': ({'token': {'claims': {'exp': 1000000000}}}, ('refused:untrusted',) * 2),
    'numbers as texts': ({'token': {'response': {'expires_in': '4511'}}}, ('accepted',) * 2),
    'no refresh token': ({'token': {'response': {'refresh_token': None}}}, ('accepted',) * 2),
    'no expires_in': ({'token': {'response': {'expires_in': None}}}, ('accepted',) * 2),
}

# Faults of the connection: nothing may come of them, warm or cold.
CONNECTION_FAULTS = {
    'accepted, then silence': {'mode': 'silence', 'budget': SHORT},
    'handshake broken off': {'mode': 'abort_handshake'},
    'plain HTTP with a refusing body': {'mode': 'plain_http'},
    'certificate expired': {'certificate': 'expired'},
    'certificate not yet valid': {'certificate': 'not_yet_valid'},
    'certificate of another host': {'certificate': 'wrong_host'},
    'certificate of an unknown authority': {'certificate': 'unknown_ca'},
    'TLS 1.1': {'newest_tls': 'TLSv1_1'},
}

# Discovery documents and key sets that must not be used; cold, there is nothing to go on with.
DOCUMENT_FAULTS = {
    'another issuer': ('discovery', {'document': {'issuer': 'https://evil.example'}}),
    'issuer with a slash more': ('discovery', {'document': {'issuer': 'https://localhost/'}}),
    'no issuer': ('discovery', {'document': {'issuer': None}}),
    'token endpoint over http': ('discovery', {'document': {'token_endpoint': 'http://localhost/t'}}),
    'token endpoint with a password': (
        'discovery', {'document': {'token_endpoint': 'https://a:b@localhost/t'}}),
    'no token endpoint': ('discovery', {'document': {'token_endpoint': None}}),
    'keys over http': ('discovery', {'document': {'jwks_uri': 'http://localhost/k'}}),
    'keys from a file': ('discovery', {'document': {'jwks_uri': 'file:///etc/passwd'}}),
    'page instead of the document': ('discovery', raw(200, '<html>hotel</html>', HTML)),
    'document with 404': ('discovery', raw(404)),
    'good document with 203': ('discovery', {'under_status': 203}),
    'good document with 500': ('discovery', {'under_status': 500}),
    'good keys with 404': ('keys', {'under_status': 404}),
    'document with 503': ('discovery', raw(503)),
    'document moved': ('discovery', raw(302, '', {'Location': '/plain/.well-known/openid-configuration'})),
    'document over-long': ('discovery', raw(200, '{' + ' ' * 300000 + '}')),
    'page instead of the keys': ('keys', raw(200, '<html>hotel</html>', HTML)),
    'no keys': ('keys', raw(200, '{"keys":[]}')),
    'a symmetric key': ('keys', raw(200, '{"keys":[{"kty":"oct","k":"AAAA","kid":"s"}]}')),
    'keys with 500': ('keys', raw(500)),
    'keys without end': ('keys', {'fault': 'flood_body'}),
}


def token_fault(test, rule, expected):
    rule = dict(rule)
    budget = rule.pop('budget', LONG)
    test.script(endpoint='token', **rule)
    for grant, wanted in zip((test.password(), test.refresh()), expected):
        before = len(test.requests())
        answer, = test.run([grant], budget=budget)
        check(verdict(answer) == wanted, verdict(answer), 'instead of', wanted, answer)
        check(len(test.requests()) == before + 1, 'requests', len(test.requests()) - before)


def connection_fault(test, how):
    budget = how.get('budget', LONG)
    test.emulator.order('/_listen', how)
    for documents in (test.warm(), test.cold()):
        for grant in (test.password(), test.refresh()):
            answer, = test.run([grant], documents=documents, budget=budget)
            check(answer['answer'] == 'unreachable', answer)
            check(answer['answered'] == 'silent', answer)
    check(not test.requests(), 'something was sent')


def document_fault(test, endpoint, rule):
    test.script(endpoint=endpoint, **rule)
    documents = test.cold()
    answer, = test.run([test.password()], documents=documents)
    check(answer['answer'] == 'unreachable', answer)
    check(not test.requests('token'), 'the password was sent')
    check(len(test.requests(endpoint)) == 1, 'asked more than once')
    # With an old good one the sign-in goes on, and the old one stays.
    documents = test.warm()
    test.age(documents, 40 * 3600)
    before = {name: open(os.path.join(documents, name)).read() for name in os.listdir(documents)}
    answer, = test.run([test.password()], documents=documents)
    check(answer['answer'] == 'accepted', answer)
    after = {name: open(os.path.join(documents, name)).read() for name in os.listdir(documents)}
    kept = [name for name in before if ('keys' in name) == (endpoint == 'keys')]
    check(all(before[name] == after[name] for name in kept), 'a good document was replaced')


# Tests that are more than a row of a table. ---------------------------------------------------

def warm_grant_is_one_request(test):
    for grant in (test.password(), test.refresh()):
        before = len(test.requests())
        answer, = test.run([grant])
        check(answer['answer'] == 'accepted' and int(answer['token_length']) > 20, answer)
        check(len(test.requests()) == before + 1, 'not one request')


def cold_grant_is_three_requests(test):
    answer, = test.run([test.password()], documents=test.cold())
    check(answer['answer'] == 'accepted', answer)
    check([entry['endpoint'] for entry in test.requests()] == ['discovery', 'keys', 'token'],
          'wrong requests')


def documents_share_a_connection(test):
    test.run([test.password()], documents=test.cold())
    discovery, keys, _ = test.requests()
    check(discovery['connection'] == keys['connection'], 'two connections for two documents')


def second_grant_of_a_process_is_one_request(test):
    answers = test.run([test.password(), 'refresh\t' + ADA + '\t-\n'], documents=test.cold())
    check([answer['answer'] for answer in answers] == ['accepted'] * 2, answers)
    check(len(test.requests()) == 4, len(test.requests()), 'requests')


def stale_documents_are_renewed(test):
    documents = test.warm()
    test.age(documents, 25 * 3600)
    check(test.run([test.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(test.requests()) == 3, 'not renewed')
    check(test.run([test.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(test.requests()) == 4, 'not kept')


def documents_from_the_future_are_renewed(test):
    documents = test.warm()
    test.age(documents, -3600)
    test.run([test.password()], documents=documents)
    check(len(test.requests()) == 3, 'not renewed')


def silent_metadata_leaves_time_for_the_grant(test):
    documents = test.warm()
    test.age(documents, 25 * 3600)
    test.script(endpoint='discovery', fault='silence')
    answer, = test.run([test.password()], documents=documents, budget=LONG)
    check(answer['answer'] == 'accepted', answer)
    check(not test.requests('keys'), 'went on asking')


def spoilt_documents_are_fetched_anew(test):
    documents = test.warm()
    for name in os.listdir(documents):
        with open(os.path.join(documents, name), 'w') as file:
            file.write('{"issuer": "https://evil.example"')
    check(test.run([test.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(test.requests()) == 3, len(test.requests()), 'requests')


def new_signing_key_costs_one_fetch(test):
    documents = test.warm()
    test.age(documents, 3600)
    test.emulator.order('/_keys', {'published': ['A', 'B', 'C'], 'signs': 'C'})
    for requests in (2, 3):
        check(test.run([test.password()], documents=documents)[0]['answer'] == 'accepted')
        check(len(test.requests()) == requests, len(test.requests()), 'requests')


def unknown_keys_cause_one_fetch_in_five_minutes(test):
    documents = test.warm()
    test.age(documents, 301)
    test.script(endpoint='token', token={'header': {'kid': 'nobody-knows'}})
    for _ in range(3):
        answers = test.run([test.password(), test.refresh()], documents=documents)
        check([verdict(answer) for answer in answers] == ['refused:untrusted'] * 2, answers)
    check(len(test.requests('keys')) == 1, len(test.requests('keys')), 'fetches')
    check(len(test.requests('token')) == 6, 'a grant was repeated')


def unknown_key_and_no_new_keys_is_an_outage(test):
    documents = test.warm()
    test.age(documents, 301)
    test.script(endpoint='token', token={'header': {'kid': 'nobody-knows'}})
    test.script(endpoint='keys', status=503)
    answer, = test.run([test.password()], documents=documents)
    check(answer['answer'] == 'unreachable', answer)


def identity_is_reported(test):
    for issuer, object_id in (('issuer', ADA_ID), ('plain_issuer', 'pairwise-' + ADA_ID)):
        answer, = test.run([test.password(object_id=object_id)], issuer=issuer)
        check((answer['name'], answer['object_id'], answer['groups']) == (ADA, object_id, '2'), answer)


def another_object_id_is_not_trusted(test):
    for grant in (test.password(object_id='33333333-3333-3333-3333-333333333334'),
                  test.refresh(object_id='33333333-3333-3333-3333-333333333334')):
        answer, = test.run([grant])
        check(verdict(answer) == 'refused:untrusted', answer)
        check(answer['token_length'] == '0' and answer['object_id'] == '', answer)


def refresh_token_of_another_person_is_not_trusted(test):
    token = test.emulator.order('/_issue', {'name': 'bob@contoso.example'})
    answer, = test.run([test.refresh(token=token)])
    check(verdict(answer) == 'refused:untrusted', answer)


def any_byte_of_a_password_arrives(test):
    for secret in ('p\u00e4ss w&rd+100%=\u20ac"\\', ' lead and trail ', '%41', 'a&b=c', '\x01\x7f', "'"):
        test.emulator.order('/_person', {'name': ADA, 'password': secret})
        check(test.run([test.password(secret=secret)])[0]['answer'] == 'accepted', repr(secret))
        check(verdict(test.run([test.password(secret=secret + 'x')])[0]) == 'refused:secret')


def parameters_are_these_and_no_others(test):
    common = {'client_id': test.emulator.about['client_id'], 'scope': 'openid profile offline_access'}
    test.run([test.password(), test.refresh()])
    password, refresh = (entry['form'] for entry in test.requests('token'))
    check(len(password) == 5 and dict(password) == {
        **common, 'grant_type': 'password', 'username': ADA, 'password': '(hidden)'}, password)
    check(len(refresh) == 4 and dict(refresh) == {
        **common, 'grant_type': 'refresh_token', 'refresh_token': '(hidden)'}, refresh)


def headers_are_these_and_no_others(test):
    test.run([test.password(), test.password()], documents=test.cold())
    for entry in test.requests():
        wanted = {'Host', 'User-Agent', 'Accept'}
        if entry['method'] == 'POST':
            wanted |= {'Content-Length', 'Content-Type'}
            check(entry['headers']['Content-Type'] == 'application/x-www-form-urlencoded')
        check(set(entry['headers']) == wanted, entry['headers'])
        check(entry['headers']['Accept'] == 'application/json')
        check(entry['headers']['User-Agent'].startswith('latchkey/'), entry['headers'])


def a_sent_form_is_never_sent_again(test):
    """libcurl repeats a request when a connection that it reuses dies."""
    for fault in ('drop', 'reset'):
        test.begin()
        test.script(endpoint='token', fault=fault)
        answers = test.run([test.password(), test.refresh()], documents=test.cold())
        check([answer['answer'] for answer in answers] == ['unreachable'] * 2, answers)
        check(len(test.requests('token')) == 2, len(test.requests('token')), 'forms')
    test.begin()
    test.script(endpoint='token', first=2, fault='drop')  # behind a good answer, kept alive
    test.run([test.password(), test.password()], documents=test.cold())
    check(len(test.requests('token')) == 2, len(test.requests('token')), 'forms')


def used_up_budget_sends_nothing(test):
    test.script(endpoint='discovery', fault='silence')
    answer, = test.run([test.password()], documents=test.cold(), budget=SHORT)
    check(answer['answer'] == 'unreachable' and not test.requests('token'), answer)


def retry_after_is_handed_on(test):
    for text, wanted in (('60', '60'), ('0', '0'), ('-5', '0'), ('soon', '0'), ('99999', '3600'),
                         ('99999999999999999999', None)):
        test.begin()
        test.script(endpoint='token', status=429, headers={'Retry-After': text})
        answer, = test.run([test.password()])
        check(answer['answered'] == 'answered', answer)
        check(wanted in (None, answer['retry_after']) and int(answer['retry_after']) <= 3600,
              text, answer['retry_after'])


def closed_port_is_unreachable(test):
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))  # never listens
        issuer = f'https://localhost:{unused.getsockname()[1]}/plain'
        answer, = test.run([test.password()], issuer=issuer, documents=test.cold())
    check(answer['answer'] == 'unreachable' and answer['answered'] == 'silent', answer)


def unresolvable_name_is_unreachable(test):
    answer, = test.run([test.password()], issuer='https://no-such-host.invalid', documents=test.cold(),
                       budget=5000)
    check(answer['answer'] == 'unreachable', answer)


def complaints_name_the_number_and_hold_no_secret(test):
    test.script(endpoint='token:password', number=50126, members={
        'error_description': f'AADSTS50126: your password {PASSWORD} is wrong',
        'correlation_id': '0b0b0b0b-0000-4000-8000-000000000008', 'trace_id': '\x1b[31m evil',
        'suberror': 'line\nbreak\x1b'})
    answer, = test.run([test.password()])
    check('HTTP 400 invalid_grant' in answer['why'] and 'AADSTS50126' in answer['why'], answer)
    check('correlation_id=0b0b0b0b-0000-4000-8000-000000000008' in answer['why'], answer)
    check(PASSWORD not in answer['why'] and 'evil' not in answer['why'], answer)
    check('\x1b' not in answer['why'] and 'line?break?' in answer['why'], answer)


def the_environment_does_not_matter(test):
    home = test.cold()
    with open(os.path.join(home, '.netrc'), 'w') as file:
        file.write('machine localhost login eve password stolen\n')
    os.chmod(os.path.join(home, '.netrc'), 0o600)
    with open(os.path.join(home, 'openssl.cnf'), 'w') as file:  # takes all algorithms away
        file.write('openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n')
    log = os.path.join(home, 'keys.log')
    environment = {name: 'http://127.0.0.1:1' for name in
                   ('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy')}
    environment.update(SSLKEYLOGFILE=log, SSL_CERT_FILE='/nonexistent', SSL_CERT_DIR='/nonexistent',
                       CURL_CA_BUNDLE='/nonexistent', HOME=home, XDG_CONFIG_HOME=home,
                       OPENSSL_CONF=os.path.join(home, 'openssl.cnf'), NETRC=home + '/.netrc')
    answer, = test.run([test.password()], documents=test.cold(), environment=environment)
    check(answer['answer'] == 'accepted', answer)
    check(not os.path.exists(log), 'session keys were written')
    check(all('Authorization' not in entry['headers'] for entry in test.requests()), 'netrc was read')


def no_ca_of_the_environment_is_trusted(test):
    ca_file = test.emulator.about['ca_file']
    environment = {'SSL_CERT_FILE': ca_file, 'CURL_CA_BUNDLE': ca_file,
                   'SSL_CERT_DIR': os.path.dirname(ca_file)}
    answer, = test.run([test.password()], ca_file='', environment=environment)
    check(answer['answer'] == 'unreachable' and not test.requests(), answer)


def missing_ca_file_is_no_trust(test):
    answer, = test.run([test.password()], ca_file='/nonexistent/ca.crt')
    check(answer['answer'] == 'unreachable' and not test.requests(), answer)


def plain_issuer_works_alike(test):
    answers = test.run([test.password(), 'refresh\t' + ADA + '\t-\n', test.password(secret='wrong')],
                       issuer='plain_issuer', documents=test.cold())
    check([verdict(answer) for answer in answers] == ['accepted', 'accepted', 'refused:secret'], answers)


def people_change_at_the_platform(test):
    refresh = test.refresh()
    test.emulator.order('/_person', {'name': ADA, 'disabled': True})
    answers = test.run([test.password(), refresh])
    check([verdict(answer) for answer in answers] == ['refused:disabled'] * 2, answers)
    test.emulator.order('/_person', {'name': ADA, 'gone': True})
    answers = test.run([test.password(), refresh])
    check([verdict(answer) for answer in answers] == ['refused:account'] * 2, answers)


STORIES = [
    warm_grant_is_one_request, cold_grant_is_three_requests, documents_share_a_connection,
    second_grant_of_a_process_is_one_request, stale_documents_are_renewed,
    documents_from_the_future_are_renewed, silent_metadata_leaves_time_for_the_grant,
    spoilt_documents_are_fetched_anew, new_signing_key_costs_one_fetch,
    unknown_keys_cause_one_fetch_in_five_minutes, unknown_key_and_no_new_keys_is_an_outage,
    identity_is_reported, another_object_id_is_not_trusted,
    refresh_token_of_another_person_is_not_trusted, any_byte_of_a_password_arrives,
    parameters_are_these_and_no_others, headers_are_these_and_no_others,
    a_sent_form_is_never_sent_again, used_up_budget_sends_nothing, retry_after_is_handed_on,
    closed_port_is_unreachable, unresolvable_name_is_unreachable,
    complaints_name_the_number_and_hold_no_secret, the_environment_does_not_matter,
    no_ca_of_the_environment_is_trusted, missing_ca_file_is_no_trust, plain_issuer_works_alike,
    people_change_at_the_platform]


def all_tests():
    for name, (rule, expected) in TOKEN_FAULTS.items():
        yield 'token: ' + name, lambda test, r=rule, e=expected: token_fault(test, r, e)
    for name, how in CONNECTION_FAULTS.items():
        yield 'connection: ' + name, lambda test, h=how: connection_fault(test, h)
    for name, (endpoint, rule) in DOCUMENT_FAULTS.items():
        yield 'document: ' + name, lambda test, e=endpoint, r=rule: document_fault(test, e, r)
    for story in STORIES:
        yield story.__name__.replace('_', ' '), story


def main():
    passed, failed = 0, 0
    wanted = sys.argv[2] if len(sys.argv) > 2 else ''
    with tempfile.TemporaryDirectory(prefix='test-platform-') as folder:
        os.mkdir(os.path.join(folder, 'emulator'))
        emulator = Emulator(os.path.join(folder, 'emulator'))
        try:
            test = Test(emulator, os.path.abspath(sys.argv[1]), folder)
            for name, run in all_tests():
                if wanted not in name:
                    continue
                try:
                    test.begin()
                    run(test)
                    passed += 1
                except (AssertionError, subprocess.TimeoutExpired) as trouble:
                    failed += 1
                    print(f'FAILED {name}: {trouble}')
        finally:
            emulator.close()
    print(f'platform: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
