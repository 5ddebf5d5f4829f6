"""Each form of the setting `issuer`, on hosts of Microsoft's names: whole sign-ins, in and out of an outage.

The platform is on port 443 of loopback, and every name leads there. A tenant is known by its
documents and tokens alone (platform.md 2.1, 2.3), so each form has its own ways to be another's.
"""
import subprocess

from emulator.clouds import B2C, CIAM, DOMAIN, NAMED, PLACES, POLICY, TENANT
from expect import check
from outage.bed import BOBS, GRANTS, WRONG
from sign_in.codes import DEVICE_GRANT, PHRASE, SEAT, approved, be_quick
from sign_in.harness import ADA, BOB, DAY, GENERIC, PASSWORD, UNREACHED

PUBLIC, GOVERNMENT, CHINA = ('login.microsoftonline.com', 'login.microsoftonline.us',
                             'login.partner.microsoftonline.cn')
OTHER, PERSONAL = '66666666-6666-6666-6666-666666666666', '9188040d-6c67-4c5b-b112-36a304b66dad'
POLICY_PATH = f'{NAMED}/{POLICY}'
FORMS = {  # how it is written in the configuration; where it is asked for, which is where all is asked
    'tenant by GUID': (f'https://{PUBLIC}/{TENANT}', PUBLIC, TENANT),
    'tenant by GUID, with version': (f'https://{PUBLIC}/{TENANT}/v2.0', PUBLIC, TENANT),
    'tenant by GUID, in capitals': (f'https://LOGIN.Microsoftonline.com/{TENANT.upper()}/', PUBLIC, TENANT),
    'tenant by domain': (f'https://{PUBLIC}/{DOMAIN}', PUBLIC, DOMAIN),
    'alias login.windows.net': (f'https://login.windows.net/{TENANT}', PUBLIC, TENANT),
    'alias login.microsoft.com, by domain': (f'https://login.microsoft.com/{DOMAIN}', PUBLIC, DOMAIN),
    'alias sts.windows.net': (f'https://sts.windows.net/{TENANT}/', PUBLIC, TENANT),
    'US Government': (f'https://{GOVERNMENT}/{TENANT}', GOVERNMENT, TENANT),
    'US Government, alias': (f'https://login.usgovcloudapi.net/{DOMAIN}', GOVERNMENT, DOMAIN),
    'China': (f'https://{CHINA}/{DOMAIN}', CHINA, DOMAIN),
    'China, alias': (f'https://login.chinacloudapi.cn/{TENANT}', CHINA, TENANT),
    'External ID by its host alone': (f'https://{CIAM}', CIAM, NAMED),
    'External ID by GUID': (f'https://{CIAM}/{TENANT}', CIAM, TENANT),
    'B2C policy': (f'https://{B2C}/{POLICY_PATH}', B2C, POLICY_PATH),
    'B2C policy, in capitals': (f'https://{B2C}/{NAMED}/B2C_1_Login/v2.0', B2C, POLICY_PATH),
    'B2C policy with tfp': (f'https://{B2C}/tfp/{POLICY_PATH}', B2C, 'tfp/' + POLICY_PATH),
}
ONE_OF_EACH = ('tenant by GUID', 'tenant by domain', 'US Government', 'China', 'External ID by its host alone',
               'B2C policy', 'B2C policy with tfp')
SHARED, MISSING = 'is not one tenant of your own', 'the tenant is missing'
NO_TENANTS = {  # what is said of it
    f'https://{PUBLIC}/common': SHARED, f'https://{PUBLIC}/organizations': SHARED,
    f'https://{PUBLIC}/consumers/v2.0': SHARED, f'https://{PUBLIC}/{PERSONAL}': SHARED,
    'https://login.windows.net/Common': SHARED, f'https://{GOVERNMENT}/common/': SHARED,
    f'https://{PUBLIC}': MISSING, f'https://{PUBLIC}/v2.0': MISSING, f'https://{CHINA}/': MISSING,
    f'https://{B2C}/': MISSING, f'https://{B2C}/{NAMED}': 'the policy is missing',
    f'https://login.microsoftonline.de/{TENANT}': 'has been closed'}
