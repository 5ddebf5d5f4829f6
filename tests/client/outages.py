"""What one process learns of an outage, and what the next ones make of it."""
import time

from client.bed import LONG, PASSWORD, SHORT
from expect import check

AFTER = 60  # seconds; longer than any wait that nobody asked for


def answers_of(bed, *orders, **how):
    return [answer['answer'] for answer in bed.run(orders, **how)]


def the_second_sign_in_of_an_outage_sends_nothing(bed):
    for status in (500, 502, 503, 504, 302, 407, 408):
        for grant in (bed.password(), bed.refresh()):
            bed.begin()
            documents = bed.warm()
            bed.script(endpoint='token', status=status)
            first, = bed.run([grant], documents=documents)
            second, = bed.run([grant], documents=documents)
            check((first['sent'], second['sent']) == ('sent', ''), status, first, second)
            check(second['why'].startswith(('password', 'refresh')) and 'failing since' in second['why'],
                  second)
            check(len(bed.requests()) == 1, status, len(bed.requests()), 'requests')


def nothing_is_asked_before_its_time(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=503)
    for count in range(1, 8):
        bed.run([bed.password()], documents=documents)
        check(len(bed.requests()) == count, count)
        breaker = bed.breaker(documents, 'password')
        wait = breaker['wait_until'] - breaker['opened_at']
        check(5 < wait <= 40 and breaker['failures'] == count, breaker)
        bed.pass_time(documents, wait - 3)
        bed.run([bed.password()], documents=documents)
        check(len(bed.requests()) == count, 'too early')
        bed.pass_time(documents, 3)


def an_outage_that_is_over_is_forgotten(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=503, times=2)
    for _ in range(2):
        bed.run([bed.password()], documents=documents)
        bed.pass_time(documents, AFTER)
    check(bed.breaker(documents, 'password')['failures'] == 2)
    check(answers_of(bed, bed.password(), bed.password(), documents=documents) == ['accepted'] * 2)
    check(not any(bed.breaker(documents, 'password').values()), bed.breaker(documents, 'password'))


def a_refusal_ends_an_outage_too(bed):
    documents = bed.fallen(3, False, 'password')
    check(answers_of(bed, bed.password(secret='wrong'), documents=documents) == ['refused'])
    check(not any(bed.breaker(documents, 'password').values()), bed.breaker(documents, 'password'))


def an_answer_is_of_one_kind_of_grant(bed):
    documents = bed.warm()
    bed.script(endpoint='token:password', status=503)
    for sent in ('sent', ''):
        password, = bed.run([bed.password()], documents=documents)
        check((password['sent'], password['others']) == (sent, 'others'), password)
    check(answers_of(bed, bed.refresh(), documents=documents) == ['accepted'])


def silence_is_of_both_kinds_of_grants(bed):
    for grant, other in ((bed.password(), bed.refresh()), (bed.refresh(), bed.password())):
        bed.begin()
        documents = bed.warm()
        bed.script(endpoint='token', fault='silence')
        first, = bed.run([grant], documents=documents, budget=SHORT)
        second, third = bed.run([other, grant], documents=documents)
        check(first['sent'] == 'sent' and not second['sent'] and not third['sent'], second, third)
        check(not (first['others'] or second['others'] or third['others']), first, second)
        check('silent since' in second['why'] and len(bed.requests()) == 1, second)


def the_backup_service_serves_refresh_grants(bed):
    """BK-4: what it does not serve must not keep from what it does."""
    documents = bed.warm()
    bed.emulator.order('/_backup', {'on': True})
    for _ in range(2):
        password, refresh = bed.run([bed.password(), bed.refresh()], documents=documents)
        check((password['answer'], password['others']) == ('unreachable', 'others'), password)
        check(refresh['answer'] == 'accepted', refresh)
    check(len(bed.requests()) == 3, len(bed.requests()), 'requests')


# Retry-After. ----------------------------------------------------------------------------------

TOLD = (('60', 60), ('1', 1), ('0', 1), (' 30 ', 30), ('2.128', 3), ('99999', 3600), (120, 120),
        (100000, 3600), (-50, 1))
NOT_TOLD = ('-5', 'soon', '99999999999999999999', '1e3', '5 s', '', '0x10', 'Sun, 99 Nov 2026')


def told_for(bed, documents, which='password'):
    breaker = bed.breaker(documents, which)
    return breaker['told_until'] - breaker['opened_at'] if breaker['told_until'] else 0


