"""Refusals that the store could not take, and what they meet when it can be written again."""
from expect import check
from sign_in.harness import ADA, NEW, PASSWORD


def a_token_does_not_bring_back_a_password_that_a_note_closed(t):
    t.know_ada(password_recheck_hours=0)
    t.change(password=NEW)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=True))
    t.expect('admit', t.host.account(ADA))
    t.offline_not_admitted(PASSWORD)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.offline('admit', NEW)


def a_note_of_another_kind_than_the_refusal_in_the_store_locks_nobody_out(t):
    t.know_ada(password_recheck_hours=0)
    t.change(password=NEW)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, NEW, read_only=True))
    t.offline_not_admitted(NEW)
    t.change(disabled=False)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.offline('admit', NEW)


def a_new_password_that_cannot_be_recorded_ends_the_old_one_all_the_same(t):
    t.know_ada()
    t.change(password=NEW)
    t.expect('admit', t.host.sign_in(ADA, NEW, read_only=True))
    t.offline_not_admitted(PASSWORD)
    t.expect('admit', t.host.sign_in(ADA, NEW))
    t.offline('admit', NEW)
    t.offline_not_admitted(PASSWORD)


def a_revocation_told_to_a_password_is_not_held_against_an_older_token(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', number=70008)
    t.script(endpoint='token:password', number=50173)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD))
    t.unscript()
    check(t.person('refused') != 0)
    t.offline_not_admitted(PASSWORD)


def a_weaker_note_hides_no_worse_refusal(t):
    t.know_ada(password_recheck_hours=0)
    t.change(password=NEW)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=True))
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, NEW))
    t.expect_not_admitted(t.host.account(ADA, service='cron'))


def an_old_password_typed_later_hides_no_worse_refusal(t):
    for number in (53003, 50034, 50105, 50057):
        for first, second in ((False, False), (False, True), (True, True)):  # read-only
            t.begin()
            t.know_ada(password_recheck_hours=0)
            t.script(endpoint='token', number=number)
            t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=first))
            t.unscript()
            t.script(endpoint='token', number=50126)
            t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=second))
            t.expect_not_admitted(t.host.account(ADA, service='cron'), number, first, second)


def a_refusal_noted_by_another_overtakes_an_acceptance_on_its_way(t):
    t.know_ada()
    t.script(endpoint='token:refresh_token', hold=True, times=1)
    slow = t.in_background(PASSWORD)
    t.await_request('refresh_token')
    t.change(disabled=True)
    t.expect_not_admitted(t.host.sign_in(ADA, PASSWORD, read_only=True))
    t.release()
    t.expect_not_admitted(slow.result())
    t.offline_not_admitted(PASSWORD)
