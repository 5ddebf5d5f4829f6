"""Finding out, without anybody's secret, whether an outage is over."""
from client.bed import SHORT
from expect import check

NAMES = {'metadata': 'metadata', 'password': 'password grants', 'refresh': 'refresh grants'}


def probe(which):
    return f'probe\t{NAMES[which]}\n'


def probed(bed, *which, **how):
    return [line[0] for line in bed.run([probe(name) for name in which], **how)]


def nothing_is_probed_when_all_is_well(bed):
    for documents in (bed.warm(), bed.cold()):
        check(probed(bed, *NAMES, documents=documents) == ['not needed'] * 3)
    check(not bed.requests())


def nothing_is_probed_before_its_time(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=503)
    bed.run([bed.password()], documents=documents)
    check(probed(bed, *NAMES, documents=documents) == ['not needed', 'not yet', 'not needed'])
    bed.put_breaker(documents, 'refresh', told_until=2 ** 31, opened_at=2 ** 31 - 60)
    check(len(bed.requests()) == 1, 'asked')


def a_retry_after_holds_for_probes_too(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=429, headers={'Retry-After': '600'})
    bed.run([bed.password()], documents=documents)
    bed.fallen(2, False, 'metadata', folder=documents)
    check(probed(bed, *NAMES, documents=documents) == ['not yet', 'not yet', 'not needed'])
    check(len(bed.requests()) == 1, 'asked')
    bed.pass_time(documents, 700)
    check(probed(bed, *NAMES, documents=documents) == ['over', 'failed', 'not needed'])


def a_retry_after_that_is_over_leaves_nothing(bed):
    documents = bed.warm()
    bed.script(endpoint='token', number=50126, headers={'Retry-After': '60'})
    bed.run([bed.password()], documents=documents)
    check(probed(bed, 'password', documents=documents) == ['not yet'])
    bed.pass_time(documents, 80)
    check(probed(bed, 'password', documents=documents) == ['not needed'])
    check(not any(bed.breaker(documents, 'password').values()), bed.breaker(documents, 'password'))


def metadata_is_probed_by_asking_for_it(bed):
    bed.emulator.order('/_documents', {'etag': True})
    documents = bed.cold()
    bed.run([bed.password()], documents=documents)
    bed.begin()
    bed.emulator.order('/_documents', {'etag': True})
    bed.fallen(2, True, 'metadata', folder=documents)
    check(probed(bed, 'metadata', 'metadata', documents=documents) == ['over', 'not needed'])
    entry, = bed.requests()
    check(entry['endpoint'] == 'discovery' and entry['headers'].get('If-None-Match'), entry)
    check(not any(bed.breaker(documents, 'metadata').values()))


def metadata_that_is_not_there_is_fetched_by_the_probe(bed):
    documents = bed.fallen(2, True, 'metadata', folder=bed.cold())
    check(probed(bed, 'metadata', documents=documents) == ['over'])
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery', 'keys'], bed.requests())
    answer, = bed.run([bed.password()], documents=documents)
    check(answer['answer'] == 'accepted' and len(bed.requests()) == 3, answer)


def a_silent_host_is_probed_without_the_token_endpoint(bed):
    documents = bed.fallen(2, True, 'password', 'refresh')
    check(probed(bed, 'password', documents=documents) == ['over'])
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery'], bed.requests())
    breaker = bed.breaker(documents, 'password')
    check((breaker['failures'], breaker['answering'], breaker['wait_until']) == (2, 1, 0), breaker)
    check(probed(bed, 'password', documents=documents) == ['not needed'])
    answer, = bed.run([bed.password()], documents=documents)  # without a glance
    check(answer['answer'] == 'accepted' and len(bed.requests()) == 2, answer)


def a_silent_host_is_probed_once(bed):
    documents = bed.fallen(2, True, *NAMES)
    bed.emulator.order('/_listen', {'mode': 'close'})
    check(probed(bed, *NAMES, documents=documents) == ['failed', 'not yet', 'not yet'])
    check(bed.connections() == 1, bed.connections())


def an_endpoint_that_answers_is_probed_with_nobodys_secret(bed):
    for which in ('password', 'refresh'):
        bed.begin()
        documents = bed.fallen(2, False, which)
        check(probed(bed, which, documents=documents) == ['over'])
        entry, = bed.requests()
        check(entry['form'] == [['client_id', bed.emulator.about['client_id']]], entry)
        check(bed.breaker(documents, which)['answering'] == 1)


def an_endpoint_that_is_out_stays_out(bed):
    for rule in ({'status': 503}, {'status': 200, 'body': '<html>hotel</html>'}, {'status': 302},
                 {'status': 400, 'body': '<html>hotel</html>'}, {'number': 90033}, {'number': 50196},
                 {'status': 403, 'body': '{"error":"invalid_request"}'},
                 {'status': 404, 'body': '{"error":"invalid_request"}'}, {'fault': 'cut'},
                 {'fault': 'drop'}, {'status': 200, 'body': '{"access_token":"x"}'}):
        bed.begin()
        documents = bed.fallen(2, False, 'password')
        bed.script(endpoint='token', **rule)
        check(probed(bed, 'password', 'password', documents=documents) == ['failed', 'not yet'], rule)
        breaker = bed.breaker(documents, 'password')
        check(breaker['failures'] == 3 and not breaker['answering'], rule, breaker)
        check(len(bed.requests()) == 1, rule)


def one_process_probes(bed):
    documents = bed.fallen(2, True, 'password')
    bed.script(endpoint='discovery', delay=0.5)
    lines = bed.run_at_once(10, [probe('password')], documents=documents)
    check(sorted(line[0] for line in lines).count('over') == 1, lines)
    check(len(bed.requests()) == 1, len(bed.requests()), 'requests')


def a_failure_after_a_probe_waits_as_long_as_before(bed):
    documents = bed.fallen(6, False, 'password')
    bed.put_breaker(documents, 'password', answering=1, wait_until=0)
    bed.script(endpoint='token', status=503)
    bed.run([bed.password()], documents=documents)
    breaker = bed.breaker(documents, 'password')
    check(breaker['failures'] == 7 and not breaker['answering'], breaker)


def a_probe_of_silence_takes_its_time(bed):
    """And is known to have had it, so that the next sign-in only glances."""
    documents = bed.fallen(2, True, 'password', 'refresh')
    bed.put_breaker(documents, 'password', tried_at=0)
    bed.emulator.order('/_listen', {'mode': 'close'})
    check(probed(bed, 'password', documents=documents) == ['failed'])
    check(bed.breaker(documents, 'password')['tried_at'] > 0)
    documents = bed.fallen(2, True, 'password', 'refresh')
    bed.put_breaker(documents, 'password', tried_at=0)
    check(probed(bed, 'password', documents=documents, budget=SHORT) == ['failed'])
    check(bed.breaker(documents, 'password')['tried_at'] == 0, 'a hurried try counts')


STORIES = [nothing_is_probed_when_all_is_well, nothing_is_probed_before_its_time,
    a_retry_after_holds_for_probes_too, a_retry_after_that_is_over_leaves_nothing,
    metadata_is_probed_by_asking_for_it, metadata_that_is_not_there_is_fetched_by_the_probe,
    a_silent_host_is_probed_without_the_token_endpoint, a_silent_host_is_probed_once,
    an_endpoint_that_answers_is_probed_with_nobodys_secret, an_endpoint_that_is_out_stays_out,
    one_process_probes, a_failure_after_a_probe_waits_as_long_as_before,
    a_probe_of_silence_takes_its_time]
