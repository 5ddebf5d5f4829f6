"""Single grants: what is sent, and what comes of the answer."""
import concurrent.futures
import fcntl
import os
import socket
import time
import uuid

from client.bed import ADA, ADA_ID, LONG, PASSWORD, SHORT, verdict
from expect import check


def warm_grant_is_one_request(bed):
    for grant in (bed.password(), bed.refresh()):
        before = len(bed.requests())
        answer, = bed.run([grant])
        check(answer['answer'] == 'accepted' and int(answer['token_length']) > 20, answer)
        check(len(bed.requests()) == before + 1, 'not one request')


def cold_grant_is_three_requests(bed):
    answer, = bed.run([bed.password()], documents=bed.cold())
    check(answer['answer'] == 'accepted', answer)
    check([entry['endpoint'] for entry in bed.requests()] == ['discovery', 'keys', 'token'],
          'wrong requests')


def documents_share_a_connection(bed):
    bed.run([bed.password()], documents=bed.cold())
    discovery, keys, _ = bed.requests()
    check(discovery['connection'] == keys['connection'], 'two connections for two documents')


def second_grant_of_a_process_is_one_request(bed):
    answers = bed.run([bed.password(), 'refresh\t' + ADA + '\t-\n'], documents=bed.cold())
    check([answer['answer'] for answer in answers] == ['accepted'] * 2, answers)
    check(len(bed.requests()) == 4, len(bed.requests()), 'requests')


def identity_is_reported(bed):
    for issuer, object_id in (('issuer', ADA_ID), ('plain_issuer', 'pairwise-' + ADA_ID)):
        answer, = bed.run([bed.password(object_id=object_id)], issuer=issuer)
        check((answer['name'], answer['object_id'], answer['groups']) == (ADA, object_id, '2'), answer)


def another_object_id_is_not_trusted(bed):
    for grant in (bed.password(object_id='33333333-3333-3333-3333-333333333334'),
                  bed.refresh(object_id='33333333-3333-3333-3333-333333333334')):
        answer, = bed.run([grant])
        check(verdict(answer) == 'refused:account', answer)
        check(answer['token_length'] == '0' and answer['object_id'] == '', answer)


def refresh_token_of_another_person_is_not_trusted(bed):
    token = bed.emulator.order('/_issue', {'name': 'bob@contoso.example'})
    answer, = bed.run([bed.refresh(token=token)])
    check(verdict(answer) == 'refused:untrusted', answer)


def any_byte_of_a_password_arrives(bed):
    for secret in ('p\u00e4ss w&rd+100%=\u20ac"\\', ' lead and trail ', '%41', 'a&b=c', '\x01\x7f', "'"):
        bed.emulator.order('/_person', {'name': ADA, 'password': secret})
        check(bed.run([bed.password(secret=secret)])[0]['answer'] == 'accepted', repr(secret))
        check(verdict(bed.run([bed.password(secret=secret + 'x')])[0]) == 'refused:secret')


def parameters_are_these_and_no_others(bed):
    common = {'client_id': bed.emulator.about['client_id'], 'scope': 'openid profile offline_access'}
    bed.run([bed.password(), bed.refresh()])
    password, refresh = (entry['form'] for entry in bed.requests('token'))
    check(len(password) == 5 and dict(password) == {
        **common, 'grant_type': 'password', 'username': ADA, 'password': '(hidden)'}, password)
    check(len(refresh) == 4 and dict(refresh) == {
        **common, 'grant_type': 'refresh_token', 'refresh_token': '(hidden)'}, refresh)


def headers_are_these_and_no_others(bed):
    bed.run([bed.password(), bed.password()], documents=bed.cold())
    for entry in bed.requests():
        wanted = {'Host', 'User-Agent', 'Accept', 'client-request-id', 'return-client-request-id'}
        if entry['method'] == 'POST':
            wanted |= {'Content-Length', 'Content-Type'}
            check(entry['headers']['Content-Type'] == 'application/x-www-form-urlencoded')
        check(set(entry['headers']) == wanted, entry['headers'])
        check(entry['headers']['Accept'] == 'application/json')
        check(entry['headers']['User-Agent'].startswith('latchkey/'), entry['headers'])
    ids = {str(uuid.UUID(entry['headers']['client-request-id'], version=4))
           for entry in bed.requests()}
    check(ids == {entry['headers']['client-request-id'] for entry in bed.requests()}, ids)
    check(len(ids) == 4, 'an id came twice', ids)


