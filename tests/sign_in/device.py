"""Sign-in by a code that is entered in a browser elsewhere (RFC 8628): the conversation and what is left of it."""
import contextlib
import os
import socket
import subprocess
import tempfile

from expect import check
from sign_in.codes import (ASK, DEVICE_GRANT, PHRASE, SEAT, approved, be_quick, becomes, enrol_by_code, polls, text_of,
                           user_code)
from sign_in.harness import ADA, BOB, ELSEWHERE, GENERIC, NEW, PASSWORD, UNREACHED, Test, wait_until

STOPPED = 'Sign-in stopped.'
EITHER = 'Password, or Enter for a code: '
SHELL = {'service': 'sshd', 'terminal': 'ssh', 'remote_host': ELSEWHERE}


def know_by_code(t, **settings):
    t.configure(**settings)
    be_quick(t)
    t.expect('admit', enrol_by_code(t))
    t.seen()


def is_as_before(t, before, *about):
    check(t.standing() == before, 'the store has changed', *about)


STEPS = [know_by_code]


# The main way ---------------------------------------------------------------------------------


def a_first_sign_in_by_code_is_followed_by_others_with_a_passphrase(t):
    t.configure()
    be_quick(t)
    first = enrol_by_code(t)
    t.expect('admit', first)
    check(first.asked[:2] == [EITHER, ASK] and len(first.asked) == 4, first)
    check('platform=accepted-code' in t.logged(), t.logged())
    check(PHRASE not in t.whole_log())
    check('password' not in t.seen(), 'nothing that was typed is sent')
    t.expect('admit', t.host.sign_in(ADA, PHRASE, **SEAT))
    check(t.seen() == ['refresh_token'])
    t.expect('deny', t.host.sign_in(ADA, 'wrong', **SEAT), GENERIC)
    check('password' not in t.seen())
    t.offline('admit', PHRASE, **SEAT)
    t.offline('unavailable', 'wrong', **SEAT)


def a_forgotten_passphrase_is_replaced_by_a_new_sign_in(t):
    know_by_code(t)
    t.expect('deny', t.host.sign_in(ADA, 'forgotten', **SEAT))
    t.expect('admit', enrol_by_code(t, NEW + ' that is long', NEW + ' that is long'))
    t.expect('deny', t.host.sign_in(ADA, PHRASE, **SEAT))
    t.expect('admit', t.host.sign_in(ADA, NEW + ' that is long', **SEAT))
    t.offline('admit', NEW + ' that is long', **SEAT)


def who_chooses_no_passphrase_is_in_all_the_same(t):
    t.configure()
    be_quick(t)
    t.expect('admit', t.host.sign_in(ADA, '', approved(t), **SEAT))
    check(t.person("verifier = ''") == 1)
    t.offline('unavailable', PHRASE, **SEAT)
    t.expect('admit', t.host.sign_in(ADA, '', approved(t), '', **SEAT))


# What is shown --------------------------------------------------------------------------------


def all_that_has_to_be_known_is_said(t):
    t.configure(device_code='always')
    host = socket.gethostname()
    for request in (SEAT, SHELL):
        sign_in = t.host.sign_in(ADA, '', 'q', **request)
        text = text_of(sign_in)
        for word in (ADA, host, request['service'], request.get('remote_host', ''), 'Never enter a code',
                     'https://localhost/device\n' if 'plain' in t.emulator.about['issuer'] else 'https://'):
            check(word in text, word, 'is missing in', text)
        check(user_code(sign_in), text)
        check('\u2580' in text and '\u2588' in text, 'no QR code')
        limit = 'ends in 6 minutes' if request is SEAT else ' seconds'
        check(limit in text, limit, text)


def a_greeter_shows_one_line_and_no_picture(t):
    t.configure()
    for service, terminal in (('gdm-password', '/dev/tty1'), ('lightdm', ':0'), ('xscreensaver', ':0')):
        sign_in = t.host.sign_in(ADA, '', 'q', service=service, terminal=terminal)
        text = sign_in.told[0]
        check('\n' not in text and user_code(sign_in) and 'https://' in text, text)
        check('\u2580' not in text_of(sign_in) and len(sign_in.told) == 2, sign_in)
        t.host.forget_attempts()


def an_address_that_is_too_long_has_no_picture(t):
    t.configure()
    t.script(endpoint='device', document={'verification_uri_complete': 'https://localhost/' + 'x' * 500})
    sign_in = t.host.sign_in(ADA, '', 'q', **SEAT)
    check(user_code(sign_in) and '\u2580' not in text_of(sign_in), sign_in)


