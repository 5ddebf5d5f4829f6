"""What the emulated platform knows and says: people, tokens, documents, error bodies.

Two issuers share the people: one in the shape of Entra ID, one plain OIDC issuer.
"""
import json
import secrets
import threading
import time
import uuid

from keys import key
from tokens import changed, make

TENANT = '11111111-1111-1111-1111-111111111111'
CLIENT = '22222222-2222-2222-2222-222222222222'
PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'

PEOPLE = {
    'ada@contoso.example': {
        'password': 'correct horse battery staple', 'oid': '33333333-3333-3333-3333-333333333333',
        'name': 'Ada Example', 'groups': ['44444444-4444-4444-4444-444444444444',
                                          '55555555-5555-5555-5555-555555555555']},
    'bob@contoso.example': {
        'password': 'p\u00e4ss w&rd+100%=\u20ac"\\', 'oid': '33333333-3333-3333-3333-333333333334',
        'name': 'Bob Example', 'groups': []},
}

# number: (HTTP status, error, text); whatever is not here is 400 invalid_grant.
ERRORS = {
    50126: (400, 'invalid_grant', 'Error validating credentials due to invalid username or password.'),
    50034: (400, 'invalid_grant', 'The user account does not exist in the directory.'),
    50057: (400, 'invalid_grant', 'The user account is disabled.'),
    70000: (400, 'invalid_grant', 'Provided grant is invalid or malformed.'),
    70003: (400, 'unsupported_grant_type', 'The app requested an unsupported grant type.'),
    70011: (400, 'invalid_scope', 'The provided value for the input parameter scope is not valid.'),
    90002: (400, 'invalid_tenant', "Tenant 'nosuch.example' not found."),
    90014: (400, 'invalid_request', 'The required field is missing from the credential.'),
    700016: (400, 'unauthorized_client', 'Application was not found in the directory.'),
    7000215: (401, 'invalid_client', 'Invalid client secret provided.'),
    7000218: (401, 'invalid_client', "The request body must contain 'client_assertion' or 'client_secret'."),
    50033: (503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'),
    90033: (503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'),
}


def error_body(number, error=None, **more):
    """(status, body) as the security token service writes it; `more` adds or replaces members."""
    status, usual, text = ERRORS.get(number, (400, 'invalid_grant', 'Emulated.'))
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())
    body = {'error': error or usual,
            'error_description': f'AADSTS{number}: {text} Trace ID: {trace} '
                                 f'Correlation ID: {correlation} Timestamp: {stamp}',
            'error_codes': [number], 'timestamp': stamp, 'trace_id': trace,
            'correlation_id': correlation,
            'error_uri': f'https://login.microsoftonline.com/error?code={number}'}
    return status, changed(body, more)


class Provider:
    def __init__(self, origin):
        self.origin = origin
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        with self.lock:
            self.people = json.loads(json.dumps(PEOPLE))
            self.refresh_tokens = {}  # token: [name, family, used]
            self.rotate = False
        self.publish(['A', 'B'], 'A')

    def publish(self, published, signs, jwk=None):
        """`jwk`: members to change in the published form of some keys."""
        self.published, self.signs, self.jwk = published, signs, jwk or {}

    # Documents ---------------------------------------------------------------

    def issuer(self, shape):
        return self.origin + {'entra': f'/{TENANT}/v2.0', 'plain': '/plain'}[shape]

    def discovery(self, shape):
        if shape == 'plain':
            return {'issuer': self.issuer(shape), 'token_endpoint': self.origin + '/plain/token',
                    'authorization_endpoint': self.origin + '/plain/authorize',
                    'jwks_uri': self.origin + '/plain/keys',
                    'response_types_supported': ['code'], 'subject_types_supported': ['public'],
                    'id_token_signing_alg_values_supported': ['RS256']}
        tenant = f'{self.origin}/{TENANT}'
        return {
            'token_endpoint': tenant + '/oauth2/v2.0/token',
            'token_endpoint_auth_methods_supported': [
                'client_secret_post', 'private_key_jwt', 'client_secret_basic',
                'self_signed_tls_client_auth'],
            'jwks_uri': tenant + '/discovery/v2.0/keys',
            'response_modes_supported': ['query', 'fragment', 'form_post'],
            'subject_types_supported': ['pairwise'],
            'id_token_signing_alg_values_supported': ['RS256'],
            'response_types_supported': ['code', 'id_token', 'code id_token', 'id_token token'],
            'scopes_supported': ['openid', 'profile', 'email', 'offline_access'],
            'issuer': self.issuer(shape),
            'request_uri_parameter_supported': False,
            'userinfo_endpoint': 'https://graph.microsoft.com/oidc/userinfo',
            'authorization_endpoint': tenant + '/oauth2/v2.0/authorize',
            'device_authorization_endpoint': tenant + '/oauth2/v2.0/devicecode',
            'http_logout_supported': True, 'frontchannel_logout_supported': True,
            'end_session_endpoint': tenant + '/oauth2/v2.0/logout',
            'claims_supported': ['sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name',
                                 'cloud_graph_host_name', 'msgraph_host', 'aud', 'exp', 'iat',
                                 'auth_time', 'acr', 'nonce', 'preferred_username', 'name', 'tid',
                                 'ver', 'at_hash', 'c_hash', 'email'],
            'kerberos_endpoint': tenant + '/kerberos',
            'mtls_endpoint_aliases': {'token_endpoint': 'https://mtlsauth.example/token'},
            'tls_client_certificate_bound_access_tokens': True,
            'tenant_region_scope': 'EU', 'cloud_instance_name': 'microsoftonline.com',
            'cloud_graph_host_name': 'graph.windows.net', 'msgraph_host': 'graph.microsoft.com',
            'rbac_url': 'https://pas.windows.net'}

    def key_set(self, shape):
        template = None if shape == 'plain' else self.origin + '/{tenantid}/v2.0'
        return {'keys': [changed(key(name).jwk(template), self.jwk.get(name, {}))
                         for name in self.published]}

    # Tokens ------------------------------------------------------------------

    def id_token(self, shape, name, change):
        person, now = self.people[name], int(time.time())
        claims = {'aud': CLIENT, 'iss': self.issuer(shape), 'iat': now - 300, 'nbf': now - 300,
                  'exp': now + 3600, 'name': person['name'], 'preferred_username': name,
                  'sub': 'pairwise-' + person['oid'], 'groups': person['groups']}
        if shape == 'entra':
            claims.update(oid=person['oid'], tid=TENANT, ver='2.0', aio='ATQAy/8TAAAA',
                          rh='0.AAAA', uti='abcdefghijklmnop')
        return make(claims, self.signs, change)

    def issue(self, name, family=None):
        """A refresh token. Earlier ones stay good, as Entra's do, unless tokens rotate."""
        token = '1.AAAA-' + secrets.token_urlsafe(64)
        with self.lock:
            self.refresh_tokens[token] = [name, family or token, False]
        return token

    def redeem(self, token):
        """(name, family) of a good refresh token. A rotated one that comes again is stolen."""
        with self.lock:
            name, family, used = self.refresh_tokens.get(token, [None, None, False])
            if self.rotate and used:
                self.refresh_tokens = {token: entry for token, entry in self.refresh_tokens.items()
                                       if entry[1] != family}
                return None, None
            if name:
                self.refresh_tokens[token][2] = True
            return name, family

    def tokens(self, shape, name, family, change):
        """The success body; tokens.py says what `change` can hold."""
        body = {'token_type': 'Bearer', 'scope': 'openid profile', 'expires_in': 4511,
                'ext_expires_in': 4511, 'access_token': 'opaque-' + secrets.token_hex(16),
                'refresh_token': self.issue(name, family),
                'id_token': self.id_token(shape, name, change)}
        return 200, changed(body, change.get('response', {}))

    def grant(self, shape, form, change):
        """(status, body) for a token request."""
        if form.get('client_id') != CLIENT:
            return error_body(700016)
        if 'openid' not in form.get('scope', '').split():
            return error_body(70011)
        family = None
        if form.get('grant_type') == 'password':
            name = form.get('username', '').lower()
            person = self.people.get(name)
            if person and form.get('password') != person['password']:
                return error_body(50126)
        elif form.get('grant_type') == 'refresh_token':
            name, family = self.redeem(form.get('refresh_token'))
            person = self.people.get(name)
            if name is None:
                return error_body(70000)
        else:
            return error_body(70003)
        if not person:
            return error_body(50034)
        if person.get('disabled'):
            return error_body(50057)
        return self.tokens(shape, name, family, change)
