"""Each setting of latchkey.conf(5), with another value than usual, has an effect that can be seen."""
import os
import re
import time
import traceback

from expect import check
from sign_in.codes import PHRASE, SEAT, approved, be_quick
from sign_in.harness import ADA, BOB, DAY, ELSEWHERE, PASSWORD

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../man/latchkey.conf.5')


def form_has(t, name, value):
    forms = [dict(entry['form']) for entry in t.emulator.order('/_log') if entry['endpoint'] == 'token']
    check(forms[-1].get(name) == value, forms[-1])


def issuer(t):
    t.know_ada(issuer=t.emulator.about['plain_issuer'])
    check(t.host.ask_store('SELECT issuer FROM id WHERE kind = 1')
          == [(t.emulator.about['plain_issuer'],)])


def client_id(t):
    t.configure(client_id='another')
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    form_has(t, 'client_id', 'another')


def domains(t):
    t.configure(domains='fabrikam.example')
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == [])
    t.know_ada(domains='fabrikam.example contoso.example')


def allow(t):
    t.configure(allow=BOB)
    t.expect('forbidden', t.host.sign_in(ADA, PASSWORD))
    t.know_ada(allow=f'{BOB}, {ADA}')


def scope(t):
    t.know_ada(scope='openid offline_access email')
    form_has(t, 'scope', 'openid offline_access email')


def name_claim(t):
    t.script(endpoint='token', token={'claims': {'upn': ADA, 'preferred_username': BOB}})
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    t.know_ada(name_claim='upn')


def groups_claim(t):
    t.script(endpoint='token', token={'claims': {'roles': ['linux-admins']}})
    t.know_ada(groups_claim='roles')
    check(t.host.ask_store('SELECT name FROM directory_group') == [('linux-admins',)])


def signing_algorithms(t):
    for algorithm, signs in (('ES256', 'E'), ('PS256', 'P')):
        t.begin()
        t.emulator.order('/_keys', {'published': ['A', 'E', 'P'], 'signs': signs})
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), algorithm)
        t.know_ada(signing_algorithms=algorithm)
        t.emulator.order('/_keys', {'published': ['A', 'E', 'P'], 'signs': 'A'})
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), 'RS256 instead of', algorithm)
        t.know_ada(signing_algorithms='RS256 ' + algorithm)


def ca_file(t):
    for file in (os.path.join(t.emulator.about['folder'], 'other-ca.crt'), None):
        t.configure(ca_file=file)
        t.expect('unavailable', t.host.sign_in(ADA, PASSWORD))
        t.recovery()
    check(t.seen() == [])
    t.know_ada()


def home(t):
    t.know_ada(home='/srv/{name}/home')
    check(t.person('home') == f'/srv/{ADA}/home', t.person('home'))
    t.know_ada(home='/home/{name}')
    check(t.person('home') == f'/srv/{ADA}/home', 'the home of somebody known has changed', t.person('home'))


NSS_CONF = 'version 1\nwindow {} {}\nnames {}\ndomain contoso.example\nhome /home/{{name}}\nshell /bin/bash\nend 1\n'


def apply(t, first=1879048192, last=2147352575, form='full'):
    """What `latchkey config apply` would write: these settings count from then on."""
    with open(f'{t.host.config}/nss.conf', 'w', encoding='ascii') as conf:
        conf.write(NSS_CONF.format(first, last, form))
    os.chmod(conf.name, 0o644)


def names(t):
    t.configure(names='short')
    apply(t, form='short')
    t.expect('admit', t.host.sign_in(ADA.partition('@')[0], PASSWORD))
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), 'a full name where names are short')


def window_of(t, name, value, first, last):
    t.configure(**{name: value})
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), 'a window that was not applied')
    apply(t, first, last)
    t.know_ada(**{name: value})
    check(first <= t.person('uid') <= last, t.person('uid'))


def id_min(t):
    window_of(t, 'id_min', 2147350000, 2147350000, 2147352575)


def id_max(t):
    window_of(t, 'id_max', 1879050000, 1879048192, 1879050000)


def shell(t):
    t.know_ada(shell='/bin/sh')
    check(t.person('shell') == '/bin/sh')


def seconds_of_admission(host):
    begun = time.monotonic()
    answer = host.sign_in(ADA, PASSWORD)
    check(answer.verdict == 'admit', answer)
    return time.monotonic() - begun


def connect_seconds(t):
    t.know_ada(connect_seconds=1, login_seconds=30)
    t.emulator.order('/_listen', {'mode': 'silence'})
    check(seconds_of_admission(t.host) < 30)


