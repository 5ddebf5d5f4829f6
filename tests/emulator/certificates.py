"""A throwaway certificate authority, and server certificates good and bad.

Needs python3-cryptography.
"""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clouds import HOSTS

DAY = datetime.timedelta(days=1)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(folder, name, certificate, key):
    paths = os.path.join(folder, name + '.crt'), os.path.join(folder, name + '.key')
    with open(paths[0], 'wb') as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(os.open(paths[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
        file.write(key.private_bytes(serialization.Encoding.PEM,
                                     serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return paths


def certificate(subject, issuer, key, issuer_key, begin, end, extensions):
    builder = (x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(begin).not_valid_after(end))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    own = certificate(name, name, key, key, now - DAY, now + 30 * DAY, [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)])
    _write(folder, name, own, key)
    return name, key


def _server(folder, name, authority, hosts, begin=-1, end=30):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
             for host in hosts]
    own = certificate(name, authority[0], key, authority[1], now + begin * DAY, now + end * DAY, [
        (x509.SubjectAlternativeName(names), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)])
    return _write(folder, name, own, key)


def make(folder):
    """Fills `folder`; returns the CA file and the (certificate, key) paths by name."""
    ours, other = _authority(folder, 'ca'), _authority(folder, 'other-ca')
    hosts = ['localhost', 'login.test', '127.0.0.1', *HOSTS]
    return os.path.join(folder, 'ca.crt'), {
        'good': _server(folder, 'good', ours, hosts),
        'wrong_host': _server(folder, 'wrong_host', ours, ['elsewhere.example']),
        'expired': _server(folder, 'expired', ours, hosts, -20, -10),
        'not_yet_valid': _server(folder, 'not_yet_valid', ours, hosts, 10, 20),
        'unknown_ca': _server(folder, 'unknown_ca', other, hosts),
    }
