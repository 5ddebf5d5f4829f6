"""Each answer that could be a refusal, to every kind of secret; and once more when nobody answers.

What a row of codes.py has to do is said there, and by UNREACHED, CLOSES and erased() below.

Once nobody answers, the right secret of a known person (platform.md 3.7)
    is good     after D, N, K, R, J, U and C1: nothing was said against the person or the secret;
                after W when another secret had been typed: that was a mistake in typing;
                after I: more than a password was wanted, and nothing that was known became wrong;
                but where that was said to the refresh token, it stands for two minutes, unasked
    is no good  after L, S, P, F, C2, and W when it was the one that is refused: until the platform
                says yes again, because who is refused can pull out the cable
Nobody answers: of each line's first number the platform is a black hole, of the others it breaks off.
"""
import os
import signal
import struct
import time

from expect import check
from outage.bed import BOBS, GRANTS, SECRETS, WRONG
from outage.codes import MESSAGES, WORDS, every, numbers, rule_of
from outage.faults import raw
from outage.hangs import Application
from sign_in.company import stands_in_line
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD, PATIENCE, wait_until

CODES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../platform/codes')
BLACK_HOLE, BROKEN_OFF = ({'listen': {'mode': mode}} for mode in ('black_hole', 'abort_handshake'))
UNREACHED = {'U', 'C1', 'K'}
CLOSES = {'L', 'S', 'P', 'F', 'C2'}  # offline, whatever was typed
TO_STRANGERS = {'I', 'J', 'C2', 'U', 'C1'}  # they read the row's message: it follows from no secret
BY_KEY_AFTERWARDS = UNREACHED | {'D', 'I'}  # the token is as good as before; N casts doubt on it


class Row:
    def __init__(self, name, rule, letter, gone, message, verdict, account, stands_for_others):
        self.name, self.rule, self.letter, self.gone, self.message = name, rule, letter, gone, message
        self.verdict, self.account = verdict, account
        self.stands_for_others = stands_for_others  # what costs much is tried with one of each line
        self.silence = BLACK_HOLE if stands_for_others and name not in WORDS else BROKEN_OFF

    def closes(self, secret):
        """Whether the right secret is no good offline afterwards."""
        return self.letter in CLOSES or (self.letter == 'W' and secret == 'right')

    def erased(self, grant, secret):
        """(verifier, token): True gone, False still there, None either is right."""
        verifier, token = 'V' in self.gone, 'T' in self.gone
        if self.letter == 'W':
            # A password is wrong, but what would a token be? Without any number: good once more.
            doubtful = grant == 'refresh' and self.name not in WORDS
            return secret == 'right', None if doubtful else False
        if self.letter in ('R', 'S'):
            return False, grant == 'refresh'
        if self.letter == 'J':  # it may also be met when the token is to make up for the password
            return False, grant == 'refresh' or secret == 'right'
        return verifier, token


def words(answer):
    return ' '.join(answer.told)


def of_a_known_person(t, row, grant, secret):
    t.restore(grant)
    standing = t.standing()
    t.spoil(row.rule)
    if secret == 'empty':
        with t.nothing_sent():
            told(row, t.timed(ADA, ''), secret)
        return t.unchanged(standing)
    first = t.timed(ADA, t.secret(secret))
    check(t.seen(), 'nothing was asked')
    if secret == 'right' and row.letter in UNREACHED - {'C1'}:
        t.admitted_offline(first)
    told(row, first, secret)
    remains(t, row, grant, secret, standing)
    t.emulator.order('/_clear', {})
    t.spoil(row.silence if secret == 'right' else BROKEN_OFF)
    if row.letter == 'I' and grant == 'refresh':
        the_demand_stands(t, row.verdict)
    for again in ('right', 'wrong') if secret == 'wrong' and row.stands_for_others else ('right',):
        answer = t.timed(ADA, t.secret(again))
        if again == 'right' and not row.closes(secret):
            t.admitted_offline(answer, 'offline')
        else:
            check(answer.verdict != 'admit', 'offline', again, answer)
    if grant == 'password' and row.closes(secret) and row.stands_for_others:
        until_the_platform_says_yes(t)
    return None


def the_demand_stands(t, verdict, **request):
    """What was not enough is not sent again at once, so nobody learns that the platform is gone."""
    with t.nothing_sent():
        answer = t.timed(ADA, PASSWORD, **request)
    check(answer.verdict == verdict and MESSAGES['MFA'] in words(answer), 'wanted', verdict, 'got', answer)
    t.set_person('more_wanted_at = more_wanted_at - 130')


