#!/usr/bin/python3
"""Hostile names of people and groups, from the store to what getent prints.

    names.py BUILD

BUILD is a build folder made with statedir=BUILD/state. Each name is put into a store, the snapshot is
published, and glibc lists everybody through the module (nsswitch.conf is another one in a mount namespace of our own).
What it prints must parse to exactly the set of names that the rules, written here a second
time, allow; pwck and grpck must be content with it. Needs root.
"""
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

DOMAIN = '@contoso.example'
WORDS = ['root', 'daemon', 'bin', 'sudo', 'wheel', 'adm', 'docker', 'lxd', 'shadow', 'disk', 'kvm', 'libvirt',
         'systemd-network', 'systemd-journal', 'nobody', 'nogroup', 'www-data', 'mail', 'sshd', 'staff', 'users']
LOOKALIKES = {'a': '\u0430\uff41', 'o': '\u043e\uff4f\u03bf', 'e': '\u0435', 'k': '\u212a', 's': '\u017f', 'i': '\u0131',
              'd': 'd\u200d', 'r': '\u202er', 'n': 'n\u0303', 'u': '\uff55', 'm': '\uff4d', 'b': '\uff42', 'w': '\uff57'}
SNEAKY = ['a:b', 'a\nroot:x:0:0', '../x', '.', '..', '%s%n', '$(id)', '`id`', "' OR 1=1", '-rf', '+', '-', '+root',
          'a b', ' a', 'a ', 'a,b', 'a/b', '/etc/passwd', '*', 'a*', '~root', '#1000', '0', '1000', '0x10', '4294967295',
          'root\n', 'root:', ':', '', '@', 'a@', '@a', 'a@@b', 'a@b@c', 'a\\b', 'a;b', 'a|b', 'a&b', 'a\tb', '!a', '_',
          '_a', 'a.', 'a-', '.a', 'a..b', 'Ada', 'ADA', 'aDa', 'a' * 32, 'a' * 33, 'a' * 255, 'a' * 256, 'a' * 70000]
TOOLS_MOST = 32
DANGEROUS_FAMILIES = ('systemd-', 'libvirt')


def with_each_control_byte():
    for byte in [*range(1, 0x21), 0x7f, *range(0x80, 0x100)]:
        for at in range(6):
            yield b'names'[:at] + bytes([byte]) + b'names'[at:]


def with_each_printable():
    for byte in range(0x21, 0x7f):
        for at in range(4):
            yield b'pqr'[:at] + bytes([byte]) + b'pqr'[at:]


def lookalikes():
    for word in WORDS:
        for case in (word, word.upper(), word.capitalize(), word.swapcase(), ' ' + word, word + ' ', word + '\0'[:0] + '.'):
            yield case.encode()
        for at, letter in enumerate(word):
            for other in LOOKALIKES.get(letter, ''):
                yield (word[:at] + other + word[at + 1:]).encode()


def lengths():
    for length in [*range(1, 70), *range(225, 260), 511, 512, 1023, 1024, 4096, 16384, 65535, 65536]:
        yield b'l' * length


def by_chance(dice, count):
    pieces = [b'a', b'z', b'0', b'9', b'_', b'.', b'-', b'@', b':', b'\n', b',', b' ', b'A', b'\xc3\xa9', b'\xff', b'example',
              b'@contoso.example', b'root', b'%s', b'$', b'/', b'\\', b'\x1b[2J', b'\x7f', b'\t', b'x', b'y', b'w', b'v']
    for _ in range(count):
        yield b''.join(dice.choice(pieces[:8] if dice.random() < 0.4 else pieces)
                       for _ in range(dice.randint(1, 9)))


def corpus(dice):
    """Each once, without those that hold a NUL: no text of C can, and the token's reader refuses them."""
    labels = itertools.chain(with_each_control_byte(), with_each_printable(), lookalikes(), lengths(),
                             (word.encode() for word in WORDS + SNEAKY), by_chance(dice, 4500))
    labels = dict.fromkeys(label for label in labels if b'\0' not in label)
    domains = [DOMAIN.encode(), b'', b'@', b'@x', b'@CONTOSO.example', b'@contoso.example.', b'@-a.example', b'@a..b',
               b'@' + b'd' * 63 + b'.example', b'@' + b'd' * 64 + b'.example', b'@b\xc3\xbccher.example', b'@a_b.example',
               DOMAIN.encode() + b'\n', DOMAIN.encode() + b':0:0']
    people = [label + DOMAIN.encode() for label in labels]
    people += [label + domain for label in (b'ada', b'root', b'x.y', b'-a') for domain in domains]
    return list(dict.fromkeys(people)), list(labels)