def a_sent_form_is_never_sent_again(bed):
    """libcurl repeats a request when a connection that it reuses dies."""
    for grant in (bed.password(), bed.refresh()):
        for fault in ('drop', 'reset', 'cut'):
            bed.begin()
            bed.script(endpoint='token', fault=fault)
            answer, = bed.run([grant], documents=bed.cold())
            check((answer['answer'], answer['sent']) == ('unreachable', 'sent'), answer)
            check(len(bed.requests('token')) == 1, len(bed.requests('token')), 'forms')
    bed.begin()
    bed.script(endpoint='token', first=2, fault='drop')  # behind a good answer, kept alive
    bed.run([bed.password(), bed.password()], documents=bed.cold())
    check(len(bed.requests('token')) == 2, len(bed.requests('token')), 'forms')


def used_up_budget_sends_nothing(bed):
    bed.script(endpoint='discovery', fault='silence')
    answer, = bed.run([bed.password()], documents=bed.cold(), budget=SHORT)
    check(answer['answer'] == 'unreachable' and not bed.requests('token'), answer)


def closed_port_is_unreachable(bed):
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))  # never listens
        issuer = f'https://localhost:{unused.getsockname()[1]}/plain'
        answer, = bed.run([bed.password()], issuer=issuer, documents=bed.cold())
    check(answer['answer'] == 'unreachable' and answer['sent'] == '', answer)


def unresolvable_name_is_unreachable(bed):
    answer, = bed.run([bed.password()], issuer='https://no-such-host.invalid', documents=bed.cold(),
                       budget=5000)
    check(answer['answer'] == 'unreachable', answer)


def complaints_name_the_number_and_hold_no_secret(bed):
    bed.script(endpoint='token:password', number=50126, members={
        'error_description': f'AADSTS50126: your password {PASSWORD} is wrong',
        'correlation_id': '0b0b0b0b-0000-4000-8000-000000000008', 'trace_id': '\x1b[31m evil',
        'suberror': 'line\nbreak\x1b'})
    answer, = bed.run([bed.password()])
    check('HTTP 400 invalid_grant' in answer['why'] and 'AADSTS50126' in answer['why'], answer)
    check(answer['number'] == '50126', answer)
    check(answer['correlation_id'] == '0b0b0b0b-0000-4000-8000-000000000008', answer)
    check('correlation_id=0b0b0b0b-0000-4000-8000-000000000008' in answer['why'], answer)
    check(PASSWORD not in answer['why'] and 'evil' not in answer['why'], answer)
    check('\x1b' not in answer['why'] and 'line?break?' in answer['why'], answer)


def the_environment_does_not_matter(bed):
    home = bed.cold()
    with open(os.path.join(home, '.netrc'), 'w') as file:
        file.write('machine localhost login eve password stolen\n')
    os.chmod(os.path.join(home, '.netrc'), 0o600)
    with open(os.path.join(home, 'openssl.cnf'), 'w') as file:  # takes all algorithms away
        file.write('openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n')
    log = os.path.join(home, 'keys.log')
    environment = {name: 'http://127.0.0.1:1' for name in
                   ('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy')}
    environment.update(SSLKEYLOGFILE=log, SSL_CERT_FILE='/nonexistent', SSL_CERT_DIR='/nonexistent',
                       CURL_CA_BUNDLE='/nonexistent', HOME=home, XDG_CONFIG_HOME=home,
                       OPENSSL_CONF=os.path.join(home, 'openssl.cnf'), NETRC=home + '/.netrc')
    answer, = bed.run([bed.password()], documents=bed.cold(), environment=environment)
    check(answer['answer'] == 'accepted', answer)
    check(not os.path.exists(log), 'session keys were written')
    check(all('Authorization' not in entry['headers'] for entry in bed.requests()), 'netrc was read')


