#!/usr/bin/python3
"""Whole sign-ins: the real helper, store and snapshot against an emulated platform.

    test_sign_in.py BUILD [PART OF 'THEME NAME']

BUILD is a build folder made with statedir=BUILD/state configdir=BUILD/etc runtimedir=BUILD/run.
Needs root, as the helper's callers are. The tests are in sign_in/, one module a theme. Each theme
has its own emulated platform, and in a mount namespace its own folder in the place of BUILD,
because the helper's folders are fixed when it is built.
"""
import concurrent.futures
import importlib
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

from emulator.client import Emulator
from sign_in.harness import Test
from signin import Host

# The longest first.
THEMES = ['faults', 'account', 'breakers', 'notes', 'forgeries', 'answers', 'settings', 'disorder', 'limits', 'rules',
          'offline', 'story', 'company', 'passphrase', 'crowds', 'decisions', 'callers', 'hosts', 'recovery', 'modes', 'even',
          'conversation', 'guesses', 'clock', 'device', 'identity']
# With a result of their own.
APART = ['account', 'passphrase', 'callers', 'conversation', 'guesses', 'clock', 'device', 'identity']
NAMES = {'device': 'device-code'}  # of a result that is not called as its theme is
AT_ONCE = 3
IN_ITS_PLACE = ['/usr/bin/unshare', '-m', '/bin/sh', '-ec',
                'mount --bind "$0" "$1"; shift; exec "$@"']


def tests_of(theme, part):
    """Whatever a theme defines that takes a Test and is no step of another, in the file's order."""
    module = importlib.import_module('sign_in.' + theme)
    steps = getattr(module, 'STEPS', [])
    return [value for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__
            and list(inspect.signature(value).parameters) == ['t'] and value not in steps
            and part in f'{theme} {name}']


def play(theme, build, part):
    """All chosen tests of one theme, one after the other."""
    with tempfile.TemporaryDirectory(prefix='sign-in-') as folder:
        os.chmod(folder, 0o755)  # the helper reads the CA file there
        emulator = Emulator(folder)
        try:
            for run in tests_of(theme, part):
                test = Test(Host(build), emulator)
                test.begin()
                try:
                    run(test)
                    print('ok', theme, run.__name__, flush=True)
                except Exception:  # every failure is shown, the rest goes on
                    print('FAILED', theme, run.__name__, flush=True)
                    traceback.print_exc(file=sys.stdout)
        finally:
            emulator.close()


def play_apart(theme, build, part):
    """The output of play() in a process and a mount namespace of its own."""
    with tempfile.TemporaryDirectory(prefix='sign-in-') as folder:
        os.chmod(folder, 0o755)
        for name in ('latchkey', 'latchkey-login', 'libnss_latchkey.so.2', 'pam_latchkey.so', 'tests/pam_ask',
                     'tests/greeter'):
            shutil.copy(f'{build}/{name}', folder)
        done = subprocess.run(
            IN_ITS_PLACE + [folder, build, sys.executable, '-B', os.path.abspath(__file__), '--play',
                            theme, build, part],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, end='', flush=True)
        return done.stdout.splitlines()


def main():
    if sys.argv[1] == '--play':
        return play(*sys.argv[2:])
    build, part = os.path.abspath(sys.argv[1]), (sys.argv[2:] or [''])[0]
    chosen = {theme: len(tests_of(theme, part)) for theme in THEMES}
    themes = [theme for theme in THEMES if chosen[theme]]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        outputs = pool.map(lambda theme: play_apart(theme, build, part), themes)
        passed = {theme: sum(line.startswith('ok ') for line in output)
                  for theme, output in zip(themes, outputs)}
    for name in ['sign-in'] + APART:
        meant = [theme for theme in themes if name == (theme if theme in APART else 'sign-in')]
        if meant:
            good = sum(passed[theme] for theme in meant)
            # A test that was never reached is no success.
            print(f'{NAMES.get(name, name)}: {good} passed, {sum(chosen[theme] for theme in meant) - good} failed')
    return sum(passed.values()) < max(sum(chosen.values()), 1)


if __name__ == '__main__':
    sys.exit(main())
