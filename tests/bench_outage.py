#!/usr/bin/python3
"""What an outage costs whoever signs in: bench_outage.py BUILD, a build folder as for test_sign_in.py.

The first sign-in that meets an outage and the one after it, as ratios to an offline sign-in whose
breaker is open, with the settings' presets (connect_seconds 3, login_seconds 8). Each round has all
of them, in turn; medians.
"""
import os
import statistics
import sys
import tempfile
import time

from emulator.client import Emulator
from expect import check
from sign_in.harness import ADA, PASSWORD, Test
from signin import Host

ROUNDS = 7
OUTAGES = {
    'refused': lambda t: t.emulator.order('/_listen', {'mode': 'refuse'}),
    'black hole': lambda t: t.emulator.order('/_listen', {'mode': 'black_hole'}),
    '503': lambda t: t.script(endpoint='token', status=503, body='{"error":"temporarily_unavailable"}'),
}


def took(t):
    begin = time.monotonic()
    sign_in = t.host.sign_in(ADA, PASSWORD)
    span = time.monotonic() - begin
    t.expect('admit', sign_in)
    return span * 1000


def measure(t):
    spans = {}
    for _ in range(ROUNDS):
        for kind, begin in OUTAGES.items():
            begin(t)
            spans.setdefault(f'{kind}, first', []).append(took(t))
            spans.setdefault(f'{kind}, second', []).append(took(t))
            spans.setdefault('offline', []).append(took(t))  # the breaker has been open for a while
            t.recovery()
            t.unscript()
    return {what: statistics.median(all_of_them) for what, all_of_them in spans.items()}


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
    base = spans.pop('offline')
    check(base > 0)
    print(f'{"offline sign-in, breaker open":52} {base:7.1f} ms')
    for what, span in spans.items():
        print(f'{"sign-in that meets an outage: " + what:52} {span:7.1f} ms, {span / base:5.2f} of that')


if __name__ == '__main__':
    main()