def who_is_told_nothing_reads_it_in_the_question(t):
    """As sudo wants it: PAM_SILENT, and what is asked is shown all the same."""
    t.configure()
    be_quick(t)
    for place, lines in (({'service': 'sudo', 'terminal': 'pts/3', 'remote_user': ADA}, True),
                         ({'service': 'gdm-password', 'terminal': ':0'}, False)):
        sign_in = t.host.sign_in(ADA, '', '', 'q', silent=True, **place)
        check(sign_in.asked[0] == EITHER and sign_in.asked[1].endswith(ASK) and sign_in.asked[2] == ASK, sign_in)
        for word in (ADA, place['service'], 'https://', 'Never enter a code'):
            check(word in sign_in.asked[1], word, sign_in)
        check(('\n' in sign_in.asked[1]) == lines, sign_in)
        check(not user_code(sign_in), 'told as well', sign_in)
        t.expect('admit', t.host.sign_in(ADA, '', approved(t), PHRASE, PHRASE, silent=True, **place))


def what_a_caller_says_of_itself_is_shown_without_control_bytes(t):
    t.configure(device_code='always')
    sign_in = t.host.sign_in(ADA, '', 'q', service='ss\x1b[2Jhd', terminal='ssh', remote_host='a\nb\u202ec')
    check('\x1b' not in text_of(sign_in) and 'a\nb' not in text_of(sign_in), sign_in)


# Where ----------------------------------------------------------------------------------------


def the_prompt_depends_on_the_place_and_never_on_the_person(t):
    seats = [SEAT, {'service': 'gdm-password', 'terminal': ':0'}, {'service': 'login', 'terminal': '/dev/pts/3'},
             {'service': 'sudo', 'terminal': '/dev/pts/3', 'remote_user': ADA},
             {'service': 'su', 'terminal': 'pts/3', 'remote_user': ADA}, {'service': 'sunlight', 'terminal': 'pts/3'},
             {**SEAT, 'silent': True}]
    elsewhere = [SHELL, {**SEAT, 'remote_host': ELSEWHERE}, {'service': 'login'}, {'service': 'cron', 'terminal': 'cron'},
                 {'service': 'su', 'terminal': 'pts/3', 'remote_user': 'root'},
                 {'service': 'su', 'terminal': 'pts/3'}, {'service': 'su-l', 'terminal': 'pts/3'},
                 {'service': 'sudo-i', 'terminal': 'pts/3', 'remote_user': BOB}]
    places = {'never': ([], seats + elsewhere), 'local': (seats, elsewhere), 'always': (seats + elsewhere, [])}
    for setting, (some, none) in places.items():
        t.configure(device_code=setting)
        for place in some + none:
            conversation = t.prompt(**place)
            check(conversation.asked == [EITHER if place in some else 'Password: '], setting, place, conversation.asked)
            conversation.finish()
    t.configure()
    for known in (False, True):
        for name in (ADA, BOB, 'nobody@contoso.example'):
            conversation = t.prompt(name, **SEAT)
            check(conversation.asked == [EITHER], known, name)
            conversation.finish()
        t.know_ada()


def where_there_are_no_codes_nothing_typed_is_wrong(t):
    for settings in ({'device_code': 'never'}, {'methods': 'password'}):
        t.configure(**settings)
        t.seen()
        t.expect('deny', t.host.sign_in(ADA, '', **SEAT), GENERIC)
        check(t.seen() == [], settings)


def without_the_method_password_nothing_typed_is_sent(t):
    t.configure(methods='device_code')
    be_quick(t)
    for name in (ADA, BOB):
        t.expect('deny', t.host.sign_in(name, PASSWORD, **SEAT), GENERIC)
    check('password' not in t.seen())
    t.expect('admit', enrol_by_code(t))
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, **SEAT), GENERIC)
    t.expect('admit', t.host.sign_in(ADA, PHRASE, **SEAT))
    check('password' not in t.seen())
    t.expect('deny', t.host.sign_in(BOB, '', becomes(t, state='declined'), **SEAT))


# What may come of it --------------------------------------------------------------------------


def nothing_is_left_of_a_code_that_came_to_nothing(t):
    ends = [({'state': 'expired'}, 'ran out'), ({'state': 'declined'}, 'declined'), ({'state': 'unknown'}, '')]
    for known in (False, True):
        before = t.standing()
        for state, words in ends:
            be_quick(t)
            t.host.forget_attempts()
            t.expect('deny', t.host.sign_in(ADA, '', becomes(t, **state), **SEAT), words)
            is_as_before(t, before, state, known)
        t.know_ada()


