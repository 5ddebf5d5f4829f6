"""Where a password is checked (INF-6), on hosts of Microsoft's names: federated people are never asked for it.

Played apart, in a network where those names lead to the emulator.
"""
from client.bed import ADA, ADA_ID, ADVICE, SHORT, verdict
from emulator.clouds import CIAM, DOMAIN, NAMED, TENANT
from expect import check

EVE, MAX = 'eve@fabrikam.example', 'max@contoso.example'
REALM = '/common/userrealm/{}?api-version=1.0'
GOVERNMENT = f'https://login.microsoftonline.us/{TENANT}'


def add(bed, name, secret='a secret'):
    bed.emulator.order('/_person', {'name': name, 'password': secret})
    return bed.password(name, secret)


def asked(bed):
    return [entry['endpoint'] for entry in bed.requests()]


def federate(bed, who='fabrikam.example', kind='Federated'):
    """A domain, or one person."""
    bed.emulator.order('/_realm', {who: kind})


def again(order):
    """The same of somebody whose password was accepted before."""
    return order.replace('password', 'password again', 1)


def a_federated_password_is_never_sent(bed):
    federate(bed)
    folder, eve = bed.warm(), add(bed, EVE)
    for order in (eve, eve, bed.password(EVE, 'a secret', ADA_ID)):  # let in before, but not by a password
        answer, = bed.run([order], documents=folder)
        check(verdict(answer) == 'refused:federated' and ADVICE[int(answer['advice'])] == 'verify', answer)
        check(answer['sent'] == '' and 'federated' in answer['why'], answer)
    check(asked(bed) == ['realm'] * 3, asked(bed))
    check(bed.requests()[0]['path'] == REALM.format(EVE) and not bed.requests()[0]['form'])


def of_two_in_one_domain_each_is_asked_about(bed):
    for federated, other in ((MAX, None), (None, MAX)):
        bed.begin()
        folder, max_ = bed.warm(), add(bed, MAX)
        federate(bed, MAX, 'Federated' if federated else 'Managed')
        federate(bed, ADA, 'Federated' if other else 'Managed')
        for _ in range(2):
            ada, them = bed.run([bed.password(), max_], documents=folder)
            check([verdict(ada), verdict(them)] == (['accepted', 'refused:federated'] if federated else
                                                    ['refused:federated', 'accepted']), ada, them)
        paths = [entry['path'] for entry in bed.requests('realm')]
        check(paths == [REALM.format(ADA), REALM.format(MAX)] * 2 and len(bed.requests('token')) == 2, paths)


def nothing_is_kept(bed):
    folder = bed.warm()
    federate(bed)
    before = bed.documents(folder)
    bed.run([bed.password(), add(bed, EVE)], documents=folder)
    check(bed.documents(folder) == before, bed.documents(folder))


def whose_password_was_accepted_is_not_asked_about(bed):
    for order in (again(bed.password(object_id=ADA_ID)), bed.refresh()):
        before = len(bed.requests())
        check(bed.run([order])[0]['answer'] == 'accepted' and len(bed.requests()) == before + 1, asked(bed))
    check('realm' not in asked(bed), asked(bed))


def without_an_answer_only_whose_password_was_accepted_goes_on(bed):
    for rule in (dict(status=503), dict(status=500), dict(fault='drop'), dict(fault='cut'), dict(fault='silence'),
                 dict(status=200, body='<html>'), dict(status=200, body='{}'), dict(status=302),
                 dict(status=200, body='{"account_type":5}'), dict(status=400, body='{}')):
        bed.begin()
        bed.script(endpoint='realm', **rule)
        short = {'budget': 3 * SHORT} if rule.get('fault') == 'silence' else {}
        for object_id in ('', ADA_ID):
            answer, = bed.run([bed.password(object_id=object_id)], **short)
            check((answer['answer'], answer['sent']) == ('unreachable', '') and 'user realm' in answer['why'], answer)
        check('token' not in asked(bed), rule)
        folder = bed.warm()
        answer, = bed.run([again(bed.password(object_id=ADA_ID))], documents=folder)
        check(answer['answer'] == 'accepted', rule, answer)
        check(bed.breaker(folder, 'password')['failures'] == 0, rule)


def a_service_without_realms_takes_passwords(bed):
    for status in (404, 410):
        bed.begin()
        bed.script(endpoint='realm', status=status)
        check(bed.run([bed.password()])[0]['answer'] == 'accepted')
    bed.begin()
    federate(bed, DOMAIN, 'Unknown')
    check(bed.run([bed.password()])[0]['answer'] == 'accepted')


def a_realm_that_asks_for_patience_gets_it(bed):
    folder = bed.warm()
    bed.script(endpoint='realm', status=429, retry_after='60')
    for _ in range(2):
        check(bed.run([bed.password()], documents=folder)[0]['answer'] == 'unreachable')
    check(asked(bed) == ['realm'], asked(bed))


def a_name_cannot_leave_its_place_in_the_address(bed):
    bed.run([bed.password('a/../b?c#d%41 \u00e4@contoso.example', 'x')])
    check(bed.requests('realm')[0]['path'] == REALM.format('a%2F..%2Fb%3Fc%23d%2541%20%C3%A4@contoso.example'),
          bed.requests('realm'))


def other_clouds_are_asked_at_their_own_host(bed):
    federate(bed)
    eve = add(bed, EVE)
    answer, = bed.run([eve], issuer=GOVERNMENT, documents=bed.cold())
    check(verdict(answer) == 'refused:federated', answer)
    check({entry['headers']['Host'] for entry in bed.requests()} == {'login.microsoftonline.us'})


def external_id_is_not_asked_about_realms(bed):
    answer, = bed.run([bed.password()], issuer=f'https://{CIAM}/{NAMED}', documents=bed.cold())
    check(answer['answer'] == 'accepted' and 'realm' not in asked(bed), answer, asked(bed))


STORIES = [
    a_federated_password_is_never_sent, of_two_in_one_domain_each_is_asked_about, nothing_is_kept,
    whose_password_was_accepted_is_not_asked_about, without_an_answer_only_whose_password_was_accepted_goes_on,
    a_service_without_realms_takes_passwords, a_realm_that_asks_for_patience_gets_it,
    a_name_cannot_leave_its_place_in_the_address, other_clouds_are_asked_at_their_own_host,
    external_id_is_not_asked_about_realms]