def the_second_try_reads_the_same(t, number):
    """Also where the password alone says what is missing, as the token is not asked about again."""
    t.restore('password')
    t.spoil({'number': int(number)})
    first = t.timed(ADA, PASSWORD)
    check(t.seen() == ['password', 'refresh_token'])
    again = t.timed(ADA, PASSWORD)
    check(t.seen() == ['password'] and (again.verdict, again.told) == (first.verdict, first.told), first, again)


def told(row, answer, secret):
    """Nobody reads about the account before the secret was right."""
    if secret == 'right':
        check(answer.verdict == row.verdict, 'wanted', row.verdict, 'got', answer)
        check(MESSAGES[row.message] in words(answer), 'wanted', MESSAGES[row.message], 'got', answer)
        if row.letter in UNREACHED:
            check(answer.mode == 'offline' and answer.offline_until, answer)
    elif secret == 'wrong' and row.letter in ('U', 'C1'):
        check(answer.verdict == 'unavailable' and MESSAGES[row.message] in words(answer), answer)
    else:
        check(answer.verdict == 'deny' and answer.told == [GENERIC], answer)


def remains(t, row, grant, secret, standing):
    verifier, token = row.erased(grant, secret)
    check(t.person() == 1 and t.standing()[0][0][0] == standing[0][0][0], 'the uid is kept')
    check(t.has('verifier') != verifier, 'verifier', t.has('verifier'))
    check(token is None or t.has('token') != token, 'token', t.has('token'))
    check(t.has('refusal') == row.closes(secret), 'refusal', t.person('refused'))
    if row.letter in UNREACHED:
        t.unchanged(standing)


def until_the_platform_says_yes(t):
    t.well()
    t.forget_breakers()
    t.expect('admit', t.timed(ADA, PASSWORD))
    t.spoil(BROKEN_OFF)
    t.admitted_offline(t.timed(ADA, PASSWORD), 'after a success')


def of_somebody_by_key(t, row):
    """The account phase of a known person: by the refresh token, or not at all."""
    t.restore()
    t.spoil(row.rule)
    first = t.timed(ADA, '', action='account', service='sshd')
    check(first.verdict == row.account and not first.asked, 'wanted', row.account, 'got', first)
    t.emulator.order('/_clear', {})
    t.spoil(row.silence)
    if row.letter == 'I':
        the_demand_stands(t, row.account, action='account', service='sshd')
    again = t.timed(ADA, '', action='account', service='sshd')
    if row.letter != 'W':
        check((again.verdict == 'admit') == (row.letter in BY_KEY_AFTERWARDS), 'offline', again)


def of_somebody_unknown(t, row, secret):
    t.restore()
    standing = t.standing()
    t.spoil(row.rule)
    if secret == 'empty':
        with t.nothing_sent():
            told(row, t.timed(BOB, ''), secret)
        return t.unchanged(standing)
    first = t.timed(BOB, t.secret(secret, BOB))
    wanted = MESSAGES[row.message if row.letter in TO_STRANGERS else 'BAD']
    check(wanted in words(first), 'wanted', wanted, 'got', first)
    check(first.verdict == ('unavailable' if row.letter in ('U', 'C1', 'C2') else 'deny'), first)
    t.unchanged(standing)  # so that later he is a stranger as before
    t.emulator.order('/_clear', {})
    t.spoil(row.silence if secret == 'right' else BROKEN_OFF)
    again = t.timed(BOB, t.secret(secret, BOB))
    if row.letter == 'K':  # not asked about so soon, so nobody learns that the platform is gone
        check(again.verdict == 'deny' and again.told == [GENERIC], 'offline', again)
    else:
        check(again.verdict == 'unavailable' and MESSAGES['OUT'] in words(again), 'offline', again)
    return t.unchanged(standing)


