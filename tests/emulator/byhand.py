#!/usr/bin/python3
"""The emulated platform for a developer: prints what is needed to use it, and ends on Ctrl-C."""
import os
import signal
import tempfile

from provider import PEOPLE
from server import start

TEXT = """\
An identity platform listens on loopback until you press Ctrl-C. Nobody else knows its keys.

--- latchkey.conf -------------------------------------------------------------
issuer = {issuer}
client_id = {client_id}
ca_file = {ca_file}
domains = contoso.example
allow = everyone
--- people (name, password) ---------------------------------------------------
{people}
--- orders; tests/emulator/server.py and script.py know all of them ------------
A token:    curl --cacert {ca_file} {token} \\
              -d grant_type=password -d client_id={client_id} -d scope=openid \\
              --data-urlencode username={name} --data-urlencode 'password={password}'
An outage:  curl -d '{{"endpoint":"token","number":90033}}' {control}/_script
A refusal:  curl -d '{{"endpoint":"token","user":"{name}","number":50057}}' {control}/_script
Patience:   curl -d '{{"endpoint":"token","status":429,"retry_after":"30"}}' {control}/_script
No answers: curl -d '{{"mode":"black_hole"}}' {control}/_listen
            (or refuse, silence, abort_handshake; or {{"certificate":"expired"}})
Backup:     curl -d '{{"on":true}}' {control}/_backup
A password: curl -d '{{"name":"{name}","password":"new"}}' {control}/_person
All well:   curl -d '{{}}' {control}/_reset
The log:    curl {control}/_log
"""


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix='emulator-') as folder:
            os.chmod(folder, 0o755)  # the helper reads the CA file there
            about = start(folder)
            token = about['issuer'].replace('/v2.0', '/oauth2/v2.0/token')
            people = '\n'.join(f'{name}   {person["password"]}' for name, person in PEOPLE.items())
            name, person = next(iter(PEOPLE.items()))
            print(TEXT.format(**about, token=token, people=people, name=name,
                              password=person['password']), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
