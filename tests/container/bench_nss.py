#!/usr/bin/python3
"""What lookups cost, next to other NSS modules that hold the same people: bench_nss.py BUILD.

BUILD holds the packages (deb/) and tests/bench_nss. Each module stands in a Debian root of its own, an overlay of
one that is kept; nothing is installed on this machine. SIZES names the numbers of people (`1000 100000`, at least
1000 each; FULL=1: and a million), RUNS how many runs the medians are of. Everybody comes by `latchkey people import`.
"""
import glob
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench_people
import machine
import peers
import sandbox

ROWS = {'name': 'hit by name', 'id': 'hit by id', 'miss': 'miss, a new name each time', 'group10': 'group, 10 members',
        'group1000': 'group, 1,000 members', 'group50000': 'group, 50,000 members', 'in5': 'initgroups, 5 groups',
        'in50': 'initgroups, 50 groups', 'in500': 'initgroups, 500 groups', 'name/2': 'hit by name, 2 threads',
        'miss/2': 'miss, 2 threads', 'in50/2': 'initgroups, 50, 2 threads'}
COLD = {'cold': 'first question of a process'}
WORDS = {'absent': 'it has no such function', 'wrong': 'a wrong answer', 'slow': 'no answer within 3 s',
         'crashed': 'it crashed', 'without': 'set up without members of groups',
         'spared': 'not asked: it does not answer, and is busy with that for minutes'}
LOOKUPS = 1000000
ALLOCATOR = ('malloc', 'calloc', 'realloc', 'reallocarray', 'aligned_alloc', 'posix_memalign', 'strdup', 'strndup')
TITLES = {'direct': "the module's own functions", 'glibc': 'by getpwnam_r and its like'}
OURS, LIMIT = 'latchkey', 'bare probe'
# What is allowed: a hit beside the bare probe; what a measurement is off by, where two are compared; publishing.
PROBE_MOST, OFF, FILE_MOST, CPU_MOST = 1.5, 1.25, 3, {100000: 0.15, 1000000: 1.5}


def sizes():
    default = '1000 100000 1000000' if os.environ.get('FULL') == '1' else '1000 100000'
    return [int(size) for size in os.environ.get('SIZES', default).split()]


class Table:
    """Nanoseconds of each row and peer, or the word that says why there are none."""

    def __init__(self):
        self.found, self.words = {}, {}

    def take(self, output, peer, way):
        for line in output.splitlines():
            row, value = line.split()
            if value in WORDS:
                self.words[way, peer, row] = value
            else:
                self.found.setdefault((way, peer, row), []).append(float(value))

    def wanted(self, peer, way, count):
        """Not asked again: what failed once."""
        return [row for row in ROWS
                if (way, peer, row) not in self.words and not (row == 'group50000' and count < 50000)]

    def value(self, way, peer, row):
        values = self.found.get((way, peer, row))
        return statistics.median(values) if values and (way, peer, row) not in self.words else None


def time_text(nanoseconds):
    for unit, size in (('s', 1e9), ('ms', 1e6), ('µs', 1e3)):
        if nanoseconds >= size:
            return f'{nanoseconds / size:.3g} {unit}'
    return f'{nanoseconds:.0f} ns'


def ratio_text(ratio):
    return f'{ratio:.2g}' if ratio < 10 else f'{ratio:,.0f}'


def lines_of(found):
    """{(peer, way, reason): {row: [people]}} as one line each."""
    for (peer, way, reason), rows in found.items():
        by_people = {}
        for row, counts in rows.items():
            by_people.setdefault(' and '.join(f'{count:,}' for count in counts), []).append(row)
        text = '; '.join(f'{"; ".join(names)} ({people} people)' for people, names in by_people.items())
        yield f'{peer}{f", {TITLES[way]}" if way else ""}: {reason}: {text}'


