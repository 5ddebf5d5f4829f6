# SPDX-License-Identifier: MIT
"""A host of its own for what `latchkey` does with everybody: in mounts over the folders of a build."""
import json
import os
import sqlite3
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OWNER = 65534  # stands for the user latchkey
CONFIG = """issuer = https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0
client_id = c
domains = contoso.example
allow = everyone
"""


class Host:
    def __init__(self, build):
        self.build = build
        self.state, self.etc, self.run_dir = (os.path.join(build, name) for name in ("state", "etc", "run"))
        self.private, self.public = self.state + "/private", self.state + "/public"
        self.snapshot, self.store = self.public + "/snapshot", self.private + "/store.db"
        for folder in (self.state, self.etc, self.run_dir):
            os.makedirs(folder, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", folder], check=True)
        for folder, mode in ((self.private, 0o700), (self.public, 0o755), (self.run_dir + "/state", 0o700)):
            os.mkdir(folder)
            os.chmod(folder, mode)
            os.chown(folder, OWNER, OWNER)
        with open(self.etc + "/latchkey.conf", "w", encoding="utf-8") as conf:
            conf.write(CONFIG)
        subprocess.run([build + "/latchkey-login", "--prepare"], check=True, stdout=subprocess.DEVNULL)

    def tool(self, *words, given=b"", status=0):
        done = subprocess.run([self.build + "/latchkey", *words], input=given, capture_output=True, timeout=300)
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == status, f"{words}: {done.returncode}: {said}"
        return said

    def take(self, *lines, words=(), status=0):
        text = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        return self.tool("people", "import", *words, "-", given=text, status=status)

    def people(self):
        lines = subprocess.run([self.build + "/latchkey", "people", "export"], capture_output=True, check=True).stdout
        return {person["name"]: person for person in map(json.loads, lines.splitlines())}

    def rows(self, sql):
        with sqlite3.connect(self.store) as database:
            return database.execute(sql).fetchall()

    def forget(self):
        for folder in (self.state, self.etc, self.run_dir):
            subprocess.run(["umount", "-l", folder], check=True)


def person(name, **more):
    return {"name": name + "@contoso.example", "object_id": "id-" + name, **more}


def generation(host):
    return json.loads(host.tool("snapshot", "verify", "--json"))["generation"]


def made(host, count):
    file = f"{host.state}/made-{count}"
    with open(file, "wb") as out:
        subprocess.run([HERE + "/people_make.py", str(count)], stdout=out, check=True)
    return file


def begun(host, *words, **more):
    """An import that has recorded some, and is not through."""
    run = subprocess.Popen([host.build + "/latchkey", "people", "import", *words], **more)
    while run.poll() is None and not host.rows("SELECT count(*) FROM person WHERE gecos <> ''")[0][0]:
        time.sleep(0.002)
    return run