def retry_after_is_honoured_by_every_process(bed):
    for said, seconds in TOLD:
        for shift in (0, 7200):  # a server whose clock is wrong
            bed.begin()
            documents = bed.warm()
            bed.age(documents, 25 * 3600)
            bed.run([bed.password()], documents=documents)  # renews them
            bed.begin()
            bed.script(endpoint='token', status=503, retry_after=said, date_shift=shift)
            check(answers_of(bed, bed.password(), documents=documents) == ['unreachable'])
            most = seconds + max(2, seconds // 10) + 1
            told = told_for(bed, documents)
            check(seconds < told <= most, said, 'became', told)
            bed.age(documents, 25 * 3600)  # the documents too would be asked for
            refresh, password = bed.run([bed.refresh(), bed.password()], documents=documents)
            check('told to wait until' in refresh['why'] + password['why'], refresh)
            check(not refresh['others'] and len(bed.requests()) == 1, said, len(bed.requests()))
            bed.pass_time(documents, told + AFTER)
            bed.run([bed.refresh()], documents=documents)
            check(len(bed.requests()) > 1, said, 'holds for ever')


def what_is_no_retry_after_is_left_to_the_backoff(bed):
    for said in NOT_TOLD:
        bed.begin()
        documents = bed.warm()
        bed.script(endpoint='token', status=503, headers={'Retry-After': said})
        bed.run([bed.password()], documents=documents)
        check(told_for(bed, documents) == 0, said, bed.breaker(documents, 'password'))
        check(bed.breaker(documents, 'password')['wait_until'], said)


def any_answer_may_tell_to_wait(bed):
    for endpoint, rule in (('token', {'number': 50126}), ('token', {'status': 500}),
                           ('token', {}), ('discovery', {'status': 503}), ('keys', {}),
                           ('discovery', {'status': 429})):
        bed.begin()
        documents = bed.warm()
        if endpoint != 'token':
            bed.age(documents, 25 * 3600)
        bed.script(endpoint=endpoint, **{**rule, 'headers': {'Retry-After': '30'}})
        bed.run([bed.password()], documents=documents)
        sent = len(bed.requests())
        check(bed.requests()[-1]['endpoint'] == endpoint, 'went on', endpoint, rule)
        bed.run([bed.refresh(), bed.password()], documents=documents)
        check(len(bed.requests()) == sent, endpoint, rule, 'was asked on')


def throttling_without_a_time_means_a_minute(bed):
    for rule in ({'status': 429}, {'number': 50196}, {'number': 90055}):
        bed.begin()
        documents = bed.warm()
        bed.script(endpoint='token', **rule)
        check(answers_of(bed, bed.refresh(), documents=documents) == ['unreachable'], rule)
        check(60 <= told_for(bed, documents, 'refresh') <= 67, rule)
        check(answers_of(bed, bed.password(), documents=documents) == ['unreachable'])
        check(len(bed.requests()) == 1, rule)


# One at a time. --------------------------------------------------------------------------------

def one_at_a_time_tries_what_is_due(bed):
    documents = bed.fallen(2, False, 'password')
    bed.script(endpoint='token', status=503, delay=0.5)
    answers = bed.run_at_once(20, [bed.password()], documents=documents)
    check(sorted(answer['sent'] for answer in answers) == [''] * 19 + ['sent'], answers)
    check(len(bed.requests()) == 1, len(bed.requests()), 'requests')


def one_success_lets_all_others_in(bed):
    documents = bed.fallen(2, False, 'password')
    check(answers_of(bed, bed.password(), documents=documents) == ['accepted'])
    answers = bed.run_at_once(20, [bed.password()], documents=documents)
    check([answer['answer'] for answer in answers] == ['accepted'] * 20, answers)


def failing_together_is_no_reason_to_wait_longer(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=503, hold=True)
    running = [bed.start([bed.password()], documents=documents, budget=50000, connect=50)
               for _ in range(20)]
    for process in running:
        process.stdin.write(process.orders)
        process.stdin.flush()
        process.orders = None
    deadline = time.monotonic() + 20
    while len(bed.requests()) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    bed.emulator.order('/_release', {})
    for process in running:
        bed.finish(process)
    breaker = bed.breaker(documents, 'password')
    check(breaker['failures'] == 2 and len(bed.requests()) == 20, breaker, len(bed.requests()))


# Hosts that are silent. ------------------------------------------------------------------------

def a_silent_host_is_paid_for_once(bed):
    """The documents are stale and worth asking for, but not a second time by the same process."""
    for mode in ('silence', 'abort_handshake', 'close'):
        bed.begin()
        documents = bed.warm()
        bed.age(documents, 25 * 3600)
        bed.emulator.order('/_listen', {'mode': mode})
        answers = bed.run([bed.password(), bed.refresh()], documents=documents, budget=4 * SHORT)
        check([answer['answer'] for answer in answers] == ['unreachable'] * 2, answers)
        check(bed.connections() == 1, mode, bed.connections(), 'connections')
        for which in ('metadata', 'password', 'refresh'):
            check(bed.breaker(documents, which)['failures'] == 1, which, bed.breaker(documents, which))


def a_host_that_was_silent_is_glanced_at_first(bed):
    documents = bed.fallen(2, True, 'password', 'refresh')
    check(answers_of(bed, bed.password(), documents=documents) == ['accepted'])
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery', 'token'], bed.requests())


def a_host_that_is_still_silent_gets_no_secret(bed):
    documents = bed.fallen(2, True, 'password', 'refresh')
    bed.script(endpoint='discovery', fault='silence')
    answer, = bed.run([bed.password()], documents=documents, budget=LONG)
    check((answer['answer'], answer['sent']) == ('unreachable', ''), answer)
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery'], bed.requests())
    for which in ('password', 'refresh'):
        check(bed.breaker(documents, which)['failures'] == 3, which, bed.breaker(documents, which))
    check('no answer within 0.' in answer['why'], answer)  # and took no longer


def the_glance_is_a_long_one_now_and_then(bed):
    documents = bed.fallen(2, True, 'password', 'refresh')
    bed.put_breaker(documents, 'password', tried_at=int(time.time()) - 90)
    bed.emulator.order('/_listen', {'mode': 'silence'})
    answer, = bed.run([bed.password()], documents=documents)
    check('no answer within' in answer['why'] and 'within 0.' not in answer['why'], answer)


def a_host_that_answers_with_trouble_is_there(bed):
    documents = bed.fallen(2, True, 'password', 'refresh')
    bed.script(endpoint='discovery', status=503)
    check(answers_of(bed, bed.password(), documents=documents) == ['accepted'])


def one_failure_needs_no_glance(bed):
    for failures, silent, answering in ((1, True, 0), (2, False, 0), (2, True, 1)):
        bed.begin()
        documents = bed.fallen(failures, silent, 'password')
        bed.put_breaker(documents, 'password', answering=answering)
        check(answers_of(bed, bed.password(), documents=documents) == ['accepted'])
        check(len(bed.requests()) == 1, failures, silent, answering, bed.requests())


# What is no outage. ----------------------------------------------------------------------------

def complaints_about_the_set_up_change_nothing(bed):
    for rule in ({'number': 7000218}, {'status': 400, 'body': '{"error":"invalid_client"}'},
                 {'status': 400, 'body': '{"error":"unsupported_grant_type"}'}):
        for documents in (bed.warm(), bed.fallen(1, False, 'password')):
            bed.begin()
            bed.script(endpoint='token', **rule)
            before = bed.breaker(documents, 'password')
            check(answers_of(bed, bed.password(), bed.password(), documents=documents)
                  == ['unreachable'] * 2)
            check(len(bed.requests()) == 2, rule, len(bed.requests()))
            check(bed.breaker(documents, 'password') == before, rule)


def trouble_of_this_host_changes_nothing(bed):
    documents = bed.warm()
    answer, = bed.run([bed.password(secret='x' * 70000)], documents=documents)
    check((answer['answer'], answer['sent'], answer['others']) == ('unreachable', '', ''), answer)
    check(not any(bed.breaker(documents, 'password').values()) and not bed.requests(), answer)
    check(answers_of(bed, bed.password(), documents=documents) == ['accepted'])


def time_that_ran_out_before_is_no_failure_of_the_grant(bed):
    documents = bed.cold()
    bed.script(endpoint='discovery', fault='silence')
    bed.run([bed.password()], documents=documents, budget=SHORT)
    check(bed.breaker(documents, 'metadata')['failures'] == 1)
    check(bed.breaker(documents, 'password')['failures'] == 0)


def what_was_refused_is_no_secret_in_the_log(bed):
    documents = bed.warm()
    bed.script(endpoint='token', status=503)
    answers = bed.run([bed.password(), bed.password()], documents=documents)
    check(all(PASSWORD not in answer['why'] for answer in answers), answers)


STORIES = [the_second_sign_in_of_an_outage_sends_nothing, nothing_is_asked_before_its_time,
    an_outage_that_is_over_is_forgotten, a_refusal_ends_an_outage_too,
    an_answer_is_of_one_kind_of_grant, silence_is_of_both_kinds_of_grants,
    the_backup_service_serves_refresh_grants, retry_after_is_honoured_by_every_process,
    what_is_no_retry_after_is_left_to_the_backoff, any_answer_may_tell_to_wait,
    throttling_without_a_time_means_a_minute, one_at_a_time_tries_what_is_due,
    one_success_lets_all_others_in, failing_together_is_no_reason_to_wait_longer,
    a_silent_host_is_paid_for_once, a_host_that_was_silent_is_glanced_at_first,
    a_host_that_is_still_silent_gets_no_secret, the_glance_is_a_long_one_now_and_then,
    a_host_that_answers_with_trouble_is_there, one_failure_needs_no_glance,
    complaints_about_the_set_up_change_nothing, trouble_of_this_host_changes_nothing,
    time_that_ran_out_before_is_no_failure_of_the_grant, what_was_refused_is_no_secret_in_the_log]
