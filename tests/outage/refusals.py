"""Each answer that could be a refusal, to every kind of secret; and once more when nobody answers.

What a row of codes.py has to do is said by CLOSES, UNREACHED and erased() below.
"""
from expect import check
from outage.bed import BOBS, GRANTS, SECRETS
from outage.codes import MESSAGES, every
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD

SILENCE = {'listen': {'mode': 'abort_handshake'}}
UNREACHED = {'U', 'C1', 'K'}
CLOSES = {'L', 'S', 'P', 'F', 'C2'}  # offline, whatever was typed
OFFLINE_GENERIC = MESSAGES['OUT']
TO_STRANGERS = {'I': ('MFA', 'MFAREG', 'BAD'), 'C2': ('CFG',)}  # what follows from no secret


class Row:
    def __init__(self, name, rule, letter, gone, message, stands_for_others):
        self.name, self.rule, self.letter, self.gone, self.message = name, rule, letter, gone, message
        self.stands_for_others = stands_for_others  # what costs much is tried with one of each line

    def closes(self, secret):
        """Whether the right secret is no good offline afterwards."""
        return self.letter in CLOSES or (self.letter == 'W' and secret == 'right')

    def erased(self, grant, secret):
        """(verifier, token): True gone, False still there, None either is right."""
        verifier, token = 'V' in self.gone, 'T' in self.gone
        if self.letter == 'W':
            # A password is wrong, but what would a token be?
            return secret == 'right', False if grant == 'password' else None
        if self.letter in ('R', 'S'):
            return False, True if grant == 'refresh' else None
        return verifier, token


def words(answer):
    return ' '.join(answer.told)


def of_a_known_person(t, row, grant, secret):
    t.restore(grant)
    standing = t.standing()
    t.spoil(row.rule)
    first = t.timed(ADA, t.secret(secret))
    sent = t.seen()
    if secret == 'right' and row.letter in UNREACHED:
        t.admitted_offline(first)
    else:
        check(first.verdict != 'admit', first)
    if not sent:
        check(secret == 'empty', 'nothing was asked')
        t.unchanged(standing)
        return
    told(row, first, secret)
    remains(t, row, grant, secret, standing)
    t.emulator.order('/_clear', {})
    t.spoil(SILENCE)
    for again in ('right', 'wrong') if secret == 'wrong' else ('right',):
        answer = t.timed(ADA, t.secret(again))
        if again == 'right' and not row.closes(secret):
            t.admitted_offline(answer, 'offline')
        else:
            check(answer.verdict != 'admit', 'offline', again, answer)
    if grant == 'password' and row.closes(secret) and row.stands_for_others:
        until_the_platform_says_yes(t)


def told(row, answer, secret):
    """Nobody reads about the account before the secret was right."""
    if secret == 'right':
        check(MESSAGES[row.message] in words(answer), 'wanted', MESSAGES[row.message], 'got', answer)
        check(row.letter != 'C2' or answer.verdict == 'unavailable', answer)
    elif row.letter in ('U', 'C1'):
        check(answer.verdict == 'unavailable' and OFFLINE_GENERIC in words(answer), answer)
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
    t.spoil(SILENCE)
    t.admitted_offline(t.timed(ADA, PASSWORD), 'after a success')


def of_somebody_by_key(t, row):
    """The account phase of a known person: by the refresh token, or not at all."""
    t.restore()
    t.spoil(row.rule)
    first = t.timed(ADA, '', action='account', service='sshd')
    check((first.verdict == 'admit') == (row.letter in UNREACHED), first)
    if row.letter in ('L', 'C2'):  # the account is gone, or it is not to be used here
        check(first.verdict == 'forbidden' or row.message in ('DIS', 'BAD', 'GUEST'), first)
        check(first.verdict == 'expired' or row.message not in ('DIS', 'BAD'), first)
    t.emulator.order('/_clear', {})
    t.spoil(SILENCE)
    again = t.timed(ADA, '', action='account', service='sshd')
    check(row.letter not in CLOSES - {'S'} or again.verdict != 'admit', 'offline', again)
    check(row.letter not in UNREACHED or again.verdict == 'admit', 'offline', again)


def of_somebody_unknown(t, row, secret):
    t.restore()
    t.spoil(row.rule)
    first = t.timed(BOB, t.secret(secret, BOB))
    check(first.verdict != 'admit' and t.person() == 1, first)
    if row.letter in ('U', 'C1'):
        check(secret == 'empty' or first.verdict == 'unavailable', first)
    elif secret != 'empty':
        allowed = [MESSAGES[name] for name in TO_STRANGERS.get(row.letter, ('BAD',))]
        check(any(text in words(first) for text in allowed), 'wanted one of', allowed, 'got', first)
    if secret == 'right' and row.stands_for_others:
        t.emulator.order('/_clear', {})
        t.spoil(SILENCE)
        check(t.timed(BOB, BOBS).verdict != 'admit', 'offline')


def codes():
    cells = []
    for row in (Row(*row) for row in every()):
        for secret in SECRETS:
            for grant in GRANTS:
                cells.append((f'{row.name}: known, {grant} grant, {secret} secret',
                              lambda t, r=row, g=grant, s=secret: of_a_known_person(t, r, g, s)))
            cells.append((f'{row.name}: not known, {secret} secret',
                          lambda t, r=row, s=secret: of_somebody_unknown(t, r, s)))
        cells.append((f'{row.name}: known, by key', lambda t, r=row: of_somebody_by_key(t, r)))
    return cells + [(f'{row.name}: a dead token and a good password',
                     lambda t, r=row: password_after_token(t, r))
                    for row in (Row(*row) for row in every()) if row.letter in 'RSPF']


def password_after_token(t, row):
    """Silent to the person: one prompt, and a new token in the end."""
    t.restore('refresh')
    t.spoil({**row.rule, 'endpoint': 'token:refresh_token'})
    answer = t.timed(ADA, PASSWORD)
    check(answer.verdict == 'admit' and len(answer.asked) == 1, answer)
    check(t.seen() == ['refresh_token', 'password'], 'requests')
    check(t.has('verifier') and t.has('token') and not t.has('refusal'), t.standing())
    t.spoil(SILENCE)
    t.admitted_offline(t.timed(ADA, PASSWORD), 'offline')


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


def all_cells():
    return codes() + never_found()
