#!/usr/bin/python3
"""Hostile names of people and groups, from the provider to what getent prints.

    names_sign_in.py BUILD STEP

Each name is typed at the real helper, while an emulated platform knows a person of that name and
would let him in; others sign in with tokens that carry a hostile name, or hostile groups. Then
glibc lists everybody through the module. What is listed must be exactly what the model in names.py
allows, on a host of full names and on one of short names. BUILD is made with statedir=BUILD/state
configdir=BUILD/etc runtimedir=BUILD/run. STEP: every so many people of the corpus; all groups are
tried anyway. Needs root.
"""
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile

import names
from emulator.client import Emulator
from signin import Host

PASSWORD = 'correct horse battery staple'
DOMAIN = names.DOMAIN.encode()
GROUPS_AT_ONCE = 400  # in one token
TEXT_MOST = 255  # a claim with a longer group is no claim
FRAME_MOST = 60000
CONF = ('version 1\nwindow 1879048192 2147352575\nnames {}\ndomain contoso.example\n'
        'home /home/{{name}}\nshell /bin/bash\nend 1\n')
IN_ITS_PLACE = ['/usr/bin/unshare', '-m', '/bin/sh', '-ec',
                'mount --bind "$0" "$1"; mount --bind "$0/lists" /etc/nsswitch.conf; shift; exec "$@"']


class Typed(str):
    """A name as it is typed: any bytes."""

    def __new__(cls, name):
        typed = super().__new__(cls, name.decode('latin-1'))
        typed.name = name
        return typed

    def encode(self, *_):
        return self.name


class Here:
    """What judges of names.py want of a place."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder

    def run(self, *command):
        return subprocess.run(command, capture_output=True, check=False, timeout=300,
                              env={'LD_LIBRARY_PATH': self.build, 'PATH': os.environ['PATH']})


def text_of(name):
    """For JSON; None for bytes that no JSON can hold."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None


