"""What single refusals leave behind, and what the log says of a decision."""
import os
import re
import shutil
import subprocess

from expect import check
from sign_in.harness import ADA, DAY, ELSEWHERE, PASSWORD, UNREACHED

NO_DETAIL = dict(status=400, body='{"error":"invalid_grant"}')
GUESS = 'a guess that nobody may read'


def a_token_refused_without_a_reason_is_only_doubted(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', **NO_DETAIL)
    t.script(endpoint='token:password', status=503)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(t.seen() == ['refresh_token', 'password'])
    check(t.person('token IS NOT NULL AND token_doubted_at > 0 AND refused = 0') == 1)
    t.host.forget_breakers()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(t.seen() == ['password'], 'it rests')
    t.expect('expired', t.host.account(ADA, service='sshd'))
    check(t.seen() == [] and t.person('token IS NOT NULL') == 1, 'nor is it held against it twice')
    check('platform=token-rests' in t.logged(), t.logged())
    t.set_person('refused = 4')
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.set_person(f'refused = 0, last_online = last_online - {20 * DAY}')
    t.expect('expired', t.host.account(ADA, service='sshd'))
    t.set_person(f'last_online = last_online + {20 * DAY}')
    check(t.seen() == [])
    t.set_person('token_doubted_at = token_doubted_at - 130')
    t.host.forget_breakers()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(t.seen() == ['refresh_token', 'password'])
    check(t.person('token IS NULL') == 1, 'the second time it is dead')
    t.unscript()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.person('token IS NOT NULL AND token_doubted_at = 0') == 1)


def a_token_that_is_good_after_all_is_in_no_doubt(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', **NO_DETAIL)
    t.script(endpoint='token:password', status=503)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    t.unscript()
    t.set_person('token_doubted_at = token_doubted_at - 130')
    t.seen()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'] and t.person('token_doubted_at') == 0)


def let_rest_end(t):
    t.set_person('more_wanted_at = more_wanted_at - 130')


def a_token_that_is_not_enough_is_not_sent_again_at_once(t):
    """The second sign-in is denied as the first one was, by that one's answer; nor is it an outage."""
    t.know_ada()
    for rule in (dict(number=50076), dict(number=50158, error='interaction_required')):
        t.unscript()
        t.script(endpoint='token:refresh_token', **rule)
        first = t.host.sign_in(ADA, PASSWORD)
        check(t.seen() == ['refresh_token'])
        for silent in (False, True):
            t.host.forget_attempts()
            if silent:
                t.outage()
            again = t.host.sign_in(ADA, PASSWORD)
            t.expect('deny', again, 'extra verification')
            check((again.verdict, again.told) == (first.verdict, first.told), again)
            check('platform=more-was-required' in t.logged(), t.logged())
            t.expect('deny', t.host.sign_in(ADA, 'wrong'), 'Check the user name')
            t.expect('expired', t.host.account(ADA, service='sshd'), 'extra verification')
            t.expect('deny', t.host.sign_in(ADA, PASSWORD, read_only=True), 'extra verification')
            t.expect('expired', t.host.account(ADA, service='sshd', read_only=True), 'extra verification')
            check(t.seen() == [], 'within two minutes nothing is sent')
        t.recovery()
        let_rest_end(t)
        t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'extra verification')
        check(t.seen() == ['refresh_token'], 'it may be enough by now')
        let_rest_end(t)
        t.expect('expired', t.host.account(ADA, service='sshd'), 'extra verification')
        check(t.seen() == ['refresh_token'])
        let_rest_end(t)
    t.unscript()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'] and t.person('more_wanted_at') == 0)


def a_demand_is_not_forgotten_where_passwords_are_not_served(t):
    """Who is asked for more by the token does not get in without it, because the password cannot be asked about."""
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:refresh_token', number=50076)
    for rule in (dict(number=50076), dict(status=503)):
        t.script(endpoint='token:password', times=2, **rule)
        for sent in (['password', 'refresh_token'], ['password']):
            t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'extra verification')
            check(t.seen() == sent, sent)
            t.host.forget_breakers()
        let_rest_end(t)


def a_demand_ends_with_a_sign_in_that_was_enough(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', number=50076, times=1)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'extra verification')
    t.configure(password_recheck_hours=0)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.configure()
    t.seen()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])


def a_clock_that_was_set_back_does_not_let_a_token_rest_for_ever(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', number=50076, times=1)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.set_person(f'more_wanted_at = more_wanted_at + {DAY}')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'] * 2)


def a_sign_in_that_is_due_by_policy_ends_the_token_and_not_the_password(t):
    for number in (70043, 70044):
        t.begin()
        t.know_ada()
        verifier = t.person('verifier')
        t.script(endpoint='token:refresh_token', number=number)
        t.script(endpoint='token:password', fault='drop')
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), number)
        check(t.person('token IS NULL AND refused > 0') == 1, number)
        check(t.person('verifier') == verifier, number)
        t.offline_not_admitted(PASSWORD, number)
        t.unscript()
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
        check(t.person('verifier') == verifier, number)
        t.offline('admit')


