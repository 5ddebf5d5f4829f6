"""Error bodies as the security token service writes them (platform.md 5.7)."""
import time
import uuid

from tokens import changed

# number: (HTTP status, error, text); whatever is not here is 400 invalid_grant.
ERRORS = {
    50126: (400, 'invalid_grant', 'Error validating credentials due to invalid username or password.'),
    50034: (400, 'invalid_grant', 'The user account does not exist in the directory. To sign into '
                                  'this application, the account must be added to the directory.'),
    50053: (400, 'invalid_grant', "The account is locked, you've tried to sign in too many times with "
                                  'an incorrect user ID or password.'),
    50055: (400, 'invalid_grant', 'The password is expired.'),
    50056: (400, 'invalid_grant', 'Invalid or null password: password does not exist in the '
                                  'directory for this user.'),
    50057: (400, 'invalid_grant', 'The user account is disabled.'),
    50074: (400, 'invalid_grant', 'Strong Authentication is required.'),
    50076: (400, 'invalid_grant', 'Due to a configuration change made by your administrator, or '
                                  'because you moved to a new location, you must use multi-factor '
                                  "authentication to access '00000003-0000-0000-c000-000000000000'."),
    50079: (400, 'invalid_grant', 'Due to a configuration change made by your administrator, or '
                                  'because you moved to a new location, you must enroll in '
                                  'multi-factor authentication to access '
                                  "'00000003-0000-0000-c000-000000000000'."),
    50158: (400, 'interaction_required', 'External security challenge was not satisfied.'),
    50173: (400, 'invalid_grant', 'The provided grant has expired due to it being revoked, a fresh '
                                  'auth token is needed.'),
    50196: (400, 'invalid_grant', 'The server terminated an operation because it encountered a '
                                  'client request loop.'),
    53003: (400, 'invalid_grant', 'Access has been blocked by Conditional Access policies.'),
    65001: (400, 'invalid_grant', 'The user or administrator has not consented to use the application.'),
    70000: (400, 'invalid_grant', 'Provided grant is invalid or malformed.'),
    70008: (400, 'invalid_grant', 'The provided authorization code or refresh token has expired due '
                                  'to inactivity.'),
    700082: (400, 'invalid_grant', 'The refresh token has expired due to inactivity.'),
    70043: (400, 'invalid_grant', 'The refresh token has expired or is invalid due to sign-in '
                                  'frequency checks by conditional access.'),
    700003: (400, 'invalid_grant', 'Device object was not found in the tenant.'),
    50059: (400, 'invalid_request', 'No tenant-identifying information found in either the request '
                                    'or implied by any provided credentials.'),
    90002: (400, 'invalid_tenant', "Tenant '{tenant}' not found. Check to make sure you have the "
                                   'correct tenant ID and are signing into the correct cloud. Check '
                                   'with your subscription administrator, this may happen if there '
                                   'are no active subscriptions for the tenant.'),
    90010: (400, 'invalid_request', 'The request is not supported for various reasons.'),
    90014: (400, 'invalid_request', 'The required field is missing from the credential.'),
    900144: (400, 'invalid_request', 'The request body must contain the following parameter.'),
    9001023: (400, 'invalid_request', 'The grant type is not supported over the /common or '
                                      '/consumers endpoints.'),
    70011: (400, 'invalid_scope', 'The provided value for the input parameter scope is not valid.'),
    500011: (400, 'invalid_resource', 'The resource principal was not found in the tenant.'),
    50001: (400, 'invalid_resource', 'The resource was not found.'),
    700016: (400, 'unauthorized_client', 'Application was not found in the directory.'),
    700038: (400, 'unauthorized_client', 'The client identifier is not a valid application identifier.'),
    70003: (400, 'unsupported_grant_type', 'The app requested an unsupported grant type.'),
    7000215: (401, 'invalid_client', 'Invalid client secret provided.'),
    7000218: (401, 'invalid_client', "The request body must contain the following parameter: "
                                     "'client_assertion' or 'client_secret'."),
    7000222: (401, 'invalid_client', 'The provided client secret keys are expired.'),
    700027: (401, 'invalid_client', 'Client assertion failed signature validation.'),
    70002: (401, 'invalid_client', 'Error validating credentials.'),
    70016: (400, 'authorization_pending', 'OAuth 2.0 device flow error. Authorization is pending. '
                                          'Continue polling.'),
    70020: (400, 'expired_token', "The provided value for the input parameter 'device_code' is not "
                                  'valid. This device code has expired.'),
    50033: (503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'),
    90033: (503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'),
}
WITHOUT_URI = {50033, 70003, 70020, 700038, 90033}
STEP_UP = {'suberror': 'basic_action',
           'claims': '{"access_token":{"capolids":{"essential":true,"values":'
                     '["77777777-7777-7777-7777-777777777777"]}}}'}
MEMBERS = {50076: STEP_UP, 50079: STEP_UP, 50158: {'claims': STEP_UP['claims']}}
SEPARATORS = {'new': ' ', 'old': '\r\n'}


def error_body(number, error=None, style='new', correlation=None, tenant='nosuch.example', **more):
    """(status, body); `more` adds or replaces members, None takes one out."""
    status, usual, text = ERRORS.get(number, (400, 'invalid_grant', 'Emulated.'))
    trace, correlation = str(uuid.uuid4()), correlation or str(uuid.uuid4())
    stamp = time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())
    description = SEPARATORS[style].join([
        f'AADSTS{number}: {text.format(tenant=tenant)}', f'Trace ID: {trace}',
        f'Correlation ID: {correlation}', f'Timestamp: {stamp}'])
    body = {'error': error or usual, 'error_description': description, 'error_codes': [number],
            'timestamp': stamp, 'trace_id': trace, 'correlation_id': correlation,
            'error_uri': f'https://login.microsoftonline.com/error?code={number}',
            **MEMBERS.get(number, {})}
    return status, changed(body, {**({'error_uri': None} if number in WITHOUT_URI else {}), **more})
