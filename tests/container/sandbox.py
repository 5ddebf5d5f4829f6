"""A place of its own for a test run: network (loopback only), processes, mounts.

Everything started inside ends with the run, however it ends: the first process in there is killed by the
kernel when the one outside goes away, and all others with it. Nothing stays on the machine but an empty
cgroup folder when the run was killed outright; the next run takes it away.
"""
import ctypes
import os
import signal
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)

# Pure v2, or the two hierarchies of a hybrid layout.
CGROUPS = [path for path in ('/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd')
           if os.path.exists(path + '/cgroup.procs')]
PREFIX = 'latchkey-test-'


def enter():
    """Returns in a new process inside; the old one waits and leaves with its exit status."""
    if os.geteuid() != 0:
        sys.exit('this test needs root: it makes namespaces and a container')
    for path in CGROUPS:
        remove_cgroups(path)
    outside = os.getpid()
    if libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) != 0:
        sys.exit(f'cannot make namespaces: {os.strerror(ctypes.get_errno())}')
    child = os.fork()
    if child:
        status = wait_for(child)
        for path in CGROUPS:
            remove_cgroups(path)
        os._exit(status)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    child = os.fork()
    if child:
        os._exit(wait_for(child))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    for command in (['mount', '--make-rprivate', '/'], ['mount', '-t', 'proc', 'proc', '/proc'],
                    ['mkdir', '-p', '/run/systemd/nspawn'], ['mount', '-t', 'tmpfs', 'tmpfs', '/run/systemd/nspawn'],
                    ['ip', 'link', 'set', 'lo', 'up']):
        subprocess.run(command, check=True)
    return f'{PREFIX}{outside}'


def wait_for(child):
    """Its exit status; others that end meanwhile (the first process inherits all orphans) are reaped too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the child as well
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        pid, status = os.wait()
        if pid == child:
            status = os.waitstatus_to_exitcode(status)
            return status if status >= 0 else 128 - status


def remove_cgroups(hierarchy):
    """Of this run and of runs that were killed. The kernel refuses to remove one that somebody is in."""
    for name in os.listdir(hierarchy):
        owner = name.removeprefix(PREFIX)
        if owner == name or (owner != str(os.getpid()) and os.path.exists(f'/proc/{owner}')):
            continue
        for folder, _, _ in os.walk(f'{hierarchy}/{name}', topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass
