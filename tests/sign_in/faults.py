"""A store or a computation that cannot be had just when it matters. These wait for real deadlines."""
import time

from expect import check
from sign_in.crowds import let_proofs_age
from sign_in.harness import ADA, NEW, PASSWORD, UNREACHED

STEPS = [let_proofs_age]


def a_new_password_ends_the_old_one_even_if_nothing_can_be_computed(t):
    t.know_ada(kdf_slots=1)
    t.change(password=NEW)
    t.script(endpoint='token:password', hold=True, times=1)
    new = t.in_background(NEW)
    t.await_request('password')  # it differs from what is remembered: that is known by now
    with t.host.busy_slots():
        t.release()
        check(new.result().verdict != 'silence')
    t.offline_not_admitted(PASSWORD)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))  # though the token is good
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.offline('admit', NEW)


def a_refusal_counts_even_if_the_secret_cannot_be_compared(t):
    t.know_ada(kdf_slots=1, password_recheck_hours=0)
    t.change(disabled=True)
    with t.host.busy_slots():
        t.expect('unavailable', t.host.sign_in(ADA, PASSWORD))
    check('password' in t.seen(), 'the platform was asked')
    t.offline_not_admitted()


def a_refusal_that_a_busy_store_cannot_take_is_not_forgotten(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', number=50173, hold=True)
    t.script(endpoint='token:password', fault='drop')
    revoked = t.in_background(PASSWORD)
    t.await_request('refresh_token')
    with t.host.busy_store():
        t.release()
        t.expect_not_admitted(revoked.result(), 'in the same conversation')
    t.unscript()
    t.offline_not_admitted()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit')


def a_refusal_that_a_read_only_disk_cannot_take_is_not_forgotten(t):
    t.know_ada(password_recheck_hours=0)
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=True))
    t.outage()
    for read_only in (True, False):
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=read_only), read_only)
    t.recovery()
    t.change(disabled=False)
    check(t.host.sign_in(ADA, PASSWORD, read_only=True).verdict != 'silence')
    t.outage()  # that acceptance was not recorded
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=True))
    t.recovery()
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    t.offline('admit')


def a_store_that_another_process_writes_to_adds_no_seconds_and_names_no_limit(t):
    t.know_ada(connect_seconds=1, login_seconds=3)
    let_proofs_age(t)
    t.set_highest_time(int(time.time()) - 3600)
    for case in (dict(status=503), dict(fault='silence')):
        t.host.forget_breakers()
        t.script(endpoint='token', times=1, **case)
        with t.host.held_store():
            begun = time.monotonic()
            t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
            took = time.monotonic() - begun
        named = 'login_seconds' in t.logged()
        check(named == ('fault' in case), t.logged())
        check(took < 5, 'seconds', took)
        check(t.seen() == ['refresh_token'], case)


def a_busy_store_costs_no_token(t):
    t.know_ada()
    t.script(endpoint='token:password', fault='drop')
    waiting = t.prompt()
    with t.host.busy_store():
        check(waiting.finish(PASSWORD).verdict != 'silence')
    t.unscript()
    t.seen()
    check(t.person("token IS NOT NULL AND verifier <> '' AND refused = 0") == 1)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD))
    check(t.seen() == ['refresh_token'])
