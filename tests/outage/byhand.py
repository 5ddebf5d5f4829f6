"""`make emulator`, as a developer uses it: what it prints is a configuration that works."""
import os
import signal
import socket
import subprocess
import urllib.parse

from expect import check

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
PATIENCE = 60  # seconds


def printed(process):
    """The settings, and people with their passwords."""
    sections, section = {}, None
    for line in iter(process.stdout.readline, ''):
        if line.startswith('---'):
            section = sections.setdefault(line.split()[1].rstrip(';'), [])
        elif section is not None:
            section.append(line.rstrip('\n'))
        if line.startswith('The log:'):
            break
    settings = dict(line.split(' = ') for line in sections['latchkey.conf'])
    return settings, dict(line.split('   ', 1) for line in sections['people'])


def its_configuration_works_and_nothing_is_left(t):
    environment = {name: value for name, value in os.environ.items() if not name.startswith('MAKE')}
    process = subprocess.Popen(['make', '-s', '-C', TOP, 'emulator'], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
    try:
        settings, people = printed(process)
        check(people, 'no people')
        t.host.clean()
        t.host.configure(**settings)
        for name, password in people.items():
            t.expect('deny', t.host.sign_in(name, password + '.'))
            t.expect('admit', t.host.sign_in(name, password))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    gone(process, settings)


def gone(process, settings):
    check(not process.stdout.read().strip() and not in_session(process.pid), 'a process is left')
    check(not os.path.exists(os.path.dirname(settings['ca_file'])), 'its folder is left')
    where = urllib.parse.urlsplit(settings['issuer'])
    with socket.socket() as client:
        check(client.connect_ex(('127.0.0.1', where.port)) != 0, 'somebody still listens')


def in_session(leader):
    try:
        os.killpg(leader, 0)
        return True
    except ProcessLookupError:
        return False


def all_cells():
    return [('its configuration works and nothing is left', its_configuration_works_and_nothing_is_left)]
