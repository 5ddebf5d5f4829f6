"""What one sign-in learns of an outage, and the next ones spare themselves."""
import os

from expect import check
from sign_in.harness import ADA, BOB, NEW, PASSWORD, UNREACHED

HTML = {'Content-Type': 'text/html'}
OUTAGES = [
    dict(status=503), dict(status=500), dict(status=429), dict(status=503, retry_after='120'),
    dict(status=429, retry_after='120'), dict(status=200, body='<html>captive</html>', headers=HTML),
    dict(number=90033), dict(number=50196), dict(fault='drop'), dict(fault='reset'), dict(fault='cut')]
REFRESH = 'refresh grants'
BOBS = 'p\u00e4ss w&rd+100%=\u20ac"\\'


def meets(t, case):
    if case == 'no connection':
        t.outage()
    else:
        t.script(endpoint='token', **case)


def a_second_sign_in_during_an_outage_sends_nothing(t):
    for case in ['no connection', *OUTAGES]:
        for hours in (0, 24):  # by password, by token
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            meets(t, case)
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            t.let_outage_last()
            asked = t.seen()
            check(len(asked) <= 2 and (asked or case == 'no connection'), case, asked)
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            t.expect('unavailable', t.host.sign_in(ADA, 'wrong'))
            check(t.seen() == [], case, hours)
            # An answer of no use to one kind of grant does not speak for the other; silence does.
            t.expect('unavailable', t.host.sign_in(BOB, BOBS))
            check(t.seen() in ([], ['password']), case, hours)
            t.let_outage_last()
            t.expect('unavailable', t.host.sign_in(BOB, BOBS))
            t.expect('admit', t.host.account(ADA, service='sshd'))
            check(t.seen() == [], case, hours)


def a_refusal_opens_no_breaker(t):
    for number in (50126, 50057, 70000, 53003, 50053, 65001, 7000218):
        t.begin()
        t.know_ada(password_recheck_hours=0)
        t.script(endpoint='token', number=number)
        t.host.sign_in(ADA, PASSWORD)
        check(t.host.ask_store('SELECT * FROM breaker WHERE failures > 0 OR told_until > 0') == [],
              number)
        check(not os.path.exists(f'{t.host.build}/run/state/outage'), number)


def who_is_told_to_wait_is_obeyed_by_every_process_and_every_grant(t):
    for rule in (dict(status=429, retry_after='600'), dict(status=503, retry_after='600'),
                 dict(status=500, retry_after=600), dict(status=429)):
        t.begin()
        t.know_ada(password_recheck_hours=0)
        t.script(endpoint='token:password', **rule)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
        check(t.seen() == ['password'], 'the token is not tried either', rule)
        t.emulator.order('/_clear', {})  # it would answer well now
        t.let_outage_last()
        t.configure(password_recheck_hours=24)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
        t.expect('admit', t.host.account(ADA, service='sshd'))
        t.expect('unavailable', t.host.sign_in(BOB, BOBS))
        check(t.seen() == [], rule)
        t.let_waits_end()
        signed_in = t.host.sign_in(ADA, PASSWORD)
        check(signed_in.verdict == 'admit' and not signed_in.told, signed_in)


def a_read_only_disk_remembers_an_outage_all_the_same(t):
    for rule in (dict(status=429, retry_after='600'), dict(status=503)):
        t.begin()
        t.know_ada(password_recheck_hours=0)
        t.script(endpoint='token', **rule)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD, read_only=True), UNREACHED)
        check(t.seen() == ['password'], rule)
        check(t.host.ask_store('SELECT * FROM breaker') == [])
        check(any(name.startswith('breaker-') for name in os.listdir(f'{t.host.build}/run/state')))
        t.expect('admit', t.host.sign_in(ADA, PASSWORD, read_only=True), UNREACHED)
        check(t.seen() == [], rule)
        if 'retry_after' in rule:  # else the refresh token would be tried: nobody asked that yet
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            check(t.seen() == [], 'where it can be written again', rule)


