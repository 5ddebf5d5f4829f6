"""The offline window, the clock, who is allowed, and which groups somebody is in."""
import time

from expect import check
from sign_in.harness import ADA, BOB, DAY, ELSEWHERE, PASSWORD


def the_offline_window_ends_and_is_shorter_from_elsewhere(t):
    t.know_ada()
    t.set_person(f'last_online = last_online - {4 * DAY}')
    t.offline('admit')
    t.offline('unavailable', words='too long ago', remote_host=ELSEWHERE)
    t.set_person(f'last_online = last_online - {11 * DAY}')
    t.offline('unavailable', words='too long ago')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit', remote_host=ELSEWHERE)


def a_clock_set_back_closes_the_window_until_the_next_online_sign_in(t):
    t.know_ada()
    t.set_highest_time(int(time.time()) + DAY)
    t.offline('unavailable', words='clock')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit')


def a_clock_set_back_makes_no_proof_recent(t):
    t.know_ada(recheck_minutes=5)
    t.set_highest_time(int(time.time()) + 10 * DAY)
    t.offline('unavailable', words='clock')
    t.outage()
    t.expect_not_admitted(t.host.account(ADA, service='sshd'))


def a_denied_sign_in_still_moves_the_highest_time(t):
    t.know_ada()
    long_ago = int(time.time()) - 20 * DAY
    t.set_person(f'last_online = {long_ago}')
    t.set_highest_time(long_ago)
    t.offline('unavailable', words='too long ago')
    check(t.highest_time() > long_ago + 19 * DAY, t.highest_time() - long_ago)


def no_offline_days_let_nobody_in_offline_not_even_at_once(t):
    t.know_ada(offline_days=0, offline_days_remote=0)
    t.offline('unavailable')
    t.offline('unavailable', remote_host=ELSEWHERE)
    t.set_person(f'last_online = {int(time.time()) + 120}')
    t.offline('unavailable')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def a_group_that_cannot_be_one_of_unix_opens_the_door_all_the_same(t):
    for group in ('users', '/linux-admins'):
        t.begin()
        t.change(groups=[group])
        t.know_ada(allow=group, recheck_minutes=5)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
        check(t.seen() == [], 'as remembered')
        t.expect('admit', t.host.account(ADA, service='sshd'))
        t.configure(allow=group)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
        t.offline('admit')
        t.change(groups=[])
        t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
        t.offline('forbidden')


def people_of_another_issuer_are_strangers_and_keep_their_names(t):
    t.know_ada()
    uid = t.person('uid')
    t.configure(issuer=t.emulator.about['plain_issuer'])
    t.offline_not_admitted()
    t.expect_not_admitted(t.host.account(ADA, service='sshd'))
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    check(t.person() == 1 and t.person('uid') == uid)
    t.configure()
    t.offline('admit')


def only_who_is_allowed_gets_in_and_strangers_leave_no_trace(t):
    t.configure(allow=BOB)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD), 'not been given access')
    check(t.person() == 0)
    for allow in (ADA, '44444444-4444-4444-4444-444444444444'):
        t.begin()
        t.know_ada(allow=allow)
        t.offline('admit')
        t.configure(allow=BOB)
        t.offline('forbidden')
        t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.begin()
    t.know_ada(allow='44444444-4444-4444-4444-444444444444')
    t.change(groups=[])
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.offline('forbidden')


def groups_follow_the_platform_and_stay_when_it_does_not_tell(t):
    t.know_ada()
    members = 'SELECT count(*) FROM membership'
    check(t.host.ask_store(members) == [(2,)])
    t.script(endpoint='token', token={'claims': {'groups': None, '_claim_names': {'groups': 'src1'}}})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.host.ask_store(members) == [(2,)])
    t.emulator.order('/_reset', {})
    t.change(groups=['linux-admins', 'sudo', 'root', 'a:b'])
    t.set_person("token = NULL, last_password = 0")
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    names = t.host.ask_store('SELECT name FROM directory_group JOIN membership USING (gid)')
    check(names == [('linux-admins',)], names)
    check(b'linux-admins' in t.host.dump()[1], 'what lookups answer from has it too')
