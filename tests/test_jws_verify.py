#!/usr/bin/python3
"""test_jws_verify.py PROGRAM: the program that answers for public signature vectors, run as their runner would."""
import base64
import json
import os
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

LINE_MOST = 1 << 20


def encode(content):
    return base64.urlsafe_b64encode(content).rstrip(b'=').decode()


def number(value, length):
    return encode(value.to_bytes(length, 'big'))


class RsaKey:
    def __init__(self, kid):
        self.kid, self.private = kid, rsa.generate_private_key(65537, 2048)
        public = self.private.public_key().public_numbers()
        self.jwk = {'kty': 'RSA', 'kid': kid, 'n': number(public.n, 256), 'e': number(public.e, 3)}

    def sign(self, content, algorithm):
        fill = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if algorithm == 'PS256' else padding.PKCS1v15()
        return self.private.sign(content, fill, hashes.SHA256())


class EcKey:
    def __init__(self, kid):
        self.kid, self.private = kid, ec.generate_private_key(ec.SECP256R1())
        public = self.private.public_key().public_numbers()
        self.jwk = {'kty': 'EC', 'crv': 'P-256', 'kid': kid, 'x': number(public.x, 32), 'y': number(public.y, 32)}

    def sign(self, content, _algorithm):
        r, s = decode_dss_signature(self.private.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, 'big') + s.to_bytes(32, 'big')


def message(key, algorithm, payload=b'any bytes'):
    signed = f'{encode(json.dumps({"alg": algorithm, "kid": key.kid}).encode())}.{encode(payload)}'
    return f'{signed}.{encode(key.sign(signed.encode(), algorithm))}'


def without_last(text):
    return text[:-8] + ('AAAAAAAA' if text[-8:] != 'AAAAAAAA' else 'BBBBBBBB')


def cases():
    """What it shows, the keys, the algorithms, the lines, and the answers to them (a: accept, r: reject)."""
    one, other, curve = RsaKey('one'), RsaKey('other'), EcKey('curve')
    both = {'keys': [one.jwk, curve.jwk]}
    symmetric = {'keys': [one.jwk, {'kty': 'oct', 'kid': 'shared', 'k': encode(b'0' * 32)}]}
    rs256, ps256, es256 = message(one, 'RS256'), message(one, 'PS256'), message(curve, 'ES256')
    bad = without_last(rs256)
    return [
        ('a JWK alone', one.jwk, 'RS256', [rs256, bad, message(other, 'RS256')], 'arr'),
        ('a JWK set', both, 'RS256,PS256,ES256', [rs256, ps256, es256, bad, without_last(es256)], 'aaarr'),
        ('an algorithm that is not listed', both, 'PS256,ES256', [rs256, ps256, es256], 'raa'),
        ('a set with a symmetric key, refused whole', symmetric, 'RS256', [rs256, bad, ''], 'rrr'),
        ('keys that are no keys', ['nonsense'], 'RS256', [rs256], 'r'),
        ('lines that are no messages', one.jwk, 'RS256', ['', 'x', '..', 'a.b.c', f' {rs256}', f'{rs256} ', rs256],
         'rrrrrra'),
        ('a line without end', one.jwk, 'RS256', ['x' * (LINE_MOST + 1), f'{rs256}{"x" * LINE_MOST}', rs256], 'rra'),
        ('a message that is too long', one.jwk, 'RS256', [message(one, 'RS256', b'x' * 49153), rs256], 'ra'),
        ('an unknown algorithm among the listed', both, 'HS256,ES512,RS256', [rs256, es256, ''], 'arr'),
        ('nothing but unknown algorithms', both, 'none,HS256,', [rs256, es256, bad], 'rrr'),
        ('no line at all', one.jwk, 'RS256', [], ''),
    ]


def run(program, keys, algorithms, given):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'keys.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(keys, file)
        return subprocess.run([program, path, algorithms], input=given, capture_output=True, text=True, timeout=60,
                              check=False)


def main(program):
    passed = failed = 0

    def check(what, holds, done):
        nonlocal passed, failed
        passed, failed = passed + bool(holds), failed + (not holds)
        if not holds:
            print(f'FAILED: {what}: status {done.returncode}, {done.stdout.split()}, {done.stderr}')

    for what, keys, algorithms, lines, answers in cases():
        wanted = [{'a': 'accept', 'r': 'reject'}[letter] for letter in answers]
        done = run(program, keys, algorithms, ''.join(f'{line}\n' for line in lines))
        check(what, done.returncode == 0 and done.stdout.split() == wanted, done)
        unknown = [name for name in algorithms.split(',') if name not in ('RS256', 'PS256', 'ES256')]
        check(f'{what}: names what it ignores', all(f'"{name}"' in done.stderr for name in unknown) and
              done.stderr.count('ignoring') == len(unknown), done)
        if lines and lines[-1]:
            done = run(program, keys, algorithms, '\n'.join(lines))
            check(f'{what}, the last line without its end', done.stdout.split() == wanted, done)
    done = subprocess.run([program, '/nonexistent', 'RS256'], input='x\n', capture_output=True, text=True, check=False)
    check('a file that is not there is an error', done.returncode == 2 and 'usage' in done.stderr, done)
    print(f'jws_verify: {passed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
