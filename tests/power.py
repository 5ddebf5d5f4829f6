#!/usr/bin/python3
"""What a power cut could leave of a publication and of an enrolment: the old or the new, nothing else.

    power.py BUILD [CHANCES]

strace tells what each does to its folder. A cut may come between any two calls. What the folder holds
then is any beginning of its changes (names made, moved, removed) that is no shorter than at the last fsync
of the folder; what a file holds is what was synced and, of what was written since, any beginning, or any
part, the last write torn. Each state that differs is made and read by our own code. Shown to be able to fail by
leaving out the syncs. Needs strace.
"""
import itertools
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile

CALLS = 'openat,write,pwrite64,ftruncate,fallocate,fchmod,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,linkat'
ADA, BOB = 'ada@contoso.example', 'bob@contoso.example'
CHANCES = int(sys.argv[2]) if len(sys.argv) > 2 else 12  # states made by chance, for each cut and each length of the folder's changes


def texts(arguments):
    return [bytes.fromhex(text.replace('\\x', '')) for text in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', arguments)]


class Disk:
    """The files of one folder as the log of one run tells; a file is a list of changes, a name leads to its number."""

    def __init__(self, folder):
        self.files, names = [], {}
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            names[name] = len(self.files)
            with open(path, 'rb') as file:
                self.files.append((file.read(), stat.S_IMODE(os.stat(path).st_mode)))
        self.begin, self.folder, self.events, self.places = names, folder.encode(), [], {}

    def read(self, log):
        """Events: ('name', change), ('file', number, change), ('sync', number or None), ('said', text)."""
        names, fds = dict(self.begin), {}
        for line in log:
            match = re.match(r'(?:\d+ +)?(\w+)\((.*)\) += (\d+)', line)
            if match:
                self.call(match[1], match[2], int(match[3]), names, fds)
        return self

    def call(self, call, arguments, result, names, fds):
        fd = re.match(r'(\d+)<', arguments)
        fd, said = fd and int(fd[1]), texts(arguments)
        if call == 'openat':
            self.open(said[0], arguments, result, names, fds)
        elif call in ('fsync', 'fdatasync'):
            if fd in fds:
                self.events.append(('sync', fds[fd]))
        elif call == 'write' and fd == 1:
            self.events.append(('said', said[0]))
        elif call in ('write', 'pwrite64', 'ftruncate', 'fallocate', 'fchmod'):
            if fds.get(fd) is not None:
                self.change(call, fds[fd], arguments, result, said)
        elif call.startswith('rename') or call == 'linkat':
            old, new = os.path.basename(said[0]).decode(), os.path.basename(said[1]).decode()
            if old in names:
                self.rename(names, (old, new, call == 'linkat'))
        elif call.startswith('unlink'):
            self.rename(names, (os.path.basename(said[0]).decode(), None, False))

    def rename(self, names, change):
        self.events.append(('name', change))
        apply_name(names, change)

    def open(self, path, arguments, result, names, fds):
        fds.pop(result, None)
        if path == self.folder:
            fds[result] = None
            return
        # By its path, or by its name in the folder, which strace shows beside the descriptor.
        if os.path.dirname(path) != self.folder and not (b'/' not in path and f'<{self.folder.decode()}>' in arguments):
            return
        name = os.path.basename(path).decode()
        if name not in names and 'O_CREAT' in arguments:
            self.files.append((b'', 0o600))
            self.events.append(('name', (None, name, len(self.files) - 1)))
            names[name] = len(self.files) - 1
        if name in names:
            fds[result] = names[name]
            self.places[result] = 0

    def change(self, call, number, arguments, result, said):
        fd = int(re.match(r'(\d+)<', arguments)[1])
        if call == 'write':
            self.events.append(('file', number, ('data', self.places[fd], said[0][:result])))
            self.places[fd] += result
        elif call == 'pwrite64':
            self.events.append(('file', number, ('data', int(arguments.rsplit(',', 1)[1]), said[0][:result])))
        elif call == 'ftruncate':
            self.events.append(('file', number, ('size', int(arguments.rsplit(',', 1)[1]))))
        elif call == 'fallocate':
            self.events.append(('file', number, ('room', int(arguments.rsplit(',', 1)[1]))))
        else:
            self.events.append(('file', number, ('mode', int(arguments.rsplit(',', 1)[1], 8))))


def apply_name(names, change):
    old, new, what = change
    if old is None:
        names[new] = what
    elif new is None:
        names.pop(old, None)
    elif old in names:
        names[new] = names[old] if what else names.pop(old)


def content(begin, changes):
    data, mode = bytearray(begin[0]), begin[1]
    for change in changes:
        if change[0] == 'data':
            _, at, written = change
            data.extend(bytes(max(0, at - len(data))))
            data[at:at + len(written)] = written
        elif change[0] == 'size':
            data.extend(bytes(max(0, change[1] - len(data))))
            del data[change[1]:]
        elif change[0] == 'room':
            data.extend(bytes(max(0, change[1] - len(data))))
        else:
            mode = change[1]
    return bytes(data), mode


def torn(change, dice):
    if change[0] != 'data' or len(change[2]) < 2:
        return change
    keep = dice.randrange(1, len(change[2]))
    return ('data', change[1], change[2][:keep - keep % 512 or keep])


def some_of(changes, dice):
    if dice.random() < 0.5:
        kept = changes[:dice.randint(0, len(changes))]
    else:
        kept = [change for change in changes if dice.random() < 0.6]
    return kept[:-1] + [torn(kept[-1], dice)] if kept and dice.random() < 0.5 else kept


def states(disk, syncs, dice):
    """Each as (folder content, what had been said before the cut); `syncs` False: as if fsync did nothing."""
    for cut in range(len(disk.events) + 1):
        done = disk.events[:cut]
        said = b''.join(event[1] for event in done if event[0] == 'said')
        changes, sure, moves, least = {}, {}, [], 0
        for event in done:
            if event[0] == 'file':
                changes.setdefault(event[1], []).append(event[2])
            elif event[0] == 'name':
                moves.append(event[1])
            elif event[0] == 'sync' and syncs:
                if event[1] is None:
                    least = len(moves)
                else:
                    sure[event[1]] = len(changes.get(event[1], []))
        for length in range(least, len(moves) + 1):
            names = dict(disk.begin)
            for move in moves[:length]:
                apply_name(names, move)
            yield from contents(disk, names, changes, sure, said, dice)


def contents(disk, names, changes, sure, said, dice):
    open_ = [n for n in sorted(set(names.values())) if len(changes.get(n, [])) > sure.get(n, 0)]
    prefixes = [range(sure.get(n, 0), len(changes[n]) + 1) for n in open_]
    chosen = [dict(zip(open_, lengths)) for lengths in itertools.islice(itertools.product(*prefixes), 200)]
    kept = [{n: changes[n][:length] for n, length in choice.items()} for choice in chosen]
    if open_:
        kept += [{n: changes[n][:sure.get(n, 0)] + some_of(changes[n][sure.get(n, 0):], dice) for n in open_}
                 for _ in range(CHANCES)]
    for choice in kept:
        yield {name: content(disk.files[n], choice.get(n, changes.get(n, []))) for name, n in names.items()}, said


class Reader:
    def __init__(self, program, kind, place):
        self.place = place
        self.process = subprocess.Popen([program, kind, '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, files):
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place, 0o700)
        for name, (data, mode) in files.items():
            path = os.path.join(self.place, name)
            with open(path, 'wb') as file:
                file.write(data)
            os.chmod(path, mode)
        self.process.stdin.write(self.place + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def record(folder, log, *command):
    disk = Disk(folder)
    subprocess.run(['strace', '-f', '-y', '-xx', '-s', '4194304', '-e', 'trace=' + CALLS, '-o', log, *command], check=True,
                   stdout=subprocess.DEVNULL)
    with open(log, encoding='ascii') as file:
        return disk.read(re.sub(r'<((?:\\x[0-9a-f]{2})+)>', lambda path: '<' + texts('"' + path[1] + '"')[0].decode() + '>', line)
                         for line in file)


def play(disk, reader, judge, syncs=True):
    seen, bad, dice = set(), [], random.Random(4)
    for files, said in states(disk, syncs, dice):
        key = hash((said, tuple(sorted(files.items()))))
        if key not in seen:
            seen.add(key)
            answer = reader.read(files)
            if not judge(answer, said):
                bad.append((answer, said, {name: (len(data), oct(mode)) for name, (data, mode) in files.items()}))
    return len(seen), bad


def publication(program, scratch):
    folder = scratch + '/public'
    os.mkdir(folder, 0o755)
    for people in ('18', '20'):
        subprocess.run([program, 'publish', folder, people], check=True, stdout=subprocess.DEVNULL)
    disk = record(folder, scratch + '/log', program, 'publish', folder, '30')
    return disk, 'snapshots', lambda answer, said: answer == '30' or (answer == '20' and not said)


def enrolment(program, scratch):
    folder = scratch + '/private'
    os.mkdir(folder, 0o700)
    subprocess.run([program, 'enrol', folder, ADA], check=True, stdout=subprocess.DEVNULL)
    ada = subprocess.run([program, 'stores', '-'], input=folder + '\n', capture_output=True, text=True,
                         check=True).stdout.split()[0]
    disk = record(folder, scratch + '/log', program, 'enrol', folder, BOB)

    def judge(answer, said):
        words = answer.split()
        if len(words) != 2 or words[0] != ada:
            return False
        return words[1] == said.split()[1].decode() if said else True
    return disk, 'stores', judge


def creation(program, scratch):
    """Of a store, which a cut may leave unmade; but once somebody was told to be in it, she is."""
    folder = scratch + '/new'
    os.mkdir(folder, 0o700)
    disk = record(folder, scratch + '/log', program, 'enrol', folder, BOB)

    def judge(answer, said):
        return answer.split()[1:] == [said.split()[1].decode()] if said else bool(answer)
    return disk, 'stores', judge


def main(build):
    program, passed, failed = build + '/tests/power_deed', 0, 0
    scratch = tempfile.mkdtemp(prefix='power-', dir='/dev/shm')
    try:
        for deed in (publication, enrolment, creation):
            disk, kind, judge = deed(program, scratch)
            reader = Reader(program, kind, scratch + '/state')
            count, bad = play(disk, reader, judge)
            without, caught = play(disk, reader, judge, syncs=False)
            reader.close()
            syncs = sum(event[0] == 'sync' for event in disk.events)
            print(f'{deed.__name__}: {len(disk.events)} events, {syncs} syncs, {count} states, {len(bad)} bad; '
                  f'without the syncs {len(caught)} of {without} bad')
            for one in bad[:5]:
                print('FAILED', deed.__name__, one)
            passed, failed = passed + count - len(bad) + bool(caught), failed + len(bad) + (not caught)
    finally:
        shutil.rmtree(scratch)
    print(f'power: {passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