class Company:
    """One host of full or of short names, and all who come to it."""

    def __init__(self, host, emulator, verdicts, form):
        self.host, self.emulator, self.verdicts, self.form = host, emulator, verdicts, form
        self.powers, self.local = names.dangerous(), names.local_names()
        self.people, self.groups = set(), set()  # who is to be listed
        self.tried = [0, 0]

    def begin(self):
        about = self.emulator.about
        self.emulator.order('/_reset', {})
        self.host.clean()
        self.host.configure(issuer=about['issuer'], client_id=about['client_id'], ca_file=about['ca_file'],
                            domains='contoso.example', allow='everyone')
        with open(f'{self.host.config}/nss.conf', 'w', encoding='ascii') as conf:
            conf.write(CONF.format(self.form))
        os.chmod(conf.name, 0o644)

    def shown(self, label):
        return label if self.form == 'short' else label + DOMAIN

    def wanted(self, name):
        """Who is to be listed when this is typed; None: nobody."""
        if self.form == 'full':
            return name.decode() if names.is_person(name) and name.endswith(DOMAIN) else None
        group = names.wanted_group(name, self.powers, self.local)
        good = group and group.encode() == name and len(name + DOMAIN) <= 255
        return group if good and group not in self.groups else None

    def order(self, name, **what):
        """Who is somebody of the emulator's own loses the groups there."""
        self.emulator.order('/_person', {'name': name.lower(), 'password': PASSWORD, 'groups': [], **what})

    def come(self, name):
        if text_of(name) is not None:
            self.order(text_of(name) if b'@' in name else text_of(name) + names.DOMAIN)
        return self.host.sign_in(Typed(name), PASSWORD).verdict

    def come_all(self, people):
        """Each types the name. Who is not known shares one bucket of attempts, which is emptied by that."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for at in range(0, len(people), 8):
                self.host.forget_attempts()
                some = people[at:at + 8]
                for name, verdict in zip(some, pool.map(self.come, some)):
                    wanted = self.wanted(name)
                    self.verdicts.check((verdict == 'admit') == (wanted is not None), self.form, name, verdict)
                    if wanted:
                        self.people.add(wanted)
                    self.tried[0] += 1

    def come_with(self, label, groups):
        """Somebody whose token says these groups."""
        name = label + names.DOMAIN
        self.order(name, groups=groups)
        self.host.forget_attempts()
        verdict = self.host.sign_in(Typed(self.shown(label.encode())), PASSWORD).verdict
        self.verdicts.check(verdict == 'admit', self.form, 'with groups', label, verdict)
        self.people.add(self.shown(label.encode()).decode())

    def bring_groups(self, groups):
        usable = [name for name in groups if text_of(name) and len(name) <= TEXT_MOST]
        for at in range(0, len(usable), GROUPS_AT_ONCE):
            self.come_with(f'carrier{at}', [text_of(name) for name in usable[at:at + GROUPS_AT_ONCE]])
        self.groups |= {names.wanted_group(name, self.powers, self.local) for name in usable} - {None}
        if self.form == 'short':
            self.groups -= {f'carrier{at}' for at in range(0, len(usable), GROUPS_AT_ONCE)}
        self.tried[1] += len(usable)
        for number, odd in enumerate(['', 'x' * 256, 'x' * 2000, 7, None, ['x'], {'x': 'y'}]):
            self.come_with(f'odd{number}', ['with-something-odd', odd])

    def bring_groups_called_like_people(self):
        self.come_with('follower', sorted(self.people)[:GROUPS_AT_ONCE])

    def lie(self, people):
        """Tokens of other names than the typed one."""
        self.order('liar' + names.DOMAIN)
        for name in people:
            text = text_of(name)
            if text is None or text.lower() == 'liar' + names.DOMAIN:
                continue
            self.host.forget_attempts()
            self.emulator.order('/_script', {'endpoint': 'token', 'token': {'claims': {'preferred_username': text}}})
            verdict = self.host.sign_in(Typed(self.shown(b'liar')), PASSWORD).verdict
            self.verdicts.check(verdict != 'admit', self.form, 'a token of', name, verdict)
            self.emulator.order('/_clear', {})
            self.tried[0] += 1


def play(build, step):
    verdicts, dice = names.Verdicts(), random.Random(5)
    people, groups = names.corpus(dice)
    people = [name for name in people if len(name) < FRAME_MOST]
    with tempfile.TemporaryDirectory(prefix='names-') as folder:
        os.chmod(folder, 0o755)
        emulator = Emulator(folder)
        try:
            for form in ('full', 'short'):
                play_form(build, folder, Company(Host(build), emulator, verdicts, form), people, groups, step)
        finally:
            emulator.close()
    print(f'names: {verdicts.passed} passed, {verdicts.failed} failed')
    return verdicts.failed != 0


def play_form(build, folder, company, people, groups, step):
    verdicts, typed = company.verdicts, people
    company.begin()
    # A name of a group cannot be a short name: half of them are left for people, and some are in both halves.
    company.bring_groups(groups if company.form == 'full' else groups[::2])
    if company.form == 'short':
        typed = groups[1::2] + groups[::20] + people[::10]
        typed = list(dict.fromkeys(name for name in typed if len(name) < FRAME_MOST))
    ends = (DOMAIN if company.form == 'full' else b'',) if step > 1 else (b'', DOMAIN)
    sneaky = [word.encode() + end for word in names.SNEAKY + names.WORDS for end in ends]
    company.come_all(typed[::step] + [name for name in sneaky if len(name) < FRAME_MOST and b'\0' not in name])
    company.lie(people[::step * 40] + [name.encode() + DOMAIN for name in names.WORDS[:4]])
    company.bring_groups_called_like_people()
    place = Here(build, folder)
    names.judge_lists(place, verdicts, company.people, company.groups)
    names.ask_by_name(place, verdicts, 'passwd', typed, company.people)
    names.ask_by_name(place, verdicts, 'group', groups, company.people | company.groups)
    print(f'{company.form} names: {company.tried[0]} people came, {len(company.people)} are known; '
          f'{company.tried[1]} groups came, {len(company.groups)} are')


def main(build, step):
    build = os.path.abspath(build)
    with tempfile.TemporaryDirectory(prefix='names-') as folder:
        os.chmod(folder, 0o755)
        for name in ('latchkey-login', 'libnss_latchkey.so.2'):
            shutil.copy(f'{build}/{name}', folder)
        with open(folder + '/lists', 'w', encoding='ascii') as lists:
            lists.write('passwd: latchkey\ngroup: latchkey\nshadow: files\nhosts: files dns\n')
        return subprocess.run(IN_ITS_PLACE + [folder, build, sys.executable, '-B', os.path.abspath(__file__), '--play',
                                              build, step], check=False).returncode


if __name__ == '__main__':
    sys.exit(play(sys.argv[2], int(sys.argv[3])) if sys.argv[1] == '--play' else main(*sys.argv[1:]))
