"""Lifetimes come from `expires_in` alone, and nothing about them makes a good answer bad (CA-4 .. CA-8)."""
from expect import check
from outage.bed import GRANTS
from sign_in.harness import ADA, PASSWORD

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


def without_a_new_refresh_token_the_old_one_stays(t, grant):
    t.restore(grant)
    before = t.host.ask_store('SELECT token FROM person')
    t.script(endpoint='token', token={'variant': 'no refresh token'})
    t.expect('admit', t.timed(ADA, PASSWORD))
    check(t.host.ask_store('SELECT token FROM person') == before, 'another token')


def a_rotated_token_is_kept_before_the_verdict(t):
    with t.rotating():
        for _ in range(3):
            t.expect('admit', t.timed(ADA, PASSWORD))
        check(t.seen() == ['refresh_token'] * 3)


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
    return cells + [(run.__name__, run) for run in
                    (a_rotated_token_is_kept_before_the_verdict,
                     a_lost_answer_costs_no_token_where_old_ones_stay_good,
                     a_lost_answer_of_a_rotated_token_leads_to_the_password)]