def is_person(name):
    match = re.fullmatch(rb'[a-z_][a-z0-9._-]*@([a-z0-9-]+(?:\.[a-z0-9-]+)+)', name)
    return bool(match) and len(name) <= 255 and all(
        1 <= len(label) <= 63 and label[:1] != b'-' and label[-1:] != b'-' for label in match[1].split(b'.'))


def dangerous():
    """The list itself is data, and not what is tried here."""
    source = open(os.path.join(os.path.dirname(__file__), '../cache/name_dangerous.c'), encoding='ascii').read()
    return set(re.findall(r'"([^"]+)"', source.split('dangerous[] = {')[1].split('};')[0]))


def local_names():
    return {line.split(':')[0].lower() for path in ('/etc/group', '/etc/passwd')
            for line in open(path, encoding='utf-8', errors='replace')}


def wanted_group(name, powers, local):
    """The name that this object id becomes, or None. Upper case is folded: object ids have no case."""
    if len(name) > 255:
        return None
    folded = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in name)
    if not re.fullmatch(rb'[a-z_][a-z0-9._-]*', folded):
        return None
    text = folded.decode()
    return None if text in powers or text.startswith(DANGEROUS_FAMILIES) or text in local else text


class Place:
    """The module of a build with a state folder of this test's own, as glibc sees it."""

    def __init__(self, build, folder, conf=''):
        """`conf`: what nss.conf says; empty: there is none."""
        self.build, self.folder, self.state = os.path.abspath(build), folder, os.path.join(folder, 'state')
        os.makedirs(self.folder + '/etc', exist_ok=True)
        with open(folder + '/etc/nss.conf', 'w', encoding='ascii') as file:
            file.write(conf)
        if not conf:
            os.unlink(file.name)
        os.makedirs(self.state + '/public')
        os.makedirs(self.state + '/private', mode=0o700)
        for path in (folder, folder + '/etc', self.state, self.state + '/public'):
            os.chmod(path, 0o755)
        os.chmod(self.state + '/private', 0o700)
        for name in ('/state', '/etc'):
            os.makedirs(self.build + name, exist_ok=True)
        with open(folder + '/nsswitch.conf', 'w', encoding='ascii') as file:
            file.write('passwd: latchkey\ngroup: latchkey\nshadow: files\n')

    def run(self, *command, given=None):
        inside = (f'mount --bind {self.state} {self.build}/state; mount --bind {self.folder}/etc {self.build}/etc; '
                  f'mount --bind {self.folder}/nsswitch.conf /etc/nsswitch.conf; exec "$@"')
        return subprocess.run(['unshare', '-m', 'sh', '-ec', inside, 'sh', *command], capture_output=True, check=False,
                              input=given, env={'LD_LIBRARY_PATH': self.build, 'PATH': os.environ['PATH']}, timeout=300)

    def take(self, lines):
        done = self.run(self.build + '/tests/names_deed', self.state + '/private', self.state + '/public',
                        given=''.join(f'{kind} {name.hex()}\n' for kind, name in lines).encode())
        done.check_returncode()
        return [line == b'taken' for line in done.stdout.splitlines()]


def entries(listing, fields):
    """As a strict reader of passwd(5) and group(5) would take it; None when it cannot."""
    found = {}
    for line in listing.decode('ascii', 'replace').split('\n')[:-1]:
        parts = line.split(':')
        if len(parts) != fields or parts[0] in found or not re.fullmatch(r'[0-9]{10}', parts[2]):
            return None
        found[parts[0]] = parts
    return found


class Verdicts:
    passed = failed = 0

    def check(self, good, *words):
        self.passed += bool(good)
        self.failed += not good
        if not good and self.failed < 20:
            print('FAILED', *(repr(word)[:300] for word in words))


