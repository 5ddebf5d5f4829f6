#!/usr/bin/python3
"""The emulated platform against what is documented of the real one, in emulator/documented.json.

    test_emulator.py [PART OF A TEST'S NAME]
"""
import base64
import inspect
import json
import os
import re
import socket
import ssl
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime

from emulator.client import Emulator
from expect import check

HERE = os.path.dirname(os.path.abspath(__file__))
TENANT = '11111111-1111-1111-1111-111111111111'
ADA, PASSWORD = 'ada@contoso.example', 'correct horse battery staple'
GUID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
STAMP = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ')
DISCOVERY, KEYS = f'/{TENANT}/v2.0/.well-known/openid-configuration', f'/{TENANT}/discovery/v2.0/keys'
TOKEN, DEVICE = f'/{TENANT}/oauth2/v2.0/token', f'/{TENANT}/oauth2/v2.0/devicecode'
REALM = '/common/userrealm/{}?api-version=1.0'
DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
BOB = 'bob@contoso.example'
COMMON = '/common/v2.0/.well-known/openid-configuration'
STS_HEADERS = {
    'Cache-Control': 'no-store, no-cache', 'Pragma': 'no-cache', 'Expires': '-1',
    'Content-Type': 'application/json; charset=utf-8', 'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'P3P': 'CP="DSP CUR OTPi IND OTRi ONL FIN"', 'x-ms-srs': '1.P', 'X-XSS-Protection': '0',
    'x-ms-ests-server': '2.1.12651.9 - KRSLR1 ProdSlices'}
STATUS = {'invalid_request': 400, 'invalid_tenant': 400, 'invalid_scope': 400, 'invalid_resource': 400,
          'interaction_required': 400, 'unauthorized_client': 400, 'unsupported_grant_type': 400,
          'invalid_client': 401, 'invalid_grant': 400, 'authorization_pending': 400, 'expired_token': 400,
          'temporarily_unavailable': 503}
NUMBERS = {
    'invalid_grant': (50126, 50034, 50053, 50055, 50056, 50057, 50076, 50079, 50074, 50173, 50196,
                      53003, 65001, 70000, 70008, 700082, 70043, 700003),
    'interaction_required': (50158,),
    'invalid_request': (50059, 90010, 90014, 900144, 9001023), 'invalid_scope': (70011,),
    'invalid_tenant': (90002,), 'invalid_resource': (500011, 50001),
    'unauthorized_client': (700016, 700038), 'unsupported_grant_type': (70003,),
    'invalid_client': (7000215, 7000218, 7000222, 700027, 70002),
    'temporarily_unavailable': (90033, 50033)}
WITHOUT_URI = (700038, 70003, 90033, 50033)


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.text = answer.status, answer.headers, answer.read().decode()

    def content(self):
        return json.loads(self.text)


class Test:
    def __init__(self, emulator):
        self.emulator = emulator
        self.tls = ssl.create_default_context(cafile=emulator.about['ca_file'])
        self.origin = emulator.about['issuer'].partition('/' + TENANT)[0]
        with open(os.path.join(HERE, 'emulator', 'documented.json'), encoding='utf-8') as file:
            text = file.read()
        self.port = self.origin.rpartition(':')[2]
        self.documented = json.loads(text.replace('login.test:8443', 'localhost:' + self.port)
                                     .replace('test:8443', 'test:' + self.port))
        self.order('/_reset')

    def order(self, path, **content):
        return self.emulator.order(path, content)

    def ask(self, path, form=None, timeout=20, **headers):
        data = urllib.parse.urlencode(form).encode() if form else None
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        request = urllib.request.Request(self.origin + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.tls) as answer:
                return Answer(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer)

    def grant(self, token=None, secret=PASSWORD, **headers):
        form = {'client_id': self.emulator.about['client_id'], 'scope': 'openid'}
        form.update({'grant_type': 'refresh_token', 'refresh_token': token} if token else
                    {'grant_type': 'password', 'username': ADA, 'password': secret})
        return self.ask(TOKEN, form, **headers)

    def device(self, path=DEVICE, **members):
        """A device code, and what polls with it."""
        client = {'client_id': self.emulator.about['client_id']}
        content = self.ask(path, {**client, 'scope': 'openid offline_access'}).content()
        form = {**client, 'grant_type': DEVICE_GRANT, 'device_code': content['device_code'], **members}
        token = TOKEN if path == DEVICE else '/plain/token'
        return content, lambda: self.ask(token, form)

    def error(self, number, **rule):
        self.order('/_clear')
        self.order('/_script', endpoint='token', number=number, **rule)
        return self.grant()


def plain(text):
    """Without what differs each time."""
    return STAMP.sub('(time)', GUID.sub('(guid)', text))


