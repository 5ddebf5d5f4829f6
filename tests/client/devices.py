"""Device codes: what is asked, what is shown, every way they end, and for whom they open the door."""
import contextlib
import json

from client.bed import ADA, ADA_ID, ADVICE, CODE, FIELDS, verdict
from expect import check

BOB = 'bob@contoso.example'
GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
OTHER = '66666666-6666-6666-6666-666666666666'
CHALLENGE = '{"access_token":{"capolids":{"essential":true,"values":["77777777-7777-7777-7777-777777777777"]}}}'
ALARM_PAGE = '4'
PAGE = 'https://microsoft.com/devicelogin'
HTML = {'Content-Type': 'text/html'}


class Talk:
    """One process that has asked for a code; `first` is how that went."""

    def __init__(self, bed, process, claims):
        self.bed, self.process = bed, process
        self.first = self.say(f'device\t{claims}')
        self.code = self.read() if self.first['answer'] == 'accepted' else None

    def read(self):
        line = self.process.stdout.readline().rstrip('\n').split('\t')
        return dict(zip(CODE, line[1:])) if line[0] == 'code' else \
            dict(zip(FIELDS, line)) if len(line) > 2 else line

    def say(self, order):
        self.process.stdin.write(order + '\n')
        self.process.stdin.flush()
        return self.read()

    def poll(self, name=ADA, object_id='', order='poll'):
        """'pending', or the verdict; `outcome` and `code` are as they are then."""
        state, _ = self.say(f'{order}\t{name}\t{object_id}')
        self.outcome, self.code = self.read(), self.read()
        return state if state == 'pending' else verdict(self.outcome)

    def advice(self):
        return ADVICE[int(self.outcome['advice'])]

    def become(self, state='approved', **more):
        self.bed.emulator.order('/_device', {'user_code': self.code['user_code'], 'state': state, **more})

    def expire(self):
        self.process.stdin.write('expire\n')


@contextlib.contextmanager
def talk(bed, claims='', **how):
    process = bed.start([], **how)
    try:
        yield Talk(bed, process, claims)
    finally:
        bed.finish(process)


def polls(bed):
    return [entry for entry in bed.requests('token') if dict(entry['form']).get('grant_type') == GRANT]


def approval_lets_in_whoever_was_asked_for(bed):
    for issuer, object_id in (('issuer', ADA_ID), ('plain_issuer', 'pairwise-' + ADA_ID)):
        for known in ('', object_id):
            with talk(bed, issuer=issuer) as t:
                check(t.poll(ADA, known) == 'pending' and t.outcome['answer'] == 'unreachable')
                t.become(name=ADA)
                check(t.poll(ADA, known) == 'accepted', t.outcome)
                check(t.outcome['name'] == ADA and t.outcome['object_id'] == object_id, t.outcome)
                check(int(t.outcome['token_length']) > 20 and t.outcome['groups'] == '2', t.outcome)


def what_is_shown_is_as_it_was_sent(bed):
    with talk(bed) as t:
        check(len(t.code['user_code']) == 9 and t.code['uri'] == PAGE and not t.code['uri_complete'], t.code)
        check(890000 < int(t.code['left_ms']) <= 900000, t.code)
        check(t.code['interval'] == '5' and 3000 < int(t.code['wait_ms']) <= 5000, t.code)
    with talk(bed, issuer='plain_issuer') as t:
        check(t.code['uri_complete'] == 'https://localhost/device?user_code=' + t.code['user_code'], t.code)


def requests_have_these_parameters_and_no_others(bed):
    with talk(bed) as t:
        t.become(name=ADA)
        t.poll()
        bed.finish(bed.start([bed.password(), bed.refresh()]))
    begin, = bed.requests('device')
    asked, password, refresh = (dict(entry['form']) for entry in bed.requests('token'))
    check(dict(begin['form']) == {'client_id': bed.emulator.about['client_id'],
                                  'scope': 'openid profile offline_access'}, begin['form'])
    check(asked == {'client_id': bed.emulator.about['client_id'], 'grant_type': GRANT,
                    'device_code': '(hidden)'}, asked)
    check(dict(begin['form'])['scope'] == password['scope'] == refresh['scope'], 'BK-3')


