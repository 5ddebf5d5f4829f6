"""ID tokens, good and spoilt.

What a change can hold:
    claims, header    members to put in; None takes one out
    add_to_claims, add_to_header    text put in before the closing brace: a member twice, say
    behind_claims     text behind the closing brace
    key               the name of another key that signs
    break_signature   one bit is turned
    spoil             one of SPOILS, done to the finished token
    response          members of the answer around it to put in; None takes one out
    variant           one of VARIANTS, done to that answer before
"""
import json

from keys import encode, key

ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


def changed(members, changes):
    """A copy with `changes` put in; None in them takes a member out."""
    return {name: value for name, value in {**members, **changes}.items()
            if value is not None or name not in changes}

# Answers with tokens that are as good as the usual one (platform.md 5.5).
VARIANTS = {
    'texts': {'expires_in': '4511', 'ext_expires_in': '4511'},
    'long lived': {'refresh_in': 43200, 'expires_in': 86399, 'ext_expires_in': 86399},
    'no refresh token': {'refresh_token': None},
    'no ID token': {'id_token': None},
    'no lifetime': {'expires_in': None, 'ext_expires_in': None},
    'less scope': {'scope': 'openid profile'},
    'family': {'foci': '1'},
}


def _uncanonical(token):
    """The same bytes by another last letter: the bits that do not count are set."""
    return token[:-1] + ALPHABET[ALPHABET.index(token[-1]) | 1]


SPOILS = {
    'two parts': lambda token: token.rpartition('.')[0],
    'four parts': lambda token: token + '.' + token.rpartition('.')[2],
    'byte behind': lambda token: token + 'A',
    'newline behind': lambda token: token + '\n',
    'blank before': lambda token: ' ' + token,
    'padding': lambda token: token + '==',
    'not canonical': _uncanonical,
    'other alphabet': lambda token: token.replace('-', '+').replace('_', '/'),
}


def _text(members, more, behind=''):
    text = json.dumps(members)
    return (text[:-1] + (', ' + more if more else '') + '}' + behind).encode()


def make(claims, signs, change):
    claims = changed(claims, change.get('claims', {}))
    signer = key(change.get('key', signs))
    header = changed({'typ': 'JWT', 'alg': signer.algorithm, 'kid': signer.kid},
                     change.get('header', {}))
    signed = encode(_text(header, change.get('add_to_header'))) + '.' + \
        encode(_text(claims, change.get('add_to_claims'), change.get('behind_claims', '')))
    signature = bytearray(signer.sign(signed.encode()))
    if change.get('break_signature'):
        signature[0] ^= 1
    token = signed + '.' + encode(bytes(signature))
    return SPOILS[change['spoil']](token) if 'spoil' in change else token