def codes():
    cells = []
    for row in (Row(*row) for row in every()):
        for secret in SECRETS:
            for grant in GRANTS:
                cells.append((f'{row.name}: known, {grant} grant, {secret} secret',
                              lambda t, r=row, g=grant, s=secret: of_a_known_person(t, r, g, s)))
            if row.stands_for_others or secret != 'wrong':  # of a stranger, this host cannot tell
                cells.append((f'{row.name}: not known, {secret} secret',
                              lambda t, r=row, s=secret: of_somebody_unknown(t, r, s)))
        cells.append((f'{row.name}: known, by key', lambda t, r=row: of_somebody_by_key(t, r)))
    return cells + [(f'{row.name}: a dead token and a good password',
                     lambda t, r=row: password_after_token(t, r))
                    for row in (Row(*row) for row in every()) if row.letter in 'RSPFJ']


def password_after_token(t, row):
    """Silent to the person: one prompt, and a new token in the end."""
    t.restore('refresh')
    t.spoil({**row.rule, 'endpoint': 'token:refresh_token'})
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and len(answer.asked) == 1, answer)
    check(t.seen() == ['refresh_token', 'password'], 'requests')
    check(t.has('verifier') and t.has('token') and not t.has('refusal'), t.standing())
    t.spoil(BROKEN_OFF)
    t.admitted_offline(t.timed(ADA, PASSWORD), 'offline')


def the_numbers_are_those_of_the_table(t):
    """None is missing here, and none is there that nobody has thought about. Of ranges, the ends."""
    with open(CODES, encoding='utf-8') as file:
        rows = [line.split()[0].replace('B2C', 'B').split('-') for line in file
                if line[0] in '0123456789B']
    ends, tried = {end for row in rows for end in row}, set(numbers()) - {'59999'}
    check(ends <= tried, 'not tried', ends - tried)
    inside = {number for number in tried - ends if number[0] != 'B' and any(
        int(row[0]) < int(number) < int(row[-1]) for row in rows if row[0][0] != 'B')}
    check(inside == tried - ends, 'not in the table', tried - ends - inside)


def never_found():
    """Gone twice, an hour apart, is gone: what could be used offline goes. The uid stays."""
    return [(f'{number}, {wait} s later: {grant} grant',
             lambda t, n=number, w=wait, g=grant: gone_twice(t, n, w, g))
            for number in (50034, 51004) for wait in (60, 3700) for grant in GRANTS]


def gone_twice(t, number, wait, grant):
    t.restore(grant)
    uid = t.person('uid')
    t.spoil({'number': number})
    check(t.timed(ADA, PASSWORD).verdict == 'deny')
    t.set_person(f'refused_at = refused_at - {wait}')
    check(t.timed(ADA, PASSWORD).verdict == 'deny')
    kept = wait < 3600
    check((t.has('verifier'), t.has('token')) == (kept, kept), t.standing())
    check(t.person('uid') == uid and t.has('refusal'))


PAM_CODES = {'admit': 0, 'forbidden': 6, 'deny': 7, 'unavailable': 9, 'expired': 13}  # of libpam


def by_libpam(t, row):
    """What an application gets, and shows: the helper's verdict through the real library, twice."""
    t.restore()
    t.spoil(row.rule)
    code, _, shown = Application(t).ask().answer(PASSWORD).finish()
    check(code == PAM_CODES[row.verdict] and MESSAGES[row.message] in shown, 'wanted', row.verdict, 'got', code, shown)
    t.emulator.order('/_clear', {})
    t.spoil(BROKEN_OFF)
    if row.letter != 'I':
        code, _, shown = Application(t).ask().answer(PASSWORD).finish()
        check((code == 0) == (not row.closes('right')), 'offline', code, shown)


def libpam():
    """One row of each letter and verdict."""
    rows = {(row.letter, row.verdict): row for row in reversed([Row(*row) for row in every()])}
    return [(f'{row.name}: by libpam, {letter} is {verdict}', lambda t, r=row: by_libpam(t, r))
            for (letter, verdict), row in rows.items()]


def who_was_locked_out():
    """50053 and its kin: for a minute that is not asked again, by nobody on this host, about this person."""
    return [(f'locked out by {number}: {grant} grant', lambda t, n=number, g=grant: locked_out(t, n, g))
            for number in ('50053', 'B90111', 'B90114') for grant in GRANTS] + [
        ('locked out: nobody known here', a_stranger_locked_out),
        ('locked out: a guesser leaves the token alone', guesses_leave_the_token_alone)] + [
        (f'locked out: a token that is {name}', lambda t, n=name: the_token_tells_while_the_password_rests(t, n))
        for name in AFTER_A_LOCK]


