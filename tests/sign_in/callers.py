"""Callers who are not root: for them the helper is started at the socket."""
import contextlib
import os
import re
import socket
import subprocess
import threading

from expect import check
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD, UNREACHED
from signin import ACTIONS, IN_NAMESPACE, WITH_NSS

SUCCESS, AUTH_ERR, AUTHINFO_UNAVAIL, USER_UNKNOWN = 0, 7, 9, 10  # of security/_pam_types.h
BOBS = 'the other one'


def others_may_not_ask_about_somebody_else(t):
    t.know_ada()
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, caller=4321))
    check(t.seen() == [])
    t.expect('deny', t.host.sign_in(BOB, PASSWORD, caller=4321))
    check(t.person() == 1)


def somebody_known_may_verify_herself(t):
    t.know_ada()
    uid = t.person('uid')
    herself = {'caller': uid, 'with_nss': True}
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, **herself))
    t.expect('admit', t.host.account(ADA, **herself))
    t.expect('deny', t.host.sign_in(ADA, 'wrong', **herself), GENERIC)
    t.offline('admit', **herself)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, action='password', **herself))
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, caller=uid + 1, with_nss=True))


def nobody_has_her_token_redeemed_without_end(t):
    """At the socket anybody may ask about herself, as often as she likes and without a secret."""
    rows = [({}, 'admit', 'admit'), ({'number': 53003}, 'forbidden', 'expired'),
            ({'status': 400, 'body': '{"error":"access_denied"}'}, 'expired', 'expired'),
            ({'number': 50053}, 'admit', 'admit'), ({'status': 503}, 'admit', 'admit')]
    for answer, first, later in rows:
        t.begin()
        t.know_ada()
        herself = {'caller': t.person('uid'), 'with_nss': True}
        if answer:
            t.script(endpoint='token:refresh_token', **answer)
        t.expect(first, t.host.account(ADA, **herself))
        asked = t.seen()
        check(asked == ['refresh_token'], answer, asked)
        for _ in range(3):
            t.expect(later, t.host.account(ADA, **herself))
        check(t.seen() == [], answer)
        t.host.forget_breakers()
        t.expect(first, t.host.account(ADA))
        check(t.seen() == ([] if answer.get('number') == 50053 else ['refresh_token']), answer, 'root asks for her')


def passwd_with_ada(t, uid):
    """A passwd file for the helper's eyes, in which Ada has this uid without being known here."""
    path = f'{t.host.build}/passwd'
    with open('/etc/passwd', encoding='utf-8') as real, open(path, 'w', encoding='utf-8') as out:
        out.write(real.read() + f'{ADA}:*:{uid}:{uid}::/:/bin/sh\n')
    os.chmod(path, 0o644)
    return path


def nobody_enrols_herself(t):
    herself = {'caller': 4321, 'passwd': passwd_with_ada(t, 4321)}
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, **herself))
    t.expect_not_admitted(t.host.account(ADA, **herself))
    check(t.person() == 0 and 'password' not in t.seen())


def know_both(t):
    t.change(name=BOB, password=BOBS, oid='oid-of-bob')
    t.know_ada()
    t.expect('admit', t.host.sign_in(BOB, BOBS))
    t.seen()
    return [t.host.ask_store(f"SELECT uid FROM person WHERE name = '{name}'")[0][0] for name in (ADA, BOB)]


def each_caller_may_ask_for_what_he_may_and_for_nothing_else(t):
    ada, bob = know_both(t)
    secrets = {ADA: PASSWORD, BOB: BOBS}
    names = (ADA, BOB, 'carol@contoso.example', 'root', 'nobody', 'ADA@contoso.example')
    for caller in (0, ada, bob, 4321):
        for action in ACTIONS:
            for name in names:
                t.host.forget_attempts()
                answer = t.host.sign_in(name, secrets.get(name, 'x'), action=action, service='sshd', caller=caller,
                                        with_nss=True)
                about = (caller, action, name, answer)
                himself = caller == {ADA: ada, BOB: bob}.get(name, -1)
                verifies = action in ('authenticate', 'account')
                if verifies and name in secrets and (caller == 0 or himself):
                    check(answer.verdict == 'admit', *about)
                elif caller == 0 and '@contoso' in name and name.islower():
                    check(answer.verdict not in ('admit', 'silence'), *about)
                else:
                    check((answer.verdict, answer.told, answer.asked) == ('deny', [], []), *about)
                    check(t.seen() == [], *about)
                t.seen()
    check(t.person() == 2)


def served(t, listener):
    """Each connection gets a helper of its own, whose standard input it is: inetd(8), `nowait`."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with open(t.host.log, 'ab') as log, connection:
            # pylint: disable=consider-using-with # ends by itself
            threading.Thread(target=subprocess.Popen(
                IN_NAMESPACE + [WITH_NSS, f'{t.host.build}/nsswitch.conf', t.host.helper], stdin=connection.fileno(),
                stdout=log, stderr=log, env={}, start_new_session=True).wait).start()


@contextlib.contextmanager
def at_the_socket(t):
    """As latchkey-login.socket, where there is no systemd."""
    path = f'{t.host.build}/run/login.socket'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen()
        server = threading.Thread(target=served, args=(t, listener))
        server.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()
            os.unlink(path)


LOCKER = ('mount --bind "$0" /etc/nsswitch.conf; export LD_LIBRARY_PATH="$1"; '
          'exec setpriv --reuid "$2" --regid "$2" --clear-groups "$1/pam_ask" "$1" "$3"')


def unlock(t, uid, name, secret):
    """A locked screen, run by `uid`: PAM's code, whether it asked, and what it showed."""
    build = t.host.build
    with open(f'{build}/latchkey-test', 'w', encoding='utf-8') as service:
        service.writelines(f'{phase} required {build}/pam_latchkey.so\n' for phase in ('auth', 'account', 'session'))
    done = subprocess.run(IN_NAMESPACE + [LOCKER, f'{build}/nsswitch.conf', build, str(uid), name], text=True,
                          input=secret + '\n', capture_output=True)
    found = re.fullmatch(r'(asked\n)*(\d+) \d+\n(.*)', done.stdout, re.DOTALL)
    check(found, done)
    return int(found[2]), bool(found[1]), found[3]


STEPS = [know_both, served, at_the_socket, unlock]


def a_locked_screen_is_unlocked_by_its_owner_alone(t):
    ada, bob = know_both(t)
    with at_the_socket(t):
        check(unlock(t, ada, ADA, PASSWORD) == (SUCCESS, True, ''))
        check(unlock(t, ada, ADA, 'wrong')[:2] == (AUTH_ERR, True))
        check(unlock(t, bob, BOB, BOBS) == (SUCCESS, True, ''))
        for uid, name, secret in ((bob, ADA, PASSWORD), (ada, BOB, BOBS), (4321, ADA, PASSWORD), (ada, ADA[1:], 'x')):
            check(unlock(t, uid, name, secret)[:2] == (AUTH_ERR, False), uid, name)
        check(unlock(t, ada, 'root', 'x')[0] == USER_UNKNOWN)
        t.outage()
        code, asked, shown = unlock(t, ada, ADA, PASSWORD)
        check((code, asked) == (SUCCESS, True) and UNREACHED in shown, code, asked, shown)
        check(unlock(t, ada, ADA, 'wrong')[:2] == (AUTHINFO_UNAVAIL, True))
        check(unlock(t, bob, ADA, PASSWORD)[:2] == (AUTH_ERR, False))
    check(unlock(t, ada, ADA, PASSWORD)[:2] == (AUTHINFO_UNAVAIL, False), 'nobody listens any more')
