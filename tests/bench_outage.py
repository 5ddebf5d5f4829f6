#!/usr/bin/python3 -Wignore::DeprecationWarning
"""What an outage costs whoever signs in: bench_outage.py BUILD, a build folder as for test_sign_in.py.

The first sign-in that meets an outage and the one after it, as ratios to an offline sign-in whose
breaker is open, with the settings' presets (connect_seconds 3, login_seconds 8), and beside what each
may take: so long as its key derivation, and a little. Each round has all of them, in turn; medians, and
the best, to which a busy machine has added least.
"""
import crypt
import os
import statistics
import sys
import tempfile
import time

from emulator.client import Emulator
from sign_in.harness import ADA, PASSWORD, Test
from signin import Host

ROUNDS = 7
OUTAGES = {
    'refused': lambda t: t.emulator.order('/_listen', {'mode': 'refuse'}),
    'black hole': lambda t: t.emulator.order('/_listen', {'mode': 'black_hole'}),
    '503': lambda t: t.script(endpoint='token', status=503, body='{"error":"temporarily_unavailable"}'),
}


CONNECT_MS, OFFLINE_MS, REFUSED_MS = 3000, 15, 50
BUDGETS = {'offline': OFFLINE_MS, 'refused, first': REFUSED_MS, 'refused, second': OFFLINE_MS,
           'black hole, first': CONNECT_MS, 'black hole, second': OFFLINE_MS,
           '503, first': REFUSED_MS, '503, second': OFFLINE_MS}  # beside one key derivation


def took(t):
    begin = time.monotonic()
    sign_in = t.host.sign_in(ADA, PASSWORD)
    span = time.monotonic() - begin
    t.expect('admit', sign_in)
    return span * 1000


def derivation(t):
    """crypt(3) at the cost that the host's verifiers have, in this process."""
    verifier = t.person('verifier')
    begin = time.monotonic()
    crypt.crypt('x' * 44, verifier)
    return (time.monotonic() - begin) * 1000


def measure(t):
    spans = {}
    for _ in range(ROUNDS):
        for kind, begin in OUTAGES.items():
            begin(t)
            spans.setdefault(f'{kind}, first', []).append(took(t))
            spans.setdefault(f'{kind}, second', []).append(took(t))
            spans.setdefault('offline', []).append(took(t))  # the breaker has been open for a while
            spans.setdefault('derivation', []).append(derivation(t))
            t.recovery()
            t.unscript()
    return spans


def show(spans):
    derived, base = spans.pop('derivation'), statistics.median(spans['offline'])
    print(f'{"a key derivation (KDF)":48} {statistics.median(derived):7.1f} ms, best {min(derived):7.1f} ms')
    for what, all_of_them in spans.items():
        span, beside, budget = statistics.median(all_of_them), min(all_of_them) - min(derived), BUDGETS[what]
        name = 'offline sign-in, breaker open' if what == 'offline' else f'sign-in that meets an outage: {what}'
        print(f'{name:48} {span:7.1f} ms, {span / base:5.2f} of offline; at best KDF + {beside:6.1f} ms, '
              f'budget KDF + {budget:4} ms: {"kept" if beside <= budget else "EXCEEDED"}')


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix='bench-') as folder:
        os.chmod(folder, 0o755)
        emulator = Emulator(folder)
        try:
            t = Test(Host(build), emulator)
            t.begin()
            t.know_ada()
            spans = measure(t)
        finally:
            emulator.close()
    show(spans)


if __name__ == '__main__':
    main()
