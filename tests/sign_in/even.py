"""What nobody learns about others: the same words for all, whatever is wrong, until the secret is right."""
from expect import check
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD, UNREACHED


def who_was_locked_out_a_moment_ago_hears_in_an_outage_what_all_hear(t):
    t.know_ada()
    t.script(endpoint='token', number=50053)
    t.expect('deny', t.host.sign_in(ADA, 'wrong'), GENERIC)
    t.expect('deny', t.host.sign_in(BOB, 'wrong'), GENERIC)
    t.outage()
    t.host.forget_attempts()
    for number in range(3):
        other = t.host.sign_in('carol@contoso.example', f'wrong {number}')
    for name in (ADA, BOB):
        answer = t.host.sign_in(name, 'wrong, too')
        check((answer.verdict, answer.told) == (other.verdict, other.told), name, answer, other)
    t.expect('unavailable', other, UNREACHED)
    t.expect('admit', t.host.sign_in(ADA, PASSWORD), UNREACHED)
