"""Local passphrases: chosen by the host's rules, checked here, never sent; and passwd(1)."""
import subprocess

from expect import check
from sign_in.harness import ADA, BOB, DAY, ELSEWHERE, GENERIC, PASSWORD

PHRASE, OTHER = 'moss on the northern wall', 'a kettle under the stairs'
CHOOSE = 'Choose a passphrase'
RULES = '/etc/security/pwquality.conf'


def reset(t, *secrets, name=ADA, **request):
    return t.host.sign_in(name, *secrets, action='reset', service='passwd', **request)


def change(t, *secrets, name=ADA, **request):
    return t.host.sign_in(name, *secrets, action='password', service='passwd', **request)


def no_password(t):
    """As somebody who came by a code: proven online, and no password is known here."""
    t.set_person("verifier = '', last_password = 0, passphrase = 0")


def with_passphrase(t, **settings):
    t.know_ada(**settings)
    no_password(t)
    t.expect('admit', reset(t, PHRASE, PHRASE), CHOOSE)
    check(t.person('passphrase') == 1)
    check(t.seen() == [], 'the platform has nothing to do with it')
    t.since = t.count


def nothing_typed_was_sent(t):
    """No password grant since she has a passphrase, and no more than the grants that are known here."""
    kinds = [dict(entry['form']).get('grant_type', '') for entry in t.emulator.order('/_log')[t.since:]]
    check(set(kinds) <= {'refresh_token', ''}, kinds)


def a_passphrase_signs_in_online_and_offline(t):
    with_passphrase(t)
    t.expect('admit', t.host.sign_in(ADA, PHRASE))
    check(t.seen() == ['refresh_token'])
    t.offline('admit', PHRASE)
    t.offline('admit', PHRASE, remote_host=ELSEWHERE)
    nothing_typed_was_sent(t)


def a_wrong_one_is_no_online_offline_and_in_between(t):
    with_passphrase(t)
    for wrong in (OTHER, PASSWORD, PHRASE + ' ', PHRASE[:-1]):
        t.expect('deny', t.host.sign_in(ADA, wrong), GENERIC)
    t.offline('unavailable', OTHER)
    t.configure(recheck_minutes=60)
    t.expect('deny', t.host.sign_in(ADA, OTHER), GENERIC)
    t.expect('admit', t.host.sign_in(ADA, PHRASE))
    nothing_typed_was_sent(t)


def it_is_not_sent_whatever_becomes_of_the_token(t):
    """Every answer that makes a password account ask about the password."""
    for rule in ({'error': 'invalid_grant'}, {'number': 70043}, {'number': 50173}, {'number': 50076},
                 {'number': 50053}, {'number': 50057}, {'error': 'temporarily_unavailable', 'status': 503}):
        with_passphrase(t)
        t.script(endpoint='token', **rule)
        for secret in (PHRASE, OTHER, PHRASE):
            t.host.sign_in(ADA, secret)
        check('refresh_token' in t.seen(), rule)
        nothing_typed_was_sent(t)
        t.begin()


def nor_when_nothing_is_left_of_it(t):
    with_passphrase(t)
    for what in ("verifier = ''", 'refused = 4, refused_at = 1', 'token = NULL', 'last_online = 0'):
        t.set_person(what)
        for secret in (PHRASE, OTHER):
            t.expect_not_admitted(t.host.sign_in(ADA, secret), what)
    nothing_typed_was_sent(t)


def nor_to_another_issuer(t):
    """Whose people are strangers here, whatever they are called."""
    with_passphrase(t)
    t.configure(issuer=t.emulator.about['plain_issuer'])
    for secret in (PHRASE, OTHER):
        t.expect('deny', t.host.sign_in(ADA, secret), GENERIC)
    check('password' not in t.seen())
    t.expect('deny', t.host.sign_in(BOB, OTHER), GENERIC)
    check('password' in t.seen(), 'of whom no passphrase is known')


def a_refused_person_is_not_let_in_by_it(t):
    """Without a token nobody could be asked: that is no proof that was not due."""
    with_passphrase(t, recheck_minutes=60)
    t.expect('admit', t.host.sign_in(ADA, PHRASE))
    t.set_person('refused = 3, refused_at = 1, token = NULL')
    t.expect_not_admitted(t.host.sign_in(ADA, PHRASE))
    t.offline_not_admitted(PHRASE)


def a_due_proof_without_a_token_lets_nobody_in(t):
    with_passphrase(t)
    t.set_person('token = NULL')
    t.expect_not_admitted(t.host.sign_in(ADA, PHRASE))
    t.offline_not_admitted(PHRASE)


def a_disabled_person_is_refused_also_offline(t):
    with_passphrase(t)
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, PHRASE))
    t.offline_not_admitted(PHRASE)


def a_token_that_cannot_be_replaced_leaves_it_to_the_offline_rules(t):
    with_passphrase(t)
    t.expect('admit', t.host.sign_in(ADA, PHRASE, read_only=True))
    check(t.seen() == [])
    t.set_person(f'last_online = last_online - {20 * DAY}')
    t.expect('unavailable', t.host.sign_in(ADA, PHRASE, read_only=True))


# --- passwd(1). ---

def she_changes_it_knowing_the_current_one(t):
    with_passphrase(t)
    t.outage()
    t.expect('admit', change(t, PHRASE, OTHER, OTHER))
    t.recovery()
    check(t.seen() == [])
    t.expect('deny', t.host.sign_in(ADA, PHRASE), GENERIC)
    t.expect('admit', t.host.sign_in(ADA, OTHER))
    t.offline('admit', OTHER)
    nothing_typed_was_sent(t)


