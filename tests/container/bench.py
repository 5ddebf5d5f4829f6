#!/usr/bin/python3
"""What a sign-in costs beyond the key derivation: bench.py BUILD/tests/bench_login."""
import sys

from host import ADA, CONFIG, PASSWORDS, Host

TIMES = 40


def main(program):
    with open(program, 'rb') as file:
        content = file.read()
    with Host() as host:
        inside = host.machine
        host.install()
        inside.write('/etc/pam.d/bench', 'auth required pam_latchkey.so\n')
        inside.run_bytes('sh', '-c', 'cat > /root/bench_login; chmod 755 /root/bench_login', given=content)

        def measure(what, config):
            inside.write('/etc/latchkey/latchkey.conf', config)
            done = inside.run('/root/bench_login', 'bench', ADA, str(TIMES), given=PASSWORDS[ADA] + '\n', seconds=300)
            rows = [line.split() for line in done.stdout.splitlines()]
            rows = {row[0]: (float(row[1]), float(row[2])) for row in rows if len(row) == 3}
            if set(rows) != {'sign-in', 'derivation', 'beyond'}:
                sys.exit(f'{what}: {done.stdout}\n' + '\n'.join(inside.news()))
            middle, slow = rows['sign-in']
            print(f'{what:52} {middle:7.1f} ms (95 %: {slow:.1f}), {rows["beyond"][0]:5.1f} more than '
                  f'the key derivation ({rows["derivation"][0]:.1f})', flush=True)

        host.doors.login(ADA, PASSWORDS[ADA])
        with host.doors.at_the_question_of_ssh(ADA):
            resident = inside.resident('sshd', 'pam_latchkey.so')
        print(f'{"resident of the PAM module in sshd":52} {max(resident.values()):7} KiB', flush=True)
        measure('sign-in online, one request', CONFIG)
        measure('sign-in soon after, nobody asked', CONFIG.replace('recheck_minutes = 0', 'recheck_minutes = 60'))
        host.provider.stop()
        measure('sign-in offline, the outage is known', CONFIG)


if __name__ == '__main__':
    main(sys.argv[1])
