"""The account phase: who came in by an SSH key, or any other module, keeps to the same rules."""
import os
import time

from expect import check
from sign_in.harness import ADA, BOB, DAY, ELSEWHERE, NEW, PASSWORD, UNREACHED

GROUP = '44444444-4444-4444-4444-444444444444'
ENDED, CLOCK = 'too long ago', 'clock'
IN_BACKGROUND = [{'service': 'cron'}, {'service': 'crond'}, {'service': 'atd'}, {'service': 'systemd-user'},
                 {'service': 'su-l', 'remote_user': 'root'}, {'service': 'runuser', 'remote_user': 'root'}]
NOT_IN_BACKGROUND = [{'service': 'sshd'}, {'service': 'su', 'remote_user': 'lena'}, {'service': 'su'},
                     {'service': 'sudo', 'remote_user': 'root'}, {'service': 'cron2'}]


def is_disabled(t):
    t.change(disabled=True)


def is_found_disabled(t):
    is_disabled(t)
    t.expect('expired', t.host.account(ADA, service='sshd'))


def is_enabled_again(t):
    is_found_disabled(t)
    t.change(disabled=False)


def is_gone(t):
    t.change(gone=True)


def is_signed_out_everywhere(t):
    t.script(endpoint='token:refresh_token', number=50173)


def is_locked_there(t):
    t.script(endpoint='token:refresh_token', number=50053)


def has_left_the_group(t):
    t.change(groups=[])


def has_left_the_list(t):
    t.configure(allow=BOB)


def has_a_new_password(t):
    t.change(password=NEW)
    t.configure(password_recheck_hours=0)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))


def has_lost_the_token(t):
    t.set_person('token = NULL')


def was_proven_20_days_ago(t):
    t.set_person(f'last_online = last_online - {20 * DAY}')


def was_proven_tomorrow(t):
    t.set_highest_time(int(time.time()) + DAY)


def is_nobody(t):
    t.host.clean()
    t.configure()


def is_as_before(t):
    pass


# What happened, with which settings, to somebody whom this host knows; what the account phase then says
# with the platform, without it, and, with or without it, to services that act in her absence.
ROWS = [
    (is_as_before, {}, 'admit', 'admit', 'admit'),
    (is_as_before, {'recheck_minutes': 60}, 'admit', 'admit', 'admit'),
    (is_as_before, {'allow': GROUP}, 'admit', 'admit', 'admit'),
    (is_as_before, {'allow': f'{BOB}, {ADA}'}, 'admit', 'admit', 'admit'),
    (is_as_before, {'offline_days': 0, 'offline_days_remote': 0}, 'admit', 'unavailable', 'admit'),
    (is_disabled, {}, 'expired', 'admit', 'admit'),
    (is_disabled, {'recheck_minutes': 60}, 'admit', 'admit', 'admit'),
    (is_found_disabled, {}, 'expired', 'expired', 'expired'),
    (is_enabled_again, {}, 'expired', 'expired', 'expired'),  # what was saved is erased
    (is_gone, {}, 'expired', 'admit', 'admit'),
    (is_signed_out_everywhere, {}, 'expired', 'admit', 'admit'),
    (is_locked_there, {}, 'admit', 'admit', 'admit'),
    (has_left_the_group, {'allow': GROUP}, 'forbidden', 'admit', 'admit'),
    (has_left_the_list, {}, 'forbidden', 'forbidden', 'forbidden'),
    (has_a_new_password, {}, 'admit', 'unavailable', 'admit'),
    (has_lost_the_token, {}, 'expired', 'expired', 'admit'),
    (was_proven_20_days_ago, {}, 'admit', 'unavailable', 'admit'),
    (was_proven_20_days_ago, {'offline_days': 30}, 'admit', 'admit', 'admit'),
    (was_proven_tomorrow, {}, 'admit', 'unavailable', 'admit'),
    (is_nobody, {}, 'expired', 'expired', 'expired'),
]


def become(t, happens, settings):
    t.begin()
    t.know_ada(**settings)
    happens(t)
    t.host.forget_breakers()
    t.seen()


def expect_row(t, row):
    happens, settings, online, cut_off, background = row
    become(t, happens, settings)
    t.expect(background, t.host.account(ADA, service='cron'))
    check(t.seen() == [], 'a background service has sent something')
    t.expect(online, t.host.account(ADA, service='sshd'))
    become(t, happens, settings)
    t.outage()
    t.expect(background, t.host.account(ADA, service='systemd-user'))
    t.expect(cut_off, t.host.account(ADA, service='sshd'))