def a_challenge_goes_on_into_the_request_for_a_code(bed):
    for number in (50076, 50079, 50158):
        bed.begin()
        bed.script(endpoint='token:password', number=number)
        answer, = bed.run([bed.password()])
        check(verdict(answer) == 'refused:more' and json.loads(answer['claims']) == json.loads(CHALLENGE),
              answer)
        with talk(bed, claims=answer['claims']) as t:
            check(t.first['answer'] == 'accepted')
        check(json.loads(dict(bed.requests('device')[0]['form'])['claims']) == json.loads(CHALLENGE))
    for claims in ('not JSON', '[1]', '{"a":"' + 'x' * 5000 + '"}'):
        bed.begin()
        bed.script(endpoint='token:password', number=50076, members={'claims': claims})
        answer, = bed.run([bed.password()])
        check(verdict(answer) == 'refused:more' and answer['claims'] == '', answer)
    bed.begin()
    bed.script(endpoint='token', number=50076)
    answer, = bed.run([bed.refresh()])
    check(json.loads(answer['claims']) == json.loads(CHALLENGE), answer)


def nothing_is_asked_before_its_time(bed):
    with talk(bed) as t:
        check(t.poll(order='early') == 'pending' and not polls(bed))
        check(t.poll() == 'pending' and t.poll(order='early') == 'pending' and len(polls(bed)) == 1)


def who_asks_too_fast_asks_slower_for_good(bed):
    with talk(bed) as t:
        t.become('pending', slow=2)
        check(t.poll() == 'pending' and t.code['interval'] == '10' and int(t.code['wait_ms']) > 8000, t.code)
        check(t.poll() == 'pending' and t.code['interval'] == '15', t.code)
        check(t.poll() == 'pending' and t.code['interval'] == '15' and int(t.code['wait_ms']) > 13000, t.code)
        t.become(name=ADA)
        check(t.poll() == 'accepted')


def a_code_ends_as_the_platform_says(bed):
    for issuer in ('issuer', 'plain_issuer'):
        for state, advice in (('declined', 'declined'), ('expired', 'late'), ('unknown', 'code')):
            with talk(bed, issuer=issuer) as t:
                t.become(state)
                check(t.poll() == 'refused:denied', state, t.outcome)
                check(t.advice() == advice or (issuer, state) == ('plain_issuer', 'unknown'), state, t.outcome)


def numbers_end_it_as_the_table_says(bed):
    for number, wanted, advice in ((70018, 'denied', 'code'), (70019, 'denied', 'late'), (70020, 'denied', 'late'),
                                   (50134, 'denied', 'code'), (90119, 'denied', 'code'), (90120, 'denied', 'code'),
                                   (65004, 'denied', 'declined'), (50126, 'denied', ''), (53003, 'policy', ''),
                                   (50057, 'disabled', ''), (50076, 'more', ''), (70000, 'denied', ''),
                                   (50020, 'account', 'guest'), (70016999, 'denied', '')):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='token', number=number, error='invalid_grant')
        with talk(bed) as t:
            check(t.poll() == 'refused:' + wanted, number, t.outcome)
            check(not advice or t.advice() == advice, number, t.advice())


def pending_is_pending_under_any_4xx(bed):
    for status in (400, 401, 403, 404, 428):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='token', number=70016, under_status=status)
        with talk(bed) as t:
            check(t.poll() == 'pending' and int(t.code['wait_ms']) < 5001, status, t.code)


def trouble_between_two_polls_ends_nothing(bed):
    for rule in (dict(fault='drop'), dict(fault='reset'), dict(fault='cut'), dict(status=503), dict(status=500),
                 dict(status=200, body='<html>', headers=HTML), dict(status=200, body='{}'),
                 dict(status=200, body='{"access_token":'), dict(status=403, body='<html>', headers=HTML),
                 dict(status=302), dict(number=90033), dict(status=400, body=''),
                 dict(status=400, body='{"error":5}')):
        bed.begin()
        bed.script(endpoint='token', times=2, **rule)
        folder = bed.warm()
        with talk(bed, documents=folder) as t:
            waits = []
            for _ in range(2):
                check(t.poll() == 'pending', rule, t.outcome)
                waits.append(int(t.code['wait_ms']))
            check(waits[0] > 8000 and waits[1] > 18000, rule, waits)  # RFC 8628 3.5
            check(t.poll() == 'pending' and int(t.code['wait_ms']) <= 5000, rule, t.code)
            t.become(name=ADA)
            check(t.poll() == 'accepted', rule, t.outcome)
        check(all(bed.breaker(folder, which)['failures'] == 0 for which in ('password', 'refresh', 'device')), rule)


