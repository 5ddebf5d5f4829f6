#!/usr/bin/python3 -Wignore::DeprecationWarning
"""What the time of a refusal tells: bench_timing.py BUILD [TRIES].

Wrong secrets for people who are unknown, disabled, locked, known here and new here, with the platform
answering and with the breaker open; the same text and the same time are wanted. Times are from the
secret typed to the verdict, by the helper. BUILD is a build folder as for test_sign_in.py, whose
derivation of keys is cheap, for everybody alike, so that many tries go on at once; most of a try is the
wait for the stroke of login/even.h. The tries of a round come in random order.
"""
import concurrent.futures
import contextlib
import itertools
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from emulator.client import Emulator
from expect import check
from sign_in.harness import Test
from signin import VERDICTS, Host, receive_frame, send_frame

TRIES, PEOPLE, AT_ONCE = 2000, 60, 12
SIGNIFICANT = 4.5  # of Student's t, by Welch: what leaks is far above
LET_LAST = 5  # seconds, less than a breaker waits
KNOWN = ('disabled', 'locked', 'wrong')
CLASSES = ('unknown', *KNOWN, 'wrong, new here')


def name_of(kind, number):
    return f'{kind.replace(", ", "-").replace(" ", "-")}-{number}@contoso.example'


def prepare(t):
    """Everybody but the unknown is at the platform, and those KNOWN have signed in here."""
    t.configure()
    for kind, number in itertools.product(CLASSES[1:], range(PEOPLE)):
        name = name_of(kind, number)
        t.change(name=name, password='right', oid=f'oid-{kind[:2]}-{kind[-4:]}-{number}')
        if kind not in KNOWN:
            continue
        t.host.forget_attempts()
        t.expect('admit', t.host.sign_in(name, 'right'))
        if kind == 'disabled':
            t.change(name=name, disabled=True)
        if kind == 'locked':
            t.script(endpoint='token', user=name, number=50053)


class Tries:
    """`took` and `told` by class. Every try is of another person and another secret than the one before."""

    def __init__(self, host):
        self.host, self.numbers, self.lock = host, {kind: itertools.count() for kind in CLASSES}, threading.Lock()
        self.took, self.told = {kind: [] for kind in CLASSES}, {kind: set() for kind in CLASSES}

    def refused(self, kind):
        number = next(self.numbers[kind])
        who = number if kind == 'unknown' else number % PEOPLE
        at_work = self.host.start(name_of(kind, who)).await_prompt()
        self.host.forget_attempts()
        begin = time.monotonic()
        send_frame(at_work.sock, 'R', f'wrong-{number}'.encode())
        told, letter = [], ''
        while letter != 'V':
            letter, text = receive_frame(at_work.sock)
            told.append(text.decode() if letter != 'V' else VERDICTS[text[0]])
        took = (time.monotonic() - begin) * 1000
        at_work.sock.close()
        at_work.process.wait()
        with self.lock:
            self.took[kind].append(took)
            self.told[kind].add(tuple(told))

    def round(self, _):
        for kind in random.sample(CLASSES, len(CLASSES)):
            self.refused(kind)


def welch(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return abs(statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread) if spread else 0.0


def show(mode, tries):
    for kind in CLASSES:
        took = sorted(tries.took[kind])
        print(f'{mode + ": " + kind:36} {len(took):5} tries, median {statistics.median(took):8.2f} ms, '
              f'5 % {took[len(took) // 20]:8.2f}, 95 % {took[len(took) * 95 // 100]:8.2f}')
    pairs = list(itertools.combinations(CLASSES, 2))
    apart = max(abs(statistics.median(tries.took[a]) - statistics.median(tries.took[b])) for a, b in pairs)
    worst, pair = max((welch(tries.took[a], tries.took[b]), (a, b)) for a, b in pairs)
    alike = len(set().union(*tries.told.values())) == 1
    print(f'{mode}: medians at most {apart:.2f} ms apart; |t| at most {worst:.1f} ({" and ".join(pair)}), '
          f'{"kept" if worst < SIGNIFICANT else "EXCEEDED"}: {SIGNIFICANT}; '
          f'{"one text for all" if alike else tries.told}', flush=True)


def measure(t, mode, count):
    tries, over = Tries(t.host), threading.Event()

    def let_outage_last():
        while not over.wait(LET_LAST):
            with contextlib.suppress(subprocess.CalledProcessError):  # somebody else writes: soon again
                t.let_outage_last()

    watch = threading.Thread(target=let_outage_last)
    if mode == 'breaker open':
        watch.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(tries.round, range(count)))
    finally:
        over.set()
        if watch.is_alive():
            watch.join()
    show(mode, tries)


def main():
    build, count = os.path.abspath(sys.argv[1]), int((sys.argv[2:] or [TRIES])[0])
    with tempfile.TemporaryDirectory(prefix='bench-') as folder:
        os.chmod(folder, 0o755)
        emulator = Emulator(folder)
        try:
            t = Test(Host(build), emulator)
            t.begin()
            prepare(t)
            measure(t, 'online', count)
            t.outage()
            for number in range(6):  # the breakers open
                t.expect_not_admitted(t.host.sign_in(name_of(CLASSES[number % 2 * 3], 0), f'wrong {number}'))
            t.let_outage_last()
            t.seen()
            measure(t, 'breaker open', count)
            check(not t.seen(), 'the platform was asked')
        finally:
            emulator.close()


if __name__ == '__main__':
    main()