def login_seconds(t):
    t.know_ada(connect_seconds=30, login_seconds=1)
    t.script(endpoint='token', fault='silence')
    check(seconds_of_admission(t.host) < 30)


def recheck_minutes(t):
    t.know_ada(recheck_minutes=60)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == [])
    t.set_person('last_online = last_online - 3700')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])


def password_recheck_hours(t):
    t.know_ada(password_recheck_hours=2)
    t.set_person('last_password = last_password - 3700')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])
    t.set_person('last_password = last_password - 3700')
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['password'])


def offline_days(t):
    t.know_ada(offline_days=20)
    t.set_person(f'last_online = last_online - {19 * DAY}')
    t.offline('admit')
    t.set_person(f'last_online = last_online - {2 * DAY}')
    t.offline('unavailable')


def offline_days_remote(t):
    t.know_ada(offline_days_remote=10)
    t.set_person(f'last_online = last_online - {9 * DAY}')
    t.offline('admit', remote_host=ELSEWHERE)
    t.set_person(f'last_online = last_online - {2 * DAY}')
    t.offline('unavailable', remote_host=ELSEWHERE)


def offline_allow(t):
    t.know_ada(offline_allow=BOB)
    t.offline('unavailable', words='not been given access to this host without it')
    t.know_ada(offline_allow=f'{BOB}, {ADA}')
    t.offline('admit')


def offline_services(t):
    t.know_ada(offline_services='sudo gdm-password')
    t.offline('unavailable', words='in this way')
    t.offline('admit', service='gdm-password')


def background_services(t):
    t.know_ada(background_services='backup')
    t.outage()
    t.seen()
    for service, asked in (('backup', False), ('cron', True)):
        t.expect('admit', t.host.account(ADA, service=service))
        check(('mode=background' in t.logged()) != asked, t.logged())
    t.recovery()


def password_change_url(t):
    t.know_ada(password_change_url='https://contoso.example/password')
    t.expect('forbidden', t.host.sign_in(ADA, action='password'), 'https://contoso.example/password')


def guests(t):
    t.know_ada(password_recheck_hours=24)
    t.script(endpoint='token', token={'claims': {'acct': 1}})
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])
    t.unscript()
    t.know_ada(password_recheck_hours=24, guests='yes')
    t.script(endpoint='token', token={'claims': {'acct': 1}})
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD), 'with what was kept before')
    no_secret_of_a_guest_is_kept(t)
    be_quick(t)
    by_code = t.host.sign_in(ADA, '', approved(t, claims={'acct': 1}), PHRASE, PHRASE, **SEAT)
    t.expect('admit', by_code)
    check(len(by_code.asked) == 2, 'a passphrase was asked for', by_code)
    no_secret_of_a_guest_is_kept(t)


def no_secret_of_a_guest_is_kept(t, secrets=(PASSWORD, PHRASE)):
    check(t.person("verifier = ''") == 1)
    for secret in secrets:
        t.offline_not_admitted(secret, 'a guest')


def methods(t):
    t.configure(methods='device_code')
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    check('password' not in t.seen())


def device_code(t):
    for setting, prompt in (('never', 'Password: '), ('always', 'Password, or Enter for a code: ')):
        t.configure(device_code=setting)
        conversation = t.prompt(remote_host=ELSEWHERE)
        check(conversation.asked == [prompt], setting, conversation.asked)
        conversation.finish()


def kdf_slots(t):
    t.know_ada(kdf_slots=os.cpu_count() + 1)
    with t.host.busy_slots(os.cpu_count()):  # as many as there are without the setting
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))


STEPS = [issuer, client_id, domains, allow, scope, name_claim, groups_claim, signing_algorithms,
         ca_file, home, names, shell, id_min, id_max, connect_seconds, login_seconds, recheck_minutes,
         password_recheck_hours, offline_days, offline_days_remote, offline_allow, offline_services,
         background_services, password_change_url, guests, methods, device_code, kdf_slots]


def every_setting_has_its_effect(t):
    failed = []
    for setting in STEPS:
        t.begin()
        try:
            setting(t)
        except Exception:
            failed.append(setting.__name__ + '\n' + traceback.format_exc())
    check(not failed, '\n'.join(failed))


def every_setting_of_the_manual_is_tried(t):
    with open(MANUAL, encoding='utf-8') as manual:
        documented = re.findall(r'^\.It Cm (\w+)', manual.read(), re.M)
    check({setting.__name__ for setting in STEPS} == set(documented), documented)