def silence_takes_no_longer_than_the_budget(bed):
    bed.script(endpoint='token', times=1, fault='silence')
    with talk(bed, budget=600) as t:
        check(t.poll() == 'pending' and int(t.code['wait_ms']) > 8000, t.code)


def who_is_told_to_wait_waits(bed):
    for rule in (dict(status=429, retry_after='30'), dict(status=503, retry_after='30'),
                 dict(number=70016, retry_after='30')):
        bed.begin()
        bed.script(endpoint='token', times=1, **rule)
        with talk(bed) as t:
            check(t.poll() == 'pending' and 27000 < int(t.code['wait_ms']) <= 30000, rule, t.code)
            if 'number' not in rule:
                t.poll()
                check(len(polls(bed)) == 1, 'asked all the same', rule)


def a_complaint_about_the_set_up_or_a_loop_ends_it(bed):
    for number in (7000218, 50196, 700016):
        bed.begin()
        bed.script(endpoint='token', number=number)
        with talk(bed) as t:
            check(t.poll() in ('unreachable', 'refused:setup'), number, t.outcome)


def a_code_that_is_too_old_is_not_asked_about(bed):
    with talk(bed) as t:
        t.become(name=ADA)
        t.expire()
        check(t.poll() == 'refused:denied' and t.advice() == 'late' and not polls(bed), t.outcome)


def nobody_else_can_approve_it(bed):
    """(who, claims): another of the tenant, another tenant, another object id, a guest, an alias."""
    other_issuer = bed.emulator.about['issuer'].replace('11111111-1111-1111-1111-111111111111', OTHER)
    cases = [
        (BOB, {}), (ADA, {'tid': OTHER}), (ADA, {'tid': OTHER, 'iss': other_issuer}), (ADA, {'iss': other_issuer}),
        (ADA, {'oid': OTHER}), (ADA, {'oid': None}),
        (ADA, {'acct': 1}), (ADA, {'idp': f'https://sts.windows.net/{OTHER}/'}), (ADA, {'idp': 'live.com'}),
        (ADA, {'preferred_username': 'ada.example@contoso.example', 'upn': ADA, 'email': ADA}),
        (ADA, {'preferred_username': BOB, 'name': ADA}), (ADA, {'preferred_username': None, 'upn': ADA}),
        (ADA, {'preferred_username': 'ada#EXT#@contoso.example'}), (ADA, {'preferred_username': 'ad\u0430@contoso.example'}),
        (ADA, {'aud': OTHER}), (BOB, {'preferred_username': ADA, 'name': 'Ada Example'})]
    for who, claims in cases:
        with talk(bed) as t:
            t.become(name=who, token={'claims': claims})
            check(t.poll(ADA, ADA_ID) == 'refused:untrusted', who, claims, t.outcome)
            check(t.outcome['token_length'] == '0' and not t.outcome['name'], t.outcome)
            guest = 'acct' in claims or 'idp' in claims
            check(t.advice() == ('guest' if guest else ''), claims, t.advice())
    for who, claims in cases:  # nor where nobody is known yet, but for what only an object id can tell
        if 'oid' in claims or (who == BOB and claims):
            continue
        with talk(bed) as t:
            t.become(name=who, token={'claims': claims})
            check(t.poll(ADA) == 'refused:untrusted', who, claims, t.outcome)


def a_token_of_somebody_else_is_refused_on_every_path(bed):
    """The same matrix for the grants that send a secret."""
    guest = f'https://sts.windows.net/{OTHER}/'
    for claims, refusal in (({'preferred_username': BOB}, 'untrusted'), ({'tid': OTHER}, 'untrusted'),
                            ({'oid': OTHER}, 'account'), ({'acct': 1}, 'policy'), ({'idp': guest}, 'policy')):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='token', token={'claims': claims})
        for order in (bed.password(object_id=ADA_ID), bed.refresh(object_id=ADA_ID)):
            answer, = bed.run([order])
            check(verdict(answer) == f'refused:{refusal}' and answer['token_length'] == '0', claims, answer)
            check((ADVICE[int(answer['advice'])] == 'guest') == ('acct' in claims or 'idp' in claims), answer)