KNOWN = {}  # by form: the files of a host


def place_of(form):
    _, host, path = FORMS[form]
    return PLACES[host, '/' + path]


def begin(t, form, **settings):
    """A host where nobody is known, of this form."""
    t.well()
    t.emulator.order('/_keys', {'published': ['A', 'B', 'MSA'], 'signs': 'A'})
    t.host.clean()
    t.grant = None  # the next restore() configures anew
    t.configure(issuer=FORMS[form][0], **settings)
    t.seen()


def know(t, form, grant='refresh'):
    """A host of this form that knows Ada, as it was when she had first signed in."""
    begin(t, form, password_recheck_hours=GRANTS[grant])
    if form not in KNOWN:
        t.expect('admit', t.timed(ADA, PASSWORD))
        t.make_verifier_cheap()
        KNOWN[form] = t.files()
    t.put_back(KNOWN[form])
    t.seen()


def asked(t, form, count):
    """Nothing was sent but to the one host, under its canonical name."""
    _, host, path = FORMS[form]
    base = place_of(form).base.removeprefix('https://' + host)
    requests = t.emulator.order(f'/_log/{count}')
    check(requests, 'nothing was asked')
    for one in requests:
        check((one['headers']['Host'], one['server_name']) == (host, host), one)
        wanted = {'discovery': '/' + path, 'realm': '/common/userrealm'}.get(one['endpoint'], base)
        check(one['path'].startswith(wanted + '/') and one['endpoint'], one)
    return [dict(one['form']).get('grant_type', one['endpoint']) for one in requests]


# What is good. ----------------------------------------------------------------------------------------

def signs_in_on_and_offline(t, form):
    begin(t, form)
    count = len(t.emulator.order('/_log'))
    check(t.timed(ADA, WRONG).verdict == 'deny')
    t.expect('admit', t.timed(ADA, PASSWORD))
    sent = asked(t, form, count)
    realm = ['realm'] if FORMS[form][1] in (PUBLIC, GOVERNMENT, CHINA) else []
    check(sent == ['discovery', 'keys', *[*realm, 'password'] * 2], sent)
    place = place_of(form)
    account = t.host.ask_store('SELECT issuer, tenant FROM id WHERE id = (SELECT uid FROM person)')
    check(account == [(place.issuer, TENANT)], account)
    t.make_verifier_cheap()
    t.configure(issuer=FORMS[form][0], password_recheck_hours=GRANTS['refresh'])
    t.expect('admit', t.timed(ADA, PASSWORD))
    t.expect('admit', t.timed(ADA, '', action='account', service='sshd'))
    check(asked(t, form, count)[len(sent):] == ['refresh_token'] * 2)
    goes_on_in_an_outage(t)
    count = len(t.emulator.order('/_log'))
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and not answer.told, answer)
    check(asked(t, form, count)[-1] == 'refresh_token')


def a_federated_password_is_not_sent(t, form):
    begin(t, form)
    t.emulator.order('/_realm', {DOMAIN: 'Federated'})
    count = len(t.emulator.order('/_log'))
    for _ in range(2):
        t.expect_not_admitted(t.timed(ADA, PASSWORD))
    check(asked(t, form, count) == ['discovery', 'keys', 'realm', 'realm'])
    be_quick(t)
    count = len(t.emulator.order('/_log'))
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, approved(t), **SEAT), GENERIC)  # whatever was typed
    t.expect('admit', t.host.sign_in(ADA, '', approved(t), PHRASE, PHRASE, **SEAT))
    sent = asked(t, form, count)
    check(sent[-2:] == ['device', DEVICE_GRANT] and 'password' not in sent, sent)
    t.emulator.order('/_realm', {DOMAIN: 'Managed'})


