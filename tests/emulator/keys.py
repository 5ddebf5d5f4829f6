"""The keys that sign tokens: good ones of three algorithms, and ones that nobody may believe.

Needs python3-cryptography.
"""
import base64
import datetime
import functools
import hashlib
import secrets
import threading

from certificates import DAY, certificate
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encode(data):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def encode_number(number):
    return encode(number.to_bytes((number.bit_length() + 7) // 8, 'big'))


class RsaKey:
    """RS256 with a key of any size and exponent; nothing but arithmetic, so weak ones work too."""

    algorithm = 'RS256'

    def __init__(self, kid, n, e, d, private=None):
        self.kid, self.n, self.e, self.d, self.private = kid, n, e, d, private

    @classmethod
    def generate(cls, kid, bits=2048, e=65537):
        private = rsa.generate_private_key(e, bits)
        numbers = private.private_numbers()
        return cls(kid, numbers.public_numbers.n, e, numbers.d, private)

    def jwk(self, issuer=None):
        jwk = {'kty': 'RSA', 'use': 'sig', 'kid': self.kid, 'n': encode_number(self.n),
               'e': encode_number(self.e)}
        if issuer is None:
            return {**jwk, 'alg': self.algorithm}
        if self.private:
            jwk.update(x5t=self.kid, x5c=[self._x5c])
        return {**jwk, 'cloud_instance_name': 'microsoftonline.com', 'issuer': issuer}

    @functools.cached_property
    def _x5c(self):
        now = datetime.datetime.utcnow()
        own = certificate(self.kid, self.kid, self.private, self.private, now - DAY,
                          now + 30 * DAY, [])
        return base64.b64encode(own.public_bytes(serialization.Encoding.DER)).decode()

    def sign(self, message):
        """RFC 8017 8.2.1 with SHA-256."""
        digest = bytes.fromhex('3031300d060960864801650304020105000420') + \
            hashlib.sha256(message).digest()
        size = (self.n.bit_length() + 7) // 8
        padded = b'\0\1' + b'\xff' * (size - len(digest) - 3) + b'\0' + digest
        return pow(int.from_bytes(padded, 'big'), self.d, self.n).to_bytes(size, 'big')


class PssKey(RsaKey):
    algorithm = 'PS256'

    def sign(self, message):
        return self.private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32),
                                 hashes.SHA256())


class CurveKey:
    algorithm = 'ES256'

    def __init__(self, kid):
        self.kid = kid
        self.private = ec.generate_private_key(ec.SECP256R1())

    def jwk(self, issuer=None):
        point = self.private.public_key().public_numbers()
        jwk = {'kty': 'EC', 'crv': 'P-256', 'use': 'sig', 'kid': self.kid,
               'x': encode(point.x.to_bytes(32, 'big')), 'y': encode(point.y.to_bytes(32, 'big'))}
        return {**jwk, 'alg': self.algorithm} if issuer is None else {**jwk, 'issuer': issuer}

    def sign(self, message):
        pair = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return b''.join(number.to_bytes(32, 'big') for number in pair)


def _is_prime(number):
    """Fermat's test for a few bases: enough for numbers that nobody chose to deceive us."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))


def roca_key(kid):
    """As the flawed chips made them (CVE-2017-15361): p = k*M + (65537^a mod M)."""
    product, prime, count = 1, 2, 0
    while count < 126:  # M for 2048 bits: the product of the first 126 primes
        if all(prime % divisor for divisor in range(2, int(prime ** 0.5) + 1)):
            product, count = product * prime, count + 1
        prime += 1

    def flawed():
        while True:
            rest = pow(65537, secrets.randbelow(1 << 60), product)
            candidate = (3 << 1022) // product * product + secrets.randbits(48) * product + rest
            if candidate.bit_length() == 1024 and _is_prime(candidate):
                return candidate

    p, q = flawed(), flawed()
    return RsaKey(kid, p * q, 65537, pow(65537, -1, (p - 1) * (q - 1)))


MAKERS = {
    'A': RsaKey.generate, 'B': RsaKey.generate, 'C': RsaKey.generate, 'D': RsaKey.generate,
    'MSA': RsaKey.generate,
    'P': PssKey.generate, 'E': CurveKey,
    'short': lambda kid: RsaKey.generate(kid, bits=1024),
    'e3': lambda kid: RsaKey.generate(kid, e=3),
    'e1': lambda kid: RsaKey(kid, RsaKey.generate(kid).n, 1, 1),
    'roca': roca_key,
}


MADE, MAKING = {}, threading.Lock()


def key(name):
    """Made when first wanted, and then kept: they cost time."""
    with MAKING:
        if name not in MADE:
            MADE[name] = MAKERS[name]('key-' + name)
        return MADE[name]
