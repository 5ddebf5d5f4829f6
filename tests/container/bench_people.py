"""The people that NSS modules are measured with: the same in the form that each module wants.

Of N people, in random order: N/10 groups of ten (ten0 ...), one of 1,000 and, from 50,000 people on, one of 50,000
(all1000, all50000), and 6 people who are in exactly 5, 50 or 500 of the groups share0 ... (in5.0@contoso.example ...).
"""
import os
import random

ID_LEAST, GROUPS_FROM = 0x70000000, 0x78000000
FIRST = 'anna bela carl dora emil fina gero hana ivan jana kurt lena maja nils olga paul rosa sven tina udo'.split()
LAST = 'adler becker conrad dietrich ebert fischer graf huber imhof jung keller lang meier nagel otto peters'.split()
LISTS, LISTED, SHARED = (5, 50, 500), 2, 500


def make(count):
    """(people, groups): people are (name, uid, gids), groups (name, gid, members)."""
    chance = random.Random(count)
    names = [f'{FIRST[i % 20]}.{LAST[i // 20 % 16]}{i:06}@contoso.example' for i in range(count)]
    listed = {size: [f'in{size}.{i}@contoso.example' for i in range(LISTED)] for size in LISTS}
    members = {f'ten{i}': chance.sample(names, 10) for i in range(count // 10)}
    for size in (1000, 50000):
        if size <= count:
            members[f'all{size}'] = chance.sample(names, size)
    for i in range(SHARED):
        members[f'share{i}'] = chance.sample(names, 10) + [name for size in LISTS if i < size for name in listed[size]]
    groups = [(name, GROUPS_FROM + i, people) for i, (name, people) in enumerate(members.items())]
    gids = {}
    for _, gid, people in groups:
        for name in people:
            gids.setdefault(name, []).append(gid)
    everybody = names + sum(listed.values(), [])
    chance.shuffle(everybody)
    # An odd factor: no number comes twice.
    return [(name, ID_LEAST + i * 2654435761 % 2**27, gids.get(name, ())) for i, name in enumerate(everybody)], groups


def write(folder, people, groups):
    """passwd, group, snapshot.txt (for snapshot_make), and both with the keys of Debian's makedb."""
    def passwd(name, uid, _):
        return f'{name}:x:{uid}:{uid}:Person {name.split("@")[0]}:/home/{name}:/bin/bash'

    def group(name, gid, members):
        return f'{name}:x:{gid}:{",".join(members)}'

    for path, line, entries in (('passwd', passwd, people), ('group', group, groups)):
        with open(f'{folder}/{path}', 'w', encoding='ascii') as plain, \
                open(f'{folder}/{path}.keyed', 'w', encoding='ascii') as keyed:
            for i, entry in enumerate(entries):
                text = line(*entry)
                plain.write(f'{text}\n')
                keyed.write(f'0{i} {text}\n.{entry[0]} {text}\n={entry[1]} {text}\n')
    with open(f'{folder}/snapshot.txt', 'w', encoding='ascii') as text:
        text.writelines(f'group {gid} {name}\n' for name, gid, _ in groups)
        text.writelines(f'person {uid} {name} {" ".join(map(str, gids))}\n' for name, uid, gids in people)


def write_index(source, column, path):
    """As nsscache writes them: key NUL offset NUL padding, of one width, sorted."""
    index, offset = {}, 0
    with open(source, 'rb') as lines:
        for line in lines:
            index[line.rstrip(b'\n').split(b':')[column]] = b'%d' % offset
            offset += len(line)
    width = max(map(len, index)) + max(map(len, index.values()))
    with open(path, 'wb') as out:
        for key in sorted(index):
            out.write(key + b'\0' + index[key] + b'\0' * (width - len(key) - len(index[key]) + 1) + b'\n')


def write_records(folder, people, groups):
    """One file for each person, group and membership: the drop-in records of systemd."""
    for name, uid, _ in people:
        with open(f'{folder}/{name}.user', 'w', encoding='ascii') as record:
            record.write(f'{{"userName":"{name}","uid":{uid},"gid":{uid},"realName":"Person {name.split("@")[0]}",'
                         f'"homeDirectory":"/home/{name}","shell":"/bin/bash","disposition":"regular"}}')
        os.symlink(f'{name}.user', f'{folder}/{uid}.user')
    for name, gid, members in groups:
        with open(f'{folder}/{name}.group', 'w', encoding='ascii') as record:
            record.write(f'{{"groupName":"{name}","gid":{gid},"disposition":"regular"}}')
        os.symlink(f'{name}.group', f'{folder}/{gid}.group')
        for member in members:
            with open(f'{folder}/{member}:{name}.membership', 'w', encoding='ascii') as record:
                record.write('{}')
