"""Lifetimes come from `expires_in` alone, and nothing about them makes a good answer bad (CA-4 .. CA-10)."""
import base64
import json
import os

from expect import check
from outage.bed import GRANTS
from sign_in.harness import ADA, PASSWORD
from signin import VERDICTS, receive_frame, send_frame

SILENCE = {'listen': {'mode': 'abort_handshake'}}
JWT = 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjF9.AAAA'  # expired in 1970, if anybody read it
ANSWERS = {
    'expires_in as text': {'expires_in': '4511', 'ext_expires_in': '4511'},
    'no expires_in': {'expires_in': None, 'ext_expires_in': None},
    'expires_in negative': {'expires_in': -1},
    'expires_in zero': {'expires_in': 0},
    'expires_in huge': {'expires_in': 10 ** 18},
    'expires_in beyond 64 bits, as text': {'expires_in': '9' * 40},
    'expires_in is no number': {'expires_in': 'soon'},
    'expires_in a fraction': {'expires_in': 3599.5},
    'expires_in is a list': {'expires_in': []},
    'expires_in 28 hours': {'expires_in': 100800, 'ext_expires_in': 100800},
    'refresh_in': {'refresh_in': 43200, 'expires_in': 86399},
    'refresh_in as text': {'refresh_in': '43200', 'expires_in': '86399'},
    'refresh_in nonsense': {'refresh_in': {}},
    'access token that is no JWT': {'access_token': 'opaque'},
    'access token that is a JWT, expired': {'access_token': JWT},
    'less scope': {'scope': 'openid'},
    'no scope': {'scope': None},
    'a family of clients': {'foci': '1'},
    'no client_info': {'client_info': None},
    'client_info that is nonsense': {'client_info': '%%%'},
    'token_type in capitals': {'token_type': 'BEARER'},
}


def is_good(t, members, grant):
    t.restore(grant)
    before = t.host.ask_store('SELECT token FROM person')
    t.script(endpoint='token', token={'response': members})
    for _ in range(2):  # the second with what the first one left
        answer = t.timed(ADA, PASSWORD)
        check(answer.verdict == 'admit' and not answer.told, answer)
    check(t.seen() == [{'password': 'password', 'refresh': 'refresh_token'}[grant]] * 2)
    check(t.host.ask_store('SELECT token FROM person') != before, 'the new refresh token is not kept')
    t.spoil(SILENCE)
    t.admitted_offline(t.timed(ADA, PASSWORD))


# Members of an answer, and until when its access token may be used without and with another one being due.
LIVES = {
    'an hour': ({'expires_in': 3600}, 3300, 3300),
    'an hour, as text': ({'expires_in': '3600'}, 3300, 3300),
    'not said': ({'expires_in': None}, 300, 300),
    'a day': ({'expires_in': 86400, 'ext_expires_in': 864000}, 43200, 86100),
    '28 hours': ({'expires_in': 100800}, 50400, 100500),
    '28 hours, as text': ({'expires_in': '100800'}, 50400, 100500),
    'a year': ({'expires_in': 31536000}, 15768000, 31535700),
    'renewed early': ({'refresh_in': 600, 'expires_in': 86399}, 600, 86099),
    'renewed early, as text': ({'refresh_in': '600', 'expires_in': '86399'}, 600, 86099),
    'renewed too late': ({'refresh_in': 86399, 'expires_in': 86399}, 86099, 86099),
    'two minutes': ({'expires_in': 120}, 0, 0),
    'negative': ({'expires_in': -1}, 0, 0),
    'beyond 64 bits': ({'expires_in': '9' * 40}, 0, 0),
}
ROUND = 30  # seconds that a sign-in and a look may take


def jwt(**claims):
    def part(what):
        return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip('=')
    return f'{part({"alg": "RS256", "typ": "JWT"})}.{part(claims)}.{part("nobody signed this")}'


def lives_as_long_as_told(t, members, due, until, grant):
    """An opaque one, and a JWT that says something else of itself."""
    for token in ('opaque and no JWT', jwt(exp=4102444800), jwt(exp=1)):
        t.restore(grant)
        t.script(endpoint='token', token={'response': {**members, 'access_token': token}})
        t.expect('admit', t.timed(ADA, PASSWORD))
        looks = [(due - ROUND, 'usable'), (due + ROUND, 'due'), (until - ROUND, 'due'), (until, 'none')]
        for after, wanted in looks:
            if after < 0 or (wanted == 'due' and due == until):
                continue
            wanted += '' if wanted == 'none' else ' ' + token
            check(t.access(after) == wanted, after, 's later', t.access(after), 'wanted', wanted)
        check(t.access(-3600) == 'none', 'the clock was set back')


