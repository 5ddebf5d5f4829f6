"""What each number has to do, written by hand from platform.md 3.2, 3.3 and 3.5.

A row: numbers, letter, what goes, what the person reads who typed the right secret.

The letters are those of platform.md 3.1, a few of them split:
    D   denied; nothing is remembered           K  locked there: the right secret is as in an outage
    W   the typed password is wrong there       N  unknown to the table: as `error` alone says
    L   denied, and offline too                 I  more than a password is needed
    R   the refresh token is dead               S  R for a token, L for a password
    P   R+, on evidence of revocation           F  R+, by the frequency policy
    U   an outage     C1  a fault of the set-up: as an outage     C2  an administrator's decision: as L
What goes: V the verifier, T the refresh token; both stay where it is not said.
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
    'OUT': 'cannot be reached',
}

# Credential and account state; second factor and interaction; policy; tokens; device codes; client
# and tenant; outages; other flows; B2C.
ROWS = '''
50126 50064                             W  -   CHANGED
50056 80004 90013 50017                 D  -   BAD
50128 90125 90126                       D  -   BAD
50034 51004 50197                       L  -   BAD
50014 50020 90072 16000 16003 500208    L  -   GUEST
50053                                   K  -   OUT
50055 50144                             L  V   EXP
50135                                   L  VT  RISK
50057 500571                            L  VT  DIS
80012                                   L  -   HOURS
54000                                   L  -   POL

50074 50076 50078 50158 50161 50088     I  -   MFA
50125 50140 50199 50143 50058 50192     I  -   MFA
700020 9002341 130004 130006 130008     I  -   MFA
50072 50079                             I  -   MFAREG
500121 1003033 70037 701013             D  -   DECL
50086                                   D  -   BAD
50127                                   L  -   DEV
50177 50178                             L  -   GUEST
50087                                   U  -   OUT

50105                                   L  T   ASSIGN
53000 53001 530002 530003               L  -   DEV
50005 50097 50129 50155 50187           L  -   DEV
53002 53003 530032 530035 50131         L  -   POL
50002 500021 500022                     L  -   POL
53004                                   L  -   RISK
53011 530034                            L  VT  RISK
53010                                   L  -   MFAREG
500212 500213                           L  -   GUEST
135011 700003                           S  -   DEV
90123                                   D  -   BAD

50173 50133 50132                       P  VT  REAUTH
70043 70044                             F  T   REAUTH
70000 70008 700082 700084 50089 50085   R  -   BAD
700005 40009 40015                      R  -   BAD
54005 50013 500133                      C1 -   OUT

70018 70019 70020 50134                 D  -   BAD
90119 90120 90121                       D  -   BAD
65004                                   D  -   DECL
70016                                   N  -   BAD

65001 90094 90095 90099                 C2 -   CFG
70001 700011 700016 7000112 1000031     C2 -   CFG
500014                                  C2 -   CFG
65002 65005 650052 650054 650056 650057 C1 -   OUT
700038 7000218 700025 7000215 70002     C1 -   OUT
7000222 700027 50012 700030 700024      C1 -   OUT
70003 90010 9001023 90002 50059 90019   C1 -   OUT
50194 50049 50050 90038 900439 90043    C1 -   OUT
90051 70011 28002 28003 700022 700023   C1 -   OUT
50001 500011 90014 900144 90016 90023   C1 -   OUT
9002313 90056 900561 90100 50003 50146  C1 -   OUT
50107 51000 100007                      C1 -   OUT

50000 50033 90033 90036 90006 90012     U  -   OUT
90024 90025 90055 50196 90090 90091     U  -   OUT
90092 70012 40010 40008 20001 20012     U  -   OUT
20033 50166 80001 80002 80003 80005     U  -   OUT
80006 80007 80008 80009 80010 80011     U  -   OUT
80013 80014 230109                      U  -   OUT

81004 81012 120000 120021 140000 140001 N  -   BAD
59999                                   N  -   BAD

B90225 B90052 B90054                    W  -   CHANGED
B90053 B90128                           L  -   BAD
B90111 B90114                           K  -   OUT
B90118                                  I  -   MFA
B90129                                  P  VT  REAUTH
B90080                                  R  -   BAD
B90224 B90058 B90057 B90018 B90081      C1 -   OUT
B90086                                  C1 -   OUT
B90092                                  C2 -   CFG
B90035 B90085 B90048 B90037 B90152      U  -   OUT
B90206                                  U  -   OUT
'''

# Without a number that counts, the words of OAuth decide.
NO_NUMBER = {'error_codes': None, 'error_description': None, 'error_uri': None}


def _words(error, suberror=None, status=400, **more):
    return {'number': 59999, 'error': error, 'under_status': status,
            'members': {**NO_NUMBER, 'suberror': suberror, **more}}


WORDS = {
    'invalid_grant': (_words('invalid_grant'), 'W', '', 'CHANGED'),
    'invalid_grant with claims': (_words('invalid_grant', claims='{}'), 'I', '', 'MFA'),
    'interaction_required': (_words('interaction_required', claims='{}'), 'I', '', 'MFA'),
    'login_required': (_words('login_required'), 'I', '', 'MFA'),
    'basic_action': (_words('invalid_grant', 'basic_action'), 'I', '', 'MFA'),
    'additional_action': (_words('invalid_grant', 'additional_action'), 'I', '', 'MFA'),
    'device_authentication_failed': (_words('invalid_grant', 'device_authentication_failed'),
                                     'I', '', 'MFA'),
    'consent_required by suberror': (_words('invalid_grant', 'consent_required'), 'C2', '', 'CFG'),
    'consent_required': (_words('consent_required'), 'C2', '', 'CFG'),
    'user_password_expired': (_words('invalid_grant', 'user_password_expired'), 'L', 'V', 'EXP'),
    'message_only': (_words('invalid_grant', 'message_only'), 'L', '', 'POL'),
    'bad_token': (_words('invalid_grant', 'bad_token'), 'R', '', 'BAD'),
    'token_expired': (_words('invalid_grant', 'token_expired'), 'R', '', 'BAD'),
    'client_mismatch': (_words('invalid_grant', 'client_mismatch'), 'C1', '', 'OUT'),
    'protection_policy_required': (_words('invalid_grant', 'protection_policy_required'),
                                   'C1', '', 'OUT'),
    'access_denied': (_words('access_denied', status=403), 'D', '', 'BAD'),
    'a word nobody knows': (_words('tea_is_cold', status=403), 'D', '', 'BAD'),
    **{error: (_words(error, status=401 if error == 'invalid_client' else 400), 'C1', '', 'OUT')
       for error in ('invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_request',
                     'invalid_scope', 'invalid_resource', 'invalid_tenant', 'invalid_instance')},
    # Several numbers: the first that is known, and an outage never hides a refusal.
    '50076 before 16000': ({'number': 50076, 'members': {'error_codes': [50076, 50074, 16000]}},
                           'I', '', 'MFA'),
    '70002 beside 70008': ({'number': 70002, 'error': 'invalid_grant', 'under_status': 400,
                            'members': {'error_codes': [70002, 70008]}}, 'R', '', 'BAD'),
    '90033 beside 50057': ({'number': 50057, 'members': {'error_codes': [90033, 50057]}},
                           'L', 'VT', 'DIS'),
    'numbers as a text': ({'number': 50057, 'members': {'error_codes': '[50057]'}}, 'L', 'VT', 'DIS'),
    'a number in the description alone': ({'number': 50057, 'members': {'error_codes': None}},
                                          'L', 'VT', 'DIS'),
    'the old style': ({'number': 50057, 'style': 'old', 'members': {'error_codes': None}},
                      'L', 'VT', 'DIS'),
}


def _rule(number):
    if number[0] != 'B':
        return {'number': int(number)}
    text = f'AADB2C{number[1:]}: Emulated.\r\nCorrelation ID: 0\r\nTimestamp: 2026-01-15 09:30:05Z\r\n'
    return {'number': 59999, 'members': {**NO_NUMBER, 'error_description': text}}


def every():
    """(name, rule, letter, what goes, what is read, whether it stands for others) for all of them."""
    for line in filter(None, ROWS.splitlines()):
        *numbers, letter, gone, message = line.split()
        for number in numbers:
            yield number, _rule(number), letter, gone.strip('-'), message, number == numbers[0]
    for name, row in WORDS.items():
        yield name, *row, True
