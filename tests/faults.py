#!/usr/bin/python3
"""Sign-ins of a known person on a disk that gives errors: ENOSPC, EDQUOT, EROFS or EIO at each system call.

    faults.py BUILD [EVERY]

The real helper against an emulated platform, with and without an outage. strace makes one of the calls
that reach the host's state fail in each run; one of EVERY such runs is made. Where a write, or what belongs to
one, fails, she is let in; where reading fails she is let in, or refused in words; a wrong password is never let
in; and on the mended disk she signs in offline as ever. BUILD is as for test_sign_in.py. Needs root and strace.
"""
import collections
import os
import re
import subprocess
import sys
import tempfile

from emulator.client import Emulator
from expect import check
from sign_in.harness import ADA, PASSWORD, Test
from signin import Host

ERRORS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']
WRITING = ['write', 'pwrite64', 'ftruncate', 'fallocate', 'fsync', 'fdatasync', 'fchmod', 'unlink', 'unlinkat',
           'rename', 'renameat', 'renameat2', 'linkat', 'utimensat', 'mkdirat']
READING = ['openat', 'read', 'pread64', 'newfstatat', 'lseek', 'fcntl', 'flock', 'getdents64', 'readlink', 'fstatfs']
NAMES = ['store.db', 'store.db-journal', 'host.key', 'attempts', 'kdf.slots', 'publish.lock', 'snapshot',
         'snapshot.new', 'snapshot.previous', 'snapshot.previous.new']


class FaultyHost(Host):
    """Whose helper runs under strace; `inject` is what that is told."""

    inject = []

    def _command(self, read_only, passwd, with_nss):
        places = [f'{self.state}/private', f'{self.state}/public', f'{self.build}/run/state']
        paths = places + NAMES + [f'{places[0]}/{name}' for name in NAMES]
        paths += [f'{places[1]}/{name}' for name in NAMES]
        paths += [f'{places[2]}/{name}' for name in os.listdir(places[2])]
        watched = [word for path in paths for word in ('-P', path)]
        return ['strace', '-f', '-qq', '-o', f'{self.build}/faults.log', '-e', 'trace=' + ','.join(WRITING + READING),
                *watched, *self.inject, self.helper]

    def calls(self):
        """How often each call was made by one thread of the last run, and those that were made to fail."""
        with open(f'{self.build}/faults.log', encoding='utf-8', errors='replace') as log:
            lines = log.read().splitlines()
        calls = collections.Counter(re.findall(r'^(\d+) +(\w+)\(', '\n'.join(lines), re.M))
        counts = {}
        for (_, name), count in calls.items():  # strace counts the calls of each thread apart
            counts[name] = max(count, counts.get(name, 0))
        return counts, [line for line in lines if '(INJECTED)' in line]


def points(test, online):
    """Every call of one sign-in, as (name, number)."""
    test.host.inject = []
    for _ in range(3):  # until an outage is nothing new
        test.expect('admit', sign_in(test, online))
    counts, _ = test.host.calls()
    check(sum(counts.get(name, 0) for name in WRITING) > 3, 'strace saw no writing', counts)
    return [(name, number) for name, count in sorted(counts.items()) for number in range(1, count + 1)]


def sign_in(test, online, password=PASSWORD):
    test.host.forget_attempts()
    (test.recovery if online else test.outage)()
    return test.host.sign_in(ADA, password)


def try_fault(test, online, call, number, error):
    """Whether the call was made to fail, and what was wrong, or None."""
    host, where = test.host, f'{"online" if online else "offline"} {error} at {call} {number}'
    host.inject = ['-e', f'inject={call}:error={error}:when={number}']
    wrong = sign_in(test, online, 'wrong') if number % 4 == 1 else None
    right = sign_in(test, online)
    _, injected = host.calls()
    host.inject = []
    mended = sign_in(test, False)
    if wrong and wrong.verdict == 'admit':
        return injected, f'{where}: a wrong password was let in'
    if mended.verdict != 'admit':
        return injected, f'{where}: afterwards {mended}'
    if right.verdict == 'admit':
        return injected, None
    to_write = not injected or call in WRITING or (error != 'EIO' and re.search('O_RDWR|O_WRONLY|O_CREAT', injected[0]))
    if right.verdict == 'silence' or not right.told or to_write:
        return injected, f'{where}: {right}'
    return injected, None


def main(build, every):
    passed, failed, faults = 0, [], 0
    with tempfile.TemporaryDirectory(prefix='faults-') as folder:
        os.chmod(folder, 0o755)  # the helper reads the CA file there
        emulator = Emulator(folder)
        try:
            test = Test(FaultyHost(build), emulator)
            test.begin()
            test.know_ada()
            runs = [(online, *point, error) for online in (False, True) for point in points(test, online)
                    for error in ERRORS]
            for run in runs[::every]:
                injected, bad = try_fault(test, *run)
                faults += bool(injected)
                passed += not bad
                failed += [bad] if bad else []
        finally:
            emulator.close()
            test.host.clean()
    for bad in failed[:20]:
        print('FAILED', bad)
    if faults < (passed + len(failed)) * 0.9:  # the numbers of calls differ a little from run to run
        failed.append('so few calls were made to fail')
    print(f'{passed + len(failed)} of {len(runs)} sign-ins, in {faults} of which a call failed')
    print(f'faults: {passed} passed, {len(failed)} failed')
    return len(failed) > 0 or not passed


if __name__ == '__main__':
    sys.exit(main(os.path.abspath(sys.argv[1]), int((sys.argv[2:] or ['1'])[0])))