def an_access_token_serves_until_its_end_and_is_replaced_once_the_platform_is_back(t):
    """CA-7, with a proactive renewal that meets an outage."""
    t.restore('refresh')
    t.script(endpoint='token', token={'response': {'refresh_in': 2, 'expires_in': 3600,
                                                   'access_token': 'the first'}})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.access(3) == 'due the first', t.access(3))
    t.emulator.order('/_clear', {})
    t.spoil({'status': 503})
    t.seen()
    for sent in (['refresh_token'], None, []):  # the second may look once more; then the breaker is open
        t.admitted_offline(t.timed(ADA, PASSWORD))
        check(sent is None or t.seen() == sent, sent)
        t.seen()
        check(t.access(3) == 'due the first', t.access(3))
        check(t.access(3200) == 'due the first' and t.access(3301) == 'none', 'until its end, 300 s early')
    t.well()
    t.let_waits_pass()
    t.script(endpoint='token', token={'response': {'expires_in': 3600, 'access_token': 'the second'}})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.access() == 'usable the second', t.access())


def a_token_of_another_answer_is_kept_before_the_verdict(t):
    with t.rotating():
        t.script(endpoint='token', token={'response': {'access_token': 'of a helper that died'}})
        check(killed_at_its_verdict(t) == 'admit')
        check(t.access() == 'usable of a helper that died', t.access())


def an_access_token_goes_with_the_refresh_token(t):
    for rule, gone in ((dict(number=50173), True), (dict(number=70008), True), (dict(number=50057), True),
                       (dict(number=50076), False), (dict(status=503), False)):
        t.restore('refresh')
        t.expect('admit', t.timed(ADA, PASSWORD))
        check(t.access().startswith('usable '), t.access())
        t.spoil({**rule, 'endpoint': 'token:refresh_token'})
        t.spoil({'status': 503, 'endpoint': 'token:password'})
        t.timed(ADA, PASSWORD)
        check((t.access() == 'none') == gone, rule, t.access())
        check((t.person('access_token') is None) == gone and t.has('token') != gone, rule)


def a_password_that_was_changed_ends_the_access_token(t):
    t.restore('password')
    t.expect('admit', t.timed(ADA, PASSWORD))
    t.script(endpoint='token:password', number=50126)
    check(t.timed(ADA, PASSWORD).verdict == 'deny')
    check(t.person('access_token') is None and t.has('token'), t.access())


def no_byte_of_an_access_token_is_written_down(t):
    canary = 'canary-' + 'of-an-access-token.' * 50
    t.restore('refresh')
    t.script(endpoint='token', token={'response': {'access_token': canary}})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.access() == 'usable ' + canary, t.access())
    for path in [*t._files(), t.host.log]:
        with open(path, 'rb') as file:
            check(b'access-token.' not in file.read(), 'in', os.path.basename(path))


def without_a_new_refresh_token_the_old_one_stays(t, grant):
    t.restore(grant)
    before = t.host.ask_store('SELECT token FROM person')
    t.script(endpoint='token', token={'variant': 'no refresh token'})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.host.ask_store('SELECT token FROM person') == before, 'another token')


def a_rotated_token_is_kept_before_the_verdict(t):
    """Whatever becomes of the helper once it has said so."""
    with t.rotating():
        for _ in range(3):
            check(killed_at_its_verdict(t) == 'admit')
        t.expect('admit', t.timed(ADA, PASSWORD))
        check(t.seen() == ['refresh_token'] * 4)


def killed_at_its_verdict(t):
    helper = t.host.start(ADA).await_prompt()
    send_frame(helper.sock, 'R', PASSWORD.encode())
    kind = ''
    while kind != 'V':
        kind, text = receive_frame(helper.sock)
    helper.process.kill()
    helper.process.wait()
    helper.sock.close()
    return VERDICTS[text[0]]


def a_lost_answer_costs_no_token_where_old_ones_stay_good(t):
    t.restore('refresh')
    t.script(endpoint='token', lose=True, times=1)
    t.admitted_offline(t.timed(ADA, PASSWORD))
    t.forget_breakers()
    t.seen()
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])


def a_lost_answer_of_a_rotated_token_leads_to_the_password(t):
    with t.rotating():
        t.script(endpoint='token', lose=True, times=1)
        t.admitted_offline(t.timed(ADA, PASSWORD))
        t.forget_breakers()
        t.seen()
        answer = t.timed(ADA, PASSWORD)
        check(answer.verdict == 'admit' and len(answer.asked) == 1, answer)
        check(t.seen() == ['refresh_token', 'password'])


def all_cells():
    cells = [(f'{name}, {grant} grant', lambda t, m=members, g=grant: is_good(t, m, g))
             for name, members in ANSWERS.items() for grant in GRANTS]
    cells += [(f'no new refresh token, {grant} grant',
               lambda t, g=grant: without_a_new_refresh_token_the_old_one_stays(t, g)) for grant in GRANTS]
    cells += [(f'an access token for {name}, {grant} grant',
               lambda t, life=life, g=grant: lives_as_long_as_told(t, *life, g))
              for name, life in LIVES.items() for grant in GRANTS]
    return cells + [(run.__name__, run) for run in
                    (a_rotated_token_is_kept_before_the_verdict,
                     a_lost_answer_costs_no_token_where_old_ones_stay_good,
                     a_lost_answer_of_a_rotated_token_leads_to_the_password,
                     an_access_token_serves_until_its_end_and_is_replaced_once_the_platform_is_back,
                     a_token_of_another_answer_is_kept_before_the_verdict,
                     an_access_token_goes_with_the_refresh_token,
                     a_password_that_was_changed_ends_the_access_token,
                     no_byte_of_an_access_token_is_written_down)]
