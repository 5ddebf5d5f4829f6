"""What each answer of the platform does, now and when the platform is gone afterwards."""
from expect import check
from sign_in.harness import ADA, PASSWORD, UNREACHED

REFUSALS = (50034, 50057, 53003, 50173, 50055, 50105, 530003, 70043)
HTML = {'Content-Type': 'text/html'}
OUTAGES = [
    dict(status=503, body='<html>', headers=HTML),
    dict(status=503, body='{"error":"invalid_grant","error_codes":[50126]}'),
    dict(status=429, headers={'Retry-After': '60'}), dict(status=500), dict(status=302),
    dict(status=200, body='<html>captive</html>', headers=HTML),
    dict(status=200, body='{"access_token":'), dict(status=200, body='{}'),
    dict(number=80002), dict(number=50196), dict(number=90033), dict(fault='drop'),
    dict(fault='reset'), dict(fault='cut')]


def refusals_of_the_account_outlast_the_platform_until_it_says_yes(t):
    for number in REFUSALS:
        for hours in (0, 24):  # by password and by token
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            t.script(endpoint='token', number=number)
            first = t.host.sign_in(ADA, PASSWORD)
            check(first.verdict in ('deny', 'forbidden'), number, hours, first)
            t.offline_not_admitted(PASSWORD, number, hours)
            t.unscript()
            t.expect('admit', t.host.sign_in(ADA, PASSWORD))
            t.offline('admit')


def an_outage_of_the_service_is_never_a_refusal(t):
    for case in OUTAGES:
        for hours in (0, 24):
            t.begin()
            t.know_ada(password_recheck_hours=hours)
            standing, (_, snapshot) = t.standing(), t.host.dump()
            t.script(endpoint='token', **case)
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            wrong = t.host.sign_in(ADA, 'wrong')
            check(wrong.verdict == 'unavailable', case, hours, wrong)
            check(t.standing() == standing, case, hours, t.standing(), 'was', standing)
            check(t.host.dump()[1] == snapshot, case, hours)


def a_password_endpoint_that_does_not_serve_falls_back_to_the_refresh_token(t):
    t.know_ada(password_recheck_hours=0)
    for rule in (dict(status=503), dict(number=50076)):
        t.script(endpoint='token:password', **rule)
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
        check(t.seen() == ['password', 'refresh_token'], rule)
        t.unscript()


def a_platform_that_asks_for_patience_is_not_asked_again_at_once(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:password', status=429, headers={'Retry-After': '60'})
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
    check(t.seen() == ['password'])


def more_than_a_password_is_no_success_for_a_new_person(t):
    t.script(endpoint='token:password', number=50076)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD), 'extra verification')
    check(t.person() == 0)


def a_dead_refresh_token_leads_to_the_password_in_the_same_conversation(t):
    for number in (70000, 50173):
        t.begin()
        t.know_ada()
        t.script(endpoint='token:refresh_token', number=number)
        signed_in = t.host.sign_in(ADA, PASSWORD)
        t.expect('admit', signed_in)
        check(signed_in.asked == ['Password: '], signed_in)
        check(t.seen() == ['refresh_token', 'password'])
        t.offline('admit')
        t.offline('unavailable', 'wrong')


def a_dead_token_behind_an_outage_of_passwords_is_an_outage_each_time(t):
    t.know_ada(password_recheck_hours=0)
    t.script(endpoint='token:password', status=503)
    t.script(endpoint='token:refresh_token', number=70000)
    for _ in range(3):
        t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)


def a_number_nobody_knows_denies_once_and_costs_nothing(t):
    for hours in (0, 24):
        t.begin()
        t.know_ada(password_recheck_hours=hours)
        t.script(endpoint='token', number=59999)
        t.expect('deny', t.host.sign_in(ADA, PASSWORD))
        t.offline('admit')
        t.unscript()
        t.expect('admit', t.host.sign_in(ADA, PASSWORD))
