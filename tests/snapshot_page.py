#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""latchkey-snapshot(5), held to what is written and to what the NSS module says of it.

    snapshot_page.py BUILD

Snapshot below is a reader made from the page alone: whoever changes the format changes the page and
this. It takes files of several sorts apart to the last byte, and lists everybody and every group as
getent does through the module. Needs root.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from names import Place, Verdicts

LEAST, MOST = 1879048192, 2147352575
WHOLE = (1 << 64) - 1
HEADER = struct.Struct('<8sIIQQQQIIQ')
SHORT = 'version 1\nwindow 1879048192 2147352575\nnames short\ndomain {}\nhome /home/{{name}}\nshell /bin/bash\nend 1\n'
NAME = r'[a-z_][a-z0-9._-]*'


def mix(number):
    number = number * 0x9e3779b97f4a7c15 & WHOLE
    return number ^ number >> 32


def up(size, unit):
    return -(-size // unit) * unit


class Snapshot:
    """The whole of one file; AssertionError where it breaks the page."""

    def __init__(self, content, short=False):
        self.content, self.people_names = content, NAME + ('' if short else r'@[a-z0-9.-]+')
        (magic, self.superseded, self.domain, self.generation, size, self.checksum, self.seed, self.people_count,
         self.groups_count, people_size) = HEADER.unpack_from(content)
        assert magic == b'LATCHKY2' and size == len(content) <= 1 << 35, 'the header'
        assert (self.domain != 0) == short, 'the mark of a domain'
        self.buckets = (self.people_count + self.groups_count) // 4 + 1
        self.names_at, self.ids_at = 64, 64 + 64 * self.buckets
        self.people_at = self.ids_at + 64 * self.buckets
        self.groups_at = self.people_at + people_size
        assert self.groups_at % 64 == 0 and len(content) % 64 == 0 and self.groups_at <= size, 'the parts'
        self.people, self.groups, self.records = {}, {}, {}
        self.read(self.people_count, self.people_at, self.groups_at, self.person)
        self.read(self.groups_count, self.groups_at, len(content), self.group)

    def zeros(self, start, end):
        assert 0 <= start <= end <= len(self.content) and not any(self.content[start:end]), f'no zeros at {start}'

    def texts(self, at, lengths):
        found = []
        for length in lengths:
            found.append(self.content[at:at + length].decode())
            assert self.content[at + length] == 0 and '\0' not in found[-1], f'the text at {at}'
            at += length + 1
        return found, at

    def read(self, count, at, end, record):
        for _ in range(count):
            name, number, after = record(at)
            assert at % 8 == 0 and after <= end and LEAST <= number <= MOST, f'the record at {at}'
            self.records[at] = name, number
            at = after
        self.zeros(at, end)
        assert end - at < 64, 'more than the filling of a part'

    def person(self, at):
        uid, groups, *lengths = struct.unpack_from('<IIHHHH', self.content, at)
        assert lengths[0] <= 255 and max(lengths[1:]) <= 1023
        (name, gecos, home, shell), end = self.texts(at + 16, lengths)
        self.zeros(end, up(end, 4))
        gids = struct.unpack_from(f'<{groups}I', self.content, up(end, 4))
        end = up(end, 4) + 4 * groups
        self.zeros(end, up(end, 8))
        assert re.fullmatch(self.people_names, name) and home[0] == shell[0] == '/', name
        assert not re.search(r'[:\0-\x1f\x7f]', gecos + home + shell), name
        self.people[name] = uid, gids, gecos, home, shell
        return name, uid, up(end, 8)

    def group(self, at):
        gid, count, size, length = struct.unpack_from('<IIII', self.content, at)
        (name,), end = self.texts(at + 16, [length])
        self.zeros(end, up(end, 4))
        places = struct.unpack_from(f'<{count}I', self.content, up(end, 4))
        members = [self.records[place * 8][0] for place in places]
        assert sum(len(member) + 1 for member in members) == size and len(name) <= 255, name
        assert list(places) == sorted(set(places)), f'the order of the members of {name}'
        end = up(end, 4) + 4 * count
        self.zeros(end, up(end, 8))
        assert re.fullmatch(NAME, name) and not set(members) - set(self.people), name
        self.groups[name] = gid, members
        return name, gid, up(end, 8)

    def hash_of_name(self, name):
        name = name.encode()
        result = mix(self.seed ^ len(name))
        for at in range(0, len(name) - 7, 8):
            result = mix(result ^ int.from_bytes(name[at:at + 8], 'little'))
        last = int.from_bytes(name[-8:], 'little') if len(name) >= 8 else int.from_bytes(name, 'big')
        return mix(mix(result ^ last))

    def hash_of_id(self, number):
        return mix(mix(self.seed ^ number))

    def search(self, table, value, key):
        """The places under this key, in the order of a search, and whether it ended at an empty entry."""
        first, places = (value >> 32) * self.buckets >> 32, []
        for bucket in range(first, first + 32):
            for entry in range(8):
                found, place = struct.unpack_from('<II', self.content, table + bucket % self.buckets * 64 + entry * 8)
                if place == 0:
                    return places
                if found == key:
                    places.append(place * 8)
        return places

    def named(self, name):
        value = self.hash_of_name(name)
        return [at for at in self.search(self.names_at, value, value & 0xffffffff) if self.records[at][0] == name]

    def numbered(self, number):
        return self.search(self.ids_at, self.hash_of_id(number), number)

    def entries_in(self, table):
        """Of those, the places; a bucket is filled from the front."""
        found = []
        for at in range(table, table + 64 * self.buckets, 64):
            places = [struct.unpack_from('<II', self.content, at + entry * 8) for entry in range(8)]
            used = [place * 8 for _, place in places if place]
            assert not any(place for _, place in places[len(used):]), 'a gap in a bucket'
            found += used
        return sorted(found)

    def sum(self):
        lanes = [1, 2, 3, 4]
        content = self.content[:8] + bytes(4) + self.content[12:32] + bytes(8) + self.content[40:]
        for at, (number,) in enumerate(struct.iter_unpack('<Q', content)):
            lanes[at % 4] = mix(lanes[at % 4] ^ number)
        result = mix(len(content))
        for lane in lanes:
            result = mix(result ^ lane)
        return result


def listed(place, database, fields):
    lines = place.run('getent', database).stdout.decode().splitlines()
    return {line.split(':')[0]: line.split(':') for line in lines if line.count(':') == fields - 1}


def judge_tables(verdicts, snapshot):
    names = [name for name, _ in snapshot.records.values()]
    numbers = [number for _, number in snapshot.records.values()]
    verdicts.check(len(set(names)) == len(names) and len(set(numbers)) == len(numbers), 'a name or an id twice')
    for table in (snapshot.names_at, snapshot.ids_at):
        verdicts.check(snapshot.entries_in(table) == sorted(snapshot.records), 'each record is once in each table')
    for at, (name, number) in snapshot.records.items():
        verdicts.check(snapshot.named(name) == [at] and snapshot.numbered(number) == [at], 'a search for', name)
    for other in ('nobody-' + name for name in names[:50]):
        verdicts.check(not snapshot.named(other), 'found', other)


def judge_against_getent(verdicts, place, snapshot):
    people, groups = listed(place, 'passwd', 7), listed(place, 'group', 4)
    wanted = {name: [name, '*', str(uid), str(uid), gecos, home, shell]
              for name, (uid, _, gecos, home, shell) in snapshot.people.items()}
    verdicts.check(people == wanted, 'people', set(people) ^ set(wanted))
    wanted = {name: (str(gid), members) for name, (gid, members) in snapshot.groups.items()}
    wanted.update({name: (str(uid), []) for name, (uid, *_) in snapshot.people.items()})
    shown = {name: (entry[2], entry[3].split(',') if entry[3] else []) for name, entry in groups.items()}
    verdicts.check(shown == wanted, 'groups', [(name, shown.get(name), wanted.get(name))
                                              for name in set(shown) | set(wanted) if shown.get(name) != wanted.get(name)][:3])
    some = list(snapshot.people)[:300]
    if some:
        said = place.run('getent', 'initgroups', *some).stdout.decode().splitlines()
        verdicts.check({line.split()[0]: set(map(int, line.split()[1:])) for line in said}
                       == {name: set(snapshot.people[name][1]) for name in some}, 'the groups of a person', said[:2])


def judge(verdicts, place, what, people, groups, short=False):
    with open(place.state + '/public/snapshot', 'rb') as file:
        snapshot = Snapshot(file.read(), short)
    verdicts.check((len(snapshot.people), len(snapshot.groups)) == (people, groups), what,
                   len(snapshot.people), len(snapshot.groups))
    verdicts.check(snapshot.sum() == snapshot.checksum and snapshot.superseded == 0, what, 'checksum')
    for name, (gid, members) in snapshot.groups.items():
        verdicts.check(sorted(members) == sorted(person for person, (_, gids, *_) in snapshot.people.items() if gid in gids)
                       if groups < 100 else True, what, 'both lists tell the same of', name)
    judge_tables(verdicts, snapshot)
    judge_against_getent(verdicts, place, snapshot)
    return snapshot


def make(place, text):
    subprocess.run([place.build + '/tests/snapshot_make', place.state + '/public'], input=text.encode(), check=True)


def judge_short_names(verdicts, build, folder):
    """The mark in the header is of the domain, whoever is shown; under another one nobody is."""
    marks = []
    for domain, people, shown in (('contoso.example', 3, 3), ('b.example', 2, 1), ('contoso.example', 0, 0)):
        os.mkdir(inside := f'{folder}/{len(marks)}')
        place = Place(build, inside, SHORT.format(domain))
        place.take([('p', b'p%d@contoso.example' % i) for i in range(people)] + [('p', b'q@b.example')])
        marks.append(judge(verdicts, place, 'short names', shown, 0, short=True).domain)
    verdicts.check(marks[0] == marks[2] != marks[1], 'one mark for each domain', marks)


def main(build):
    verdicts, folder = Verdicts(), tempfile.mkdtemp(prefix='page-', dir='/dev/shm')
    lengths = [name + '@contoso.example' for name in ('a' * length for length in range(1, 64))]
    few = ''.join(f'group {LEAST + i} {"g" * (i + 1)}\n' for i in range(20))
    few += ''.join(f'person {LEAST + 100 + i} {name} {" ".join(str(LEAST + k) for k in range(i % 21))}\n'
                   for i, name in enumerate(lengths))
    try:
        place = Place(build, folder)
        make(place, '')
        before = judge(verdicts, place, 'an empty one', 0, 0)
        make(place, few)
        after = judge(verdicts, place, 'names of all lengths', len(lengths), 20)
        verdicts.check(after.generation == before.generation + 1, 'the generation')
        with open(place.state + '/public/snapshot.previous', 'rb') as file:
            kept = Snapshot(file.read())
        verdicts.check(kept.superseded != 0 and kept.sum() == kept.checksum == before.checksum, 'the one before')
        make(place, 'many 3000 40\n')
        judge(verdicts, place, 'many', 3000, 901)
        shutil.rmtree(place.state)
        place = Place(build, folder)
        place.take([('p', b'p%d@contoso.example' % i) for i in range(200)] + [('g', b'team-%d' % i) for i in range(30)])
        judge(verdicts, place, 'one from a store', 201, 30)
        judge_short_names(verdicts, build, folder)
    finally:
        shutil.rmtree(folder)
    print(f'page: {verdicts.passed} passed, {verdicts.failed} failed')
    return verdicts.failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