def a_wrong_current_one_counts_like_any_attempt(t):
    with_passphrase(t)
    for _ in range(10):
        wrong = change(t, OTHER, 'never asked for')
        t.expect('deny', wrong, GENERIC)
        check(len(wrong.asked) == 1, wrong)
    t.expect('maxtries', change(t, PHRASE))
    t.expect('maxtries', t.host.sign_in(ADA, PHRASE))
    t.host.forget_attempts()
    for _ in range(12):
        t.expect('deny', change(t, PHRASE, ''))
    t.expect('admit', t.host.sign_in(ADA, PHRASE))


def what_does_not_fit_is_refused_with_a_hint(t):
    with_passphrase(t)
    for answers, hint in (
            (['short'], 'shorter'), (['password'], 'dictionary'), ([PHRASE], 'just typed'),
            ([PHRASE.upper()], 'case changes'), ([ADA], 'user name'), (['x' * 256], 'at most 255'),
            (['control\x1b[2J characters'], 'control'), ([OTHER, PHRASE], 'not the same')):
        before = t.person('verifier')
        refused = change(t, PHRASE, *answers)
        t.expect('deny', refused, hint)
        t.expect('deny', refused, 'No new passphrase')
        check(t.person('verifier') == before)


def there_are_three_tries(t):
    with_passphrase(t)
    t.expect('admit', change(t, PHRASE, 'short', OTHER, 'other', OTHER, OTHER))
    tried = change(t, OTHER, 'short', 'short', 'short', PHRASE, PHRASE)
    t.expect('deny', tried)
    check(len(tried.asked) == 4, tried)


def an_empty_answer_or_none_leaves_all_as_it_was(t):
    with_passphrase(t)
    before = t.standing()
    for answers in ([], [''], [PHRASE], [PHRASE, ''], [PHRASE, OTHER]):
        t.expect_not_admitted(change(t, *answers))
    check(t.standing() == before)


def the_rules_are_those_of_the_host(t):
    with_passphrase(t)
    for rules, answers, verdict, words in (
            ('minlen = 40', [OTHER], 'deny', 'shorter than 4'),
            ('minclass = 4', [OTHER], 'deny', 'classes'),
            ('sausage = 7', [OTHER], 'deny', 'rules for passphrases cannot be read'),
            ('dictpath = /nonexistent', [OTHER], 'deny', 'rules for passphrases cannot be read'),
            ('dictcheck = 0\nusercheck = 0', ['password', 'password'], 'admit', 'is set')):
        path = f'{t.host.build}/pwquality.conf'
        with open(path, 'w', encoding='utf-8') as out:
            out.write(rules + '\n')
        subprocess.run(['mount', '--bind', path, RULES], check=True)
        try:
            t.expect(verdict, change(t, PHRASE, *answers), words)
        finally:
            subprocess.run(['umount', RULES], check=True)
    check('sausage' in t.whole_log() or 'Unknown setting' in t.whole_log())


def who_has_the_platforms_password_is_told_where_to_change_it(t):
    t.know_ada()
    for ask in (change, reset):
        told = ask(t, PHRASE, PHRASE)
        t.expect('forbidden', told, "organisation's sign-in page")
        check(not told.asked, told)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))


def root_gives_one_only_to_who_has_been_accepted(t):
    t.know_ada()
    t.expect('forbidden', reset(t, PHRASE, PHRASE, name=BOB), 'Nobody has signed in')
    no_password(t)
    t.set_person('last_online = 0')
    t.expect('forbidden', reset(t, PHRASE, PHRASE), 'Nobody has signed in')
    t.set_person('last_online = 1, refused = 3')
    t.expect('forbidden', reset(t, PHRASE, PHRASE))
    check(t.person('verifier') == '' and t.person('passphrase') == 0)


def who_has_none_cannot_change_it(t):
    t.know_ada()
    no_password(t)
    told = change(t, '', PHRASE, PHRASE)
    t.expect('forbidden', told, 'no passphrase')
    check(not told.asked, told)


def nobody_but_root_asks_for_any_of_it(t):
    with_passphrase(t)
    before = t.standing()
    for ask in (change, reset):
        t.expect('deny', ask(t, PHRASE, OTHER, OTHER, caller=4321))
    check(t.standing() == before)


def a_secret_that_was_replaced_meanwhile_is_not_replaced_again(t):
    with_passphrase(t)
    slow = t.host.start(ADA, action='reset', service='passwd').await_prompt()
    t.expect('admit', change(t, PHRASE, OTHER, OTHER))
    t.expect('deny', slow.finish('the third of them all', 'the third of them all'))
    t.expect('admit', t.host.sign_in(ADA, OTHER))


def a_refusal_meanwhile_comes_first(t):
    with_passphrase(t)
    slow = t.host.start(ADA, action='reset', service='passwd').await_prompt()
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, PHRASE))
    t.expect('deny', slow.finish(OTHER, OTHER))
    t.offline_not_admitted(OTHER)


def no_log_line_has_it(t):
    with_passphrase(t)
    t.host.sign_in(ADA, PHRASE)
    change(t, PHRASE, OTHER, OTHER)
    log = t.whole_log()
    check(PHRASE not in log and OTHER not in log)
    check('action=reset' in log and 'action=password' in log, log)


STEPS = [no_password, nothing_typed_was_sent]
