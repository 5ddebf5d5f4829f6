"""A store that is lost, as people at the door meet it, and what root does about it."""
import os
import shutil
import subprocess

from expect import check
from sign_in.harness import ADA, PASSWORD

MANY = 100
NAMES = [f'p{number}@contoso.example' for number in range(MANY)]


def tool(t, *words):
    return subprocess.run([f'{t.host.build}/latchkey', *words], capture_output=True, text=True, check=False)


def arrive(t, names):
    for name in names:
        t.change(name, password=PASSWORD)
        t.expect('admit', t.host.sign_in(name, PASSWORD))
    t.host.forget_attempts()


def uids(t):
    return dict(t.host.ask_store('SELECT name, uid FROM person'))


def refused_in_words(t, name):
    """Nobody gets an id, or a store that looks as if nobody had one."""
    with open(t.host.log, 'w', encoding='utf-8'):
        pass
    check(t.host.sign_in(name, PASSWORD).verdict != 'admit')
    with open(t.host.log, encoding='utf-8') as log:
        check('store.db is lost' in log.read(), 'the log names the cure')
    check(not os.path.exists(f'{t.host.state}/private/store.db'))


def everybody_keeps_his_uid_when_the_store_was_lost_and_recovered(t):
    arrive(t, NAMES)
    before = uids(t)
    check(len(before) == MANY)
    os.unlink(f'{t.host.state}/private/store.db')
    refused_in_words(t, NAMES[0])
    refused_in_words(t, ADA)
    done = tool(t, 'store', 'recover')
    check(done.returncode == 0 and f'{MANY} people' in done.stdout, done)
    t.offline('unavailable', name=NAMES[0])  # nobody comes in by what was recovered
    arrive(t, NAMES + [ADA])
    after = uids(t)
    check({name: after[name] for name in NAMES} == before)
    check(after[ADA] not in before.values() and len(set(after.values())) == MANY + 1)
    check(t.host.ask_store("SELECT count(*) FROM id WHERE issuer = 'recovered'") == [(0,)])
    check(tool(t, 'snapshot', 'verify').returncode == 0)


def a_generation_that_is_damaged_or_for_others_to_write_is_not_believed(t):
    arrive(t, NAMES[:3])
    for name in ('snapshot', 'snapshot.previous'):
        shutil.copy(f'{t.host.state}/public/{name}', f'{t.host.build}/{name}')
    newest = {'snapshot': 3, 'snapshot.previous': 2}
    for name in newest:
        for harm in ('flipped', 'cut', 'writable', 'link'):
            for file in newest:
                path = f'{t.host.state}/public/{file}'
                if os.path.lexists(path):
                    os.unlink(path)
                shutil.copy(f'{t.host.build}/{file}', path)
            spoil(f'{t.host.state}/public/{name}', harm, t.host.build)
            for file in os.listdir(f'{t.host.state}/private'):
                if file.startswith('store.db'):
                    os.unlink(f'{t.host.state}/private/{file}')
            done = tool(t, 'store', 'recover')
            other = next(file for file in newest if file != name)
            check(done.returncode == 0 and f'{newest[other]} people' in done.stdout, name, harm, done)


def spoil(path, harm, build):
    if harm == 'flipped':
        with open(path, 'r+b') as file:
            file.seek(-100, os.SEEK_END)
            byte = file.read(1)
            file.seek(-100, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
    elif harm == 'cut':
        os.truncate(path, os.path.getsize(path) - 64)
    elif harm == 'writable':
        os.chmod(path, 0o666)
    else:
        os.rename(path, f'{build}/elsewhere')
        os.symlink(f'{build}/elsewhere', path)