def let_pass(t, seconds):
    """As if that much of each rest were over: cache/rest.c."""
    path = f'{t.host.build}/run/state/rests'
    with open(path, 'r+b') as file:
        places = [(number, until - seconds * 1000)
                  for number, until in struct.iter_unpack('<Qq', file.read())]
        file.seek(0)
        file.write(b''.join(struct.pack('<Qq', *place) for place in places))


def locked_out(t, number, grant):
    t.restore(grant)
    t.spoil(rule_of(number))
    t.admitted_offline(t.timed(ADA, PASSWORD))
    check(t.seen() == [{'password': 'password', 'refresh': 'refresh_token'}[grant]], 'asked once')
    t.well()
    for passed in (0, 50):
        let_pass(t, passed)
        with t.nothing_sent():
            check(t.timed(ADA, WRONG).told == [GENERIC], 'nobody else hears of it')
        rests(t, grant)
    t.expect('admit', t.timed(BOB, BOBS))
    let_pass(t, 10)
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and not answer.told, 'asked again', answer)


def rests(t, grant):
    """Who has the right secret is let in by memory only where the token rests as well."""
    if grant == 'refresh':
        with t.nothing_sent():
            t.admitted_offline(t.timed(ADA, PASSWORD))
        return
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and not answer.told and t.seen() == ['refresh_token'], answer)


AFTER_A_LOCK = {  # what becomes of the token: the message, the verdict, whether it is still there
    'good': ({}, None, 'admit', True),
    'disabled': ({'number': 50057}, 'DIS', 'deny', False), 'revoked': ({'number': 50173}, 'REAUTH', 'deny', False),
    'not enough': ({'number': 50076}, 'MFA', 'deny', True), 'dead': ({'number': 700082}, 'OUT', 'admit', False),
    'not asked about': ({'number': 90033}, 'OUT', 'admit', True), 'locked': ({'number': 50053}, 'OUT', 'admit', True)}


def the_token_tells_while_the_password_rests(t, name):
    """One 50053, of anybody's guess, is no way around what the platform would say of the token."""
    rule, message, verdict, kept = AFTER_A_LOCK[name]
    t.restore('password')
    t.spoil({**rule_of('50053'), 'endpoint': 'token:password'})
    check(t.timed(ADA, WRONG).told == [GENERIC] and t.seen() == ['password'])
    t.well()
    if rule:
        t.spoil({**rule, 'endpoint': 'token:refresh_token'})
    answer = t.timed(ADA, PASSWORD)
    check(set(t.seen()) == {'refresh_token'}, 'the token is asked about, and alone')
    check(answer.verdict == verdict and t.has('token') == kept, 'wanted', verdict, kept, 'got', answer)
    check(MESSAGES[message] in words(answer) if message else not answer.told, answer)


def a_stranger_locked_out(t):
    t.restore()
    t.spoil(rule_of('50053'))
    check(t.timed(BOB, BOBS).told == [GENERIC] and t.seen() == ['password'])
    t.well()
    with t.nothing_sent():
        check(t.timed(BOB, BOBS).told == [GENERIC])
    t.expect('admit', t.timed(ADA, PASSWORD))
    let_pass(t, 60)
    t.expect('admit', t.timed(BOB, BOBS))


def guesses_leave_the_token_alone(t):
    t.restore('refresh')
    t.spoil({**rule_of('50053'), 'endpoint': 'token:password'})
    check(t.timed(ADA, WRONG).told == [GENERIC] and 'password' in t.seen())
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and not answer.told and t.seen() == ['refresh_token'], answer)
    check(t.timed(ADA, 'another guess').told == [GENERIC] and 'password' not in t.seen())


TOLD_TO_A_TOKEN = {  # and what is sent when two sign in with a wrong secret
    'doubtful': (raw(400, '{"error":"invalid_grant"}'), ['refresh_token', 'password', 'password']),
    'not enough': ({'number': 50076}, ['refresh_token'])}


