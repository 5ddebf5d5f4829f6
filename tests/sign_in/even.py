"""What nobody learns about others: the same words for all, whatever is wrong, until the secret is right."""
from expect import check
from sign_in.codes import PHRASE, be_quick, enrol_by_code
from sign_in.harness import ADA, BOB, ELSEWHERE, GENERIC, PASSWORD, UNREACHED


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


def nobody_learns_in_an_outage_who_is_known(t):
    """Whatever is remembered of her, and whatever may be sent: a wrong secret is told what a stranger's is."""
    afar = {'service': 'sshd', 'remote_host': ELSEWHERE}
    for methods in ('password device_code', 'device_code'):
        for recheck_minutes in (0, 5):
            for what in ('refused = 0', 'refused = 4', 'refused = 4, token = NULL'):
                t.begin()
                t.configure(methods=methods, recheck_minutes=recheck_minutes)
                be_quick(t)
                t.expect('admit', enrol_by_code(t))
                t.set_person(what)
                t.outage()
                t.host.sign_in(ADA, 'wrong', **afar)
                t.host.sign_in(BOB, 'wrong', **afar)
                if not recheck_minutes and 'NULL' not in what or 'password' in methods:  # somebody was asked about
                    for name in (ADA, BOB):
                        t.expect('unavailable', t.host.sign_in(name, 'wrong', **afar), UNREACHED)
                t.recovery()
                t.host.forget_attempts()
                t.expect('deny', t.host.sign_in(ADA, 'wrong', **afar), GENERIC)