def nobody_learns_who_has_a_passphrase_where_passwords_are_federated(t, form):
    begin(t, form)
    t.emulator.order('/_realm', {DOMAIN: 'Federated'})
    be_quick(t)
    t.expect('admit', t.host.sign_in(ADA, '', approved(t), PHRASE, PHRASE, **SEAT))
    for request in (SEAT, {'service': 'sshd', 'remote_host': '192.0.2.1'}):
        one, other = (t.host.sign_in(name, WRONG, 'q', **request) for name in (ADA, BOB))
        check((one.verdict, one.told, one.asked) == (other.verdict, other.told, other.asked), one, other)
        t.host.forget_attempts()
    t.emulator.order('/_realm', {DOMAIN: 'Managed'})


def nor_that_of_somebody_known_by_a_code(t, form):
    know(t, form)
    t.set_person("verifier = '', last_password = 0")
    t.emulator.order('/_realm', {DOMAIN: 'Federated'})
    count = len(t.emulator.order('/_log'))
    t.expect_not_admitted(t.timed(ADA, PASSWORD))
    check(asked(t, form, count) == ['realm'])
    t.emulator.order('/_realm', {DOMAIN: 'Managed'})


def goes_on_in_an_outage(t):
    """From no connection at all to answers of no use."""
    for fault in ({'listen': {'mode': 'abort_handshake'}}, {'number': 90033}):
        t.spoil(fault)
        standing = t.standing()
        t.admitted_offline(t.timed(ADA, PASSWORD))
        check(t.timed(ADA, WRONG).verdict == 'unavailable')
        check(t.timed(BOB, BOBS).verdict == 'unavailable')
        check(t.timed(ADA, '', action='account', service='sshd').verdict == 'admit')
        check(t.standing() == standing)
        t.well()
        t.forget_breakers()


def ways_of_one_tenant_are_one_account(t):
    """Who is known stays known, whichever name of tenant and host the administrator writes."""
    know(t, 'tenant by GUID')
    uid = t.person('uid')
    for form in ('tenant by GUID, with version', 'tenant by GUID, in capitals', 'tenant by domain',
                 'alias login.windows.net', 'alias login.microsoft.com, by domain', 'alias sts.windows.net'):
        t.configure(issuer=FORMS[form][0])
        answer = t.timed(ADA, PASSWORD)
        check(answer.verdict == 'admit' and not answer.told, form, answer)
        check((t.person(), t.person('uid')) == (1, uid), form)


def another_cloud_is_another_platform(t):
    know(t, 'tenant by GUID')
    before = t.standing()
    t.configure(issuer=FORMS['US Government'][0])
    t.expect_not_admitted(t.timed(ADA, PASSWORD))
    check(t.standing() == before)


def home(t, form):
    """`idp` of a member may name the tenant itself."""
    know(t, form)
    for idp in (place_of(form).issuer, f'https://sts.windows.net/{TENANT}/'):
        if idp.startswith('https://sts.windows.net/') and form == 'China':
            continue  # its first version has a host of its own
        t.script(endpoint='token', token={'claims': {'idp': idp, 'acct': 0}})
        t.expect('admit', t.timed(ADA, PASSWORD))
        t.emulator.order('/_clear', {})


# What is another's. -----------------------------------------------------------------------------------

# The platform says that she is one: held against her until it says otherwise.
GUESTS = {'guest': {'acct': 1}, 'guest of another tenant': {'idp': f'https://sts.windows.net/{OTHER}/'},
          'guest by mail': {'idp': 'mail'}, 'guest with a personal account': {'idp': 'live.com'},
          'guest of another tenant, by its issuer': {'idp': f'https://{PUBLIC}/{OTHER}/v2.0'}}