def a_person_can_give_up(t):
    t.configure()
    for answer in ('q', 'Q'):
        t.seen()
        t.expect('deny', t.host.sign_in(ADA, '', answer, **SEAT), STOPPED)
        check(DEVICE_GRANT not in t.seen())
    be_quick(t)
    t.expect('deny', t.host.sign_in(ADA, '', '', 'q', **SEAT), 'not signed in there yet')


def what_is_wrong_with_the_set_up_is_not_called_late(t):
    t.configure()
    for number, words in ((7000218, 'not set up correctly'), (50196, 'declined or not completed')):
        be_quick(t)
        t.script(endpoint='token:device_code', number=number)
        sign_in = t.host.sign_in(ADA, '', '', **SEAT)
        t.expect('deny', sign_in, words)
        check('ran out' not in text_of(sign_in), sign_in)
        t.unscript()


def asking_too_fast_makes_the_pace_slower(t):
    t.configure()
    be_quick(t)
    t.expect('admit', t.host.sign_in(ADA, '', becomes(t, slow=1, state='approved', name=ADA), PHRASE, PHRASE, **SEAT))
    check(t.seen().count(DEVICE_GRANT) == 2)


def trouble_between_two_questions_is_no_denial(t):
    t.configure()
    for rule in (dict(fault='drop'), dict(status=503), dict(status=200, body='<html>')):
        be_quick(t)
        t.script(endpoint='token:device_code', times=1, **rule)
        t.expect('admit', enrol_by_code(t), '')
        t.unscript()
        t.seen()


def where_no_code_can_be_had_that_is_said(t):
    t.configure()
    t.script(endpoint='device', fault='drop')
    t.expect('unavailable', t.host.sign_in(ADA, '', **SEAT), UNREACHED)
    check(t.person() == 0)
    t.unscript()
    t.outage()
    t.expect('unavailable', t.host.sign_in(ADA, '', **SEAT), UNREACHED)


def an_application_that_cannot_ask_with_echo_is_told_what_to_enable(t):
    t.configure(device_code='always')
    for answers in (('',), (PASSWORD,)):
        t.script(endpoint='token:password', number=50076)
        t.seen()
        sign_in = t.host.sign_in(ADA, *answers, **SHELL)
        t.expect('deny', sign_in, 'KbdInteractiveAuthentication yes')
        check(sum('KbdInteractive' in text for text in sign_in.told) == 1, sign_in)
        check(DEVICE_GRANT not in t.seen())
    check(t.person() == 0)


def starts_are_limited_as_guesses_are(t):
    t.configure()
    verdicts = [t.host.sign_in(ADA, '', 'q', **SEAT).verdict for _ in range(12)]
    check(verdicts == ['deny'] * 10 + ['maxtries'] * 2, verdicts)


# Nobody there any more ------------------------------------------------------------------------


def leave(conversation):
    """As an application that was ended does."""
    conversation.sock.close()
    conversation.process.wait(30)


def a_code_that_is_approved_when_the_client_has_gone_enrols_nobody(t):
    t.configure()
    be_quick(t)
    conversation = t.host.start(ADA, **SEAT).await_prompt()
    conversation.answer('')
    conversation.await_prompt()
    leave(conversation)
    t.emulator.order('/_device', {'state': 'approved', 'name': ADA, 'token': {}})
    check(polls(t) == [] and t.person() == 0)


def wait_between_polls(t):
    """A helper that has asked once, and waits to ask again."""
    conversation = t.host.start(ADA, **SEAT).await_prompt()
    conversation.answer('')
    conversation.await_prompt()
    conversation.answer('')
    wait_until(lambda: polls(t), 'a poll')
    return conversation


def the_module_is_told_how_long_each_poll_may_take(t):
    """And each pause before it: neither has to fit in what was said of the other."""
    t.configure()
    be_quick(t)
    conversation = wait_between_polls(t)
    t.script(endpoint='token:device_code', fault='drop', times=1)
    wait_until(lambda: len(polls(t)) > 1, 'another poll')
    approved(t)(conversation)
    conversation.finish()
    pause, poll, store = 65000, 28000, 20000
    check(conversation.waits.count(pause) == conversation.waits.count(poll) == len(polls(t)) > 2, conversation.waits)
    check(conversation.waits.index(pause) < conversation.waits.index(poll) and store in conversation.waits)


