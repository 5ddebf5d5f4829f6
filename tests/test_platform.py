#!/usr/bin/python3
"""The platform client against an emulated platform.

    test_platform.py PLATFORM_PROBE [PART OF A TEST'S NAME]

What is about hosts of Microsoft's names is played in namespaces, where those are loopback's.
"""
import os
import subprocess
import sys
import tempfile

from client import devices, documents, grants, outages, probes, realms
from client.bed import Bed
from client.faults import all_faults
from emulator.client import Emulator
from emulator.clouds import HOSTS

APART = ['/usr/bin/unshare', '-r', '-m', '-n', '/bin/sh', '-ec',
         'ip link set lo up; mount --bind "$0/hosts" /etc/hosts; exec "$@"']


def all_tests(apart):
    themes = (realms,) if apart else (grants, documents, devices, outages, probes)
    if not apart:
        yield from all_faults()
    for theme in themes:
        for story in theme.STORIES:
            yield story.__name__.replace('_', ' '), story


def play(probe, wanted, folder, apart):
    """(passed, failed)"""
    passed = failed = 0
    os.mkdir(os.path.join(folder, 'emulator'))
    where = {'host': HOSTS[0]} if apart else {}
    emulator = Emulator(os.path.join(folder, 'emulator'), **where)
    try:
        bed = Bed(emulator, probe, folder, ('issuer',) if apart else ('issuer', 'plain_issuer'))
        for name, run in all_tests(apart):
            if wanted not in name:
                continue
            try:
                bed.begin()
                run(bed)
                passed += 1
            except (AssertionError, subprocess.TimeoutExpired) as trouble:
                failed += 1
                print(f'FAILED {name}: {trouble}', flush=True)
    finally:
        emulator.close()
    return passed, failed


def play_apart(probe, wanted):
    """As play(), and what was not reached has failed."""
    count = sum(wanted in name for name, _ in all_tests(True))
    if count == 0:
        return 0, 0
    with tempfile.TemporaryDirectory(prefix='test-realms-') as folder:
        with open(f'{folder}/hosts', 'w', encoding='ascii') as hosts:
            hosts.write('127.0.0.1 localhost ' + ' '.join(HOSTS) + '\n')
        done = subprocess.run(APART + [folder, sys.executable, '-B', os.path.abspath(__file__), '--apart',
                                       probe, wanted, folder], stdout=subprocess.PIPE, text=True, check=False)
    *lines, last = done.stdout.splitlines() or ['0']
    print('\n'.join(lines + ['']) if lines else '', end='')
    passed = int(last) if done.returncode == 0 else 0
    return passed, count - passed


def main():
    if sys.argv[1] == '--apart':
        print(play(*sys.argv[2:], True)[0])
        return 0
    probe, wanted = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ''
    with tempfile.TemporaryDirectory(prefix='test-platform-') as folder:
        counts = play(probe, wanted, folder, False), play_apart(probe, wanted)
    passed, failed = (sum(count) for count in zip(*counts))
    print(f'platform: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
