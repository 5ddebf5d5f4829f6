"""What is to go wrong, and when.

A rule is a dictionary. Which requests it is about:
    endpoint  "discovery", "keys", "device", "realm", "token", or "token:password",
              "token:refresh_token", "token:device_code"
    user      a name: the one in a password grant, the owner of a refresh token, who has approved
    first     it begins with this matching call (1)
    times     and is about so many (all)
What happens instead of the usual answer:
    status, headers, body (text), body_base64     a raw answer; Content-Type is application/json
    number, error, members                        an error body in Entra's form
    style     "old": its description is of lines
    token     a changed success; tokens.py says how
    under_status                                  the usual answer, or that error, with another status
    document  {…}: members to change in a document, of a device code or a realm too; null takes one out
    retry_after  a header: text, or seconds from the server's Date on, as a date
    date_shift   seconds that the header Date is wrong
    delay     seconds before anything is done
    hold      the answer is made at once, and sent when POST /_release comes
    lose      the answer is made, tokens and all, and the connection cut instead of sending it
    publish   the keys change right after this call: what POST /_keys takes
    fault     see faults.py
    repeat, pause   for the faults that send a body: how many times, how many seconds apart
"""
import threading


class Script:
    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []
        self.released = threading.Event()

    def clear(self):
        self.released.set()
        with self.lock:
            self.rules = []

    def add(self, rule):
        if rule.get('hold'):
            self.released.clear()
        with self.lock:
            self.rules.append({**rule, 'seen': 0})

    def rule_for(self, endpoint, form, user):
        """The first rule that is about this call; {} when none is."""
        kinds = {endpoint, f'{endpoint}:{form.get("grant_type", "").rpartition(":")[2]}'}
        with self.lock:
            for rule in self.rules:
                if rule['endpoint'] not in kinds or rule.get('user') not in (None, user):
                    continue
                rule['seen'] += 1
                past = rule['seen'] - rule.get('first', 1)
                if past >= 0 and ('times' not in rule or past < rule['times']):
                    return rule
        return {}