def who_goes_between_two_polls_is_noticed_at_once(t):
    t.configure()
    be_quick(t, interval=5)
    leave(wait_between_polls(t))
    t.emulator.order('/_device', {'state': 'approved', 'name': ADA, 'token': {}})
    check(len(polls(t)) == 1 and t.person() == 0)
    check('nobody was there any more' in t.logged(), t.logged())


def what_comes_of_a_request_in_flight_is_kept_of_somebody_known(t):
    for known in (False, True):
        be_quick(t)
        if known:
            t.know_ada()
        token, before = known and t.person('token'), t.person()
        t.script(endpoint='token:device_code', hold=True)
        conversation = t.host.start(ADA, **SEAT).await_prompt()
        conversation.answer('')
        conversation.await_prompt()
        t.emulator.order('/_device', {'state': 'approved', 'name': ADA, 'token': {}})
        conversation.answer('')
        t.await_request(DEVICE_GRANT)
        conversation.sock.close()
        t.release()
        conversation.process.wait(30)
        check(t.person() == before, known)
        check(not known or t.person('token') != token, 'the new token was not kept')
        t.unscript()
        t.seen()


STEPS += [wait_between_polls]


# In one conversation --------------------------------------------------------------------------


def a_password_that_is_not_enough_goes_on_with_a_code(t):
    t.configure()
    be_quick(t)
    t.script(endpoint='token:password', number=50076)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, approved(t), PHRASE, PHRASE, **SEAT))
    check([kind for kind in t.seen() if kind in ('password', DEVICE_GRANT)] == ['password', DEVICE_GRANT])
    t.offline('unavailable', PASSWORD, **SEAT)
    t.offline('admit', PHRASE, **SEAT)


def a_password_that_was_not_accepted_is_never_kept(t):
    t.configure()
    be_quick(t)
    t.script(endpoint='token:password', number=50076)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, approved(t), **SEAT))
    check(t.person("verifier = ''") == 1)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, approved(t), PASSWORD, PASSWORD, **SEAT))
    check(t.person("verifier = ''") == 1, 'nor as a passphrase')


def without_codes_more_is_still_a_denial(t):
    t.configure(device_code='never')
    t.script(endpoint='token:password', number=50076)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD, **SEAT), 'extra verification')


def the_challenge_is_carried_to_the_code(t):
    t.configure()
    be_quick(t)
    claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    t.script(endpoint='token:password', number=50076, members={'claims': claims})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD, approved(t), PHRASE, PHRASE, **SEAT))
    forms = [dict(entry['form']) for entry in t.emulator.order('/_log') if entry['endpoint'] == 'device']
    check(forms[-1].get('claims') == claims, forms[-1])


def a_dead_token_is_replaced_with_what_the_account_has(t):
    """A password first, where it was one; a code, where it was a passphrase or one wants it first."""
    for methods, first in (('password device_code', 'password'), ('device_code password', DEVICE_GRANT)):
        t.begin()
        t.know_ada(methods=methods)
        be_quick(t)
        t.script(endpoint='token:refresh_token', number=70008)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD, approved(t), **SEAT))
        check([kind for kind in t.seen() if kind in ('password', DEVICE_GRANT)] == [first], methods)
        t.offline('admit', PASSWORD)
    t.begin()
    know_by_code(t)
    verifier = t.person('verifier')
    t.script(endpoint='token:refresh_token', number=70008)
    t.expect('admit', t.host.sign_in(ADA, PHRASE, approved(t), **SEAT))
    check('password' not in t.seen() and t.person('verifier') == verifier, 'the passphrase is as good as before')


def somebody_who_is_right_and_is_asked_for_more_gets_a_code(t):
    know_by_code(t)
    t.script(endpoint='token:refresh_token', number=50076)
    t.expect('deny', t.host.sign_in(ADA, 'wrong', approved(t), **SEAT), GENERIC)
    t.seen()
    t.expect('admit', t.host.sign_in(ADA, PHRASE, approved(t), **SEAT))
    check(DEVICE_GRANT in t.seen())


def where_no_code_can_be_had_a_dead_token_is_as_a_cut_line(t):
    know_by_code(t)
    t.script(endpoint='token:refresh_token', number=70008)
    t.script(endpoint='device', fault='drop')
    sign_in = t.host.sign_in(ADA, PHRASE, **SEAT)
    check((sign_in.verdict, sign_in.mode) == ('admit', 'offline'), sign_in)


