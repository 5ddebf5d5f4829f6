"""The NSS modules that Latchkey is measured next to: how each is set up and given its people."""
import glob
import os
import shutil
import signal
import subprocess
import time

import bench_people
import machine

PUBLIC = '/var/lib/latchkey/public'
LIBRARIES = '/usr/lib/x86_64-linux-gnu'
FEW = 1000  # people that are put into a daemon's memory when all would take too long
LISTS = 'in5', 'in50', 'in500'
FILLED = 'name', 'id', 'group10', 'group1000', *LISTS, 'group50000'
FILL_SECONDS, IMPORT_SECONDS = 120, 1800
PACKAGES = ('libnss-cache', 'libnss-db', 'libnss-extrausers', 'libnss-sss', 'libnss-systemd', 'nscd', 'sssd-common',
            'sssd-proxy', 'strace')
NEVER = ["glibc's own db: Debian leaves it out of libc6; its libnss-db, with Berkeley DB, stands for it"]

NSCD = '''enable-cache {0} yes
positive-time-to-live {0} 600000
negative-time-to-live {0} 600
suggested-size {0} 20011
check-files {0} yes
persistent {0} no
shared {0} yes
max-db-size {0} 2147483648
auto-propagate {0} yes
'''
# Its back end is our module, so that filling it takes the least time. Names are not cut at `@`; and it is not to be
# ended by its own watchdog when one answer takes it long.
SSSD = '''[sssd]
services = nss
domains = bench
timeout = 600
enable_files_domain = false
re_expression = ^(?P<name>.+)$

[nss]
timeout = 600
memcache_size_passwd = 64
memcache_size_group = 64
memcache_size_initgroups = 64
memcache_timeout = 86400
filter_users = root
filter_groups = root

[domain/bench]
id_provider = proxy
timeout = 600
proxy_lib_name = latchkey
auth_provider = none
access_provider = permit
min_id = 1
entry_cache_timeout = 86400
full_name_format = %1$s
'''


CONFIG = '''issuer = https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0
client_id = bench
domains = contoso.example
allow = everyone
'''


class CannotRun(Exception):
    """Why, as a sentence's end."""


class Peer:
    """`daemon`: asked through it, after it has been filled. `most`: people; `why` not more. `spared`: rows that
    it is not asked, from how many people on and why."""

    def __init__(self, name, service, load, library=None, daemon=False, most=10**9, why='', spared=None):
        self.name, self.service, self.load, self.library = name, service, load, library
        self.daemon, self.most, self.why, self.spared = daemon, most, why, spared or {}


def append(place, name):
    with open(f'{place.root}/etc/{name}', 'a', encoding='utf-8') as out, \
            open(f'{place.root}/bench/data/{name}', encoding='utf-8') as text:
        shutil.copyfileobj(text, out)


def load_files(place):
    for name in ('passwd', 'group'):
        append(place, name)


def install(place):
    os.makedirs(f'{place.root}/root/packages')
    for package in place.bench_of.packages:
        shutil.copy(package, f'{place.root}/root/packages')
    place.run('sh', '-c', 'DEBIAN_FRONTEND=noninteractive dpkg --install /root/packages/*.deb')


def load_store(place):
    """The people as they are made; the others are told of them by us."""
    install(place)
    place.write('/etc/latchkey/latchkey.conf', CONFIG)
    place.import_seconds, place.import_kib = map(float, place.run(
        '/bench/bench_nss', 'cost', '/bench/data/people.jsonl', 'sh', '-c', 'latchkey people import - >&2',
        seconds=IMPORT_SECONDS).split())
    for name in ('passwd', 'group'):
        place.run('sh', '-c', f'getent -s latchkey {name} > /bench/data/{name}', seconds=IMPORT_SECONDS)
    shutil.copy(f'{place.root}{PUBLIC}/snapshot', f'{place.root}/bench/data/snapshot')


def load_snapshot(place):
    """The file that the one above published, under the owner that it has here."""
    install(place)
    place.run('install', '-o', 'latchkey', '-g', 'latchkey', '-m', '644', '/bench/data/snapshot', f'{PUBLIC}/snapshot')


