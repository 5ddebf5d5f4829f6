#!/usr/bin/python3
"""An outage is not a refusal: whole sign-ins against a platform that fails in every way there is.

    test_outage.py BUILD [PART OF 'GROUP CELL']

BUILD is a build folder made with statedir=BUILD/state configdir=BUILD/etc runtimedir=BUILD/run.
Needs root. The cells are in outage/. Each share of them has its own emulated platform, and its own
network, resolver and folder in the place of BUILD, in namespaces. A line for each group is printed
in the end: `outage: N passed, M failed`.
"""
import concurrent.futures
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from emulator.client import Emulator
from outage.bed import Bed
from outage.resolver import Resolver
from signin import Host

# (group, module, its list of cells, into how many shares it is cut, the platform's name)
THEMES = [
    ('outage', 'outages', 'slow', 4, 'localhost'), ('outage', 'outages', 'names', 2, 'login.test'),
    ('outage', 'outages', 'presets', 3, 'localhost'),
    ('outage', 'outages', 'documents', 1, 'localhost'), ('outage', 'outages', 'answers', 3, 'localhost'),
    ('refusal', 'refusals', 'all_cells', 8, 'localhost'),
    ('counts', 'counts', 'all_cells', 2, 'localhost'), ('counts', 'crowds', 'all_cells', 1, 'localhost'),
    ('counts', 'crowds', 'of_the_client', 1, 'localhost'),
    ('lifetimes', 'lifetimes', 'all_cells', 1, 'localhost'),
    ('authority', 'authorities', 'all_cells', 4, 'login.microsoftonline.com'),
    ('by-hand', 'byhand', 'all_cells', 1, 'localhost'),
    ('hangs', 'hangs', 'all_cells', 2, 'login.test'),
]
GROUPS = ('outage', 'refusal', 'counts', 'lifetimes', 'authority', 'by-hand', 'hangs')
NEEDED = ('latchkey-login', 'latchkey', 'libnss_latchkey.so.2', 'pam_latchkey.so', 'tests/pam_ask',
          'tests/platform_probe')
AT_ONCE = 6  # many of them wait
# The disk of this machine is not what is tried here: a store in memory is many times as fast.
APART = ['/usr/bin/unshare', '-m', '-n', '/bin/sh', '-ec', '''
    ip link set lo up
    printf 'nameserver 127.0.0.1\\n' >"$0/resolv.conf"
    printf 'passwd: files\\ngroup: files\\nhosts: files dns\\n' >"$0/nsswitch.conf"
    mount --bind "$0/resolv.conf" /etc/resolv.conf
    mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf
    mount -t tmpfs -o mode=755 tmpfs "$1"
    cp "$0"/latchkey* "$0"/libnss* "$0"/pam_* "$0"/platform_probe "$1"
    shift
    exec "$@"''']


def cells_of(theme, part):
    _, module, cells, *_ = theme
    module = importlib.import_module('outage.' + module)
    return [cell for cell in getattr(module, cells)() if part in f'{theme[0]} {cell[0]}']


def play(number, share, build, part):
    """One share of a theme's cells, one after the other, on one host."""
    theme = THEMES[int(number)]
    group, _, _, shares, name = theme
    with tempfile.TemporaryDirectory(prefix='outage-') as folder:
        os.chmod(folder, 0o755)  # the helper reads the CA file there
        emulator = Emulator(folder, name)
        try:
            bed = Bed(Host(build), emulator, Resolver())
            for cell, run in cells_of(theme, part)[int(share)::shares]:
                begun = time.monotonic()
                try:
                    run(bed)
                    print(f'ok {group} {cell} ({time.monotonic() - begun:.2f} s)', flush=True)
                except Exception as why:  # every failure is shown, the rest goes on
                    print(f'FAILED {group} {cell}: {why}', flush=True)
                    if not isinstance(why, AssertionError):
                        traceback.print_exc(file=sys.stdout)
        finally:
            emulator.close()


def play_apart(number, share, build, part):
    """The lines of play() in a process with namespaces of its own."""
    with tempfile.TemporaryDirectory(prefix='outage-') as folder:
        os.chmod(folder, 0o755)
        for name in NEEDED:
            shutil.copy(f'{build}/{name}', folder)
        shutil.copy(f'{build}/tests/access_token', f'{folder}/latchkey-access-token')
        arguments = [str(number), str(share), build, part]
        done = subprocess.run(
            APART + [folder, build, sys.executable, '-B', '-W', 'ignore::DeprecationWarning',
                     os.path.abspath(__file__), '--play'] + arguments,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = done.stdout.splitlines()
        shown = [line for line in lines if not line.startswith('ok ') or os.environ.get('VERBOSE')]
        print('\n'.join(shown + ['']) if shown else '', end='', flush=True)
        return lines


def main():
    if sys.argv[1] == '--play':
        return play(*sys.argv[2:])
    build, part = os.path.abspath(sys.argv[1]), (sys.argv[2:] or [''])[0]
    wanted = dict.fromkeys(GROUPS, 0)
    jobs = []
    for number, theme in enumerate(THEMES):
        count = len(cells_of(theme, part))
        wanted[theme[0]] += count
        jobs += [(number, share) for share in range(min(theme[3], count))]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        outputs = pool.map(lambda job: play_apart(*job, build, part), jobs)
        lines = [line for output in outputs for line in output]
    bad = False
    for group in GROUPS:
        passed = sum(line.startswith(f'ok {group} ') for line in lines)
        failed = wanted[group] - passed  # a cell that was never reached is no success
        bad = bad or failed > 0
        if wanted[group]:
            print(f'{group}: {passed} passed, {failed} failed')
    return bad or not jobs


if __name__ == '__main__':
    sys.exit(main())