def the_discovery_document_is_as_documented(t):
    check(t.ask(DISCOVERY).content() == t.documented['discovery'], t.ask(DISCOVERY).text)
    check(t.ask('/contoso.example/v2.0/.well-known/openid-configuration').content() ==
          t.documented['discovery'], 'by the name of the tenant')
    common = {**t.documented['discovery'], 'issuer': t.origin + '/{tenantid}/v2.0',
              'tenant_region_scope': None}
    check(t.ask(COMMON).content() == {name: value.replace('/' + TENANT, '/common')
                                      if isinstance(value, str) else value
                                      for name, value in common.items()}
          | {'mtls_endpoint_aliases': t.ask(COMMON).content()['mtls_endpoint_aliases']}, 'common')


def an_unknown_tenant_gets_the_documented_answer(t):
    answer, wanted = t.ask('/nosuch.example/v2.0/.well-known/openid-configuration'), \
        t.documented['unknown tenant']
    check(answer.status == 400 and
          plain(json.dumps(answer.content())) == plain(json.dumps(wanted)), answer.text)


def the_key_set_is_as_documented(t):
    keys = t.ask(KEYS).content()['keys']
    for key, wanted in zip(keys, t.documented['keys']['keys']):
        check(set(key) == set(wanted), key['kid'])
        check({**key, 'n': '', 'x5c': ''} == {**wanted, 'n': '', 'x5c': ''}, key)
        check(ssl.DER_cert_to_PEM_cert(base64.b64decode(key['x5c'][0], validate=True)))
    check(len(keys) == len(t.documented['keys']['keys']) and t.ask(KEYS).content()['keys'] == keys)


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))


def tokens_are_as_documented(t):
    answer, wanted = t.grant().content(), t.documented['tokens']
    check(list(answer) and set(answer) == set(wanted), set(answer) ^ set(wanted))
    for name in ('token_type', 'scope', 'expires_in', 'ext_expires_in', 'client_info'):
        check(answer[name] == wanted[name], name, answer[name])
    header, claims = (decoded(part) for part in answer['id_token'].split('.')[:2])
    check(header == t.documented['token header'], header)
    check(set(claims) == set(t.documented['token claims']), claims)
    check(claims['exp'] - claims['iat'] == 3900 and claims['iat'] == claims['nbf'], claims)
    check(abs(time.time() - 300 - claims['iat']) < 60, claims)


def tokens_come_in_all_documented_forms(t):
    forms = {'texts': {'expires_in': '4511'}, 'long lived': {'refresh_in': 43200, 'expires_in': 86399},
             'no refresh token': {'refresh_token': None}, 'no ID token': {'id_token': None},
             'no lifetime': {'expires_in': None}, 'family': {'foci': '1'},
             'less scope': {'scope': 'openid profile'}}
    for variant, members in forms.items():
        t.order('/_clear')
        t.order('/_script', endpoint='token', token={'variant': variant})
        answer = t.grant().content()
        check(all(answer.get(name) == value for name, value in members.items()), variant, answer)
    t.order('/_clear')
    t.order('/_person', name=ADA, overage=True)
    claims = decoded(t.grant().content()['id_token'].split('.')[1])
    check('groups' not in claims, claims)
    check({name: claims[name] for name in ('_claim_names', '_claim_sources')} ==
          t.documented['overage'], claims)


def errors_are_as_documented(t):
    for number in (50126, 50076, 90033):
        content, wanted = t.error(number).content(), t.documented[str(number)]
        check(plain(json.dumps(content)) == plain(json.dumps(wanted)), content)
    for error, numbers in NUMBERS.items():
        for number in numbers:
            answer = t.error(number)
            content = answer.content()
            check(answer.status == STATUS[error] and content['error'] == error, number, answer.text)
            check(content['error_codes'] == [number], answer.text)
            check(content['error_description'].startswith(f'AADSTS{number}: '), answer.text)
            check(('error_uri' in content) != (number in WITHOUT_URI), answer.text)
            check(answer.headers['x-ms-request-id'] == content['trace_id'], number)


def descriptions_come_in_both_styles(t):
    new = t.error(50126).content()['error_description']
    old = t.error(50126, style='old').content()['error_description']
    check('\r\n' not in new and plain(old).replace('\r\n', ' ') == plain(new), old, new)
    check(len(old.split('\r\n')) == 4, old)