def load_cache(place):
    data = f'{place.root}/bench/data'
    for name, columns in (('passwd', {'name': 0, 'uid': 2}), ('group', {'name': 0, 'gid': 2})):
        target = f'{place.root}/etc/{name}.cache'
        shutil.copy(f'{data}/{name}', target)
        for key, column in columns.items():
            bench_people.write_index(target, column, f'{target}.ix{key}')
        os.utime(target, (1, 1))  # an index must not be older


def load_db(place):
    """Where its Makefile puts them."""
    os.makedirs(f'{place.root}/var/lib/misc', exist_ok=True)
    for name in ('passwd', 'group'):
        place.run('makedb', '--quiet', '-o', f'/var/lib/misc/{name}.db', f'/bench/data/{name}.keyed',
                  seconds=FILL_SECONDS)


def load_extrausers(place):
    os.makedirs(f'{place.root}/var/lib/extrausers', exist_ok=True)
    for name in ('passwd', 'group'):
        shutil.copy(f'{place.root}/bench/data/{name}', f'{place.root}/var/lib/extrausers/{name}')


def load_systemd(place):
    folder = f'{place.root}/run/userdb'
    os.makedirs(folder)
    bench_people.write_records(f'{place.root}/bench/data', folder)


def load_nscd_files(place):
    load_files(place)
    start_nscd(place)


def load_nscd_latchkey(place):
    load_snapshot(place)
    start_nscd(place)


def start_nscd(place):
    place.write('/etc/nsswitch.conf', f'passwd: {place.peer.service}\ngroup: {place.peer.service}\n')
    os.makedirs(f'{place.root}/run/nscd', exist_ok=True)
    place.write('/etc/nscd.conf', 'threads 4\nmax-threads 32\nparanoia no\n' + ''.join(
        f'enable-cache {name} no\n' for name in ('hosts', 'services', 'netgroup')) + NSCD.format('passwd')
        + NSCD.format('group'))
    place.begin('/usr/sbin/nscd', '-F', waits_for='/run/nscd/socket')


def load_sss_without(place):
    """It fetches the members of all of a person's groups with his list; so it need not."""
    load_sss(place, SSSD + 'ignore_group_members = true\n')


def load_sss(place, config=SSSD):
    load_snapshot(place)
    place.write('/etc/sssd/sssd.conf', config, 0o600)
    for folder in ('run/sssd', *(f'var/lib/sss/{name}' for name in ('db', 'mc', 'pipes/private', 'pubconf'))):
        os.makedirs(f'{place.root}/{folder}', exist_ok=True)
    place.begin('/usr/sbin/sssd', '-i', '--logger=files', waits_for='/var/lib/sss/pipes/nss')


ALL = (
    Peer('latchkey', 'latchkey', load_store),
    Peer('bare probe', None, load_snapshot),
    Peer('sssd', 'sss', load_sss, daemon=True, spared={row: (50000, 'spared') for row in ('group50000', *LISTS)}),
    Peer('sssd, no members', 'sss', load_sss_without, daemon=True,
         spared={'group10': (0, 'without'), 'group1000': (0, 'without'), 'group50000': (50000, 'without')}),
    Peer('nscd, latchkey', 'latchkey', load_nscd_latchkey, daemon=True),
    Peer('nscd, files', 'files', load_nscd_files, daemon=True, most=100000,
         why='it reads the whole file for each key it is filled with'),
    Peer('libnss-cache', 'cache', load_cache),
    Peer('libnss-db', 'db', load_db),
    Peer('systemd', 'systemd', load_systemd, most=100000, why='ten million files of records'),
    Peer('extrausers', 'extrausers', load_extrausers),
    Peer('files', 'files', load_files, library='libc'),
)


