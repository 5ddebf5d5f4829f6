"""Where a password is checked (INF-6), on hosts of Microsoft's names: federated people are never asked for it.

Played apart, in a network where those names lead to the emulator.
"""
import os

from client.bed import ADA_ID, ADVICE, SHORT, verdict
from emulator.clouds import CIAM, DOMAIN, NAMED, TENANT
from expect import check

EVE, MAX = 'eve@fabrikam.example', 'max@contoso.example'
REALM = '/common/userrealm/{}?api-version=1.0'
GOVERNMENT = f'https://login.microsoftonline.us/{TENANT}'
DAY = 86400


def add(bed, name, secret='a secret'):
    bed.emulator.order('/_person', {'name': name, 'password': secret})
    return bed.password(name, secret)


def asked(bed):
    return [entry['endpoint'] for entry in bed.requests()]


def federate(bed, domain='fabrikam.example', kind='Federated'):
    bed.emulator.order('/_realm', {domain: kind})


def new(bed):
    """Documents without a realm."""
    folder = bed.warm()
    for path in bed.documents(folder, 'userrealm'):
        os.unlink(path)
    return folder


def a_federated_password_is_never_sent(bed):
    federate(bed)
    folder, eve = bed.warm(), add(bed, EVE)
    for _ in range(2):
        answer, = bed.run([eve], documents=folder)
        check(verdict(answer) == 'refused:more' and ADVICE[int(answer['advice'])] == 'verify', answer)
        check(answer['sent'] == '' and 'federated' in answer['why'], answer)
    known, = bed.run([bed.password(EVE, 'a secret', ADA_ID)], documents=folder)
    check(verdict(known) == 'refused:more', known)
    check(asked(bed) == ['realm'], 'once for both', asked(bed))
    check(bed.requests()[0]['path'] == REALM.format(EVE) and not bed.requests()[0]['form'])


def a_domain_is_asked_about_once_a_day(bed):
    folder, max_ = new(bed), add(bed, MAX)
    for _ in range(2):
        for order in (bed.password(), max_):
            check(bed.run([order], documents=folder)[0]['answer'] == 'accepted')
    check(asked(bed) == ['realm'] + ['token'] * 4, asked(bed))
    bed.age(folder, DAY + 1, 'userrealm')
    bed.run([bed.password()], documents=folder)
    check(asked(bed)[5:] == ['realm', 'token'], asked(bed))


def a_warm_grant_is_one_request_here_too(bed):
    for order in (bed.password(), bed.refresh(), bed.password(object_id=ADA_ID)):
        before = len(bed.requests())
        check(bed.run([order])[0]['answer'] == 'accepted' and len(bed.requests()) == before + 1, asked(bed))


def somebody_known_is_not_asked_about(bed):
    folder = new(bed)
    check(bed.run([bed.password(object_id=ADA_ID)], documents=folder)[0]['answer'] == 'accepted')
    check(bed.run([bed.refresh()], documents=folder)[0]['answer'] == 'accepted')
    check(asked(bed) == ['token'] * 2, asked(bed))


def without_an_answer_only_a_known_domain_goes_on(bed):
    for rule in (dict(status=503), dict(status=500), dict(fault='drop'), dict(fault='cut'), dict(fault='silence'),
                 dict(status=200, body='<html>'), dict(status=200, body='{}'), dict(status=302),
                 dict(status=200, body='{"account_type":5}'), dict(status=400, body='{}')):
        bed.begin()
        bed.script(endpoint='realm', **rule)
        short = {'budget': 3 * SHORT} if rule.get('fault') == 'silence' else {}
        answer, = bed.run([bed.password()], documents=new(bed), **short)
        check((answer['answer'], answer['sent']) == ('unreachable', '') and 'user realm' in answer['why'], answer)
        check('token' not in asked(bed), rule)
        old = bed.warm()
        bed.age(old, 3 * DAY, 'userrealm')
        for folder, object_id in ((old, ''), (new(bed), ADA_ID)):
            answer, = bed.run([bed.password(object_id=object_id)], documents=folder, **(short and {'budget': 4000}))
            check(answer['answer'] == 'accepted', rule, object_id, answer)
            check(bed.breaker(folder, 'password')['failures'] == 0, rule)


def what_was_federated_stays_so_without_an_answer(bed):
    federate(bed)
    folder, eve = bed.warm(), add(bed, EVE)
    bed.run([eve], documents=folder)
    bed.age(folder, 3 * DAY, 'userrealm')
    bed.script(endpoint='realm', status=503)
    answer, = bed.run([eve], documents=folder)
    check(verdict(answer) == 'refused:more' and 'token' not in asked(bed), answer)


def a_service_without_realms_takes_passwords(bed):
    for status in (404, 410):
        bed.begin()
        bed.script(endpoint='realm', status=status)
        check(bed.run([bed.password()], documents=new(bed))[0]['answer'] == 'accepted')
    bed.begin()
    federate(bed, DOMAIN, 'Unknown')
    check(bed.run([bed.password()], documents=new(bed))[0]['answer'] == 'accepted')


def a_realm_that_asks_for_patience_gets_it(bed):
    folder = new(bed)
    bed.script(endpoint='realm', status=429, retry_after='60')
    for _ in range(2):
        check(bed.run([bed.password()], documents=folder)[0]['answer'] == 'unreachable')
    check(asked(bed) == ['realm'], asked(bed))


def a_name_cannot_leave_its_place_in_the_address(bed):
    folder = new(bed)
    bed.run([bed.password('a/../b?c#d%41 \u00e4@contoso.example', 'x')], documents=folder)
    check(bed.requests('realm')[0]['path'] == REALM.format('a%2F..%2Fb%3Fc%23d%2541%20%C3%A4@contoso.example'),
          bed.requests('realm'))


def other_clouds_are_asked_at_their_own_host(bed):
    federate(bed)
    eve = add(bed, EVE)
    answer, = bed.run([eve], issuer=GOVERNMENT, documents=bed.cold())
    check(verdict(answer) == 'refused:more', answer)
    check({entry['headers']['Host'] for entry in bed.requests()} == {'login.microsoftonline.us'})


def external_id_is_not_asked_about_realms(bed):
    answer, = bed.run([bed.password()], issuer=f'https://{CIAM}/{NAMED}', documents=bed.cold())
    check(answer['answer'] == 'accepted' and 'realm' not in asked(bed), answer, asked(bed))


STORIES = [
    a_federated_password_is_never_sent, a_domain_is_asked_about_once_a_day, a_warm_grant_is_one_request_here_too,
    somebody_known_is_not_asked_about, without_an_answer_only_a_known_domain_goes_on,
    what_was_federated_stays_so_without_an_answer, a_service_without_realms_takes_passwords,
    a_realm_that_asks_for_patience_gets_it, a_name_cannot_leave_its_place_in_the_address,
    other_clouds_are_asked_at_their_own_host, external_id_is_not_asked_about_realms]
