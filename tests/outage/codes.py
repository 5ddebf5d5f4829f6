"""What each number has to do, written by hand from platform.md 3.2, 3.3 and 3.5.

A row: numbers, letter, what goes, what the person reads who typed the right secret, the verdict then,
and the verdict of the account phase. test_pam.c shows which PAM result a verdict becomes.

The letters are those of platform.md 3.1, a few of them split:
    D   denied; nothing is remembered           K  locked there: the right secret is as in an outage
    W   the typed password is wrong there       N  unknown to the table: as `error` alone says
    L   denied, and offline too                 I  more than a password is needed
    R   the refresh token is dead               S  R for a token, L for a password
    P   R+, on evidence of revocation           F  R+, by the frequency policy
    J   I, and the refresh token is dead        U  an outage
    C1  a fault of the set-up: as an outage     C2  an administrator's decision: as L
What goes: V the verifier, T the refresh token; both stay where it is not said.

The verdicts are AUTH_ERR, AUTHINFO_UNAVAIL and PERM_DENIED of platform.md. All that differs from it:

Verdicts
    L               `forbidden` also while signing in, for the right person who may not
    N, P, D, R      an account phase that cannot tell an account's end from a token's says `expired`
    50034 …         AUTH_ERR, not USER_UNKNOWN: nobody learns from a verdict who exists
    50053 (K)       what is remembered here decides, also about MAXTRIES and M-LOCK: design.md
    40009 40015     R, not D: the token goes either way, and the password that was typed is asked about
                    in this conversation instead of the next one
    50087           as any outage, without a switch offline_after_stepup: whoever could make the second
                    factor fail could as well pull out the cable
    50088           I, not U*: without that switch nobody is to be let in by the cache; the service does
                    answer, so neither AUTHINFO_UNAVAIL nor M-OUT would be true
What is remembered
    50053 (K)       no password of this person is asked about for 60 s, the token instead; no token
                    either where one was answered so. A guesser keeps nobody from being asked about
    500014          LOCK as the other C2, not `keep`: rule 6 of 3.1, else the cache is the way around it
    NEG             strangers are asked about each time: all together they have ten tries, and one more
                    every five minutes; an entry would tell by its speed which names there are
What is read: what the column Msg says, once the secret is right, and by a stranger only what the
platform said to a right password (C2, I) or would say to anybody (C1, U); all else is M-BAD.
    50126 50064     CHANGED: here the secret that was remembered is the one that is refused
    C1, M-TIME      whoever is let in by what is remembered reads it in place of M-OUT
    M-CFG           without the number, which is in the log
    70018 …         codes of the device grant, which is not among our grants: the row is what would be
                    read if one of these came all the same
    120000 …        N: what the word of OAuth says, not M-EXP
No switches: on_config_error is `cache` for C1 and `deny` for C2, and offline_after_stepup is as above.
One fixed scope: nothing is asked again with less of it (65001, 65002, 90094, 65005 …).
"""

MESSAGES = {
    'BAD': 'Sign-in failed. Check the user name and password.',
    'CHANGED': 'This password is no longer valid.',
    'EXP': 'Your password has expired.',
    'RISK': 'stopped for security reasons',
    'DIS': 'This account is disabled.',
    'MFA': 'extra verification',
    'MFAREG': 'register security information',
    'DECL': 'declined or not completed',
    'REAUTH': 'Your saved sign-in is no longer valid.',
    'POL': 'access policy does not allow this sign-in',
    'DEV': 'only allows managed devices',
    'ASSIGN': 'not been given access',
    'GUEST': 'Accounts from outside this organisation',
    'HOURS': 'not allowed at this time',
    'CFG': 'not set up correctly',
    'TIME': 'clock of this host is wrong',
    'CODE': 'code was not accepted',
    'CODEEXP': 'code ran out before it was used',
    'OUT': 'cannot be reached',
}