def tokens_of_others(form):
    place = place_of(form)
    theirs = place.issuer.replace(TENANT, OTHER)
    changes = {
        'issuer of another tenant': {'iss': theirs},
        'template as issuer': {'iss': place.issuer.replace(TENANT, '{tenantid}')},
        'issuer of the first version': {'iss': f'https://sts.windows.net/{TENANT}/'},
        'issuer of another cloud': {'iss': f'https://login.chinacloudapi.cn/{TENANT}/v2.0' if form != 'China'
                                    else f'https://{PUBLIC}/{TENANT}/v2.0'},
        'another tenant in tid': {'tid': OTHER}, 'another tenant in both': {'tid': OTHER, 'iss': theirs},
        'tid that is no GUID': {'tid': DOMAIN}, 'personal account': {
            'tid': PERSONAL, 'iss': place.issuer.replace(TENANT, PERSONAL)}}
    if B2C in place.base:
        changes.update({'another policy': {'tfp': 'b2c_1_weak', 'acr': None},
                        'another policy in acr': {'tfp': None, 'acr': 'b2c_1_weak'}})
    else:
        changes.update({'no tid': {'tid': None}, 'first version': {'ver': '1.0'}, 'no version': {'ver': None}})
    return {name: {'claims': claims} for name, claims in changes.items()}


def keys_of_others(form):
    place = place_of(form)
    keys = {'key of another tenant': {'issuer': f'https://{PUBLIC}/{OTHER}/v2.0'},
            'key of personal accounts': {'issuer': f'https://{PUBLIC}/{PERSONAL}/v2.0'},
            'key of tenants elsewhere': {'issuer': 'https://login.test/{tenantid}/v2.0'}}
    if place.cloud:
        keys['key of another cloud'] = {'cloud_instance_name': 'elsewhere.example'}
    return keys


def leaves_nothing(t, name, secret, *about, **request):
    before = t.host.dump()
    t.expect_not_admitted(t.timed(name, secret, **request), *about)
    check(t.host.dump() == before, *about, 'left a trace')
    t.host.forget_attempts()


def no_guest(t, *about):
    for how, claims in GUESTS.items():
        t.script(endpoint='token', token={'claims': claims})
        leaves_nothing(t, BOB, BOBS, how, *about)
        t.expect_not_admitted(t.timed(ADA, PASSWORD), how, *about)
        check(t.person('refused') == 5, how, *about)
        t.set_person('refused = 0')
        t.emulator.order('/_clear', {})
        t.host.forget_attempts()


def no_token_of_another(t, form):
    for grant in GRANTS if form == 'tenant by GUID' else ('refresh',):
        know(t, form, grant)
        for how, change in tokens_of_others(form).items():
            t.script(endpoint='token', token=change)
            leaves_nothing(t, ADA, PASSWORD, how, grant)
            if grant == 'refresh':
                leaves_nothing(t, BOB, BOBS, how, 'not known')
                leaves_nothing(t, ADA, '', how, 'by key', action='account', service='sshd')
            t.emulator.order('/_clear', {})
        no_guest(t, form, grant)
        t.spoil({'listen': {'mode': 'abort_handshake'}})
        t.admitted_offline(t.timed(ADA, PASSWORD))


def no_key_of_another(t, form):
    for how, members in keys_of_others(form).items():
        for known in (False, True):
            (know if known else begin)(t, form)
            t.let_documents_age()
            t.emulator.order('/_keys', {'published': ['A', 'C'], 'signs': 'C', 'jwk': {'C': members}})
            if known:
                leaves_nothing(t, ADA, PASSWORD, how)
            leaves_nothing(t, BOB, BOBS, how)
    t.emulator.order('/_keys', {'published': ['A', 'C'], 'signs': 'C'})  # the key itself is good
    t.host.change_store('DELETE FROM document')
    t.expect('admit', t.timed(BOB, BOBS))


def documents_of_others(form):
    place = place_of(form)
    issuers = {'another tenant': place.issuer.replace(TENANT, OTHER),
               'template': place.issuer.replace(TENANT, '{tenantid}'),
               'personal accounts': place.issuer.replace(TENANT, PERSONAL),
               'another provider': f'https://login.test/{TENANT}/v2.0'}
    if FORMS[form][2] != TENANT:
        del issuers['another tenant']  # whose domain it is, only this document can tell
    return issuers