def judge_lists(place, verdicts, people, groups):
    listed = place.run('getent', 'passwd'), place.run('getent', 'group')
    shown, named = entries(listed[0].stdout, 7), entries(listed[1].stdout, 4)
    verdicts.check(shown is not None and named is not None, 'a list does not parse', listed)
    if shown is None or named is None:
        return
    verdicts.check(set(shown) == people, 'people', sorted(set(shown) ^ people)[:5])
    verdicts.check(set(named) == people | groups, 'groups', sorted(set(named) ^ (people | groups))[:5])
    for name, entry in shown.items():
        verdicts.check(entry[1] == '*' and 0x70000000 <= int(entry[2]) <= 0x7ffdffff and entry[3] == entry[2]
                       and named.get(name, [0] * 3)[2] == entry[2], 'an entry', entry)
    for name in groups:
        members = named.get(name, ['', '', '', ''])[3].split(',')
        verdicts.check(set(members) <= people | {''}, 'members of', name, members)
    verdicts.check(len({entry[2] for entry in named.values()}) == len(named), 'ids are unique')
    judge_files(place, verdicts, listed)


def judge_files(place, verdicts, listed):
    """
    pwck and grpck of the listing as files; shown to complain when a line is spoilt. They call every
    name of more than 32 bytes invalid, whoever made it, so those lines are left out for them.
    """
    paths = place.folder + '/passwd', place.folder + '/group'
    for path, list_ in zip(paths, listed):
        with open(path, 'wb') as file:
            file.write(b''.join(line for line in list_.stdout.splitlines(True) if line.index(b':') <= TOOLS_MOST))
        with open(path + '.shadow', 'w', encoding='ascii'):
            pass
    for tool, path in (('pwck', paths[0]), ('grpck', paths[1])):
        for spoil in (b'', b'a:b:c\n'):
            with open(path, 'ab') as file:
                file.write(spoil)
            done = place.run('/usr/sbin/' + tool, '-r', *(['-q'] if tool == 'pwck' else []), path)
            verdicts.check((done.returncode == 0) == (not spoil), tool, done.returncode, done.stdout[-300:], done.stderr[-300:])


def ask_by_name(place, verdicts, kind, names, allowed):
    """What is not allowed is not found by its name either."""
    names = [name for name in names if b'\n' not in name and 0 < len(name) < 4000]
    for some in (names[i:i + 400] for i in range(0, len(names), 400)):
        found = place.run('getent', kind, '--', *some)
        got = {line.split(':')[0] for line in found.stdout.decode('ascii', 'replace').splitlines()}
        verdicts.check(got <= allowed, kind, got - allowed)
        verdicts.check(got == {name.decode('latin-1') for name in some} & allowed, kind, 'by name')


def main(build):
    verdicts, dice = Verdicts(), random.Random(4)
    people, groups = corpus(dice)
    local, powers = local_names(), dangerous()
    folder = tempfile.mkdtemp(prefix='names-', dir='/dev/shm')
    try:
        place = Place(build, folder)
        lines = [('p', name) for name in people] + [('g', name) for name in groups]
        taken = place.take(lines)
        good = {name.decode() for name in people if is_person(name)} | {'everybody' + DOMAIN}
        named = {wanted_group(name, powers, local) for name in groups} - {None}
        verdicts.check(len(taken) == len(lines), 'an answer for each')
        first = set()  # who has a name keeps it
        for (kind, name), answer in zip(lines, taken):
            wanted = wanted_group(name, powers, local) if kind == 'g' else name if is_person(name) else None
            verdicts.check(answer == (wanted is not None and wanted not in first), kind, name, answer)
            first.add(wanted)
        judge_lists(place, verdicts, good, named)
        ask_by_name(place, verdicts, 'passwd', people, good)
        ask_by_name(place, verdicts, 'group', groups, named | good)
    finally:
        shutil.rmtree(folder)
    print(f'{len(people)} names of people, {len(good)} of them good; {len(groups)} of groups, {len(named)} good')
    verdicts.check(len(people) + len(groups) >= 10000, 'so few names')
    print(f'names: {verdicts.passed} passed, {verdicts.failed} failed')
    return verdicts.failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