def an_outage_shows_in_the_runtime_folder_until_it_is_over(t):
    shown = f'{t.host.build}/run/state/outage'
    t.know_ada()
    t.script(endpoint='token', status=503)
    for _ in range(2):
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
        t.let_waits_end()
    check(os.path.exists(shown))
    t.emulator.order('/_clear', {})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(not os.path.exists(shown))


def the_next_sign_in_that_is_due_ends_the_outage(t):
    for case in (dict(status=503), dict(fault='drop'), 'no connection'):
        t.begin()
        t.know_ada()
        meets(t, case)
        for _ in range(3):
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            t.let_waits_end()
        check(t.host.ask_store('SELECT max(failures) FROM breaker')[0][0] >= 2, case)
        t.emulator.order('/_clear', {})
        t.emulator.order('/_listen', {})
        t.seen()
        signed_in = t.host.sign_in(ADA, PASSWORD)
        check(signed_in.verdict == 'admit' and not signed_in.told, case, signed_in)
        asked = t.seen()
        check(asked[-1] == 'refresh_token' and set(asked[:-1]) <= {'discovery'}, case, asked)
        check(t.breaker(REFRESH, 'failures') == 0, case)


def one_at_a_time_finds_out_whether_it_is_over(t):
    t.know_ada()
    t.expect('admit', t.host.sign_in(BOB, BOBS))
    t.script(endpoint='token', status=503, times=1)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    t.let_waits_end()
    t.seen()
    t.script(endpoint='token:refresh_token', hold=True, times=1)
    trying = t.in_background(PASSWORD)
    t.await_request('refresh_token')
    for _ in range(3):
        t.expect('admit', t.host.sign_in(BOB, BOBS), UNREACHED)
    check(t.unseen() == ['refresh_token'], 'nobody else asks')
    t.release()
    signed_in = trying.result()
    check(signed_in.verdict == 'admit' and not signed_in.told, signed_in)
    t.expect('admit', t.host.sign_in(BOB, BOBS))
    check(t.seen() == ['refresh_token'] * 2)


def an_open_breaker_lets_nobody_in_who_was_refused(t):
    for number in (50057, 50034, 53003, 50173, 50055, 50105, 70043):
        t.begin()
        t.know_ada(password_recheck_hours=0)
        t.script(endpoint='token', number=number)
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), number)
        t.emulator.order('/_clear', {})
        t.script(endpoint='token', status=503)
        for _ in range(2):
            t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), number)
            t.let_outage_last()
            t.expect_not_admitted(t.host.account(ADA, service='sshd'), number)


def an_open_breaker_knows_an_old_password_from_a_new_one(t):
    t.know_ada()
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.script(endpoint='token', status=503)
    t.expect('admit', t.host.sign_in(ADA, NEW), UNREACHED)
    t.let_outage_last()
    t.expect('unavailable', t.host.sign_in(ADA, PASSWORD))
    t.expect('admit', t.host.sign_in(ADA, NEW), UNREACHED)


def what_serves_no_passwords_is_asked_with_the_token(t):
    """Microsoft's backup authentication service (BK-4, BK-5)."""
    t.know_ada(password_recheck_hours=0)
    t.emulator.order('/_backup', {'on': True})
    for asked in (['password', 'refresh_token'], ['refresh_token'], ['refresh_token']):
        signed_in = t.host.sign_in(ADA, PASSWORD)
        check(signed_in.verdict == 'admit' and not signed_in.told, signed_in)
        check(t.seen() == asked)
        check('platform=refreshed-backup' in t.logged(), t.logged())
        t.let_outage_last()
    t.expect('unavailable', t.host.sign_in(ADA, 'wrong'))
    t.expect('unavailable', t.host.sign_in(BOB, BOBS))
    check(t.seen() == [])
    t.emulator.order('/_backup', {'on': False})
    t.let_waits_end()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen()[-1] == 'password')