def no_document_of_another(t, form):
    for how, issuer in documents_of_others(form).items():
        begin(t, form)
        t.script(endpoint='discovery', document={'issuer': issuer})
        leaves_nothing(t, ADA, PASSWORD, how)
        check('password' not in t.seen(), how, 'a secret was sent')
        know(t, form)
        t.script(endpoint='discovery', document={'issuer': issuer})
        t.host.change_store(f'UPDATE document SET fetched_at = fetched_at - {2 * DAY}')
        answer = t.timed(ADA, PASSWORD)  # by what is kept
        check(answer.verdict == 'admit' and not answer.told and 'discovery' in t.seen(), how, answer)
        t.host.change_store(f'UPDATE document SET fetched_at = fetched_at - {400 * DAY}')
        t.forget_breakers()
        t.admitted_offline(t.timed(ADA, PASSWORD), how)
        check('refresh_token' not in t.seen(), how, 'a token was sent')


def a_domain_that_moved_is_somebody_elses(t):
    """The issuer that was first seen stays: what is kept says so, however old it is."""
    know(t, 'tenant by domain')
    place = place_of('tenant by domain')
    before = t.standing()
    theirs = place.issuer.replace(TENANT, OTHER)
    t.script(endpoint='discovery', document={'issuer': theirs})
    t.script(endpoint='token', token={'claims': {'iss': theirs, 'tid': OTHER}})
    t.host.change_store(f'UPDATE document SET fetched_at = fetched_at - {400 * DAY}')
    t.admitted_offline(t.timed(ADA, PASSWORD))
    t.expect_not_admitted(t.timed(ADA, WRONG))
    t.expect_not_admitted(t.timed(BOB, BOBS))
    check(not {'password', 'refresh_token'} & set(t.seen()), 'a secret was sent')
    check(t.standing() == before)


# What is no authority. --------------------------------------------------------------------------------

def no_tenant(t, setting, trouble):
    """Seen by whoever signs in, in the log, and by the administrator: file, line, and what to write."""
    t.restore()
    t.configure(issuer=setting)
    t.grant = None
    standing, before = t.standing(), len(t.whole_log())
    with t.nothing_sent():
        for name, secret in ((ADA, PASSWORD), (BOB, BOBS)):
            answer = t.timed(name, secret)
            check(answer.verdict == 'unavailable' and 'Tell your administrator' in ' '.join(answer.told), answer)
            check(UNREACHED not in ' '.join(answer.told), answer)
        check(t.timed(ADA, '', action='account', service='sshd').verdict != 'admit')
        said = subprocess.run([f'{t.host.build}/latchkey', 'probe'], capture_output=True, text=True)
    file = f'{t.host.config}/latchkey.conf'
    check(said.returncode not in (0, 1) and not said.stdout, said)
    for text in (said.stderr, t.whole_log()[before:]):
        check(f'{file}:1: issuer: ' in text, 'file and line', text)
        check(trouble in text, 'the trouble', trouble, text)
        check('write https://' in text and '/TENANT' in text, 'the cure', text)
    t.unchanged(standing)


CELLS = {
    nor_that_of_somebody_known_by_a_code: ('tenant by GUID', 'China'),
    nobody_learns_who_has_a_passphrase_where_passwords_are_federated: ('tenant by GUID',),
    a_federated_password_is_not_sent: ('tenant by GUID', 'tenant by domain', 'US Government', 'China, alias'),
    signs_in_on_and_offline: FORMS, no_token_of_another: ONE_OF_EACH, no_key_of_another: ONE_OF_EACH,
    no_document_of_another: ONE_OF_EACH, home: ('tenant by GUID', 'US Government', 'China',
                                                'External ID by its host alone')}


def all_cells():
    cells = [(f'{run.__name__}: {form}', lambda t, r=run, f=form: r(t, f))
             for run, forms in CELLS.items() for form in forms]
    cells += [(f'no_tenant: {setting}', lambda t, s=setting, w=trouble: no_tenant(t, s, w))
              for setting, trouble in NO_TENANTS.items()]
    return cells + [(run.__name__, run) for run in (
        ways_of_one_tenant_are_one_account, another_cloud_is_another_platform,
        a_domain_that_moved_is_somebody_elses)]
