"""Looks where secrets must not be: other people's eyes on a machine."""
import os
import threading


class Eyes:
    """From its birth on, reads the argument and environment lists of every process in the machine, over and over."""

    def __init__(self, machine):
        self.machine, self.space = machine, os.readlink(f'/proc/{machine.leader}/ns/pid')
        self.arguments, self.environments, self.closed = set(), set(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.closed.wait(0.01):
            for pid in filter(str.isdigit, os.listdir('/proc')):
                try:
                    if os.readlink(f'/proc/{pid}/ns/pid') != self.space:
                        continue
                    for kind, seen in (('cmdline', self.arguments), ('environ', self.environments)):
                        with open(f'/proc/{pid}/{kind}', 'rb') as file:
                            seen.add(file.read())
                except OSError:  # it has ended
                    pass

    def close(self):
        self.closed.set()
        self.thread.join()

    def find(self, texts):
        """Where any of `texts` can be read, by kind of place; to be asked when the eyes are closed."""
        wanted = [text.encode() for text in texts]

        def hits(contents):
            return [f'{where}: {text.decode()}' for where, content in contents for text in wanted if text in content]

        return {
            'the journal': hits([('journal', self.machine.run_bytes('journalctl', '--all', '--output=export'))]),
            'other logs': hits(self.files('/var/log', everything=True)),
            'files that everybody can read': hits(self.files('/etc /home /opt /root /run /srv /tmp /var /dev/shm')),
            'arguments of processes': hits(('arguments', seen) for seen in self.arguments),
            'environments of processes': hits(('environment', seen) for seen in self.environments),
        }

    def files(self, folders, everything=False):
        """The files below, as the user nobody finds and reads them."""
        find = f'find {folders} -xdev -type f ! -path "*/journal/*" -readable -print0 2>/dev/null'
        listed = self.machine.run_bytes('sh', '-c', find, user='' if everything else '65534').split(b'\0')
        for path in filter(None, listed):
            try:
                with open(f'/proc/{self.machine.leader}/root'.encode() + path, 'rb') as file:
                    yield path.decode(errors='replace'), written_parts(file)
            except OSError:  # gone meanwhile
                pass


def written_parts(file):
    """All but the holes: lastlog, which is indexed by uid, has hundreds of gigabytes of them."""
    content, at, end = b'', 0, os.fstat(file.fileno()).st_size
    while at < end:
        try:
            begin = os.lseek(file.fileno(), at, os.SEEK_DATA)
        except OSError:  # nothing but a hole is left
            break
        at = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
        content += os.pread(file.fileno(), at - begin, begin)
    return content
