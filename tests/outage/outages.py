"""Each kind of outage: the right secret of somebody known is good, and nothing else is."""
from expect import check
from outage.bed import GRANTS, OFFLINE_BAD, SECRETS
from outage.faults import ANSWERS, CONNECTIONS, DOCUMENTS, KEYS, NAMES, SLOW
from sign_in.harness import ADA, BOB, UNREACHED


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


def by_key(t, fault, name):
    """The account phase, for who came in by an SSH key: no secret at all."""
    t.restore()
    standing = t.standing()
    t.spoil(fault)
    answer = t.timed(name, '', action='account', service='sshd')
    check((answer.verdict == 'admit') == (name == ADA) and not answer.asked, answer)
    t.unchanged(standing)


def cells_of(faults):
    for name, fault in faults.items():
        for secret in SECRETS:
            for grant in GRANTS:
                yield (f'{name}: known, {grant} grant, {secret} secret',
                       lambda t, f=fault, g=grant, s=secret: known(t, f, g, s))
            yield f'{name}: not known, {secret} secret', lambda t, f=fault, s=secret: unknown(t, f, s)
        yield f'{name}: known, by key', lambda t, f=fault: by_key(t, f, ADA)
        yield f'{name}: not known, by key', lambda t, f=fault: by_key(t, f, BOB)


# Documents: what is kept is good, and without any there is no asking for tokens. -------------------

def without_documents(t, fault, name, secret):
    t.restore()
    t.host.change_store('DELETE FROM document')
    standing = t.standing()
    t.spoil(fault)
    answer = t.timed(name, t.secret(secret, name))
    if name == ADA and secret == 'right':
        t.admitted_offline(answer)
    else:
        check(answer.verdict == 'unavailable' and OFFLINE_BAD in ' '.join(answer.told), answer)
    check(not {'password', 'refresh_token'} & set(t.seen()), 'a secret was sent')
    t.unchanged(standing)


def with_old_documents(t, fault, name):
    t.restore()
    t.host.change_store(f'UPDATE document SET fetched_at = fetched_at - {25 * 3600}')
    kept = t.host.ask_store('SELECT url, body FROM document ORDER BY 1')
    t.spoil(fault)
    answer = t.timed(name, t.secret('right', name))
    if fault.get('status') == 429:  # who is asked for patience asks nobody
        check('password' not in t.seen() and UNREACHED in ' '.join(answer.told), answer)
    else:
        check(answer.verdict == 'admit' and not answer.told, answer)
    check(t.host.ask_store('SELECT url, body FROM document ORDER BY 1') == kept, 'not the same documents')


def documents():
    cells = []
    for endpoint, faults in (('discovery', DOCUMENTS), ('keys', {**DOCUMENTS, **KEYS})):
        for label, rule in faults.items():
            fault = {**rule, 'endpoint': endpoint}
            cells += [(f'{endpoint}, {label}: none kept, {who} with a {secret} secret',
                       lambda t, f=fault, n=name, s=secret: without_documents(t, f, n, s))
                      for who, name, secret in (('known', ADA, 'right'), ('known', ADA, 'wrong'),
                                                ('not known', BOB, 'right'))]
            cells += [(f'{endpoint}, {label}: old ones kept, {who}',
                       lambda t, f=fault, n=name: with_old_documents(t, f, n))
                      for who, name in (('known', ADA), ('not known', BOB))]
    return cells


def answers():
    return list(cells_of(ANSWERS))


def slow():
    """What takes a wait of seconds each time."""
    return list(cells_of({**SLOW, **CONNECTIONS}))


def names():
    return list(cells_of(NAMES))
