"""Answers that look like a success and are none: security.md 2.5. None may leave a trace."""
from expect import check
from sign_in.harness import ADA, BOB, PASSWORD, UNREACHED

OTHER = '99999999-9999-9999-9999-999999999999'
US = '22222222-2222-2222-2222-222222222222'
FORGERIES = {
    'another name': dict(claims={'preferred_username': BOB}),
    'same local part, other domain': dict(claims={'preferred_username': 'ada@fabrikam.example'}),
    'no name': dict(claims={'preferred_username': None}),
    'a list of names': dict(claims={'preferred_username': [ADA]}),
    'a name and a NUL': dict(claims={'preferred_username': ADA + '\0'}),
    'a letter that folds to ASCII': dict(
        claims={'preferred_username': ADA.replace('s', '\u017f')}),
    'other tenant in tid': dict(claims={'tid': OTHER}),
    'other issuer': dict(claims={'iss': 'https://localhost/' + OTHER + '/v2.0'}),
    'first version issuer': dict(claims={'iss': f'https://sts.windows.net/{OTHER}/', 'ver': '1.0'}),
    'issuer in a list': dict(claims={'iss': ['https://localhost']}),
    'other audience': dict(claims={'aud': OTHER}),
    'directory audience': dict(claims={'aud': '00000003-0000-0000-c000-000000000000'}),
    'audience list without azp': dict(claims={'aud': [US, OTHER]}),
    'made for another party': dict(claims={'azp': OTHER}),
    'no audience': dict(claims={'aud': None}),
    'expired': dict(claims={'exp': 1000}),
    'no expiry': dict(claims={'exp': None}),
    'expiry as text': dict(claims={'exp': '9999999999'}),
    'expiry beyond numbers': dict(claims={'exp': 1e300}),
    'kept from long ago': dict(claims={'iat': 1700000000, 'nbf': 1700000000}),
    'from the future': dict(claims={'iat': 32503680000, 'exp': 32503690000}),
    'not yet valid': dict(claims={'nbf': 32503680000}),
    'no subject': dict(claims={'sub': None, 'oid': None}),
    'empty object id': dict(claims={'oid': ''}),
    'object id is a number': dict(claims={'oid': 5}),
    'nonce': dict(claims={'nonce': 'x'}),
    'broken signature': dict(break_signature=True),
    'unknown key': dict(header={'kid': 'key-Z'}),
    'key of another': dict(header={'kid': 'key-B'}),
    'no key named of several': dict(header={'kid': None}),
    'none': dict(header={'alg': 'none'}),
    'HS256': dict(header={'alg': 'HS256'}),
    'PS256 that is not allowed': dict(header={'alg': 'PS256'}),
    'own key': dict(header={'jwk': {'kty': 'RSA', 'n': 'AQ', 'e': 'AQAB'}}),
    'key address': dict(header={'jku': 'https://localhost/keys'}),
    'certificate address': dict(header={'x5u': 'https://localhost/certificate'}),
    'certificate inside': dict(header={'x5c': ['AA==']}),
    'payload not encoded': dict(header={'b64': False}),
    'payload not encoded, critical': dict(header={'b64': False, 'crit': ['b64']}),
    'payload encoded, critical': dict(header={'b64': True, 'crit': ['b64']}),
    'critical': dict(header={'crit': ['exp']}),
    'access token': dict(header={'typ': 'at+jwt'}),
    'name twice': dict(claims={'preferred_username': BOB},
                       add_to_claims=f'"preferred_username": "{ADA}"'),
    'audience twice': dict(claims={'aud': OTHER}, add_to_claims=f'"aud": "{US}"'),
    'the same member twice': dict(add_to_claims=f'"preferred_username": "{ADA}"'),
    'algorithm twice': dict(add_to_header='"alg": "RS256"'),
    'object behind the claims': dict(behind_claims='{}'),
    'letter behind the claims': dict(behind_claims=' x'),
    'NUL behind the claims': dict(behind_claims='\0'),
    'two parts': dict(spoil='two parts'),
    'four parts': dict(spoil='four parts'),
    'five parts': dict(response={'id_token': 'a.b.c.d.e'}),
    'no parts': dict(response={'id_token': '..'}),
    'byte behind': dict(spoil='byte behind'),
    'newline behind': dict(spoil='newline behind'),
    'blank before': dict(spoil='blank before'),
    'padding': dict(spoil='padding'),
    'not canonical': dict(spoil='not canonical'),
    'other alphabet': dict(spoil='other alphabet', claims={'name': '\u00ff\u00fe?>~' * 9}),
}
# No answer at all for who reads as far as is reasonable: somebody known is let in as in an outage.
NO_ANSWERS = {
    'no ID token': dict(response={'id_token': None}),
    'too long for a token': dict(claims={'filler': 'x' * 70000}),
    'a mebibyte': dict(claims={'filler': 'x' * (1 << 20)}),
}
# No forgeries: the platform says whom it means, and that is held against somebody known: identity.py.
GUESTS = {
    'guest': dict(claims={'acct': 1}),
    'home elsewhere': dict(claims={'idp': f'https://sts.windows.net/{OTHER}/'}),
}

