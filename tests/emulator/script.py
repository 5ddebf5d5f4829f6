"""What is to go wrong, and when.

A rule is a dictionary. Which requests it is about:
    endpoint  "discovery", "keys", "token", or "token:password", "token:refresh_token"
    user      a name; only a password grant tells it
    first     it begins with this matching call (1)
    times     and is about so many (all)
What happens instead of the usual answer:
    status, headers, body (text), body_base64     a raw answer; Content-Type is application/json
    number, error, members                        an error body in Entra's form
    token     a changed success; tokens.py says how
    under_status                                  the usual answer with another status
    document  {…}: members to change in a discovery document; null takes one out
    delay     seconds before anything is done
    hold      the answer is made at once, and sent when POST /_release comes
    fault     see FAULTS in server.py
    repeat    for the faults that send a body: how many times
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

    def rule_for(self, endpoint, form):
        """The first rule that is about this call; {} when none is."""
        kinds = {endpoint, f'{endpoint}:{form.get("grant_type")}'}
        with self.lock:
            for rule in self.rules:
                if rule['endpoint'] not in kinds or rule.get('user') not in (None, form.get('username')):
                    continue
                rule['seen'] += 1
                past = rule['seen'] - rule.get('first', 1)
                if past >= 0 and ('times' not in rule or past < rule['times']):
                    return rule
        return {}
