"""What can go wrong with an answer, and what grants must make of it."""
from expect import check
from client.bed import LONG, SHORT, verdict

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

    'bare invalid_grant': (raw(400, GRANT_ERROR), ('refused:secret', 'refused:doubt')),
    'bare invalid_grant with 401': (raw(401, GRANT_ERROR), ('refused:secret', 'refused:doubt')),
    'bare invalid_grant with 403': (raw(403, GRANT_ERROR), ('refused:secret', 'refused:doubt')),
    'a refusal of another content type': (
        raw(400, GRANT_ERROR, {'Content-Type': 'text/html'}), ('refused:secret', 'refused:doubt')),
    'unknown number': ({'number': 59999}, ('refused:denied', 'refused:doubt')),
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


def token_fault(bed, rule, expected):
    rule = dict(rule)
    budget = rule.pop('budget', LONG)
    bed.script(endpoint='token', **rule)
    for grant, wanted in zip((bed.password(), bed.refresh()), expected):
        before = len(bed.requests())
        answer, = bed.run([grant], budget=budget)
        check(verdict(answer) == wanted, verdict(answer), 'instead of', wanted, answer)
        check(len(bed.requests()) == before + 1, 'requests', len(bed.requests()) - before)


def connection_fault(bed, how):
    budget = how.get('budget', LONG)
    bed.emulator.order('/_listen', how)
    for documents in (bed.warm(), bed.cold()):
        for grant in (bed.password(), bed.refresh()):
            answer, = bed.run([grant], documents=documents, budget=budget)
            check(answer['answer'] == 'unreachable', answer)
            check(answer['sent'] == '', answer)
    check(not bed.requests(), 'something was sent')


def document_fault(bed, endpoint, rule):
    bed.script(endpoint=endpoint, **rule)
    documents = bed.cold()
    answer, = bed.run([bed.password()], documents=documents)
    check(answer['answer'] == 'unreachable', answer)
    check(not bed.requests('token'), 'the password was sent')
    check(len(bed.requests(endpoint)) == 1, 'asked more than once')
    # With an old good one the sign-in goes on, and the old one stays.
    documents = bed.warm()
    bed.age(documents, 40 * 3600)
    before = {path: bed.facts(path)[1] for path in bed.documents(documents)}
    answer, = bed.run([bed.password()], documents=documents)
    check(answer['answer'] == 'accepted', answer)
    after = {path: bed.facts(path)[1] for path in bed.documents(documents)}
    kept = [path for path in before if ('keys' in path) == (endpoint == 'keys')]
    check(all(before[path] == after[path] for path in kept), 'a good document was replaced')


def all_faults():
    for name, (rule, expected) in TOKEN_FAULTS.items():
        yield 'token: ' + name, lambda bed, r=rule, e=expected: token_fault(bed, r, e)
    for name, how in CONNECTION_FAULTS.items():
        yield 'connection: ' + name, lambda bed, h=how: connection_fault(bed, h)
    for name, (endpoint, rule) in DOCUMENT_FAULTS.items():
        yield 'document: ' + name, lambda bed, e=endpoint, r=rule: document_fault(bed, e, r)
