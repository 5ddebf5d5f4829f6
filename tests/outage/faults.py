"""The kinds of outage, by name: platform.md 4.1 and 5.10."""

HTML = {'Content-Type': 'text/html'}
PLAIN = {'Content-Type': 'text/plain'}
REFUSAL = '{"error":"invalid_grant","error_codes":[50126]}'
ELSEWHERE = {'Location': 'https://portal.example/'}


def raw(status, body='', headers=None, **more):
    return {'status': status, 'body': body, 'headers': headers or {}, **more}


def patience(retry_after, status=429):
    return raw(status, REFUSAL, retry_after=retry_after)


CONNECTIONS = {name: {'listen': how} for name, how in {
    'refused': {'mode': 'refuse'},
    'black hole': {'mode': 'black_hole'},
    'accepted, then silence': {'mode': 'silence'},
    'accepted, then closed': {'mode': 'close'},
    'handshake broken off': {'mode': 'abort_handshake'},
    'no TLS': {'mode': 'plain_http'},
    'certificate expired': {'certificate': 'expired'},
    'certificate not yet valid': {'certificate': 'not_yet_valid'},
    'certificate of another host': {'certificate': 'wrong_host'},
    'certificate of an unknown authority': {'certificate': 'unknown_ca'},
    'TLS 1.1': {'newest_tls': 'TLSv1_1'},
}.items()}

NAMES = {name: {'resolver': mode} for name, mode in {
    'name does not exist': 'nxdomain', 'name server fails': 'servfail', 'name server refuses': 'refused',
    'name server is silent': 'silent', 'no name server': 'nobody', 'name without address': 'empty',
    'name server talks nonsense': 'garbage', 'address without a route': 'no_route',
}.items()}