def an_account_that_is_still_gone_an_hour_later_is_forgotten(t):
    for hours in (0, 24):
        t.begin()
        t.know_ada(password_recheck_hours=hours)
        t.script(endpoint='token', number=50034)
        for _ in range(2):
            t.expect('deny', t.host.sign_in(ADA, PASSWORD))
            check(t.person("verifier <> '' AND token IS NOT NULL AND refused > 0") == 1)
        t.set_person('refused_at = refused_at - 3700')
        t.expect('deny', t.host.sign_in(ADA, PASSWORD))
        check(t.person("verifier = '' AND token IS NULL AND refused > 0") == 1)
        check(t.person('uid') > 0, 'the uid stays')
        t.unscript()
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def who_was_not_assigned_is_not_gone_when_the_account_is_not_found_for_once(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token', number=50105)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.set_person('refused_at = refused_at - 3700')
    t.unscript()
    t.script(endpoint='token', number=50034)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    check(t.person("verifier <> ''") == 1)


def who_is_not_assigned_is_told_so_and_loses_the_token_only(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token', number=50105)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD), 'not been given access')
    check(t.person("verifier <> '' AND token IS NULL AND refused > 0") == 1)
    t.expect('deny', t.host.sign_in(ADA, 'wrong'), 'Sign-in failed')


def risk_erases_all_that_could_be_stolen(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token', number=53011)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD), 'security reasons')
    check(t.person("verifier = '' AND token IS NULL AND refused > 0") == 1)


def the_right_person_reads_what_to_do(t):
    for number, verdict, words in ((53000, 'forbidden', 'managed devices'),
                                   (50020, 'deny', 'outside this organisation'),
                                   (80012, 'forbidden', 'at this time'),
                                   (50072, 'deny', 'register security information'),
                                   (500121, 'deny', 'declined')):
        t.begin()
        t.know_ada(password_recheck_hours=0)
        t.script(endpoint='token', number=number)
        right, wrong = t.host.sign_in(ADA, PASSWORD), t.host.sign_in(ADA, 'wrong')
        check(right.verdict == verdict and words in ' '.join(right.told), number, right)
        check(wrong.verdict == 'deny' and words not in ' '.join(wrong.told), number, wrong)


def a_locked_account_is_told_to_its_owner_when_nothing_else_is_left(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:password', number=50053)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.expect('deny', t.host.sign_in(ADA, 'wrong'), 'Sign-in failed')
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.script(endpoint='token:refresh_token', number=50053)
    t.expect('maxtries', t.host.sign_in(ADA, PASSWORD), 'temporarily locked')


def people_of(t, count):
    names = [f'person{number}@contoso.example' for number in range(count)]
    for name in names:
        t.change(name, password=PASSWORD)
        t.host.forget_attempts()
        t.expect('admit', t.host.sign_in(name, PASSWORD))
    return names


def many_who_are_gone_at_once_are_denied_and_keep_all_they_have(t):
    for number in (50034, 50057):
        t.begin()
        t.configure(password_recheck_hours=0)
        names = people_of(t, 5)
        t.script(endpoint='token', number=number)
        for name in names:
            t.expect_not_admitted(t.host.sign_in(name, PASSWORD), number)
        check('nothing was erased' in t.whole_log() and 'check issuer and tenant' in t.whole_log())
        kept = t.person("count(*) FILTER (WHERE verifier <> '' AND token IS NOT NULL)")
        check(kept == (2 if number == 50057 else 5), number, kept)  # the first three were erased
        check(t.person('count(*) FILTER (WHERE refused > 0)') == 5, number)
        t.outage()
        for name in names:
            t.expect_not_admitted(t.host.sign_in(name, PASSWORD), number)
        t.recovery()
        t.unscript()
        t.expect('admit', t.host.sign_in(names[4], PASSWORD))


def taken_apart(line):
    fields = re.findall(r'([a-z_]+)=("[^"]*"|[^ "]*)(?: |$)', line)
    check(' '.join('='.join(field) for field in fields) == line, 'another form:', line)
    check(len({key for key, _ in fields}) == len(fields), line)
    return {key: value.strip('"') for key, value in fields}


def the_log_says_who_decided_and_by_which_setting(t):
    t.know_ada(offline_days=9, offline_days_remote=2)
    fields = taken_apart(t.logged())
    check(fields['verdict'] == 'admit' and fields['mode'] == 'online', fields)
    check(fields['platform'] == 'accepted-password' and 'decided_by' not in fields, fields)
    t.set_person('last_online = last_online - 7200')
    t.offline('admit')
    fields = taken_apart(t.logged())
    check(fields['mode'] == 'offline' and fields['decided_by'] == 'offline_days=9', fields)
    check(7200 <= int(fields['age'].rstrip('s')) < 7800, fields)
    check(fields['secret'] == 'right' and fields['reason'], fields)
    t.offline('admit', remote_host=ELSEWHERE)
    fields = taken_apart(t.logged())
    check(fields['decided_by'] == 'offline_days_remote=2' and fields['from'] == ELSEWHERE, fields)
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.offline('unavailable')
    check(taken_apart(t.logged())['decided_by'] == 'offline_days=9')
    t.configure(recheck_minutes=5)
    for _ in range(2):
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    fields = taken_apart(t.logged())
    check(fields['mode'] == 'remembered' and fields['decided_by'] == 'recheck_minutes=5', fields)
    t.expect('admit', t.host.account(ADA, service='cron'))
    fields = taken_apart(t.logged())
    check(fields['mode'] == 'background' and 'decided_by' not in fields, fields)
    t.expect('deny', t.host.sign_in('eve@elsewhere.example', GUESS))
    fields = taken_apart(t.logged())
    check(fields['person'] == 'unknown' and fields['decided_by'] == 'domains', fields)


def the_log_names_the_limit_that_ended_a_wait(t):
    t.know_ada(connect_seconds=1, login_seconds=20)
    t.emulator.order('/_listen', {'mode': 'silence'})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(taken_apart(t.logged())['decided_by'] == 'connect_seconds=1 offline_days=14', t.logged())
    t.recovery()
    t.configure(connect_seconds=1, login_seconds=2)
    t.script(endpoint='token', fault='silence')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(taken_apart(t.logged())['decided_by'] == 'login_seconds=2 offline_days=14', t.logged())


def the_log_quotes_the_platform_for_its_support(t):
    t.know_ada()
    t.change(disabled=True)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    fields = taken_apart(t.logged())
    check(fields['number'] == 'AADSTS50057' and fields['mode'] == 'online', fields)
    for name in ('correlation_id', 'trace_id'):
        check(re.fullmatch('[0-9a-f-]{36}', fields[name]), fields)


def nobody_writes_fields_of_the_log(t):
    t.know_ada()
    hostile = 'sshd verdict=admit "person=root"\n\x1b[2J\\'
    t.script(endpoint='token', status=400, body=
             '{"error":"x\\" verdict=admit y=\\"\\n","error_description":"a\\" verdict=admit b=\\"\\\\ \\u001b",'
             '"correlation_id":"a verdict=admit","trace_id":"\\" verdict=admit \\""}')
    for _ in range(2):
        t.host.sign_in(ADA, PASSWORD, service=hostile, remote_host=hostile)
        fields = taken_apart(t.logged())
        check(fields['verdict'] == 'deny', fields)
        check(t.logged().count('verdict=deny') == 1 and '\x1b' not in t.whole_log())
        t.configure(password_recheck_hours=0)


def no_secret_is_in_the_log(t):
    t.know_ada(password_recheck_hours=0)
    t.host.sign_in(ADA, GUESS)
    t.host.sign_in(GUESS, GUESS)
    t.host.sign_in(GUESS.replace(' ', '') + '@contoso.example', GUESS)
    t.script(endpoint='token', status=503)
    t.host.sign_in(ADA, GUESS)
    t.host.sign_in(ADA, PASSWORD)
    log = t.whole_log()
    for secret in (PASSWORD, GUESS, GUESS.replace(' ', ''), '1.AAAA-'):
        check(secret not in log, secret)


def write_codes(folder, text):
    os.makedirs(folder, mode=0o755, exist_ok=True)
    with open(f'{folder}/codes', 'w', encoding='ascii') as out:
        out.write(text)
    os.chmod(f'{folder}/codes', 0o644)


def the_administrators_codes_come_before_those_of_the_package(t):
    share = f'{t.host.build}/share'
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token', number=50126)
    write_codes(share, 'version 2031-02-03\n50126 policy - as they see it\n')
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD), 'access policy')
    write_codes(t.host.config, '50126 disabled - as we see it\n')
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'account is disabled')
    says = subprocess.run([t.host.helper, '--version'], check=True, capture_output=True, text=True)
    check(f'codes 2031-02-03 ({t.host.config}/codes before {share}/codes)' in says.stdout,
          says.stdout)
    shutil.rmtree(share)


def a_table_of_codes_that_is_not_fit_stops_nobody_and_is_reported(t):
    t.know_ada(password_recheck_hours=0)
    write_codes(t.host.config, '50126 nonsense\n')
    write_codes(f'{t.host.build}/share', 'version yesterday\n')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    for folder in (t.host.config, f'{t.host.build}/share'):
        check(f'going on without a table of codes: {folder}/codes' in t.whole_log(), folder)
    t.script(endpoint='token', number=50057)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'disabled')
    shutil.rmtree(f'{t.host.build}/share')


STEPS = [let_rest_end]
