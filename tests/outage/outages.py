"""Each kind of outage: the right secret of somebody known is good, and nothing else is."""
from expect import check
from outage.bed import GRANTS, OFFLINE_BAD, SECRETS
from outage.faults import ANSWERS, CONNECTIONS, NAMES, SLOW
from sign_in.harness import ADA, BOB


def known(t, fault, grant, secret):
    t.restore(grant)
    standing = t.standing()
    t.spoil(fault)
    answer = t.timed(ADA, t.secret(secret))
    if secret == 'right':
        t.admitted_offline(answer)
    else:
        check(answer.verdict != 'admit', answer)
        check(secret == 'empty' or answer.verdict == 'unavailable', answer)
        check(secret == 'empty' or OFFLINE_BAD in ' '.join(answer.told), answer)
    t.unchanged(standing)


def unknown(t, fault, secret):
    t.restore()
    standing = t.standing()
    t.spoil(fault)
    answer = t.timed(BOB, t.secret(secret, BOB))
    check(answer.verdict != 'admit', answer)
    check(secret == 'empty' or answer.verdict == 'unavailable', answer)
    check(secret == 'empty' or OFFLINE_BAD in ' '.join(answer.told), answer)
    t.unchanged(standing)


def cells_of(faults):
    for name, fault in faults.items():
        for secret in SECRETS:
            for grant in GRANTS:
                yield (f'{name}: known, {grant} grant, {secret} secret',
                       lambda t, f=fault, g=grant, s=secret: known(t, f, g, s))
            yield f'{name}: not known, {secret} secret', lambda t, f=fault, s=secret: unknown(t, f, s)


def answers():
    return list(cells_of(ANSWERS))


def slow():
    """What takes a wait of seconds each time."""
    return list(cells_of({**SLOW, **CONNECTIONS}))


def names():
    return list(cells_of(NAMES))