def whose_secret_ended_with_a_refusal_chooses_one_anew(t):
    """The token was revoked, which ends the secret too, right as it was; a code then lets her in."""
    other = NEW + ' that is long'
    for know, secret in ((know_by_code, PHRASE), (Test.know_ada, PASSWORD)):
        t.begin()
        know(t)
        be_quick(t)
        t.script(endpoint='token:refresh_token', number=50173)
        t.script(endpoint='token:password', number=50076)
        chosen = t.host.sign_in(ADA, secret, approved(t), other, other, **SEAT)
        t.expect('admit', chosen, 'Choose a passphrase')
        t.unscript()
        t.expect('deny', t.host.sign_in(ADA, secret, **SEAT))
        t.expect('admit', t.host.sign_in(ADA, other, **SEAT))
        t.offline('admit', other, **SEAT)


def a_password_that_was_changed_elsewhere_ends_the_old_one(t):
    t.know_ada(password_recheck_hours=0)
    be_quick(t)
    t.change(password=NEW)
    t.script(endpoint='token:password', number=50076)
    t.expect('admit', t.host.sign_in(ADA, NEW, approved(t), PHRASE, PHRASE, **SEAT))
    t.offline('unavailable', PASSWORD, **SEAT)
    t.offline('admit', PHRASE, **SEAT)


# Time that passes -----------------------------------------------------------------------------

TIME_PASSES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'time_passes.c')
SLOW = 20  # seconds between two polls: more than are polled after one answer, so that nothing is waited for
OVER = 'The code ran out before it was used. Start again.'


@contextlib.contextmanager
def time_in_hand(t):
    """Yields a function: it makes an answer that is given so many seconds later."""
    with tempfile.TemporaryDirectory(prefix='time-') as folder:
        passed = 0
        subprocess.run(['cc', '-shared', '-fPIC', '-o', f'{folder}/time_passes.so', TIME_PASSES], check=True)
        os.chmod(folder, 0o755)

        def pass_by(seconds):
            nonlocal passed
            passed += seconds
            with open(f'{folder}/passed', 'r+b' if passed else 'wb') as file:
                file.write(passed.to_bytes(8, 'little'))

        def after(seconds, answer=''):
            def act(conversation):
                pass_by(seconds)
                return answer(conversation) if callable(answer) else answer
            return act

        pass_by(0)
        t.host.under = ['env', f'LD_PRELOAD={folder}/time_passes.so', f'TIME_PASSED={folder}/passed']
        be_quick(t, interval=SLOW)
        try:
            yield after
        finally:
            t.host.under = []


def a_sign_in_from_afar_ends_within_ninety_seconds(t):
    t.configure(device_code='always')
    with time_in_hand(t) as after:
        for first, second in ((60, 31), (80, 11)):
            sign_in = t.host.sign_in(ADA, '', after(first), after(second), PHRASE, **SHELL)
            t.expect('deny', sign_in, OVER)
            check(sign_in.asked == [EITHER, ASK, ASK] and 'not signed in there yet' in text_of(sign_in), first, sign_in)
        t.expect('admit', t.host.sign_in(ADA, '', after(60), after(20, approved(t)), PHRASE, PHRASE, **SHELL))


def a_code_is_not_begun_when_nobody_could_use_it_in_time(t):
    t.configure(device_code='always')
    with time_in_hand(t) as after:
        for seconds, shown in ((60, True), (76, False)):
            sign_in = t.host.sign_in(ADA, after(seconds), 'q', **SHELL)
            check((user_code(sign_in) is not None) == shown, seconds, sign_in)
            check(shown or (OVER in text_of(sign_in) and sign_in.asked == [EITHER]), sign_in)
            t.expect('deny', sign_in)
        check(user_code(t.host.sign_in(ADA, after(76), 'q', **SEAT)), 'at the machine itself there is time')


def a_code_ends_when_it_expires_whoever_approves_it_then(t):
    t.configure()
    with time_in_hand(t) as after:
        be_quick(t, interval=SLOW, expires_in=300)
        t.expect('admit', t.host.sign_in(ADA, '', after(91), after(180, approved(t)), PHRASE, PHRASE, **SEAT))
        before = t.standing()
        t.seen()
        sign_in = t.host.sign_in(ADA, '', after(91), after(210, approved(t)), PHRASE, PHRASE, **SEAT)
        t.expect('deny', sign_in, OVER)
        check(sign_in.asked == [EITHER, ASK, ASK] and t.seen().count(DEVICE_GRANT) == 1, sign_in)
        is_as_before(t, before)


STEPS += [time_in_hand]
