"""Who may sign in offline, by which services, and what they read of how long that works."""
import re

from expect import check
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD, UNREACHED

NOT_THEM, NOT_THIS = 'without it. Sign in again', 'nobody can sign in here in this way'
ADMINS = '44444444-4444-4444-4444-444444444444'


def decided_by(t):
    return re.search(r'decided_by="([^"]*)"', t.logged()).group(1)


def mode(t):
    return re.search(r' mode=(\S*)', t.logged()).group(1)


STEPS = [decided_by, mode]


def only_who_is_listed_signs_in_offline(t):
    for allow, verdict in ((BOB, 'unavailable'), (ADA, 'admit'), (ADMINS, 'admit'), ('another-group', 'unavailable'),
                           ('everyone', 'admit')):
        t.begin()
        t.know_ada(offline_allow=allow)
        t.offline(verdict, words=NOT_THEM if verdict != 'admit' else '')
        check(decided_by(t) == ('offline_days=14' if verdict == 'admit' else 'offline_allow'), t.logged())
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def groups_that_were_left_no_longer_count_offline(t):
    t.know_ada(offline_allow=ADMINS)
    t.offline('admit')
    t.change(groups=[])
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('unavailable', words=NOT_THEM)


def only_listed_services_let_people_in_offline(t):
    t.know_ada(offline_services='login, gdm-password')
    t.offline('admit', service='gdm-password')
    for service in ('sudo', 'gdm', 'login2', 'sshd'):
        t.offline('unavailable', service=service, words=NOT_THIS)
        check(decided_by(t) == 'offline_services', t.logged())
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, service='sudo'))


def both_hold_in_the_account_phase_but_not_in_the_background(t):
    for settings in ({'offline_allow': BOB}, {'offline_services': 'login'}):
        t.begin()
        t.know_ada(**settings)
        t.outage()
        t.expect('unavailable', t.host.account(ADA, service='sshd'))
        t.expect('admit', t.host.account(ADA, service='cron'))
        t.recovery()
        t.expect('admit', t.host.account(ADA, service='sshd'))
        t.configure()
        t.offline('admit')


def who_is_left_out_learns_it_only_with_the_right_secret(t):
    for settings in ({'offline_allow': BOB}, {'offline_services': 'sudo'}):
        t.begin()
        t.know_ada(**settings)
        t.outage()
        known = t.host.sign_in(ADA, 'wrong')
        stranger = t.host.sign_in('nobody@contoso.example', 'wrong')
        check((known.verdict, known.told) == (stranger.verdict, stranger.told), known, stranger)
        check(UNREACHED in known.told[0] and GENERIC not in known.told, known)


def recent_proofs_need_no_permission(t):
    t.know_ada(offline_allow=BOB, offline_services='sudo', recheck_minutes=5)
    t.offline('admit')
    check(mode(t) == 'remembered', t.logged())
