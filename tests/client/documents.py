"""The discovery document and the keys: how long they are good, who fetches them, and when."""
import base64
import json
import secrets
import time

from client.bed import LONG, SHORT, verdict
from expect import check

DAY = 24 * 3600


def stale_documents_are_renewed(bed):
    documents = bed.warm()
    bed.age(documents, 25 * 3600)
    check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(bed.requests()) == 3, 'not renewed')
    check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(bed.requests()) == 4, 'not kept')


def documents_from_the_future_are_renewed(bed):
    documents = bed.warm()
    bed.age(documents, -3600)
    bed.run([bed.password()], documents=documents)
    check(len(bed.requests()) == 3, 'not renewed')


def silent_metadata_leaves_time_for_the_grant(bed):
    documents = bed.warm()
    bed.age(documents, 25 * 3600)
    bed.script(endpoint='discovery', fault='silence')
    answer, = bed.run([bed.password()], documents=documents, budget=LONG)
    check(answer['answer'] == 'accepted', answer)
    check(not bed.requests('keys'), 'went on asking')


def spoilt_documents_are_fetched_anew(bed):
    for spoilt in (b'{"issuer": "https://evil.example"', b''):
        bed.begin()
        documents = bed.warm()
        for path in bed.documents(documents):
            line = open(path, 'rb').readline()
            with open(path, 'wb') as file:
                file.write(line + spoilt)
        check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
        check(len(bed.requests()) == 3, len(bed.requests()), 'requests')


def unchanged_documents_are_renewed_without_their_bodies(bed):
    bed.emulator.order('/_documents', {'etag': True})
    documents = bed.cold()
    bed.run([bed.password()], documents=documents)
    check(all('If-None-Match' not in entry['headers'] for entry in bed.requests()), 'asked for nothing')
    bed.age(documents, 25 * 3600)
    before = {path: bed.facts(path) for path in bed.documents(documents)}
    check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    discovery, keys, _ = bed.requests()[3:]
    for path, entry in zip(bed.documents(documents, 'keys') + bed.documents(documents, 'openid'),
                           (keys, discovery)):
        facts, body = bed.facts(path)
        check(entry['headers']['If-None-Match'] == facts[3] != '', entry['headers'], facts)
        check(body == before[path][1] and facts[0] > before[path][0][0] + DAY, facts)
    check(len(bed.requests()) == 6, len(bed.requests()), 'requests')
    bed.run([bed.password()], documents=documents)
    check(len(bed.requests()) == 7, 'not renewed')


def changed_documents_replace_the_kept_ones(bed):
    bed.emulator.order('/_documents', {'etag': True})
    documents = bed.cold()
    bed.run([bed.password()], documents=documents)
    bed.emulator.order('/_keys', {'published': ['C'], 'signs': 'C'})
    bed.age(documents, 25 * 3600)
    check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(bed.requests('keys')) == 2, 'more than one fetch')


def a_304_that_nobody_asked_for_is_no_document(bed):
    bed.script(endpoint='discovery', status=304)
    documents = bed.cold()
    answer, = bed.run([bed.password()], documents=documents)
    check(answer['answer'] == 'unreachable' and not bed.requests('token'), answer)
    check('HTTP 304' in answer['why'], 'taken for a good answer', answer)


def documents_are_fresh_as_long_as_their_server_says(bed):
    """Within five minutes and a day (platform.md 4.5)."""
    for said, wanted in (('max-age=0', 300), ('max-age=60', 300), ('private, Max-Age="3600"', 3600),
                         ('max-age=7200, max-age=3600', 3600), ('max-age=99999999999999', DAY),
                         ('max-age=86401', DAY), ('max-age=soon', DAY), ('no-cache', DAY)):
        bed.begin()
        documents = bed.cold()
        for endpoint in ('discovery', 'keys'):
            bed.script(endpoint=endpoint, headers={'Cache-Control': said})
        bed.run([bed.password()], documents=documents)
        bed.age(documents, wanted - 5)
        bed.run([bed.password()], documents=documents)
        check(len(bed.requests()) == 4, said, 'asked for too early')
        bed.age(documents, 5)
        bed.run([bed.password()], documents=documents)
        check(len(bed.requests()) == 7, said, 'not asked for in time')