def no_ca_of_the_environment_is_trusted(bed):
    ca_file = bed.emulator.about['ca_file']
    environment = {'SSL_CERT_FILE': ca_file, 'CURL_CA_BUNDLE': ca_file,
                   'SSL_CERT_DIR': os.path.dirname(ca_file)}
    answer, = bed.run([bed.password()], ca_file='', environment=environment)
    check(answer['answer'] == 'unreachable' and not bed.requests(), answer)


def missing_ca_file_is_no_trust(bed):
    answer, = bed.run([bed.password()], ca_file='/nonexistent/ca.crt')
    check(answer['answer'] == 'unreachable' and not bed.requests(), answer)


def plain_issuer_works_alike(bed):
    answers = bed.run([bed.password(), 'refresh\t' + ADA + '\t-\n', bed.password(secret='wrong')],
                       issuer='plain_issuer', documents=bed.cold())
    check([verdict(answer) for answer in answers] == ['accepted', 'accepted', 'refused:secret'], answers)


def people_change_at_the_platform(bed):
    refresh = bed.refresh()
    bed.emulator.order('/_person', {'name': ADA, 'disabled': True})
    answers = bed.run([bed.password(), refresh])
    check([verdict(answer) for answer in answers] == ['refused:disabled'] * 2, answers)
    bed.emulator.order('/_person', {'name': ADA, 'gone': True})
    answers = bed.run([bed.password(), refresh])
    check([verdict(answer) for answer in answers] == ['refused:account'] * 2, answers)


def the_setting_that_decided_is_named(bed):
    bed.script(endpoint='token', fault='silence')
    answer, = bed.run([bed.password()], budget=SHORT)
    check(answer['why'].startswith('token endpoint: no answer within 0.'), answer)
    check(answer['why'].endswith('1 s in all (login_seconds)'), answer)
    bed.emulator.order('/_listen', {'mode': 'silence'})
    answer, = bed.run([bed.password()], budget=LONG)
    check(answer['why'] == 'token endpoint: no answer within 3 s (connect_seconds)', answer)


RECORDING = 1500  # milliseconds; enough to get an answer that comes at once


def what_takes_time_to_be_recorded_is_not_the_platforms_silence(bed):
    documents = bed.warm()
    bed.script(endpoint='token', fault='drop')
    with open(f'{documents}/change', 'wb') as lock:  # as another process that changes breakers
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = bed.start([bed.password()], documents=documents, budget=RECORDING)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            finished = pool.submit(bed.finish, process)
            time.sleep(2 * RECORDING / 1000)
            check(bed.requests() and not finished.done(), 'it waits for the lock')
            fcntl.flock(lock, fcntl.LOCK_UN)
            answer, = finished.result()
    check(answer['why'].startswith('token endpoint: ') and 'login_seconds' not in answer['why'], answer)


def the_issuer_is_told(bed):
    for name in ('issuer', 'plain_issuer'):
        answer, = bed.run(['issuer\n'], issuer=name, documents=bed.cold())
        check(answer == ['found', bed.emulator.about[name]], answer)
    check(not bed.requests(), 'somebody was asked')


STORIES = [warm_grant_is_one_request, cold_grant_is_three_requests, documents_share_a_connection,
    second_grant_of_a_process_is_one_request, identity_is_reported,
    another_object_id_is_not_trusted, refresh_token_of_another_person_is_not_trusted,
    any_byte_of_a_password_arrives, parameters_are_these_and_no_others,
    headers_are_these_and_no_others, a_sent_form_is_never_sent_again, used_up_budget_sends_nothing,
    closed_port_is_unreachable, unresolvable_name_is_unreachable,
    complaints_name_the_number_and_hold_no_secret, the_environment_does_not_matter,
    no_ca_of_the_environment_is_trusted, missing_ca_file_is_no_trust, plain_issuer_works_alike,
    people_change_at_the_platform, the_setting_that_decided_is_named,
    what_takes_time_to_be_recorded_is_not_the_platforms_silence, the_issuer_is_told]