STEPS = [is_disabled, is_found_disabled, is_enabled_again, is_gone, is_signed_out_everywhere, is_locked_there,
         has_left_the_group, has_left_the_list, has_a_new_password, has_lost_the_token, was_proven_20_days_ago,
         was_proven_tomorrow, is_nobody, is_as_before]


def each_row_is_as_told(t):
    failed = []
    for row in ROWS:
        try:
            expect_row(t, row)
        except Exception as error:  # pylint: disable=broad-except # every row is tried
            failed.append(f'{row[0].__name__} {row[1]}: {error}')
    check(not failed, '\n'.join(failed))


# What the platform says, and for how long it is remembered --------------------------------------


def account_phase_follows_what_is_known(t):
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.know_ada()
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.seen() == ['refresh_token'])
    t.outage()
    t.expect('admit', t.host.account(ADA, service='sshd'), UNREACHED)
    was_proven_20_days_ago(t)
    t.expect('unavailable', t.host.account(ADA, service='sshd'), ENDED)
    t.expect('admit', t.host.account(ADA, service='cron'))
    t.recovery()
    t.change(disabled=True)
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.outage()
    check(t.host.account(ADA, service='sshd').verdict != 'admit')
    t.expect('expired', t.host.account(ADA, service='cron'))


def it_asks_once_recheck_minutes_are_over_and_not_before(t):
    t.know_ada(recheck_minutes=5)
    t.change(disabled=True)
    t.set_person('last_online = last_online - 200')
    t.expect('admit', t.host.account(ADA, service='sshd'))
    check(t.seen() == [])
    t.set_person('last_online = last_online - 110')
    t.expect('expired', t.host.account(ADA, service='sshd'))
    check(t.seen() == ['refresh_token'])
    t.change(disabled=False)
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.expect('admit', t.host.account(ADA, service='sshd'))


def who_comes_from_elsewhere_has_the_shorter_window(t):
    t.know_ada()
    t.set_person(f'last_online = last_online - {4 * DAY}')
    t.outage()
    t.expect('unavailable', t.host.account(ADA, service='sshd', remote_host=ELSEWHERE), ENDED)
    t.expect('admit', t.host.account(ADA, service='sshd'), UNREACHED)
    t.expect('admit', t.host.account(ADA, service='cron', remote_host=ELSEWHERE))


def a_locked_account_is_no_refusal_in_the_account_phase(t):
    t.know_ada()
    t.script(endpoint='token', number=50053)
    t.expect('admit', t.host.account(ADA, service='sshd'))
    was_proven_20_days_ago(t)
    t.expect_not_admitted(t.host.account(ADA, service='sshd'))
    check(t.person('refused') == 0)


def without_a_refresh_token_the_account_phase_ends_and_nothing_else(t):
    t.script(endpoint='token', token={'response': {'refresh_token': None}})
    t.know_ada()
    check(t.person('token IS NULL') == 1)
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.offline('admit')


def an_answer_about_somebody_else_admits_nobody(t):
    for claims in ({'preferred_username': BOB}, {'oid': '33333333-3333-3333-3333-333333333334'}, {'acct': 1},
                   {'tid': '99999999-9999-9999-9999-999999999999'}):
        become(t, is_as_before, {})
        t.script(endpoint='token:refresh_token', token={'claims': claims})
        before = t.person('last_online')
        t.expect_not_admitted(t.host.account(ADA, service='sshd'), claims)
        check(t.person('last_online') == before, claims)


def a_token_refused_without_a_reason_is_no_way_in_by_trying_again(t):
    """It is all that many platforms say of an account that is gone."""
    become(t, is_as_before, {})
    t.script(endpoint='token:refresh_token', status=400, body='{"error":"invalid_grant"}')
    for sent in (['refresh_token'], []):
        t.expect('expired', t.host.account(ADA, service='sshd'))
        check(t.seen() == sent, sent)
    t.outage()
    for _ in range(2):  # while it rests, and when it would be sent again
        t.expect_not_admitted(t.host.account(ADA, service='sshd'))
        t.set_person('token_doubted_at = token_doubted_at - 130')
    t.recovery()
    t.unscript()
    t.expect('admit', t.host.account(ADA, service='sshd'))
    t.outage()
    t.expect('admit', t.host.account(ADA, service='sshd'), UNREACHED)


# Services that act while nobody is there ------------------------------------------------------------


