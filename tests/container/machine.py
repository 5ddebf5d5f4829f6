"""A Debian container: systemd booted in namespaces of its own, on a throwaway overlay of the cached root."""
import glob
import os
import re
import signal
import subprocess
import time

import pexpect

import sandbox

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root',
               'TERM=dumb', 'LANG=C.UTF-8']
NOISE = re.compile(r' (systemd|\(systemd\)|systemd-logind|dbus-daemon)\[\d+\]: (?!.*latchkey)')


class TestbedError(Exception):
    """The test bed itself does not work; says nothing about what is tested."""


def await_that(what, condition, seconds=30):
    """Waits until condition() is true and returns what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise TestbedError(f'{what}: not within {seconds} s')


def base_root(*packages):
    """The root that machines start from. To make it needs the network: call this outside the sandbox."""
    return subprocess.run([f'{HERE}/base.sh', *packages], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Machine:
    def __init__(self, name, root, folder):
        self.name, self.root, self.console = name, root, f'{folder}/console.log'
        self.leader = self.nspawn = None
        self.journal_read = time.time()

    def start(self):
        with open(self.console, 'w', encoding='utf-8') as console:
            # pylint: disable=subprocess-popen-preexec-fn # one thread only
            self.nspawn = subprocess.Popen(
                ['systemd-nspawn', '--quiet', f'--directory={self.root}', '--volatile=overlay', '--boot',
                 '--register=no', '--keep-unit', f'--machine={self.name}', '--network-namespace-path=/proc/self/ns/net',
                 '--link-journal=no', '--resolv-conf=off', '--timezone=off', '--console=pipe'],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, preexec_fn=self.join_cgroup,
                env={**os.environ, 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'})
        self.leader = await_that('systemd in the container', self.find_leader)
        await_that('the container to be up', lambda: self.run('test', '-S', '/run/systemd/private').returncode == 0)
        state = await_that('an answer of systemd', lambda: self.run(
            'timeout', '60', 'systemctl', 'is-system-running', '--wait').stdout.strip())
        if state != 'running':
            raise TestbedError(f'the container is {state}: {self.run("systemctl", "--failed").stdout}')

    def join_cgroup(self):
        """A cgroup of its own: systemd-nspawn makes its own below the one that it is started in."""
        for hierarchy in sandbox.CGROUPS:
            os.makedirs(f'{hierarchy}/{self.name}', exist_ok=True)
            with open(f'{hierarchy}/{self.name}/cgroup.procs', 'w', encoding='ascii') as procs:
                procs.write('0')
        os.setsid()

    def find_leader(self):
        if self.nspawn.poll() is not None:
            raise TestbedError('the container ended: ' + read(self.console))
        for pid in read(f'/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children').split():
            if read(f'/proc/{pid}/comm').strip() == 'systemd':
                return int(pid)
        return None

    def stop(self):
        if not self.nspawn or self.nspawn.poll() is not None:
            return
        if self.leader:
            os.kill(self.leader, signal.SIGKILL)
        else:
            self.nspawn.kill()
        self.nspawn.wait(30)

    def inside(self, *command, user=None):
        """The command line that runs `command` in the container."""
        become = ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--'] if user else []
        return ['nsenter', f'--target={self.leader}', '-m', '-p', '-u', '-i', '-n', '-C', '--root', '--wdns=/',
                *ENVIRONMENT, *become, *command]

    def run(self, *command, user=None, given='', seconds=60):
        return subprocess.run(self.inside(*command, user=user), input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', timeout=seconds, check=False)

    def run_bytes(self, *command, user=None, given=b''):
        return subprocess.run(self.inside(*command, user=user), input=given, stdout=subprocess.PIPE, check=False).stdout

    def sh(self, script, **how):
        """Output of a shell script that has to succeed."""
        done = self.run('sh', '-euc', script, **how)
        if done.returncode != 0:
            raise TestbedError(f'in the container: {script}: status {done.returncode}: {done.stdout}')
        return done.stdout

    def terminal(self, *command, user=None, seconds=30):
        """`command` on a terminal of the container, to be driven with pexpect."""
        line = self.inside('script', '--quiet', '--return', '--command', ' '.join(command), '/dev/null', user=user)
        return pexpect.spawn(line[0], line[1:], encoding='utf-8', codec_errors='replace', timeout=seconds, echo=False)

    def write(self, path, text, mode='644'):
        self.sh(f'mkdir -p "$(dirname {path})"; cat > {path}; chmod {mode} {path}', given=text)

    def resident(self, program, library):
        """KiB of memory that each running `program` has of a library's file, by pid."""
        found = {}
        for pid in self.run('pgrep', '-x', program).stdout.split():
            inside = False
            for line in self.run('cat', f'/proc/{pid}/smaps').stdout.splitlines():
                if re.match('[0-9a-f]+-[0-9a-f]+ ', line):
                    inside = line.endswith(f'/{library}')
                elif inside and line.startswith('Rss:'):
                    found[pid] = found.get(pid, 0) + int(line.split()[1])
        return found

    def news(self):
        """What the journal has gained since the last call, without what systemd says about other things."""
        begin, self.journal_read = self.journal_read, time.time()
        lines = self.run('journalctl', '--no-pager', '--output=short-precise', f'--since=@{begin:.6f}').stdout
        return [line for line in lines.splitlines() if not NOISE.search(line)][-40:]

    def install(self, packages):
        """By dpkg, from outside files, without a network."""
        self.sh('mkdir -p /root/packages')
        for package in packages:
            with open(package, 'rb') as content:
                subprocess.run(self.inside('sh', '-c', f'cat > /root/packages/{os.path.basename(package)}'),
                               stdin=content, check=True)
        return self.sh('DEBIAN_FRONTEND=noninteractive dpkg --install /root/packages/*.deb 2>&1 && apt-get check 2>&1',
                       seconds=180)


def built_packages():
    folder = os.path.abspath(os.environ.get('LATCHKEY_PACKAGES') or f'{HERE}/../../build/deb')
    found = sorted(path for path in glob.glob(f'{folder}/*.deb') if '-dbgsym' not in path)
    if not found:
        raise TestbedError(f'no packages in {folder}: `make deb` builds them')
    return found


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def read_number(path, pattern):
    """The number that `pattern` finds in a source file."""
    return int(re.search(pattern, read(f'{HERE}/../../{path}'))[1])