# Credential and account state; second factor and interaction; policy; tokens; device codes; client
# and tenant; outages; other flows; B2C.
ROWS = '''
50126 50064                             W  -   CHANGED deny         expired
50056 80004 90013 50017                 D  -   BAD     deny         expired
50128 90125 90126                       D  -   BAD     deny         expired
50034 51004 50197                       L  -   BAD     deny         expired
50014 50020 16000 16003                 L  -   GUEST   deny         expired
90072 500208                            L  -   GUEST   forbidden    forbidden
50053                                   K  -   OUT     admit        admit
50055 50144                             L  V   EXP     deny         forbidden
50135                                   L  VT  RISK    forbidden    forbidden
50057 500571                            L  VT  DIS     deny         expired
80012                                   L  -   HOURS   forbidden    forbidden
54000                                   L  -   POL     forbidden    forbidden

50074 50076 50158 50161 50088           I  -   MFA     deny         expired
50078                                   J  -   MFA     deny         expired
50125                                   I  -   EXP     deny         expired
50140 50199 50143 9002341               I  -   REAUTH  deny         expired
50058 50192 700020 130004 130006 130008 I  -   MFA     deny         expired
50072 50079                             I  -   MFAREG  deny         expired
500121 1003033 70037 701013             D  -   DECL    deny         expired
50086                                   D  -   MFA     deny         expired
50127                                   L  -   DEV     forbidden    forbidden
50177 50178                             L  -   GUEST   forbidden    forbidden
50087                                   U  -   OUT     admit        admit

50105                                   L  T   ASSIGN  forbidden    forbidden
53000 53001 530002 530003               L  -   DEV     forbidden    forbidden
50005 50097 50129 50155 50187           L  -   DEV     forbidden    forbidden
53002 53003 530032 530035 50131         L  -   POL     forbidden    forbidden
50002 500021 500022                     L  -   POL     forbidden    forbidden
53004                                   L  -   RISK    forbidden    forbidden
53011 530034                            L  VT  RISK    forbidden    forbidden
53010                                   L  -   MFAREG  forbidden    forbidden
500212 500213                           L  -   GUEST   forbidden    forbidden
135011 700003                           S  -   DEV     forbidden    expired
90123                                   D  -   POL     deny         expired

50173 50133 50132                       P  VT  REAUTH  deny         expired
70043 70044                             F  T   REAUTH  deny         expired
70000 70008 700082 700084 50089 50085   R  -   REAUTH  deny         expired
40009 40015                             R  -   REAUTH  deny         expired
700005                                  R  -   CFG     deny         expired
54005 50013                             C1 -   CFG     admit        admit
500133 700024                           C1 -   TIME    admit        admit

70018 50134 90119 90120 90121           D  -   CODE    deny         expired
70019 70020                             D  -   CODEEXP deny         expired
65004                                   D  -   DECL    deny         expired
70016                                   D  -   BAD     deny         expired

65001 90094 90095 90099                 C2 -   CFG     unavailable  forbidden
70001 700011 700016 7000112 1000031     C2 -   CFG     unavailable  forbidden
500014                                  C2 -   CFG     unavailable  forbidden
65002 65005 650052 650054 650056 650057 C1 -   CFG     admit        admit
700038 7000218 700025 7000215 70002     C1 -   CFG     admit        admit
7000222 700027 50012 700030             C1 -   CFG     admit        admit
70003 90010 9001023 90002 50059 90019   C1 -   CFG     admit        admit
50194 50049 50050 90038 900439 90043    C1 -   CFG     admit        admit
90051 70011 28002 28003 700022 700023   C1 -   CFG     admit        admit
50001 500011 90014 900144 90016 90023   C1 -   CFG     admit        admit
9002313 90056 900561 90100 50003 50146  C1 -   CFG     admit        admit
50107 51000 100007                      C1 -   CFG     admit        admit

50000 50033 90033 90036 90006 90012     U  -   OUT     admit        admit
90024 90025 90055 50196 90090 90091     U  -   OUT     admit        admit
90092 70012 40010 40008 20001 20012     U  -   OUT     admit        admit
20033 50166 80001 80002 80003 80005     U  -   OUT     admit        admit
80006 80007 80008 80009 80010 80011     U  -   OUT     admit        admit
80013 80014 80000 80099 230109          U  -   OUT     admit        admit

81004 81012 120000 120021 140000 140001 N  -   BAD     deny         expired
59999                                   N  -   BAD     deny         expired

B90225 B90052 B90054                    W  -   CHANGED deny         expired
B90053 B90128                           L  -   BAD     deny         expired
B90111 B90114                           K  -   OUT     admit        admit
B90118                                  I  -   MFA     deny         expired
B90129                                  P  VT  REAUTH  deny         expired
B90080                                  R  -   REAUTH  deny         expired
B90224 B90058 B90057 B90018 B90081      C1 -   CFG     admit        admit
B90086                                  C1 -   CFG     admit        admit
B90092                                  C2 -   CFG     unavailable  forbidden
B90035 B90085 B90048 B90037 B90152      U  -   OUT     admit        admit
B90206                                  U  -   OUT     admit        admit
'''

# Without a number that counts, the words of OAuth decide.
NO_NUMBER = {'error_codes': None, 'error_description': None, 'error_uri': None}


def _words(error, suberror=None, status=400, **more):
    return {'number': 59999, 'error': error, 'under_status': status,
            'members': {**NO_NUMBER, 'suberror': suberror, **more}}


DENY, FORBID, ADMIT = ('deny', 'expired'), ('forbidden', 'forbidden'), ('admit', 'admit')
SETUP = ('unavailable', 'forbidden')
OF_SETUP = ('invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_request',
            'invalid_scope', 'invalid_resource', 'invalid_tenant', 'invalid_instance')