def background_services_send_nothing_and_wait_for_nobody(t):
    t.know_ada()
    for mode in ('tls', 'black_hole'):
        t.emulator.order('/_listen', {'mode': mode})
        met = len(t.emulator.order('/_connections'))
        for request in IN_BACKGROUND:
            t.expect('admit', t.host.account(ADA, **request))
            check('mode=background' in t.logged() and 'platform=not-asked' in t.logged(), t.logged())
        check(t.seen() == [] and len(t.emulator.order('/_connections')) == met, mode)
        check(t.host.ask_store('SELECT count(*) FROM breaker WHERE failures > 0') == [(0,)], mode)


def all_other_services_ask(t):
    t.know_ada()
    for request in NOT_IN_BACKGROUND:
        t.expect('admit', t.host.account(ADA, **request))
        check(t.seen() == ['refresh_token'], request)
    t.configure(background_services='')
    for request in IN_BACKGROUND:
        t.expect('admit', t.host.account(ADA, **request))
        check(t.seen() == ([] if 'remote_user' in request else ['refresh_token']), request)


def nobody_signs_in_in_the_background(t):
    t.know_ada()
    was_proven_20_days_ago(t)
    t.offline('unavailable', service='cron')


# When parts fail ------------------------------------------------------------------------------------


def killed(t, when, **request):
    """A helper that ends without a word: what it leaves to the caller is no verdict."""
    conversation = t.host.start(ADA, action='account', **request)
    if when:
        t.await_request(when)
    conversation.process.kill()
    return conversation.finish()


def a_helper_that_is_killed_admits_nobody_and_harms_nothing(t):
    for disabled in (False, True):
        for when in ('', 'refresh_token'):
            become(t, is_as_before, {})
            t.change(disabled=disabled)
            t.script(endpoint='token:refresh_token', hold=True, times=1)
            check(killed(t, when, service='sshd').verdict == 'silence', when)
            t.release()
            t.unscript()
            t.expect('expired' if disabled else 'admit', t.host.account(ADA, service='sshd'))
            check(t.person() == 1 and t.person('token IS NOT NULL') != disabled)


def a_black_hole_costs_the_budget_and_then_the_offline_rules_hold(t):
    for happens, verdict, words in ((is_as_before, 'admit', UNREACHED), (was_proven_20_days_ago, 'unavailable', ENDED),
                                    (was_proven_tomorrow, 'unavailable', CLOCK)):
        become(t, happens, dict(connect_seconds=1, login_seconds=3))
        t.emulator.order('/_listen', {'mode': 'black_hole'})
        begun = time.monotonic()
        t.expect(verdict, t.host.account(ADA, service='sshd'), words)
        check(time.monotonic() - begun < 20, happens)
        check('connect_seconds=1' in t.logged(), t.logged())


def a_platform_that_never_answers_costs_the_budget(t):
    become(t, is_as_before, dict(connect_seconds=1, login_seconds=2))
    t.script(endpoint='token', fault='silence')
    t.expect('admit', t.host.account(ADA, service='sshd'), UNREACHED)
    check('login_seconds=2' in t.logged(), t.logged())


def ruin_store(t, how):
    path = f'{t.host.state}/private/store.db'
    if how == 'gone':
        os.unlink(path)
    elif how == 'garbage':
        with open(path, 'r+b') as store:
            store.write(os.urandom(8192))
    elif how == 'empty':
        os.truncate(path, 0)
    else:
        os.rename(f'{t.host.state}/private', f'{t.host.state}/away')


def without_a_store_nobody_is_admitted(t):
    for how in ('gone', 'garbage', 'empty', 'folder gone'):
        become(t, is_as_before, {'recheck_minutes': 60})
        ruin_store(t, how)
        for service in ('sshd', 'cron'):
            check(t.host.account(ADA, service=service).verdict != 'admit', how, service)


def a_store_that_is_busy_admits_nobody_who_is_refused(t):
    become(t, is_as_before, {})
    with t.host.busy_store():
        t.expect_not_admitted(t.host.account(ADA, service='sshd'))
        t.expect_not_admitted(t.host.account(ADA, service='cron'))


def a_read_only_disk_forgets_no_refusal(t):
    become(t, is_found_disabled, {})
    t.outage()
    for service in ('sshd', 'cron'):
        t.expect_not_admitted(t.host.account(ADA, service=service, read_only=True), service)


def a_configuration_that_does_not_say_who_may_come_in_admits_nobody(t):
    for allow in (None, '', ','):
        t.know_ada(recheck_minutes=60)
        t.configure(allow=allow, recheck_minutes=60)
        for service in ('sshd', 'cron'):
            t.expect('unavailable', t.host.account(ADA, service=service))
        t.expect('unavailable', t.host.sign_in(ADA, PASSWORD))
        check('allow' in t.whole_log().splitlines()[-1], t.whole_log())