def headers_are_as_documented(t):
    wanted = '0b0b0b0b-0000-4000-8000-000000000008'
    for answer in (t.grant(), t.error(50126), t.error(90033)):
        for name, value in STS_HEADERS.items():
            check(answer.headers[name] == value, name, answer.headers[name])
        check(GUID.fullmatch(answer.headers['x-ms-request-id']))
        check('client-request-id' not in answer.headers)
        cookies = {cookie.partition('=')[0] for cookie in answer.headers.get_all('Set-Cookie')}
        check(cookies == {'fpc', 'esctx', 'x-ms-gateway-slice', 'stsservicecookie'}, cookies)
    answer = t.grant(secret='wrong', client_request_id=wanted, return_client_request_id='true')
    check(answer.headers['client-request-id'] == wanted)
    check('client-request-id' not in t.grant(client_request_id=wanted).headers)
    for path in (DISCOVERY, KEYS):
        headers = t.ask(path).headers
        check(headers['Cache-Control'] == 'max-age=86400, private', headers)
        check(headers['Access-Control-Allow-Origin'] == '*', headers)
        check('ETag' not in headers)


def documents_can_be_asked_for_on_condition(t):
    t.order('/_documents', etag=True, max_age=600)
    for path in (DISCOVERY, KEYS):
        first = t.ask(path)
        check(first.headers['Cache-Control'] == 'max-age=600, private', first.headers)
        again = t.ask(path, If_None_Match=first.headers['ETag'])
        check(again.status == 304 and not again.text, again.status)
        check(t.ask(path, If_None_Match='"other"').status == 200)


def waits_and_clocks_are_as_told(t):
    for after in ('60', '2.128', '-1', 'soon'):
        check(t.error(90033, retry_after=after).headers['Retry-After'] == after, after)
    headers = t.error(90033, retry_after=30, date_shift=-5000).headers
    told = parsedate_to_datetime(headers['Retry-After']) - parsedate_to_datetime(headers['Date'])
    check(told.total_seconds() in (30, 31), headers)  # a second may pass between the two
    check(abs(time.time() - 5000 - parsedate_to_datetime(headers['Date']).timestamp()) < 60, headers)


def a_rule_is_about_one_person_and_some_calls(t):
    ada, bob = (t.order('/_issue', name=name) for name in (ADA, 'bob@contoso.example'))
    t.order('/_script', endpoint='token', user=ADA, first=2, times=1, status=500)
    statuses = [t.grant(token).status for token in (ada, bob, ada, bob, None, ada)]
    check(statuses == [200, 200, 500, 200, 200, 200], statuses)


def the_backup_service_serves_tokens_alone(t):
    token = t.grant().content()['refresh_token']
    t.order('/_backup', on=True)
    check(t.grant(token).status == 200 and t.ask(DISCOVERY).status == 200)
    answer = t.grant()
    check(answer.status == 503 and answer.content()['error'] == 'temporarily_unavailable', answer.text)


def an_answer_can_be_lost_behind_the_work(t):
    token = t.grant().content()['refresh_token']
    t.order('/_tokens', rotate=True)
    t.order('/_script', endpoint='token', lose=True, times=1)
    try:
        check(False, t.grant(token))
    except OSError:
        pass
    check(t.grant(token).status == 400, 'the token was used')


def a_device_code_is_as_documented(t):
    content, poll = t.device()
    wanted = json.dumps(t.documented['device code'])
    for member in ('user_code', 'device_code'):
        wanted = wanted.replace(t.documented['device code'][member], content[member])
    check(content == json.loads(wanted), content)
    check(re.fullmatch('[A-Z2-9]{9}', content['user_code']) and len(content['device_code']) > 30)
    for state, number in (('pending', 70016), ('expired', 70020)):
        t.order('/_device', state=state)
        answer = poll()
        check(answer.status == 400 and plain(json.dumps(answer.content())) ==
              plain(json.dumps(t.documented[str(number)])), answer.text)
    t.order('/_device', state='declined')
    check(poll().status == 400 and poll().content()['error'] == 'authorization_declined')
    for path in (DEVICE, '/plain/device'):
        check(t.ask(path, {'client_id': 'another', 'scope': 'openid'}).content()['error'] == 'unauthorized_client')
        check(t.ask(path, {'scope': 'openid'}).content()['error'] == 'invalid_request')
        check(t.ask(path).status == 404, 'GET')


def a_device_code_is_approved_by_somebody_and_used_up(t):
    for name in (ADA, BOB):
        content, poll = t.device()
        _, other = t.device()
        t.order('/_device', user_code=content['user_code'], state='approved', name=name)
        check(other().content()['error'] == 'authorization_pending', 'only that one')
        answer = poll().content()
        check(set(answer) == set(t.documented['tokens']), answer)
        check(decoded(answer['id_token'].split('.')[1])['preferred_username'] == name)
        check(t.grant(answer['refresh_token']).status == 200)
        check(poll().content()['error'] == 'bad_verification_code', 'once')
    content, poll = t.device()
    t.order('/_device', state='approved', name=ADA, token={'claims': {'acct': 1, 'tid': 'x'}})
    claims = decoded(poll().content()['id_token'].split('.')[1])
    check((claims['acct'], claims['tid']) == (1, 'x'), claims)
    _, poll = t.device(device_code='another')
    check(poll().content()['error_codes'] == [70018])