def _status(error):
    return 401 if error == 'invalid_client' else 400


WORDS = {
    'invalid_grant': (_words('invalid_grant'), 'W', '', 'CHANGED', *DENY),
    'invalid_grant with claims': (_words('invalid_grant', claims='{}'), 'I', '', 'MFA', *DENY),
    'interaction_required': (_words('interaction_required', claims='{}'), 'I', '', 'MFA', *DENY),
    'login_required': (_words('login_required'), 'I', '', 'MFA', *DENY),
    'basic_action': (_words('invalid_grant', 'basic_action'), 'I', '', 'MFA', *DENY),
    'additional_action': (_words('invalid_grant', 'additional_action'), 'I', '', 'MFA', *DENY),
    'device_authentication_failed': (_words('invalid_grant', 'device_authentication_failed'),
                                     'J', '', 'MFA', *DENY),
    'consent_required by suberror': (_words('invalid_grant', 'consent_required'), 'C2', '', 'CFG', *SETUP),
    'consent_required': (_words('consent_required'), 'C2', '', 'CFG', *SETUP),
    'user_password_expired': (_words('invalid_grant', 'user_password_expired'), 'L', 'V', 'EXP',
                              'deny', 'forbidden'),
    'message_only': (_words('invalid_grant', 'message_only'), 'L', '', 'POL', *FORBID),
    'bad_token': (_words('invalid_grant', 'bad_token'), 'R', '', 'REAUTH', *DENY),
    'token_expired': (_words('invalid_grant', 'token_expired'), 'R', '', 'REAUTH', *DENY),
    'client_mismatch': (_words('invalid_grant', 'client_mismatch'), 'C1', '', 'CFG', *ADMIT),
    'protection_policy_required': (_words('invalid_grant', 'protection_policy_required'),
                                   'C1', '', 'CFG', *ADMIT),
    'access_denied': (_words('access_denied', status=403), 'D', '', 'BAD', *DENY),
    'a word nobody knows': (_words('tea_is_cold', status=403), 'D', '', 'BAD', *DENY),
    **{error: (_words(error, status=_status(error)), 'C1', '', 'CFG', *ADMIT) for error in OF_SETUP},
    # Several numbers: the first that is known, and an outage never hides a refusal.
    '50076 before 16000': ({'number': 50076, 'members': {'error_codes': [50076, 50074, 16000]}},
                           'I', '', 'MFA', *DENY),
    '70002 beside 70008': ({'number': 70002, 'error': 'invalid_grant', 'under_status': 400,
                            'members': {'error_codes': [70002, 70008]}}, 'R', '', 'REAUTH', *DENY),
    '90033 beside 50057': ({'number': 50057, 'members': {'error_codes': [90033, 50057]}},
                           'L', 'VT', 'DIS', *DENY),
    'numbers as a text': ({'number': 50057, 'members': {'error_codes': '[50057]'}},
                          'L', 'VT', 'DIS', *DENY),
    'a number in the description alone': ({'number': 50057, 'members': {'error_codes': None}},
                                          'L', 'VT', 'DIS', *DENY),
    'the old style': ({'number': 50057, 'style': 'old', 'members': {'error_codes': None}},
                      'L', 'VT', 'DIS', *DENY),
    # The word of another number: a number that is known counts more (platform.md 3.1, rule 1).
    **{f'{number} as {error}': ({'number': number, 'error': error, 'under_status': _status(error)},
                                'C2', '', 'CFG', *SETUP)
       for number, error in ((65001, 'unauthorized_client'), (700016, 'invalid_client'),
                             (90094, 'invalid_request'), (500014, 'invalid_resource'))},
    **{f'{number} as {error}': ({'number': number, 'error': error, 'under_status': 400},
                                'C1', '', 'CFG', *ADMIT)
       for number, error in ((7000218, 'invalid_grant'), (90002, 'invalid_request'))},
    '50076 as interaction_required': ({'number': 50076, 'error': 'interaction_required'},
                                      'I', '', 'MFA', *DENY),
}


def rule_of(number):
    if number[0] != 'B':
        return {'number': int(number)}
    text = f'AADB2C{number[1:]}: Emulated.\r\nCorrelation ID: 0\r\nTimestamp: 2026-01-15 09:30:05Z\r\n'
    return {'number': 59999, 'members': {**NO_NUMBER, 'error_description': text}}


def numbers():
    """All that have a row."""
    for line in filter(None, ROWS.splitlines()):
        yield from line.split()[:-5]


def every():
    """(name, rule, letter, what goes, what is read, two verdicts, whether it stands for others)."""
    for line in filter(None, ROWS.splitlines()):
        *names, letter, gone, message, verdict, account = line.split()
        for name in names:
            yield (name, rule_of(name), letter, gone.strip('-'), message, verdict, account,
                   name == names[0])
    for name, row in WORDS.items():
        yield name, *row, True
