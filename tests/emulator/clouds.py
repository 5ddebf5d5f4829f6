"""The hosts of Microsoft's that the platform stands for on port 443, and the tenant as each shows it.

One tenant (platform.md 2.1): in three clouds, where documents asked for by its domain or under an
older name of the host speak of its GUID on the host's own name; in External ID; as a B2C policy.
The real External ID takes no passwords: here it does, for want of another way in.
"""
import collections

TENANT = '11111111-1111-1111-1111-111111111111'
DOMAIN = 'contoso.example'
NAMED = 'contoso.onmicrosoft.com'
POLICY = 'b2c_1_login'
CLOUDS = {  # by host: the cloud's name, and older names of the host
    'login.microsoftonline.com': ('microsoftonline.com', ('login.windows.net', 'login.microsoft.com',
                                                          'sts.windows.net')),
    'login.microsoftonline.us': ('microsoftonline.us', ('login.usgovcloudapi.net',)),
    'login.partner.microsoftonline.cn': ('partner.microsoftonline.cn', ('login.chinacloudapi.cn',)),
}
CIAM, B2C = 'contoso.ciamlogin.com', 'contoso.b2clogin.com'
HOSTS = [*CLOUDS, *(name for _, names in CLOUDS.values() for name in names), CIAM, B2C]

# base: of its endpoints; keys: the issuer that keys for all tenants have; claims: that differ
Place = collections.namedtuple('Place', 'base issuer keys cloud claims', defaults=({},))


def _of_cloud(host, cloud):
    base = f'https://{host}/{TENANT}'
    return Place(base, base + '/v2.0', f'https://{host}/{{tenantid}}/v2.0', cloud)


def _of_policy(path, issuer, claims):
    return Place(f'https://{B2C}{path}', f'https://{B2C}{issuer}', None, None,
                 {'tid': None, 'ver': '1.0', **claims})


def _places():
    for host, (cloud, names) in CLOUDS.items():
        for name in (host, *names):
            for tenant in (TENANT, DOMAIN):
                yield (name, f'/{tenant}'), _of_cloud(host, cloud)
    own = '{0}.ciamlogin.com/{0}/v2.0'
    ciam = Place(f'https://{CIAM}/{TENANT}', 'https://' + own.format(TENANT),
                 'https://' + own.format('{tenantid}'), 'microsoftonline.com')
    yield (CIAM, f'/{TENANT}'), ciam
    yield (CIAM, f'/{NAMED}'), ciam
    path = f'/{NAMED}/{POLICY}'
    yield (B2C, path), _of_policy(path, f'/{TENANT}/v2.0/', {'tfp': 'B2C_1_login'})
    yield (B2C, '/tfp' + path), _of_policy('/tfp' + path, f'/tfp/{TENANT}/{POLICY}/v2.0/',
                                           {'acr': POLICY})


PLACES = dict(_places())


def find(host, path, ends):
    """(place, endpoint) of a request; `ends` are the endpoints by the end of the path."""
    for end, endpoint in ends.items():
        if path.endswith(end) and (host, path[:-len(end)]) in PLACES:
            return PLACES[host, path[:-len(end)]], endpoint
    return None
