#!/usr/bin/python3
"""Sign-ins of a known person on a disk that gives errors: ENOSPC, EDQUOT, EROFS or EIO at each system call.

    faults.py BUILD [EVERY]

The real helper against an emulated platform, with and without an outage. strace makes one of the calls
that reach the host's state fail in each run; one of EVERY such runs is made. Where a write, or what belongs to
one, fails, she is let in; where reading fails she is let in, or refused in words; a wrong password is never let
in; and on the mended disk she signs in offline as ever. BUILD is as for test_sign_in.py. Needs root and strace.

Shares of the runs have a line each; they go side by side, each with a folder of its own in the place of BUILD.
"""
import collections
import os
import re
import shutil
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
SHARES = 2 * (os.cpu_count() or 1)  # most of a sign-in is waiting
IN_ITS_PLACE = ['/usr/bin/unshare', '-m', '/bin/sh', '-ec', 'mount --bind "$0" "$1"; shift; exec "$@"']


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

    def could_not_start(self):
        """The last one said so, before it was anybody to ask: then the module tells the person."""
        with open(self.log, encoding='utf-8', errors='replace') as log:
            return f'looking at {self.state}/private: ' in (log.read().splitlines() or [''])[-1]


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
    host.inject, unstarted = [], right.verdict == 'silence' and host.could_not_start()
    mended = sign_in(test, False)
    if wrong and wrong.verdict == 'admit':
        return injected, f'{where}: a wrong password was let in'
    if mended.verdict != 'admit':
        return injected, f'{where}: afterwards {mended}'
    if right.verdict == 'admit' or (unstarted and injected):
        return injected, None
    to_write = not injected or call in WRITING or (error != 'EIO' and re.search('O_RDWR|O_WRONLY|O_CREAT', injected[0]))
    if right.verdict == 'silence' or not right.told or to_write:
        return injected, f'{where}: {right}'
    return injected, None


def play(build, every, share):
    passed, failed, faults = 0, [], 0
    with tempfile.TemporaryDirectory(prefix='faults-') as folder:
        os.chmod(folder, 0o755)  # the helper reads the CA file there
        emulator = Emulator(folder)
        try:
            test = Test(FaultyHost(build), emulator)
            test.begin()
            test.know_ada()
            runs = [(online, *point, error) for online in (False, True) for point in points(test, online)
                    for error in ERRORS if (len(point[0]) + point[1]) % SHARES == share]
            for run in runs[::every]:
                injected, bad = try_fault(test, *run)
                faults += bool(injected)
                passed += not bad
                failed += [bad] if bad else []
                if bad and len(failed) < 20:
                    print('FAILED', bad, flush=True)
        finally:
            emulator.close()
            test.host.clean()
    if faults < (passed + len(failed)) * 0.9:  # the numbers of calls differ a little from run to run
        failed.append('so few calls were made to fail')
    print(f'{passed + len(failed)} of {len(runs)} sign-ins, in {faults} of which a call failed\n'
          f'faults: {passed} passed, {len(failed)} failed\n', end='', flush=True)  # in one piece beside other shares
    return len(failed) > 0 or not passed


def main(build, every='1'):
    build, shares = os.path.abspath(build), []
    with tempfile.TemporaryDirectory(prefix='faults-') as folder:
        os.chmod(folder, 0o755)
        for share in range(SHARES):
            os.mkdir(place := f'{folder}/{share}')
            for name in ('latchkey-login', 'libnss_latchkey.so.2'):
                shutil.copy(f'{build}/{name}', place)
            shares.append(subprocess.Popen(IN_ITS_PLACE + [place, build, sys.executable, '-B', os.path.abspath(__file__),
                                                           '--play', build, every, str(share)]))
        return any([share.wait() for share in shares])


if __name__ == '__main__':
    sys.exit(play(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])) if sys.argv[1] == '--play' else main(*sys.argv[1:]))
