#!/usr/bin/python3
"""The platform client against an emulated platform.

    test_platform.py PLATFORM_PROBE [PART OF A TEST'S NAME]
"""
import os
import subprocess
import sys
import tempfile

from client import documents, grants, outages, probes
from client.bed import Bed
from client.faults import all_faults
from emulator.client import Emulator


def all_tests():
    yield from all_faults()
    for theme in (grants, documents, outages, probes):
        for story in theme.STORIES:
            yield story.__name__.replace('_', ' '), story


def main():
    passed, failed = 0, 0
    wanted = sys.argv[2] if len(sys.argv) > 2 else ''
    with tempfile.TemporaryDirectory(prefix='test-platform-') as folder:
        os.mkdir(os.path.join(folder, 'emulator'))
        emulator = Emulator(os.path.join(folder, 'emulator'))
        try:
            bed = Bed(emulator, os.path.abspath(sys.argv[1]), folder)
            for name, run in all_tests():
                if wanted not in name:
                    continue
                try:
                    bed.begin()
                    run(bed)
                    passed += 1
                except (AssertionError, subprocess.TimeoutExpired) as trouble:
                    failed += 1
                    print(f'FAILED {name}: {trouble}')
        finally:
            emulator.close()
    print(f'platform: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