def guests_come_in_where_they_may_but_never_by_password(bed):
    guest = {'claims': {'acct': 1, 'idp': f'https://sts.windows.net/{OTHER}/'}}
    with talk(bed, guests=True) as t:
        t.become(name=ADA, token=guest)
        check(t.poll(ADA, ADA_ID) == 'accepted' and t.outcome['guest'] == 'guest', t.outcome)
    bed.script(endpoint='token', token=guest)
    password, refresh = bed.run([bed.password(), bed.refresh()], guests=True)
    check(verdict(password) == 'refused:untrusted' and ADVICE[int(password['advice'])] == 'guest', password)
    check(refresh['answer'] == 'accepted' and refresh['guest'] == 'guest', refresh)
    with talk(bed, guests=True) as t:  # and nobody else with them
        t.become(name=ADA, token={'claims': {'acct': 1, 'preferred_username': BOB}})
        bed.emulator.order('/_clear', {})
        check(t.poll() == 'refused:untrusted', t.outcome)
    with talk(bed, guests=True) as t:
        t.become(name=ADA)
        check(t.poll() == 'accepted' and t.outcome['guest'] == '', t.outcome)


def nothing_that_is_not_fit_is_shown(bed):
    for members in (
            {'verification_uri': 'http://microsoft.com/devicelogin'}, {'verification_uri': 'javascript:alert(1)'},
            {'verification_uri': 'https://microsoft.com/\x1b[2J'}, {'verification_uri': 'https://microsoft.com/a b'},
            {'verification_uri': 'https://microsoft.com/\u202e'}, {'verification_uri': 'https://'},
            {'verification_uri': 'https://' + 'x' * 600}, {'verification_uri': 5}, {'verification_uri': None},
            {'verification_uri': 'https://a@b/'}, {'verification_uri': ''},
            {'user_code': 'AB\x1b[31mCD'}, {'user_code': 'AB\nCD'}, {'user_code': ''}, {'user_code': 'A' * 64},
            {'user_code': None}, {'user_code': ' A'}, {'user_code': '\u0410\u0412'}, {'user_code': 7},
            {'device_code': None}, {'device_code': ''}, {'device_code': 'x' * 5000}, {'device_code': 1},
            {'expires_in': None}, {'expires_in': 0}, {'expires_in': -1}, {'expires_in': 'soon'}, {'expires_in': {}}):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='device', document=members)
        with talk(bed) as t:
            check(t.first['answer'] == 'unreachable' and t.code is None, members, t.first)
            check('\x1b' not in json.dumps(t.first) and t.first['kind'] == 'malformed', t.first)


def what_is_odd_but_harmless_is_made_the_best_of(bed):
    for members, wanted in (
            ({'interval': '7'}, {'interval': '7'}), ({'interval': 0}, {'interval': '5'}),
            ({'interval': None}, {'interval': '5'}), ({'interval': -3}, {'interval': '5'}),
            ({'interval': 'x'}, {'interval': '5'}), ({'interval': 10 ** 9}, {'interval': '300'}),
            ({'verification_uri': None, 'verification_url': 'https://aka.ms/x'}, {'uri': 'https://aka.ms/x'}),
            ({'verification_uri_complete': 'http://a/'}, {'uri_complete': ''}),
            ({'verification_uri_complete': 'https://a/\x07'}, {'uri_complete': ''}),
            ({'verification_uri_complete': 'https://a/?c=' + 'x' * 1100}, {'uri_complete': ''}),
            ({'user_code': 'WDJB-MJHT'}, {'user_code': 'WDJB-MJHT'})):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='device', document=members)
        with talk(bed) as t:
            check(t.code and {name: t.code[name] for name in wanted} == wanted, members, t.code)
    for expires, most in (('600', 600000), (10 ** 12, 3600000)):
        bed.emulator.order('/_clear', {})
        bed.script(endpoint='device', document={'expires_in': expires})
        with talk(bed) as t:
            check(most - 5000 < int(t.code['left_ms']) <= most, expires, t.code)


def a_network_that_wants_somebody_to_log_in_is_told_of(bed):
    for status, alarm in ((511, ALARM_PAGE), (503, '0')):
        bed.begin()
        with talk(bed) as t:
            bed.script(endpoint='token', status=status)
            check(t.poll() == 'pending' and t.outcome['alarm'] == alarm, status, t.outcome)
        bed.script(endpoint='device', status=status)
        with talk(bed) as t:
            check(t.code is None and t.first['alarm'] == alarm, status, t.first)