class Bench:
    def __init__(self, build, base, scratch):
        self.base, self.scratch = base, scratch
        self.tools, self.ahead, self.missing, self.tables = f'{scratch}/bench', {}, {}, {}
        self.packages = sorted(glob.glob(f'{build}/deb/*latchkey*.deb'))
        os.mkdir(self.tools)
        shutil.copy(f'{build}/tests/bench_nss', self.tools)

    def run(self, count, runs):
        """All peers with so many people."""
        begin, data = time.monotonic(), f'{self.tools}/data'
        os.mkdir(data)
        bench_people.make(count, f'{data}/people.jsonl')
        places, table = [], Table()
        try:
            for peer in peers.ALL:
                self.add(places, peers.Place(peer, self, count))
                if peer.name == OURS:
                    bench_people.write_keyed(data)
                    bench_people.write_lists(data)
            ours = next(place for place in places if place.peer.name == OURS)
            print(f'\n{count:,} people, made and filled in {time.monotonic() - begin:.0f} s (latchkey people import: '
                  f'{ours.import_seconds:.1f} s of CPU, {ours.import_kib / 1024:.0f} MiB); '
                  f'load {os.getloadavg()[0]:.1f}', flush=True)
            self.measure(places, table, count, runs)
            self.show(places, table, count)
            self.tables[count] = table
            self.show_calls(ours)
            self.show_budgets(table, ours, count)
        finally:
            for place in places:
                place.close()
            shutil.rmtree(data)

    def add(self, places, place):
        try:
            place.set_up()
            places.append(place)
        except peers.CannotRun as reason:
            place.close()
            if place.peer.name == OURS:
                raise
            self.missing.setdefault((place.peer.name, '', str(reason)), {}).setdefault('all', []).append(place.count)

    @staticmethod
    def measure(places, table, count, runs):
        somebody = next(bench_people.lines(f'{places[0].root}/bench/data', 'lists'))[0]
        for place in places:
            table.words.update({(way, place.label(place.keys), row): place.spares(row) for way in TITLES for row in ROWS
                                if place.spares(row)})
        for run in range(runs):
            for way in ('direct', 'glibc'):
                for place in places:
                    for keys in place.key_sets(places):
                        label = place.label(keys)
                        wanted = table.wanted(label, way, count)
                        how = place.way(way)
                        if how and wanted:
                            table.take(place.bench('measure', how, '/bench/data', keys, run, *wanted), label, way)
            for place in places:
                if place.way('glibc'):
                    table.take(place.bench('starts', somebody, 40), place.label(place.keys), 'glibc')

    def show(self, places, table, count):
        for way, title in TITLES.items():
            shown = [place for place in places if place.way(way) and place.peer.name != OURS]
            print(f'\n{count:,} people, {title}; time, and as a multiple of ours\n'
                  f'{"":28} {OURS:>9}' + ''.join(f' {place.label(place.keys):>18}' for place in shown))
            for row, text in {**ROWS, **(COLD if way == 'glibc' else {})}.items():
                cells = [self.cell(table, place, way, row, count) for place in shown]
                ours = table.value(way, OURS, row)
                if any(cells) or ours:
                    print(f'{text:28} {time_text(ours) if ours else "-":>9}'
                          + ''.join(f' {cell or "-":>18}' for cell in cells))

    def cell(self, table, place, way, row, count):
        label = place.label(place.keys)
        word = table.words.get((way, label, row))
        if word:
            self.missing.setdefault((place.peer.name, way, WORDS[word]), {}).setdefault(ROWS[row], []).append(count)
            return word
        value = table.value(way, label, row)
        ours = table.value(way, OURS + ('*' if place.keys and row != 'cold' else ''), row)
        if value is None or not ours:
            return None
        if value < ours and place.peer.name != LIMIT:
            rows = self.ahead.setdefault((place.peer.name, way, 'faster'), {})
            rows.setdefault({**ROWS, **COLD}[row], []).append(count)
        return f'{time_text(value)} {ratio_text(value / ours):>7}'

    @staticmethod
    def show_calls(place):
        """By strace: between two calls that cannot be mistaken."""
        place.run('strace', '-f', '-o', '/bench/calls',
                  '/bench/bench_nss', 'repeat', place.way('direct'), '/bench/data', str(LOOKUPS))
        lines = machine.read(f'{place.root}/bench/calls').splitlines()
        marks = [i for i, line in enumerate(lines) if 'write(-1,' in line]
        between = [line.split(None, 1)[1].split('(')[0] for line in lines[marks[0] + 1:marks[1]]]
        kinds = ', '.join(f'{between.count(kind)} {kind}' for kind in sorted(set(between))) or 'none'
        print(f'\nsystem calls in {LOOKUPS:,} warm hits and as many misses, one thread: {kinds}')
        names = subprocess.run(['nm', '-D', '--undefined-only', place.module()], check=True, stdout=subprocess.PIPE,
                               text=True).stdout
        asked = [name for name in ALLOCATOR if f' {name}@' in names]
        print(f'what the module takes of the allocator: {", ".join(asked) or "nothing"}'
              + (" (reallocarray: glibc's own list in initgroups)" if asked == ['reallocarray'] else ''))

    def show_budgets(self, table, place, count):
        """Budgets, and whether they are kept: said, not enforced."""
        def ours(row):
            return table.value('direct', OURS, row)

        for row in ('name', 'id'):
            probe = table.value('direct', LIMIT, row)
            tell(f'{ROWS[row]}, {count:,} people: {ours(row) / probe:.2f} x the bare probe', PROBE_MOST,
                 ours(row) / probe)
        tell(f'a miss, {count:,} people: {ours("miss") / ours("name"):.2f} x a hit', 1, ours('miss') / ours('name'))
        each = [f'{ours(f"in{size}") / size:.1f} ns of {size}' for size in bench_people.SIZES]
        growth = ours('in500') / ours('in50')
        tell(f'initgroups, {count:,} people, each group: {", ".join(each)}; 500 beside 50: {growth:.1f} x', 10 * OFF,
             growth)
        seconds, ratio, text = self.publishing(place)
        tell(f'publishing {count:,} people from the store: {seconds:.2f} s of CPU', CPU_MOST.get(count), seconds)
        tell(f'publishing {count:,} people from the store: {text}', FILE_MOST if count in CPU_MOST else None, ratio)

    @staticmethod
    def publishing(place):
        """Seconds of CPU, and the memory as a multiple of the file and in words."""
        cost = 'cost', '/dev/null', 'sh', '-c', 'latchkey snapshot rebuild >&2'
        spent = [tuple(map(float, place.bench(*cost).split())) for _ in range(5)]
        size = os.path.getsize(f'{place.root}{peers.PUBLIC}/snapshot')
        memory = statistics.median(kib for _, kib in spent) * 1024
        return (statistics.median(cpu for cpu, _ in spent), memory / size,
                f'{memory / 2**20:.0f} MiB for a file of {size / 2**20:.1f} MiB: {memory / size:.1f} x')

    def show_growth(self):
        """From the fewest people to the most; memory that no cache holds is slower for the bare probe as well."""
        least, most = min(self.tables), max(self.tables)
        for row in ('name', 'id', 'miss') if least < most else ():
            ours, probe = (self.tables[most].value('direct', who, row) / self.tables[least].value('direct', who, row)
                           for who in (OURS, LIMIT))
            tell(f'{ROWS[row]}, from {least:,} to {most:,} people: {ours:.2f} x, the bare probe {probe:.2f} x',
                 probe * OFF, ours)