def documents_of_a_month_ago_are_not_used(bed):
    for endpoint in ('discovery', 'keys'):
        for days, answers in ((29, 'accepted'), (31, 'unreachable')):
            bed.begin()
            documents = bed.warm()
            bed.age(documents, days * DAY, 'keys' if endpoint == 'keys' else 'openid')
            bed.script(endpoint=endpoint, status=503)
            answer, = bed.run([bed.password()], documents=documents)
            check(answer['answer'] == answers, days, 'days', endpoint, answer)
            check(len(bed.requests('token')) == (answers == 'accepted'), 'the password was sent')


def failing_fetches_leave_what_is_kept(bed):
    """MR-5: rounds of bad answers, each later than the one before."""
    documents = bed.warm()
    before = {path: bed.facts(path)[1] for path in bed.documents(documents)}
    for rule in ({'status': 500}, {'status': 200, 'body': '{"keys":[]}'}, {'fault': 'reset'},
                 {'status': 200, 'body': '<html>hotel</html>'}, {'fault': 'cut'}):
        bed.begin()
        for endpoint in ('discovery', 'keys'):
            bed.script(endpoint=endpoint, **rule)
        bed.pass_time(documents, 25 * 3600)
        answer, = bed.run([bed.password()], documents=documents)
        check(answer['answer'] == 'accepted' and len(bed.requests('discovery')) == 1, rule, answer)
    bed.begin()
    bed.pass_time(documents, 25 * 3600)
    check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    check(before == {path: bed.facts(path)[1] for path in bed.documents(documents)}, 'changed')


def many_cold_processes_fetch_once(bed):
    documents = bed.cold()
    bed.script(endpoint='discovery', delay=0.3)
    answers = bed.run_at_once(50, [bed.password()], documents=documents)
    check([answer['answer'] for answer in answers] == ['accepted'] * 50, answers)
    check([len(bed.requests(endpoint)) for endpoint in ('discovery', 'keys', 'token')] == [1, 1, 50],
          'requests', [entry['endpoint'] for entry in bed.requests()])


def many_cold_processes_fail_once(bed):
    documents = bed.cold()
    bed.script(endpoint='discovery', status=503, delay=0.3)
    answers = bed.run_at_once(50, [bed.password()], documents=documents)
    check([answer['answer'] for answer in answers] == ['unreachable'] * 50, answers)
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery'], len(bed.requests()))
    check(sum('not asked' in answer['why'] for answer in answers) == 49, answers)


def many_stale_processes_renew_once(bed):
    documents = bed.warm()
    bed.age(documents, 25 * 3600)
    answers = bed.run_at_once(20, [bed.password()], documents=documents)
    check([answer['answer'] for answer in answers] == ['accepted'] * 20, answers)
    check(len(bed.requests('discovery')) == len(bed.requests('keys')) == 1, 'fetched more than once')


def failed_metadata_is_left_alone(bed):
    documents = bed.warm()
    bed.age(documents, 25 * 3600)
    bed.script(endpoint='discovery', status=503)
    for _ in range(3):
        check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
    check(len(bed.requests('discovery')) == 1, len(bed.requests('discovery')), 'fetches')
    bed.pass_time(documents, 60)
    bed.run([bed.password()], documents=documents)
    check(len(bed.requests('discovery')) == 2, 'not asked again')


def new_signing_key_costs_one_fetch(bed):
    documents = bed.cold()
    bed.run([bed.password()], documents=documents)  # fetched a moment ago, and not for a key
    bed.begin()
    bed.emulator.order('/_keys', {'published': ['A', 'B', 'C'], 'signs': 'C'})
    for requests in (2, 3):
        check(bed.run([bed.password()], documents=documents)[0]['answer'] == 'accepted')
        check(len(bed.requests()) == requests, len(bed.requests()), 'requests')


def unknown_keys_cause_one_fetch_in_five_minutes(bed):
    documents = bed.warm()
    bed.script(endpoint='token', token={'header': {'kid': 'nobody-knows'}})
    for _ in range(3):
        answers = bed.run([bed.password(), bed.refresh()], documents=documents)
        check([verdict(answer) for answer in answers] == ['refused:untrusted'] * 2, answers)
    check(len(bed.requests('keys')) == 1, len(bed.requests('keys')), 'fetches')
    check(len(bed.requests('token')) == 6, 'a grant was repeated')