def an_endpoint_out_of_order_opens_its_own_breaker_alone(bed):
    for rule in (dict(status=503), dict(status=500), dict(fault='drop'), dict(number=90033)):
        bed.begin()
        bed.script(endpoint='device', **rule)
        folder = bed.warm()
        for _ in range(3):
            with talk(bed, documents=folder) as t:
                check(t.first['answer'] == 'unreachable', rule, t.first)
            if bed.breaker(folder, 'device')['failures'] == 1:
                bed.pass_time(folder, 10)
        check(len(bed.requests('device')) == 2, 'asked', len(bed.requests('device')), rule)
        check(bed.breaker(folder, 'device')['failures'] == 2, bed.breaker(folder, 'device'))
        check(all(bed.breaker(folder, which)['failures'] == 0 for which in ('password', 'refresh')), rule)
        check(bed.run([bed.password()], documents=folder)[0]['answer'] == 'accepted', rule)


def a_breaker_of_codes_is_closed_by_a_probe_or_the_next_code(bed):
    folder = bed.fallen(2, False, 'device')
    check(bed.run(['probe\tdevice codes\n'], documents=folder) == [['over', '']])
    form = dict(bed.requests('device')[0]['form'])
    check('client_id' not in form and bed.breaker(folder, 'device')['answering'] == 1, form)
    with talk(bed, documents=folder) as t:
        check(t.first['answer'] == 'accepted' and bed.breaker(folder, 'device')['failures'] == 0, t.first)
    bed.begin()
    bed.script(endpoint='device', status=503)
    folder = bed.fallen(2, False, 'device')
    check(bed.run(['probe\tdevice codes\n'], documents=folder)[0][0] == 'failed')
    check(bed.breaker(folder, 'refresh')['failures'] == 0 == bed.breaker(folder, 'password')['failures'])


def a_code_may_be_refused_at_once(bed):
    for number, wanted in ((700016, 'refused:setup'), (7000218, 'unreachable'), (53003, 'refused:policy')):
        bed.begin()
        bed.script(endpoint='device', number=number)
        folder = bed.warm()
        with talk(bed, documents=folder) as t:
            check(verdict(t.first) == wanted and t.code is None and 'device endpoint' in t.first['why'], t.first)
        check(bed.breaker(folder, 'device')['failures'] == 0)


def an_issuer_without_device_codes_is_told_so(bed):
    for endpoint in (None, 'http://localhost/device', 5):
        bed.begin()
        bed.script(endpoint='discovery', document={'device_authorization_endpoint': endpoint})
        with talk(bed, documents=bed.cold()) as t:
            check(t.first['answer'] == 'unreachable' and 'no device codes' in t.first['why'], t.first)
        check(not bed.requests('device'))
        check(bed.run([bed.password()], documents=bed.cold())[0]['answer'] == 'accepted')


def a_key_that_is_new_is_fetched_for_an_approval_too(bed):
    with talk(bed) as t:
        bed.emulator.order('/_keys', {'published': ['C'], 'signs': 'C'})
        t.become(name=ADA)
        check(t.poll() == 'accepted', t.outcome)


STORIES = [
    approval_lets_in_whoever_was_asked_for, what_is_shown_is_as_it_was_sent,
    requests_have_these_parameters_and_no_others, a_challenge_goes_on_into_the_request_for_a_code,
    nothing_is_asked_before_its_time, who_asks_too_fast_asks_slower_for_good,
    a_code_ends_as_the_platform_says, numbers_end_it_as_the_table_says, pending_is_pending_under_any_4xx,
    trouble_between_two_polls_ends_nothing, silence_takes_no_longer_than_the_budget,
    who_is_told_to_wait_waits, a_complaint_about_the_set_up_or_a_loop_ends_it,
    a_code_that_is_too_old_is_not_asked_about, nobody_else_can_approve_it,
    a_token_of_somebody_else_is_refused_on_every_path, guests_come_in_where_they_may_but_never_by_password,
    nothing_that_is_not_fit_is_shown, what_is_odd_but_harmless_is_made_the_best_of,
    a_network_that_wants_somebody_to_log_in_is_told_of, an_endpoint_out_of_order_opens_its_own_breaker_alone,
    a_breaker_of_codes_is_closed_by_a_probe_or_the_next_code, a_code_may_be_refused_at_once,
    an_issuer_without_device_codes_is_told_so, a_key_that_is_new_is_fetched_for_an_approval_too]
