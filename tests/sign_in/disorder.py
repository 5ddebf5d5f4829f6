"""Sign-ins that overlap, where each holds an older picture than the other."""
from expect import check
from sign_in.harness import ADA, NEW, PASSWORD


def an_old_prompt_knows_of_a_refusal_elsewhere(t):
    for hours in (0, 24):
        t.begin()
        t.know_ada(password_recheck_hours=hours)
        old = t.prompt()
        t.script(endpoint='token', number=50057)
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
        t.outage()
        t.expect_not_admitted(old.finish(PASSWORD), hours)


def an_old_prompt_knows_of_a_password_changed_elsewhere(t):
    t.know_ada(password_recheck_hours=0)
    old, older = t.prompt(), t.prompt()
    t.change(password=NEW)
    t.expect('deny', t.host.sign_in(ADA, PASSWORD))
    t.outage()
    t.expect_not_admitted(old.finish(PASSWORD))
    t.recovery()
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.outage()
    t.expect_not_admitted(older.finish(PASSWORD))


def an_old_prompt_does_not_cost_a_new_password(t):
    t.know_ada(password_recheck_hours=0)
    old = t.prompt()
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.expect_not_admitted(old.finish(PASSWORD))
    t.offline('admit', NEW)
    t.offline_not_admitted(PASSWORD)


def an_acceptance_does_not_undo_a_refusal_that_came_meanwhile(t):
    for hours, kind in ((0, 'password'), (24, 'refresh_token')):
        t.begin()
        t.know_ada(password_recheck_hours=hours)
        t.script(endpoint='token:' + kind, hold=True, times=1)
        accepted = t.in_background(PASSWORD)
        t.await_request(kind)
        t.change(disabled=True)
        t.configure(password_recheck_hours=24 - hours)  # asks in the other way
        t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
        t.release()
        t.expect_not_admitted(accepted.result(), kind)
        check(t.person('refused') != 0, kind)
        t.offline_not_admitted(PASSWORD, kind)
