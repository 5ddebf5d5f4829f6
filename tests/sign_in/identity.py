"""An answer about anybody but the person asked for ends in a denial, and lets nobody in later."""
from expect import check
from sign_in.codes import DEVICE_GRANT, PHRASE, SEAT, approved, be_quick, enrol_by_code
from sign_in.harness import ADA, BOB, PASSWORD

OTHER_TENANT = '99999999-9999-4999-8999-999999999999'
# How a token can be somebody else's: claims that are changed in one that is good otherwise.
OTHERS = {
    'another person of the tenant': {'preferred_username': BOB, 'oid': '0b0b0b0b-0000-4000-8000-000000000b0b',
                                     'sub': 'subject-of-bob'},
    'another tenant': {'tid': OTHER_TENANT},
    'another issuer': {'iss': f'https://login.microsoftonline.com/{OTHER_TENANT}/v2.0'},
    'an alias of another domain': {'preferred_username': 'ada@fabrikam.example'},
    'a longer name': {'preferred_username': 'ada@contoso.example.attacker.example'},
    'another client': {'aud': '88888888-8888-4888-8888-888888888888'},
    'a guest': {'acct': 1},
    'no name': {'preferred_username': None},
}
# Good tokens, but not of anybody who may come in: the platform has said so, and it holds in an outage.
REFUSED = {'a guest': 5, 'another object id': 2}
# For somebody who is known, the object id is what counts.
ANOTHER_OBJECT = {'another object id': {'oid': '0c0c0c0c-0000-4000-8000-000000000c0c', 'sub': 'subject-of-the-next-ada'}}


def stays(t, path, kind, sign_in, before):
    t.expect_not_admitted(sign_in, path, kind)
    check(t.standing() == before, 'the store has changed', path, kind)
    t.host.forget_attempts()
    t.unscript()


def is_remembered(t, path, kind, sign_in, before):
    """As stays(); what refuses the person also does so when the cable is pulled, until the platform accepts her."""
    if kind not in REFUSED:
        stays(t, path, kind, sign_in, before)
        t.offline('admit')
        return
    t.expect_not_admitted(sign_in, path, kind)
    t.unscript()
    check(t.person('refused') == REFUSED[kind], path, kind)
    for action in ('authenticate', 'account'):
        t.outage()
        t.expect_not_admitted(t.host.sign_in(ADA, *[PASSWORD][action == 'account':], action=action), path, kind, action)
        t.recovery()
    t.host.forget_attempts()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.person('refused') == 0, path, kind)


STEPS = [stays, is_remembered]


def a_first_sign_in_by_password(t):
    t.configure()
    for kind, claims in OTHERS.items():
        t.script(endpoint='token:password', token={'claims': claims})
        stays(t, 'password', kind, t.host.sign_in(ADA, PASSWORD), [[], [], []])
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def a_first_sign_in_by_code(t):
    t.configure()
    for kind, claims in OTHERS.items():
        be_quick(t)
        stays(t, 'code', kind, t.host.sign_in(ADA, '', approved(t, claims=claims), PHRASE, PHRASE, **SEAT), [[], [], []])
    be_quick(t)
    sign_in = t.host.sign_in(ADA, '', approved(t, name=BOB), PHRASE, PHRASE, **SEAT)
    t.expect('deny', sign_in, 'Somebody else signed in there')
    stays(t, 'code', 'bob himself', sign_in, [[], [], []])
    t.expect('admit', enrol_by_code(t))


def a_password_of_somebody_known(t):
    t.know_ada(password_recheck_hours=0)
    for kind, claims in {**OTHERS, **ANOTHER_OBJECT}.items():
        before = t.standing()
        t.script(endpoint='token:password', token={'claims': claims})
        is_remembered(t, 'password again', kind, t.host.sign_in(ADA, PASSWORD), before)


def a_token_of_somebody_known(t):
    t.know_ada()
    for kind, claims in {**OTHERS, **ANOTHER_OBJECT}.items():
        for path, action in (('token', 'authenticate'), ('account phase', 'account')):
            before = t.standing()
            t.script(endpoint='token:refresh_token', token={'claims': claims})
            sign_in = t.host.sign_in(ADA, *[PASSWORD][action == 'account':], action=action, service='sshd')
            is_remembered(t, path, kind, sign_in, before)


def a_code_of_somebody_known(t):
    t.configure()
    be_quick(t)
    t.expect('admit', enrol_by_code(t))
    before = t.standing()
    for kind, claims in {**OTHERS, **ANOTHER_OBJECT}.items():
        be_quick(t)
        stays(t, 'code again', kind, t.host.sign_in(ADA, '', approved(t, claims=claims), PHRASE, PHRASE, **SEAT), before)
        t.offline('admit', PHRASE, **SEAT)  # whoever approved it may be anybody
    be_quick(t)
    stays(t, 'code again', 'bob himself', t.host.sign_in(ADA, '', approved(t, name=BOB), PHRASE, PHRASE, **SEAT), before)
    t.expect('admit', t.host.sign_in(ADA, PHRASE, **SEAT))


def a_code_that_follows_a_password(t):
    t.configure()
    for kind, claims in OTHERS.items():
        be_quick(t)
        t.script(endpoint='token:password', number=50076)
        stays(t, 'code after password', kind, t.host.sign_in(ADA, PASSWORD, approved(t, claims=claims), PHRASE, PHRASE, **SEAT),
              [[], [], []])


def a_code_that_follows_a_dead_token(t):
    """Where a passphrase goes with the account, and where a password does and a code is wanted first."""
    for phrase in (True, False):
        t.begin()
        t.configure(methods='device_code password')
        be_quick(t)
        t.expect('admit', enrol_by_code(t) if phrase else t.host.sign_in(ADA, PASSWORD))
        secret, saved = PHRASE if phrase else PASSWORD, t.person('hex(token)')
        t.script(endpoint='token:refresh_token', number=70008)
        t.expect('deny', t.host.sign_in(ADA, secret, 'q', **SEAT))
        before = t.standing()  # without the token that is dead, whoever comes then
        for kind, claims in {**OTHERS, **ANOTHER_OBJECT, 'bob himself': None}.items():
            be_quick(t)
            t.set_person(f"token = x'{saved}'")
            t.script(endpoint='token:refresh_token', number=70008)
            answer = approved(t, claims=claims) if claims else approved(t, name=BOB)
            t.seen()
            sign_in = t.host.sign_in(ADA, secret, answer, **SEAT)
            check(DEVICE_GRANT in t.seen(), 'no code was asked about', kind, sign_in)
            stays(t, 'code after a dead token', kind, sign_in, before)
        t.set_person(f"token = x'{saved}'")
        t.expect('admit', t.host.sign_in(ADA, secret, **SEAT))
