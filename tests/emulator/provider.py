"""What the emulated platform knows and says: people, tokens, documents.

Two issuers share the people: one in the shape of Entra ID, one plain OIDC issuer. A shape may also
be a Place of clouds.py, which differs from Entra ID in little.
"""
import base64
import json
import secrets
import threading
import time

from clouds import DOMAIN, TENANT, Place
from devices import GRANT, Devices, error_of
from keys import key
from tokens import VARIANTS, changed, make

CLIENT = '22222222-2222-2222-2222-222222222222'
PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'
SCOPE = 'openid profile User.Read GroupMember.Read.All'

PEOPLE = {
    'ada@contoso.example': {
        'password': 'correct horse battery staple', 'oid': '33333333-3333-3333-3333-333333333333',
        'name': 'Ada Example', 'groups': ['44444444-4444-4444-4444-444444444444',
                                          '55555555-5555-5555-5555-555555555555']},
    'bob@contoso.example': {
        'password': 'p\u00e4ss w&rd+100%=\u20ac"\\', 'oid': '33333333-3333-3333-3333-333333333334',
        'name': 'Bob Example', 'groups': []},
}


class Provider:
    def __init__(self, origin):
        self.origin = origin
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        with self.lock:
            self.people = json.loads(json.dumps(PEOPLE))
            self.refresh_tokens = {}  # token: [name, family, used]
            self.rotate = self.backup = False
            self.devices, self.realms = Devices(), {}
        self.publish(['A', 'B', 'MSA'], 'A')

    def publish(self, published, signs, jwk=None):
        """`jwk`: members to change in the published form of some keys."""
        for name in {*published, signs}:
            key(name)  # making one takes a while, and nobody is to wait for it later
        self.published, self.signs, self.jwk = published, signs, jwk or {}

    # Documents ---------------------------------------------------------------

    def issuer(self, shape):
        if isinstance(shape, Place):
            return shape.issuer
        return self.origin + {'entra': f'/{TENANT}/v2.0', 'plain': '/plain',
                              'common': '/{tenantid}/v2.0'}[shape]

    def discovery(self, shape):
        if shape == 'plain':
            return {'issuer': self.issuer(shape), 'token_endpoint': self.origin + '/plain/token',
                    'authorization_endpoint': self.origin + '/plain/authorize',
                    'device_authorization_endpoint': self.origin + '/plain/device',
                    'jwks_uri': self.origin + '/plain/keys',
                    'response_types_supported': ['code'], 'subject_types_supported': ['public'],
                    'id_token_signing_alg_values_supported': ['RS256']}
        if isinstance(shape, Place):
            usual = json.dumps(self.discovery('entra')).replace(f'{self.origin}/{TENANT}', shape.base)
            return changed(json.loads(usual), {'issuer': shape.issuer, 'cloud_instance_name': shape.cloud})
        name = 'common' if shape == 'common' else TENANT
        tenant = f'{self.origin}/{name}'
        port = ''.join(self.origin.removeprefix('https://').partition(':')[1:])
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
            'userinfo_endpoint': f'https://graph.test{port}/oidc/userinfo',
            'authorization_endpoint': tenant + '/oauth2/v2.0/authorize',
            'device_authorization_endpoint': tenant + '/oauth2/v2.0/devicecode',
            'http_logout_supported': True, 'frontchannel_logout_supported': True,
            'end_session_endpoint': tenant + '/oauth2/v2.0/logout',
            'claims_supported': ['sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name',
                                 'cloud_graph_host_name', 'msgraph_host', 'aud', 'exp', 'iat',
                                 'auth_time', 'acr', 'nonce', 'preferred_username', 'name', 'tid',
                                 'ver', 'at_hash', 'c_hash', 'email'],
            'kerberos_endpoint': tenant + '/kerberos',
            'mtls_endpoint_aliases': {
                'token_endpoint': f'https://mtlsauth.test{port}/{name}/oauth2/v2.0/token'},
            'tls_client_certificate_bound_access_tokens': True,
            'tenant_region_scope': None if shape == 'common' else 'EU',
            'cloud_instance_name': 'microsoftonline.com',
            'cloud_graph_host_name': 'graph.windows.net', 'msgraph_host': f'graph.test{port}',
            'rbac_url': 'https://pas.windows.net'}

    def key_set(self, shape):
        """One key for all tenants, one for ours alone, one for personal accounts; else for anybody."""
        place = shape if isinstance(shape, Place) else Place('', '', self.issuer('common'), 'microsoftonline.com')
        names, issuers, members = self.published, {}, {'cloud_instance_name': place.cloud}
        if shape == 'plain' or not place.keys:
            names, members = [name for name in names if name != 'MSA'], {}
        else:
            issuers = {**dict.fromkeys(names, place.keys), 'MSA': f'{self.origin}/{PERSONAL}/v2.0',
                       'B': self.issuer('entra' if shape == 'common' else shape)}
        return {'keys': [changed(key(name).jwk(issuers.get(name)), {**members, **self.jwk.get(name, {})})
                         for name in names]}

    # Tokens ------------------------------------------------------------------

    def id_token(self, shape, name, change):
        person, now = self.people[name], int(time.time())
        claims = {'aud': CLIENT, 'iss': self.issuer(shape), 'iat': now - 300, 'nbf': now - 300,
                  'exp': now + 3600, 'name': person['name'], 'preferred_username': name,
                  'sub': 'pairwise-' + person['oid'], 'groups': person['groups']}
        if shape != 'plain':
            claims.update(oid=person['oid'], tid=TENANT, ver='2.0', aio='ATQAy/8TAAAA',
                          rh='0.AAAA', uti='abcdefghijklmnop', roles=['linux.login'],
                          **{'extn.uidNumber': ['20001']})
        claims = changed(claims, shape.claims) if isinstance(shape, Place) else claims
        if person.get('overage'):
            claims = changed(claims, {**self.overage(person), 'groups': None})
        return make(claims, self.signs, change)

    @staticmethod
    def overage(person):
        where = f'https://graph.windows.net/{TENANT}/users/{person["oid"]}/getMemberObjects'
        return {'_claim_names': {'groups': 'src1'}, '_claim_sources': {'src1': {'endpoint': where}}}

    def issue(self, name, family=None):
        """A refresh token. Earlier ones stay good, as Entra's do, unless tokens rotate."""
        token = '1.AAAA-' + secrets.token_urlsafe(64)
        with self.lock:
            self.refresh_tokens[token] = [name, family or token, False]
        return token

    def owner(self, form):
        """Who is behind a token request, as far as it tells."""
        with self.lock:
            of_token = self.refresh_tokens.get(form.get('refresh_token'), [None])[0]
        return form.get('username') or of_token or self.devices.owner(form.get('device_code'))

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
        body = {'token_type': 'Bearer', 'scope': 'openid profile' if shape == 'plain' else SCOPE,
                'expires_in': 4511, 'ext_expires_in': 4511,
                'access_token': 'opaque-' + secrets.token_hex(16),
                'refresh_token': self.issue(name, family),
                'id_token': self.id_token(shape, name, change)}
        if shape != 'plain':
            info = json.dumps({'uid': self.people[name]['oid'], 'utid': TENANT}, separators=(',', ':'))
            body['client_info'] = base64.urlsafe_b64encode(info.encode()).rstrip(b'=').decode()
        body = changed(body, VARIANTS[change['variant']]) if 'variant' in change else body
        return changed(body, change.get('response', {}))

    def realm(self, name):
        """Whether the domain of a name checks passwords here (platform.md 5.9)."""
        domain = name.rpartition('@')[2].lower()
        kind = self.realms.get(name) or self.realms.get(domain, 'Managed' if domain == DOMAIN else 'Unknown')
        body = {'ver': '1.0', 'account_type': kind, 'domain_name': domain,
                'cloud_instance_name': 'microsoftonline.com',
                'cloud_audience_urn': 'urn:federation:MicrosoftOnline'}
        if kind == 'Federated':
            body |= {'federation_protocol': 'WSTrust',
                     'federation_metadata_url': f'https://sts.{domain}/adfs/services/trust/mex',
                     'federation_active_auth_url': f'https://sts.{domain}/adfs/services/trust/2005/usernamemixed'}
        return body

    def device(self, shape, form):
        """The answer to a request for a device code, or the number of the error."""
        if self.backup:
            return 50033
        if 'client_id' not in form:
            return 900144
        if form['client_id'] != CLIENT:
            return 700016
        return self.devices.begin(shape) if 'openid' in form.get('scope', '').split() else 70011

    def device_grant(self, shape, form, change):
        """As grant(), or a whole answer (status, body)."""
        if form.get('client_id') != CLIENT:
            return 700016
        redeemed = self.devices.redeem(form.get('device_code'))
        if isinstance(redeemed, str):
            return error_of(redeemed, shape)
        name, token = redeemed
        if self.people[name].get('disabled'):
            return 50057
        return self.tokens(shape, name, None, {**token, **change})

    def grant(self, shape, form, change):
        """The body that answers a good token request, or the number of the error."""
        if 'grant_type' not in form:
            return 900144
        if self.backup and form.get('grant_type') != 'refresh_token':
            return 50033
        if form.get('grant_type') == GRANT:
            return self.device_grant(shape, form, change)
        if form.get('client_id') != CLIENT:
            return 700016
        if 'openid' not in form.get('scope', '').split():
            return 70011
        family = None
        if form.get('grant_type') == 'password':
            name = form.get('username', '').lower()
            person = self.people.get(name)
            if person and form.get('password') != person['password']:
                return 50126
        elif form.get('grant_type') == 'refresh_token':
            name, family = self.redeem(form.get('refresh_token'))
            person = self.people.get(name)
            if name is None:
                return 70000
        else:
            return 70003
        if not person:
            return 50034
        if person.get('disabled'):
            return 50057
        return self.tokens(shape, name, family, change)
