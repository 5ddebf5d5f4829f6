"""The people that NSS modules are measured with: the same in the form that each module wants.

tests/people_make.py makes them, `latchkey people import` takes them, and what our module then says of everybody,
ids included, is what the others are given.
"""
import os
import subprocess

import machine

MADE_BY = os.path.join(os.path.dirname(machine.HERE), 'people_make.py')
SIZES, LISTED = (5, 50, 500), 2  # how many groups somebody is in, and how many such people are asked for


def make(count, path):
    with open(path, 'wb') as out:
        subprocess.run([MADE_BY, str(count)], stdout=out, check=True)


def lines(folder, name):
    with open(f'{folder}/{name}', encoding='utf-8') as text:
        for line in text:
            yield line.rstrip('\n').split(':')


def write_keyed(folder):
    """With the keys of Debian's makedb."""
    for name in ('passwd', 'group'):
        with open(f'{folder}/{name}.keyed', 'w', encoding='utf-8') as keyed:
            for i, fields in enumerate(lines(folder, name)):
                text = ':'.join(fields)
                keyed.write(f'0{i} {text}\n.{fields[0]} {text}\n={fields[2]} {text}\n')


def write_lists(folder):
    """Some people who are in exactly so many groups: their name, that number, their uid, the sum of the gids."""
    chosen = {size: [] for size in SIZES}
    with open(f'{folder}/people.jsonl', encoding='utf-8') as made:
        for line in made:
            names = chosen.get(line.count('"object_id"') - 1)
            if names is not None and len(names) < LISTED:
                names.append(line.split('"', 4)[3])
    sums = {name: 0 for names in chosen.values() for name in names}
    for _, _, gid, members in lines(folder, 'group'):
        for name in sums.keys() & set(members.split(',')):
            sums[name] += int(gid)
    uids = {fields[0]: fields[2] for fields in lines(folder, 'passwd') if fields[0] in sums}
    with open(f'{folder}/lists', 'w', encoding='utf-8') as out:
        out.writelines(f'{name}:{size}:{uids[name]}:{sums[name]}\n'
                       for size, names in chosen.items() for name in (names * LISTED)[:LISTED])


def write_index(source, column, path):
    """As nsscache writes them: key NUL offset NUL padding, of one width, sorted."""
    index, offset = {}, 0
    with open(source, 'rb') as text:
        for line in text:
            index[line.rstrip(b'\n').split(b':')[column]] = b'%d' % offset
            offset += len(line)
    width = max(map(len, index)) + max(map(len, index.values()))
    with open(path, 'wb') as out:
        for key in sorted(index):
            out.write(key + b'\0' + index[key] + b'\0' * (width - len(key) - len(index[key]) + 1) + b'\n')


def write_records(data, folder):
    """One file for each person, group and membership: the drop-in records of systemd."""
    for name, _, uid, _, gecos, home, shell in lines(data, 'passwd'):
        with open(f'{folder}/{name}.user', 'w', encoding='utf-8') as record:
            record.write(f'{{"userName":"{name}","uid":{uid},"gid":{uid},"realName":"{gecos}",'
                         f'"homeDirectory":"{home}","shell":"{shell}","disposition":"regular"}}')
        os.symlink(f'{name}.user', f'{folder}/{uid}.user')
    for name, _, gid, members in lines(data, 'group'):
        with open(f'{folder}/{name}.group', 'w', encoding='utf-8') as record:
            record.write(f'{{"groupName":"{name}","gid":{gid},"disposition":"regular"}}')
        os.symlink(f'{name}.group', f'{folder}/{gid}.group')
        for member in members.split(','):
            with open(f'{folder}/{member}:{name}.membership', 'w', encoding='utf-8') as record:
                record.write('{}')