def unknown_key_and_no_new_keys_is_an_outage(bed):
    documents = bed.warm()
    bed.script(endpoint='token', token={'header': {'kid': 'nobody-knows'}})
    bed.script(endpoint='keys', status=503)
    answer, = bed.run([bed.password()], documents=documents)
    check(answer['answer'] == 'unreachable', answer)


def random_keys_of_many_processes_cause_one_fetch_in_five_minutes(bed):
    """MR-4: 1000 tokens, each with a key that nobody knows."""
    documents = bed.warm()
    for _ in range(100):  # unsigned, since nobody gets as far as the signature
        header = json.dumps({'alg': 'RS256', 'kid': secrets.token_hex(8)}).encode()
        token = base64.urlsafe_b64encode(header).decode().rstrip('=') + '.e30.AAAA'
        bed.script(endpoint='token', times=10, status=200,
                   body=json.dumps({'access_token': 'x', 'id_token': token}))
    answers = bed.run_at_once(8, [bed.password()] * 125, documents=documents)
    check([verdict(answer) for answer in answers] == ['refused:untrusted'] * 1000, len(answers))
    check(len(bed.requests('keys')) == 1, len(bed.requests('keys')), 'fetches')
    check(len(bed.requests()) == 1001, len(bed.requests()), 'requests')
    bed.script(endpoint='token', token={'header': {'kid': 'another'}})
    for seconds, fetches in ((290, 1), (301, 2), (290, 2)):
        forced_at = bed.facts(bed.documents(documents, 'keys')[0])[0][2]
        bed.age(documents, seconds - (int(time.time()) - forced_at))
        bed.run([bed.password()], documents=documents)
        check(len(bed.requests('keys')) == fetches, seconds, len(bed.requests('keys')))


def a_forced_fetch_that_fails_is_not_repeated_either(bed):
    documents = bed.warm()
    bed.emulator.order('/_keys', {'published': ['A', 'B', 'C'], 'signs': 'C'})
    bed.script(endpoint='keys', status=503, times=1)
    for seconds, fetches, answers in ((0, 1, 'unreachable'), (60, 1, 'unreachable'),
                                      (300, 2, 'accepted')):
        bed.pass_time(documents, seconds)
        answer, = bed.run([bed.password()], documents=documents)
        check(answer['answer'] == answers, seconds, answer)
        check(len(bed.requests('keys')) == fetches, seconds, len(bed.requests('keys')), 'fetches')


def a_forced_fetch_is_noted_before_it_is_made(bed):
    documents = bed.warm()
    bed.script(endpoint='token', token={'header': {'kid': 'nobody-knows'}})
    bed.script(endpoint='keys', fault='silence')
    process = bed.start([bed.password()], documents=documents)
    process.stdin.write(process.orders)
    process.stdin.flush()
    deadline = time.monotonic() + 10
    while not bed.requests('keys') and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    facts = bed.facts(bed.documents(documents, 'keys')[0])[0]
    check(abs(facts[2] - time.time()) < 10, facts)


STORIES = [stale_documents_are_renewed, documents_from_the_future_are_renewed,
    silent_metadata_leaves_time_for_the_grant, spoilt_documents_are_fetched_anew,
    unchanged_documents_are_renewed_without_their_bodies, changed_documents_replace_the_kept_ones,
    a_304_that_nobody_asked_for_is_no_document, documents_are_fresh_as_long_as_their_server_says,
    documents_of_a_month_ago_are_not_used, failing_fetches_leave_what_is_kept,
    many_cold_processes_fetch_once, many_cold_processes_fail_once, many_stale_processes_renew_once,
    failed_metadata_is_left_alone, new_signing_key_costs_one_fetch,
    unknown_keys_cause_one_fetch_in_five_minutes, unknown_key_and_no_new_keys_is_an_outage,
    random_keys_of_many_processes_cause_one_fetch_in_five_minutes,
    a_forced_fetch_that_fails_is_not_repeated_either, a_forced_fetch_is_noted_before_it_is_made]