def tell(what, most, value):
    verdict = 'no budget' if most is None else f'{"kept" if value <= most else "EXCEEDED"} (at most {most:.3g})'
    print(f'{verdict:26} {what}', flush=True)


def main(build):
    base = machine.base_root(*peers.PACKAGES)
    sandbox.enter()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    begin, runs = time.monotonic(), int(os.environ.get('RUNS', '5'))
    with tempfile.TemporaryDirectory(prefix='latchkey-bench-') as scratch:
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=80%,nr_inodes=0', 'tmpfs', scratch], check=True)
        bench = Bench(build, base, scratch)
        try:
            for count in sizes():
                bench.run(count, runs)
            print()
            bench.show_growth()
        finally:
            subprocess.run(['umount', '-l', scratch], check=True)
    print(f'\n* asked for the same {peers.FEW:,} people, because filling it with all takes too long; the multiple is of '
          'ours over these')
    print(f'medians of {runs} runs, in turns; load now {os.getloadavg()[0]:.1f}; {time.monotonic() - begin:.0f} s\n')
    print('Not run:', *peers.NEVER, *lines_of(bench.missing), sep='\n  ')
    print('\nAhead of us:', *(lines_of(bench.ahead) if bench.ahead else ['nobody']), sep='\n  ')


if __name__ == '__main__':
    main(os.path.abspath(sys.argv[1]))