def a_device_code_slows_down_expires_and_has_the_words_of_any_provider(t):
    _, poll = t.device('/plain/device')
    t.order('/_device', slow=1)
    check([poll().content() for _ in range(2)] == [{'error': 'slow_down'}, {'error': 'authorization_pending'}])
    t.order('/_device', state='declined')
    check(poll().content() == {'error': 'access_denied'})
    t.order('/_devices', expires_in=0, interval='5')
    content, poll = t.device('/plain/device')
    check(content['interval'] == '5' and poll().content() == {'error': 'expired_token'})
    check(content['verification_uri_complete'].endswith(content['user_code']), content)
    t.order('/_backup', on=True)
    check(t.ask(DEVICE, {'client_id': t.emulator.about['client_id'], 'scope': 'openid'}).status == 503)


def realms_are_as_documented(t):
    check(t.ask(REALM.format(ADA)).content() == t.documented['realm'], t.ask(REALM.format(ADA)).text)
    check(t.ask(REALM.format('nobody@contoso.example')).content() == t.documented['realm'], 'no enumeration')
    check(t.ask(REALM.format('eve@fabrikam.example')).content()['account_type'] == 'Unknown')
    t.order('/_realm', **{'fabrikam.example': 'Federated'})
    content = t.ask(REALM.format('eve%40fabrikam.example')).content()
    check(content['account_type'] == 'Federated' and content['federation_protocol'] == 'WSTrust', content)
    check({'federation_metadata_url', 'federation_active_auth_url'} <= set(content), content)


def keys_can_change_between_two_calls(t):
    t.order('/_script', endpoint='discovery', publish={'published': ['C'], 'signs': 'C'})
    check(t.ask(KEYS).content()['keys'][0]['kid'] == 'key-A')
    t.ask(DISCOVERY)
    check([key['kid'] for key in t.ask(KEYS).content()['keys']] == ['key-C'])


def spoilt_connections_are_counted_too(t):
    before = len(t.emulator.order('/_connections'))
    modes = ('refuse', 'black_hole', 'silence', 'abort_handshake', 'close', 'plain_http')
    for mode in modes:
        t.order('/_listen', mode=mode)
        try:
            check(False, mode, t.ask(DISCOVERY, timeout=0.3))
        except (OSError, socket.timeout):
            pass
    t.order('/_listen', mode='abort_handshake', first=2, times=1)
    check(t.ask(DISCOVERY).status == 200)
    try:
        check(False, t.ask(DISCOVERY))
    except OSError:
        pass
    check(t.ask(DISCOVERY).status == 200)
    seen = [entry['mode'] for entry in t.emulator.order('/_connections')[before:]]
    check(seen == list(modes[2:]) + ['tls', 'abort_handshake', 'tls'], seen)


def the_log_has_times_and_no_secrets(t):
    before = len(t.emulator.order('/_log'))
    token = t.order('/_issue', name=ADA)
    t.order('/_script', endpoint='token', times=1, fault='reset')
    try:
        t.grant(token)
    except OSError:
        pass
    t.grant(secret='a wrong one')
    code = t.device()[1]().headers and t.emulator.order('/_log')[-1]['form']
    check(dict(code)['device_code'] == '(hidden)', code)
    log = t.emulator.order('/_log')[before:]
    check([entry['user'] for entry in log] == [ADA, ADA, None, None], log)
    check(log[0]['at'] <= log[1]['at'] <= time.monotonic(), log)
    with open(os.path.join(t.emulator.about['folder'], 'log.jsonl'), encoding='utf-8') as file:
        written = file.read()
    for text in (json.dumps(log), written):
        check(token not in text and 'wrong' not in text and '(hidden)' in text)


def main():
    part = (sys.argv[1:] or [''])[0]
    tests = [value for name, value in globals().items() if inspect.isfunction(value) and part in name
             and list(inspect.signature(value).parameters) == ['t']]
    failed = 0
    with tempfile.TemporaryDirectory(prefix='emulator-') as folder:
        emulator = Emulator(folder)
        try:
            for test in tests:
                try:
                    test(Test(emulator))
                except Exception:  # every failure is shown, the rest goes on
                    failed += 1
                    print('FAILED', test.__name__)
                    traceback.print_exc(file=sys.stdout)
        finally:
            emulator.close()
    print(f'emulator: {len(tests) - failed} passed, {failed} failed')
    return failed > 0 or not tests


if __name__ == '__main__':
    sys.exit(main())
