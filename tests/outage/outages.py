"""Each kind of outage: the right secret of somebody known is good, and nothing else is."""
import time

from expect import check
from outage.bed import GRANTS, OFFLINE_BAD, SECRETS
from outage.faults import ANSWERS, CONNECTIONS, DOCUMENTS, KEYS, NAMES, SLOW
from sign_in.harness import ADA, BOB, GENERIC, PASSWORD, UNREACHED

ALL = {**ANSWERS, **SLOW, **CONNECTIONS}


def known(t, fault, grant, secret):
    t.restore(grant)
    standing = t.standing()
    t.spoil(fault)
    if secret == 'right':
        t.admitted_offline(t.timed(ADA, PASSWORD))
    else:
        denied(t, ADA, secret)
    t.unchanged(standing)


def unknown(t, fault, secret):
    t.restore()
    standing = t.standing()
    t.spoil(fault)
    denied(t, BOB, secret)
    t.unchanged(standing)


def denied(t, name, secret):
    """For a secret that is empty nobody is asked; else it reads as what it is."""
    if secret == 'empty':
        with t.nothing_sent():
            answer = t.timed(name, '')
        check(answer.verdict == 'deny' and answer.told == [GENERIC], answer)
    else:
        answer = t.timed(name, t.secret(secret, name))
        check(answer.verdict == 'unavailable' and OFFLINE_BAD in ' '.join(answer.told), answer)


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


# The budgets that nobody has set: connect_seconds 3, login_seconds 8. ------------------------------

PRESETS = {'black hole': 3, 'accepted, then silence': 3, 'a byte a second': 8, 'silence behind the headers': 8,
           'a good answer, much too late': 8, 'reset in the body': 3}
LEEWAY = 0.2
CLOSING = 0.3  # the last of the budget is for what comes of the answer
TRIES = 3  # of which the best counts: a busy machine only adds


def by_the_presets(t, kind, most, grant):
    fault = {**ALL, 'a good answer, much too late': {'delay': 9}}[kind]
    spans = []
    while not spans or min(spans) > most + LEEWAY and len(spans) < TRIES:
        t.restore(grant)
        t.grant = None
        t.configure(password_recheck_hours=GRANTS[grant], connect_seconds=None, login_seconds=None)
        t.spoil(fault)
        signs_in = t.prompt()
        begun = time.monotonic()
        t.admitted_offline(signs_in.finish(PASSWORD))
        spans.append(time.monotonic() - begun)
    check(min(spans) <= most + LEEWAY, 'took', spans)
    check(kind == 'reset in the body' or min(spans) >= most - CLOSING - LEEWAY, 'another budget', spans)


def presets():
    return [(f'presets, {kind}: {grant} grant', lambda t, k=kind, m=most, g=grant: by_the_presets(t, k, m, g))
            for kind, most in PRESETS.items() for grant in GRANTS if grant == 'refresh' or most < 8]


def answers():
    return list(cells_of(ANSWERS))


def slow():
    """What takes a wait of seconds each time."""
    return list(cells_of({**SLOW, **CONNECTIONS}))


def names():
    return list(cells_of(NAMES))