# A request was sent, and no whole answer came.
CUT = {
    'closed without an answer': {'fault': 'drop'},
    'reset without an answer': {'fault': 'reset'},
    'answer lost behind the work': {'lose': True},
    'closed behind the headers': {'fault': 'headers_then_close'},
    'cut in the body': {'fault': 'cut'},
    'reset in the body': {'fault': 'reset_in_body'},
    'cut in a refusing body': {'fault': 'cut', 'status': 400, 'body': REFUSAL[:-1]},
    'body without end': {'fault': 'flood_body'},
    'headers without end': {'fault': 'flood_headers'},
    'packed body that bursts': {'fault': 'gzip_bomb', 'repeat': 20},
    'not HTTP': {'fault': 'not_http'},
}
SLOW = {
    'silence': {'fault': 'silence'},
    'silence behind the headers': {'fault': 'headers_then_silence'},
    'a byte a second': {'fault': 'drip'},
    'a byte now and then': {'fault': 'drip', 'pause': 0.01},
    'a good answer, too late': {'delay': 4},
}
STATUSES = {
    '302 to a portal': raw(302, '', ELSEWHERE),
    '302 with a refusal': raw(302, REFUSAL, ELSEWHERE),
    '307 to ourselves': raw(307, '', {'Location': '/plain/token'}),
    '401 without a body': raw(401),
    '403 page of a proxy': raw(403, '<html>blocked</html>', HTML),
    '404 page': raw(404, '<html>not found</html>', HTML),
    '404 with a refusal': raw(404, REFUSAL),
    '407 with a refusal': raw(407, REFUSAL),
    '408 with a refusal': raw(408, REFUSAL),
    '410': raw(410),
    '429 alone': raw(429),
    '500 with a refusal': raw(500, REFUSAL),
    '500 without a body': raw(500),
    '502 page': raw(502, '<html>bad gateway</html>', HTML),
    '503 page': raw(503, '<html>maintenance</html>', HTML),
    '503 with the real 90033 body': {'number': 90033},
    '503 with the real 50033 body': {'number': 50033},
    '503 with 50126': {'number': 50126, 'under_status': 503},
    '503 with 50057': {'number': 50057, 'under_status': 503},
    '503 with tokens': {'under_status': 503},
    '504': raw(504),
    '509': raw(509, 'Bandwidth Limit Exceeded', PLAIN),
    '511 page': raw(511, '<html>log in first</html>', HTML),
    '511 with a refusal': raw(511, REFUSAL),
}
RETRY_AFTER = {
    '429, Retry-After in seconds': patience('60'),
    '429, Retry-After with a fraction': patience('2.128'),
    '429, Retry-After as a date': patience(30),
    '429, Retry-After as a date by another clock': {**patience(30), 'date_shift': -86400},
    '429, Retry-After as a date in the past': patience(-30),
    '429, Retry-After 0': patience('0'),
    '429, Retry-After negative': patience('-5'),
    '429, Retry-After is no time': patience('soon'),
    '429, Retry-After beyond all numbers': patience('9' * 40),
    '503 with Retry-After': patience('30', 503),
    '500 with Retry-After': patience('30', 500),
    '400 temporarily_unavailable with Retry-After': {
        'number': 50126, 'error': 'temporarily_unavailable', 'retry_after': '30'},
}
BODIES = {
    'captive portal': raw(200, '<html>Welcome to the hotel</html>', HTML),
    'captive portal that says JSON': raw(200, '<html>Welcome to the hotel</html>'),
    'truncated JSON': raw(200, '{"access_token":"x","id_to'),
    'truncated JSON of a refusal': raw(400, REFUSAL[:-4]),
    'body over-long': raw(200, ' ' * 1000, repeat=1000),
    'nothing': raw(200), 'nothing with 400': raw(400), 'no content': raw(204),
    'empty object': raw(200, '{}'),
    'text of a front end': raw(400, 'Server Error 500-599', PLAIN),
    'page with 400': raw(400, '<html>bad request</html>', HTML),
    'no error member': raw(400, '{"error_codes":[50126]}'),
    'error is an object': raw(400, '{"error":{"code":"invalid_grant"}}'),
    'error is a number': raw(400, '{"error":50126}'),
    'a list': raw(400, '["invalid_grant"]'),
    'a member twice': raw(400, '{"error":"invalid_grant","error":"invalid_grant"}'),
    'nested a thousand deep': raw(400, '{"error":"invalid_grant","a":' + '[' * 1000 + ']' * 1000 + '}'),
    'a NUL': raw(400, '{"error":"invalid_grant\\u0000"}'),
    'not UTF-8': {'status': 400, 'body_base64': 'eyJlcnJvciI6Iv8ifQ=='},
    'a number beyond all numbers': raw(200, '{"token_type":"Bearer","expires_in":1e400}'),
    'tokens without an ID token': raw(200, '{"token_type":"Bearer","expires_in":4511,"access_token":"a",'
                                           '"refresh_token":"r"}'),
    'tokens of a wrong type': raw(200, '{"token_type":"Bearer","expires_in":4511,"access_token":"a",'
                                       '"refresh_token":"r","id_token":7}'),
}
WORDS = {f'{error} with {status}': {'number': 50126, 'error': error, 'under_status': status}
         for error in ('temporarily_unavailable', 'server_error', 'request_timeout', 'service_unavailable')
         for status in (400, 401, 403)}
NUMBERS = {str(number): {'number': number} for number in
           (80001, 80002, 80003, 80005, 80006, 80007, 80010, 80014, 50196, 90055, 50087, 90006, 230109)}

ANSWERS = {**CUT, **STATUSES, **RETRY_AFTER, **BODIES, **WORDS, **NUMBERS}

# Of a document instead of the token endpoint.
DOCUMENTS = {
    'closed': {'fault': 'drop'}, 'reset in the body': {'fault': 'reset_in_body'},
    'silence': {'fault': 'silence'}, 'body without end': {'fault': 'flood_body'},
    '302': raw(302, '', ELSEWHERE), '404': raw(404), '500': raw(500), '503': raw(503),
    '429': raw(429), 'captive portal': raw(200, '<html>Welcome to the hotel</html>', HTML),
    'truncated': raw(200, '{"issuer":"https://loc'), 'empty object': raw(200, '{}'),
    'over-long': raw(200, ' ' * 1000, repeat=3000),
}
KEYS = {'no keys': raw(200, '{"keys":[]}'), 'good keys with 500': {'under_status': 500}}