class Place:
    """A root of its own for one peer."""

    def __init__(self, peer, bench, count):
        self.peer, self.bench_of, self.count = peer, bench, count
        self.keys = FEW if peer.daemon and count > FEW else 0
        self.folder = f'{bench.scratch}/{peer.name.replace(" ", "-").replace(",", "")}'
        self.root, self.daemon = f'{self.folder}/root', None

    def set_up(self):
        if self.count > self.peer.most:
            raise CannotRun(self.peer.why)
        for name in ('root', 'upper', 'work'):
            os.makedirs(f'{self.folder}/{name}')
        layers = f'lowerdir={self.bench_of.base},upperdir={self.folder}/upper,workdir={self.folder}/work'
        for mount in (['-t', 'overlay', 'overlay', '-o', layers, self.root],
                      ['-t', 'proc', 'proc', f'{self.root}/proc'], ['--rbind', '/dev', f'{self.root}/dev']):
            subprocess.run(['mount', *mount], check=True)
        os.mkdir(f'{self.root}/bench')
        subprocess.run(['mount', '--bind', self.bench_of.tools, f'{self.root}/bench'], check=True)
        try:
            self.peer.load(self)
            if self.peer.service:
                self.write('/etc/nsswitch.conf', f'passwd: {self.peer.service}\ngroup: {self.peer.service}\n')
            if self.peer.daemon:
                rows = [row for row in FILLED
                        if not self.spares(row) and (row != 'group50000' or self.count >= 50000)]
                self.run('/bench/bench_nss', 'fill', 'glibc', '/bench/data', str(self.keys), *rows,
                         seconds=FILL_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise CannotRun(f'not filled within {late.timeout:.0f} s') from late
        except machine.TestbedError as error:
            raise CannotRun(f'could not be set up: {error}') from error

    def spares(self, row):
        """The word for why it is not asked. Of the same row with more threads as well."""
        least, word = self.peer.spared.get(row.split('/')[0], (10**9, ''))
        return word if self.count >= least else ''

    def close(self):
        if self.daemon:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.daemon.pid, signal.SIGKILL)
                self.daemon.wait()
            self.end_others()
        if os.path.isdir(f'{self.root}/bench'):
            subprocess.run(['umount', '--recursive', '-l', self.root], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_others(self):
        """Of its processes, which would go on for minutes in the way of the next one; all others are elsewhere."""
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.readlink(f'/proc/{pid}/root') == self.root:
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:  # it has ended meanwhile
                pass

    def write(self, path, text, mode=0o644):
        with open(f'{self.root}{path}', 'w', encoding='ascii') as file:
            file.write(text)
        os.chmod(f'{self.root}{path}', mode)

    def inside(self, *command):
        return ['chroot', self.root, *machine.ENVIRONMENT, *command]

    def run(self, *command, seconds=60):
        done = subprocess.run(self.inside(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors='replace', timeout=seconds, check=False)
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()[-400:]
            raise machine.TestbedError(f'{" ".join(command)}: status {done.returncode}: {said}')
        return done.stdout

    def bench(self, *words):
        return self.run('/bench/bench_nss', *map(str, words), seconds=120)

    def begin(self, *command, waits_for):
        with open(f'{self.folder}/log', 'w', encoding='ascii') as log:
            self.daemon = subprocess.Popen(self.inside(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True)
        machine.await_that(f'the socket of {command[0]}', lambda: os.path.exists(f'{self.root}{waits_for}'))
        time.sleep(1)

    def module(self):
        found = glob.glob(f'{self.root}/usr/lib/*/libnss_{self.peer.service}.so.2') + \
            glob.glob(f'{self.root}/usr/lib/libnss_{self.peer.service}.so.2')
        return found[0] if found else None

    def way(self, kind):
        """As bench_nss wants it; None: it cannot be asked so."""
        if not self.peer.service:
            return f'probe:{PUBLIC}' if kind == 'direct' else None
        if kind == 'glibc':
            return 'glibc'
        if self.peer.name.startswith('nscd'):  # glibc asks it, before any module
            return None
        return f'module:{self.peer.service}:{self.peer.library or self.module()[len(self.root):]}'

    def key_sets(self, places):
        """Ours is also asked for the few that somebody else holds, so that like stands by like."""
        few = self.peer.name == 'latchkey' and any(place.keys for place in places)
        return (0, FEW) if few else (self.keys,)

    def label(self, keys):
        return self.peer.name + ('*' if keys else '')