def what_a_token_was_told_stands_for_who_waited(t, name):
    """Also for who typed a second before the one that was told: the token is not sent again."""
    rule, sent = TOLD_TO_A_TOKEN[name]
    t.restore('refresh', connect_seconds=PATIENCE, login_seconds=PATIENCE)
    t.spoil({**rule, 'endpoint': 'token:refresh_token'})
    with t.host.held_turn(t.person('uid')):
        early = t.prompt()
        answer = t.pool.submit(early.finish, WRONG)
        wait_until(lambda: stands_in_line(early), 'the one who has to wait')
        os.kill(early.process.pid, signal.SIGSTOP)
    typed = int(time.time())
    wait_until(lambda: int(time.time()) > typed, 'the next second')
    try:
        check(t.host.sign_in(ADA, 'another guess').verdict == 'deny')
    finally:
        os.kill(early.process.pid, signal.SIGCONT)
    check(answer.result().verdict == 'deny')
    check(t.seen() == sent and t.has('token'), 'wanted', sent, t.standing())


def stands_for_who_waited():
    return [(f'{number}: the second try reads the same', lambda t, n=number: the_second_try_reads_the_same(t, n))
            for number in ('50072', '50079', '50076')] + [
        (f'a token that is {name} stands for who waited',
             lambda t, n=name: what_a_token_was_told_stands_for_who_waited(t, n)) for name in TOLD_TO_A_TOKEN]


MENDED_BY_SOMEBODY = {
    'the set-up': ('setup', {'number': 7000218}), 'the words of it': ('setup', {**WORDS['invalid_scope'][0]}),
    'the clock': ('clock', {'number': 500133}),
    'a certificate of tomorrow': ('clock', {'listen': {'certificate': 'not_yet_valid'}}),
    'a certificate of yesterday': ('tls', {'listen': {'certificate': 'expired'}}),
    'a portal': ('page', raw(200, '<html>Welcome to the hotel</html>', {'Content-Type': 'text/html'})),
    'a redirect': ('page', raw(302, '', {'Location': 'https://portal.example/'})),
    'a network': ('page', raw(511, '<html>log in first</html>', {'Content-Type': 'text/html'})),
    'an outage': (None, {'number': 90033}), 'silence': (None, {'listen': {'mode': 'refuse'}})}


def what_is_no_outage_raises_an_alarm(t, name):
    """Who is let in by what is remembered does not hide that something has to be mended."""
    alarm, fault = MENDED_BY_SOMEBODY[name]
    for secret, verdict in (('right', 'admit'), ('wrong', 'unavailable')):
        t.restore()
        t.spoil(fault)
        t.expect(verdict, t.timed(ADA, t.secret(secret)))
        line = t.logged()
        check(f'verdict={verdict} ' in line and ('alarm=' in line) == (alarm is not None), line)
        check(alarm is None or f' alarm={alarm}' in line, line)
        check(alarm != 'clock' or 'clock' in line.partition(' reason=')[2], 'the clock is named', line)


MET_FIRST = {  # where a document is asked for that is too old
    'portal': (True, raw(200, '<html>Welcome to the hotel</html>', {'Content-Type': 'text/html'})),
    'redirect': (True, raw(302, '', {'Location': 'https://portal.example/'})), 'proxy': (True, raw(407)),
    'network': (True, raw(511, '<html>Welcome to the hotel</html>')),
    'other object': (True, raw(200, '{}', {'Content-Type': 'application/json'})),
    'outage': (False, raw(503)), 'fault': (False, raw(500)), 'slow': (False, raw(408)), 'busy': (False, raw(429))}


def a_page_in_the_place_of_a_document_raises_an_alarm(t, endpoint, name):
    page, fault = MET_FIRST[name]
    for secret, verdict in (('right', 'admit'), ('wrong', 'unavailable')):
        t.restore()
        t.host.change_store('UPDATE document SET fetched_at = 1')
        t.spoil({**fault, 'endpoint': endpoint})
        t.expect(verdict, t.timed(ADA, t.secret(secret)))
        check(endpoint in t.seen(), 'not asked for')
        line = t.logged()
        check(f'verdict={verdict} ' in line and (' alarm=page' in line, 'alarm=' in line) == (page, page), line)


def alarms():
    return [(f'alarm: {name}', lambda t, n=name: what_is_no_outage_raises_an_alarm(t, n))
            for name in MENDED_BY_SOMEBODY] + [
        (f'alarm: {name} for {endpoint}',
         lambda t, e=endpoint, n=name: a_page_in_the_place_of_a_document_raises_an_alarm(t, e, n))
        for endpoint in ('discovery', 'keys') for name in MET_FIRST]


def all_cells():
    return codes() + libpam() + never_found() + who_was_locked_out() + stands_for_who_waited() + alarms() + [
        ('the numbers are those of the table', the_numbers_are_those_of_the_table)]