# Key sets of the issuer in which there is a sound key, and another that signs.
KEY_SETS = {
    'for encryption': dict(published=['A', 'C'], signs='C', jwk={'C': {'use': 'enc'}}),
    'for other operations': dict(published=['A', 'C'], signs='C', jwk={'C': {'key_ops': ['sign']}}),
    'for another algorithm': dict(published=['A', 'C'], signs='C', jwk={'C': {'alg': 'PS256'}}),
    'of another issuer': dict(published=['A', 'C'], signs='C',
                              jwk={'C': {'issuer': 'https://localhost/' + OTHER + '/v2.0'}}),
    'private parts published': dict(published=['A', 'C'], signs='C', jwk={'C': {'d': 'AQAB'}}),
    'two of one name': dict(published=['A', 'C', 'D'], signs='C', jwk={'D': {'kid': 'key-C'}}),
    'the same one twice': dict(published=['A', 'C', 'C'], signs='C'),
    '1024 bits': dict(published=['A', 'short'], signs='short'),
    'exponent 1': dict(published=['A', 'e1'], signs='e1'),
    'exponent 3': dict(published=['A', 'e3'], signs='e3'),
    'CVE-2017-15361': dict(published=['A', 'roca'], signs='roca'),
    'another kind of key': dict(published=['A', 'E'], signs='E'),
}
# A set that is refused whole, as if it could not be fetched.
WITH_SECRET = dict(published=['A', 'C', 'D'], signs='C', jwk={'D': {'kty': 'oct', 'k': 'AAAA'}})


def leaves_no_trace(t, how, act):
    """`act` must not admit."""
    before = t.host.dump()
    t.expect_not_admitted(act(), how)
    check(t.host.dump() == before, how, 'left a trace')


def no_forged_answer_makes_a_first_sign_in(t):
    for how, change in {**FORGERIES, **GUESTS, **NO_ANSWERS}.items():
        t.host.forget_attempts()
        t.script(endpoint='token', token=change)
        leaves_no_trace(t, how, lambda: t.host.sign_in(ADA, PASSWORD))
        t.unscript()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def no_forged_answer_passes_for_somebody_known(t):
    for hours in (0, 24):  # by password, by token
        t.begin()
        t.know_ada(password_recheck_hours=hours)
        for how, change in FORGERIES.items():
            t.host.forget_attempts()
            t.script(endpoint='token', token=change)
            leaves_no_trace(t, how, lambda: t.host.sign_in(ADA, PASSWORD))
            if hours:
                leaves_no_trace(t, how, lambda: t.host.account(ADA))
            t.unscript()
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def an_answer_without_a_token_is_an_outage_for_somebody_known(t):
    t.know_ada()
    for how, change in NO_ANSWERS.items():
        before = t.standing()
        t.script(endpoint='token', token=change)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
        t.expect('unavailable', t.host.sign_in(ADA, 'wrong'))
        check(t.standing() == before, how)
        t.unscript()


def no_key_that_is_unfit_signs_for_anybody(t):
    for how, keys in KEY_SETS.items():
        for known in (False, True):
            t.begin()
            if known:
                t.know_ada(password_recheck_hours=0)
                t.let_documents_age()
            t.emulator.order('/_keys', keys)
            leaves_no_trace(t, how, lambda: t.host.sign_in(ADA, PASSWORD))


def a_key_set_with_a_secret_is_no_key_set(t):
    t.emulator.order('/_keys', WITH_SECRET)
    leaves_no_trace(t, 'unknown', lambda: t.host.sign_in(ADA, PASSWORD))
    t.emulator.order('/_reset', {})
    t.recovery()
    t.know_ada()
    t.let_documents_age()
    before = t.standing()
    t.emulator.order('/_keys', WITH_SECRET)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(t.standing() == before)


def a_new_key_that_is_fit_signs(t):
    """So it is not for being new that the others are refused."""
    for known in (False, True):
        t.begin()
        if known:
            t.know_ada()
            t.let_documents_age()
        t.emulator.order('/_keys', {'published': ['A', 'C'], 'signs': 'C'})
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.begin()
    t.emulator.order('/_keys', {'published': ['C'], 'signs': 'C'})
    t.script(endpoint='token', token={'header': {'kid': None}})  # only one can be meant
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def a_name_that_was_another_account_is_refused(t):
    t.know_ada()
    t.change(oid=OTHER)
    before = t.host.dump()
    for _ in range(2):
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    check(t.host.dump()[1] == before[1])
    check(t.person() == 1)
