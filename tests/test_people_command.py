#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_people_command.py BUILD [PART OF A NAME]: `latchkey people`, `snapshot` and `store` as root would run them.

In mounts of its own, over the folders that the build was made for; needs root.
"""
import json
import os
import pty
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time

from people_host import OWNER, Host, begun, generation, made, person


def people_come_in_and_go_out_alike(host):
    ada = person("ada", gecos="Ada Zoë", home="/home/a", shell="/bin/sh",
                 groups=[{"object_id": "g1", "name": "engineers"}, {"object_id": "g2"}])
    host.take(ada, person("bob"))
    out = host.people()
    assert out["ada@contoso.example"]["gecos"] == "Ada Zoë"
    assert {(g["object_id"], g["name"]) for g in out["ada@contoso.example"]["groups"]} == {
        ("g1", "engineers"), ("g2", "g2")}
    assert "verifier" not in str(out) and "token" not in str(out)
    before = generation(host)
    assert "2 as before" in host.take(*out.values())
    assert generation(host) == before, "nothing changed, but something was published"
    assert host.rows("SELECT count(*) FROM person WHERE verifier <> '' OR token IS NOT NULL") == [(0,)]


def the_longest_texts_are_taken_and_no_longer_ones(host):
    longest = {"home": "/" + "h" * 510, "shell": "/" + "s" * 510}
    for text in longest:
        said = host.take(person("ada", **{**longest, text: longest[text] + "x"}), status=1)
        assert "line 1: " in said and not host.people(), said
    host.take(person("ada", **longest))
    ada = host.people()["ada@contoso.example"]
    assert {text: ada[text] for text in longest} == longest, ada


def a_home_moves_only_when_a_line_says_so(host):
    host.take(person("ada", home="/srv/ada"), person("bob"))
    assert "0 changed, 2 as before" in host.take(person("ada"), person("bob"))
    assert "1 changed" in host.take(person("ada", gecos="Ada"))
    assert host.people()["ada@contoso.example"]["home"] == "/srv/ada"
    before = generation(host)
    assert "1 changed" in host.take(person("ada", home="/home/ada"))
    assert host.people()["ada@contoso.example"]["home"] == "/home/ada"
    assert generation(host) > before
    host.take(person("robert", object_id="id-bob"))
    assert host.people()["robert@contoso.example"]["home"] == "/home/bob@contoso.example"


def bad_lines_are_named_and_change_nothing(host):
    deep = b'{"name":' + b"[" * 100 + b"]" * 100 + b"}"
    bad = [b"{bad", b"[]", b"null", b'{"name":"x@contoso.example"}', b'{"a":1,"a":2}', deep, b"\x00", b"\xff\xfe",
           b'{"name":"x@contoso.example","object_id":"a\\u0000b"}', b'{"name": 7, "object_id": "x"}',
           b" " * 10 + b"x" * (1 << 20), b'"' * 3, person("ADA"), person("root")["name"][:4].encode(),
           {"name": "root", "object_id": "x"}, {"name": "a@other.example", "object_id": "x"}, person("x" * 300),
           person("a", object_id=""), person("a", object_id="x" * 256), person("a", object_id="a\nb"),
           person("a", home="relative"), person("a", home="/a:b"), person("a", shell="/a\nb"), person("a", gecos=7),
           person("a", groups={}), person("a", groups=["g"]), person("a", groups=[{"name": "g"}]),
           person("a", groups=[{"object_id": "g", "name": "sudo"}]),
           person("a", groups=[{"object_id": "g", "name": "Big"}]),
           person("a", groups=[{"object_id": str(i)} for i in range(2001)]), person("a", colour="blue"),
           person("a", issuer="https://other.example"), person("a/../b"), person("a b"), person("-a")]
    for line in bad:
        said = host.take(person("good"), b"", line, status=1)
        assert "line 3: " in said and "nothing was changed" in said, said
        assert not host.people()
    said = host.take(*bad, person("good"), words=("--keep-going",), status=1)
    assert f"1 new, 0 changed, 0 as before, {len(bad)} bad" in said, said
    assert list(host.people()) == ["good@contoso.example"]


def two_lines_about_one_person_are_told(host):
    said = host.take(person("a"), person("b"), person("c", object_id="id-a"), status=1)
    assert "line 3: line 1 has the same object_id" in said, said
    said = host.take(person("a"), person("a", object_id="other"), status=1)
    assert "line 2: line 1 has the same name" in said, said
    assert not host.people()


def a_name_of_another_account_stays_his(host):
    host.take(person("a"))
    said = host.take(person("a", object_id="somebody-else"), status=1)
    assert "bound to another account" in said, said
    assert host.people()["a@contoso.example"]["object_id"] == "id-a"
    host.take(person("z", object_id="id-a"))  # a rename keeps the id
    assert host.rows("SELECT count(*), count(DISTINCT object_id) FROM id") == [(1, 1)]


def ids_do_not_hang_on_the_order(host):
    lines = [person(f"p{i}", groups=[{"object_id": f"g{i % 7}"}]) for i in range(50)]
    host.take(*lines)
    one = host.rows("SELECT id, kind, object_id FROM id ORDER BY id")
    host.forget()
    other = Host(host.build)
    for line in reversed(lines):
        other.take(line)
    assert other.rows("SELECT id, kind, object_id FROM id ORDER BY id") == one


def killed_and_run_again_it_comes_to_the_same(host):
    file, killed = made(host, 3000), 0
    for tenths in range(1, 12):
        run = subprocess.Popen([host.build + "/latchkey", "people", "import", file], stdout=subprocess.DEVNULL)
        time.sleep(tenths / 20)
        run.send_signal(signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
        host.tool("snapshot", "verify")
    assert killed, "never killed in the middle"
    host.tool("people", "import", file)
    facts = json.loads(host.tool("snapshot", "verify", "--json"))
    assert facts["people"] == 3000 and "3000 as before" in host.tool("people", "import", file)


def others_get_in_between(host):
    count, before = 12000, generation(host)
    run = begun(host, made(host, count), stdout=subprocess.DEVNULL)
    host.take(person("between"))
    there = host.rows("SELECT count(*) FROM person")[0][0]
    assert run.poll() is None and 1 < there < count, f"{there} were there"
    assert run.wait() == 0
    facts = json.loads(host.tool("snapshot", "verify", "--json"))
    assert facts["people"] == count + 1
    assert facts["generation"] <= before + 2, "published more than once at the end of each"


def interrupted_it_shows_what_it_has_recorded(host):
    for number in (signal.SIGINT, signal.SIGTERM):
        file = made(host, 12000 + number)
        run = begun(host, "--json", file, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run.send_signal(number)
        said, complaints = run.communicate()
        assert run.returncode == -number, run.returncode
        done = json.loads(said)
        assert done["published"] and b"interrupted" in complaints and b"run it again" in complaints, complaints
        people = json.loads(host.tool("snapshot", "verify", "--json"))["people"]
        assert 0 < done["new"] < 12000 and people == host.rows("SELECT count(*) FROM person")[0][0]
        host.tool("people", "import", file)
        host.forget()
        host.__init__(host.build)


def whoever_was_told_to_ignore_a_signal_does(host):
    for number in (signal.SIGHUP, signal.SIGINT):  # of nohup, and of a shell that has no terminal
        kept = signal.signal(number, signal.SIG_IGN)
        try:
            run = begun(host, made(host, 3000 + number), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        finally:
            signal.signal(number, kept)
        run.send_signal(number)
        assert run.wait() == 0, run.returncode
        assert json.loads(host.tool("snapshot", "verify", "--json"))["people"] == 3000 + number
        host.forget()
        host.__init__(host.build)


def what_cannot_be_shown_is_told(host):
    os.chmod(host.public, 0o500)
    os.chown(host.public, 0, 0)
    said = host.take(person("a"), status=3)
    assert "1 new" in said and "nothing to publish" in said and "snapshot rebuild" in said, said
    os.chown(host.public, OWNER, OWNER)
    os.chmod(host.public, 0o755)
    assert "1 as before" in host.take(person("a")) and "1 people" in host.tool("snapshot", "verify")


def it_is_not_done_as_root(host):
    pipe = host.state + "/pipe"
    os.mkfifo(pipe, 0o600)  # which only root may open
    with subprocess.Popen([host.build + "/latchkey", "people", "import", pipe], stdout=subprocess.DEVNULL) as run:
        with open(pipe, "wb") as text:
            end, ids = time.monotonic() + 60, [["0"]]
            while ids[0][0] == "0" and time.monotonic() < end:
                with open(f"/proc/{run.pid}/status", encoding="ascii") as status:
                    ids = [line.split()[1:] for line in status if line.startswith(("Uid:", "Gid:", "Groups:"))]
            assert ids == [[str(OWNER)] * 4, [str(OWNER)] * 4, []], ids
            text.write(json.dumps(person("a")).encode())
    assert run.returncode == 0 and len(host.people()) == 1
    for file, mode in ((host.store, 0o600), (host.snapshot, 0o644)):
        status = os.stat(file)
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (OWNER, OWNER, mode), file
    if shutil.which("strace"):
        trace = host.state + "/trace"
        subprocess.run(["strace", "-o", trace, "-e", "trace=setresuid,openat,mmap", host.build + "/latchkey",
                        "snapshot", "verify", host.snapshot], check=True, stdout=subprocess.DEVNULL)
        with open(trace, encoding="ascii") as lines:
            kinds = ["given up" if "setresuid(65534" in line else "mapped" for line in lines
                     if "setresuid(65534" in line or "PROT_READ, MAP_SHARED" in line]
        assert kinds and kinds[0] == "given up" and "mapped" in kinds, kinds


def facts_of(process):
    """Its user, its session, and the number of its terminal."""
    with open(f"/proc/{process}/status", encoding="ascii") as lines:
        uid = next(line.split()[1] for line in lines if line.startswith("Uid:"))
    with open(f"/proc/{process}/stat", encoding="ascii") as line:
        fields = line.read().rpartition(")")[2].split()
    return int(uid), int(fields[3]), int(fields[4])


def descendants(process):
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as children:
        for child in children.read().split():
            yield int(child)
            yield from descendants(child)


def who_gave_root_up(process):
    """Of all that it has started, and those have."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            for child in descendants(process):
                if facts_of(child)[0] == OWNER:
                    return child
        except OSError:
            continue
    raise AssertionError("nobody gave root up")


def nobody_can_type_into_roots_terminal(host):
    ours, theirs = pty.openpty()

    def by_hand(*words):  # a shell leads the session and has the terminal, as when somebody types the command
        return subprocess.Popen(["setsid", "--ctty", "sh", "-c", '"$0" "$@"; exit $?', host.build + "/latchkey", *words],
                                stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    pipe = host.state + "/pipe"
    os.mkfifo(pipe, 0o600)
    with by_hand("people", "import", pipe) as shell:
        with open(pipe, "wb"):
            tool = who_gave_root_up(shell.pid)
            _, session, terminal = facts_of(shell.pid)
            assert session == shell.pid and terminal, "the test has no terminal"
            assert facts_of(tool) == (OWNER, session, 0), facts_of(tool)
            os.write(ours, b"\3")  # Ctrl-C still reaches it
            shell.wait(60)
    assert not host.people()
    with sqlite3.connect(host.store, isolation_level=None) as held:
        held.execute("BEGIN EXCLUSIVE")
        with by_hand("config", "apply") as shell:
            child = who_gave_root_up(shell.pid)
            assert facts_of(child) == (OWNER, child, 0), facts_of(child)
            assert os.readlink(f"/proc/{child}/fd/0") == "/dev/null"
            held.execute("COMMIT")
            assert shell.wait(60) == 0
    os.close(ours)
    os.close(theirs)


def a_file_that_only_root_may_read_is_verified(host):
    host.take(person("a"))
    folder = host.state + "/of-root"
    os.mkdir(folder, 0o700)
    shutil.copy(host.snapshot, folder + "/copy")
    os.chmod(folder + "/copy", 0o644)
    done = subprocess.run([host.build + "/latchkey", "snapshot", "verify", "copy"], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stdout
    os.chmod(folder + "/copy", 0o600)
    done = subprocess.run([host.build + "/latchkey", "snapshot", "verify", "copy"], cwd=folder, capture_output=True)
    assert done.returncode == 1 and b"its mode is not 0644" in done.stdout, done.stdout


def others_than_root_are_told(host):
    def as_somebody(*words):
        return subprocess.run(["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups",
                               host.build + "/latchkey", *words], capture_output=True, input=b"", check=False)

    host.take(person("a"))
    os.chmod(host.build, 0o755)
    for words in (("people", "import", "-"), ("people", "export"), ("store", "recover"), ("snapshot", "rebuild"),
                  ("snapshot", "rollback")):
        done = as_somebody(*words)
        assert done.returncode == 3 and b"only root, or the user latchkey" in done.stderr and not done.stdout, done
    assert as_somebody("snapshot", "verify").returncode == 0
    done = subprocess.run([host.build + "/latchkey", "people", "export"], stdout=os.open("/dev/full", os.O_WRONLY),
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3 and done.stderr, "what could not be written was not said"


def a_bar_is_drawn_on_a_terminal_alone(host):
    file = made(host, 3000)
    ours, theirs = pty.openpty()
    run = subprocess.Popen([host.build + "/latchkey", "people", "import", file], stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    drawn = b""
    try:
        while piece := os.read(ours, 65536):
            drawn += piece
    except OSError:  # EIO: the other side has gone
        pass
    said = run.communicate()[0]
    os.close(ours)
    assert b"%" in drawn and drawn.endswith(b"\r\x1b[K"), drawn[-80:]
    assert said == b"3000 new, 0 changed, 0 as before, 0 bad lines; published\n", said
    done = subprocess.run([host.build + "/latchkey", "people", "import", file], capture_output=True, check=True)
    assert not done.stderr


def damage_is_found(host):
    host.take(*[person(f"p{i}", groups=[{"object_id": "g"}]) for i in range(20)])
    with open(host.snapshot, "rb") as file:
        good = file.read()
    copy = host.state + "/copy"

    def verdict(content, mode=0o644):
        with open(copy, "wb") as file:
            file.write(content)
        os.chmod(copy, mode)
        done = subprocess.run([host.build + "/latchkey", "snapshot", "verify", copy], capture_output=True)
        return done.returncode

    assert verdict(good) == 0
    assert verdict(good, 0o666) == 1
    for at in range(0, len(good), 7):
        if 8 <= at < 12:
            continue  # the word that says it is superseded
        assert verdict(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1:]) == 1, at
    for size in (0, 1, 63, 64, 128, len(good) - 64, len(good) - 1):
        assert verdict(good[:size]) == 1, size
    assert "there is no such file" in host.tool("snapshot", "verify", "/nowhere", status=1)


def rollback_and_rebuild(host):
    assert "there is no snapshot.previous" in host.tool("snapshot", "rollback", status=1)
    host.take(person("a"))
    host.take(person("b"))
    number = generation(host)
    old = open(host.snapshot, "rb")  # pylint: disable=consider-using-with
    host.tool("snapshot", "rollback")
    old.seek(8)
    assert old.read(4) == b"\1\0\0\0", "the old file is not marked"
    old.close()
    facts = json.loads(host.tool("snapshot", "verify", "--json"))
    assert facts["generation"] == number + 1 and facts["people"] == 1 and facts["state"] == "good"
    host.tool("snapshot", "rebuild")
    facts = json.loads(host.tool("snapshot", "verify", "--json"))
    assert facts["generation"] == number + 2 and facts["people"] == 2
    with open(host.public + "/snapshot.previous", "r+b") as file:
        file.seek(-70, os.SEEK_END)
        file.write(b"\xff")
    assert "nothing was changed" in host.tool("snapshot", "rollback", status=1)
    assert generation(host) == number + 2
    os.unlink(host.snapshot)
    host.tool("snapshot", "rebuild")
    host.tool("snapshot", "verify")


def programs_can_read_what_is_told(host):
    host.take(person("a"))
    host.take(person("b", groups=[{"object_id": "g"}]))
    number = generation(host)
    assert json.loads(host.tool("snapshot", "rollback", "--json")) == {
        "generation": number + 1, "shows": number - 1, "people": 1, "groups": 0}
    assert json.loads(host.tool("snapshot", "rebuild", "--json")) == {
        "generation": number + 2, "people": 2, "groups": 1}
    host.take(person("root"))
    gid = next(int(line.split(":")[2]) for line in open("/etc/group", encoding="utf-8") if line.startswith("audio:"))
    with open(host.etc + "/latchkey.conf", "a", encoding="utf-8") as conf:
        conf.write("names = short\n[local groups]\naudio = 66666666-2222-3333-4444-555555555555\n")
    said = json.loads(host.tool("config", "apply", "--json"))
    group = said["local_groups"].pop()
    assert group["name"] == "audio" and group["gid"] == gid and group["platform_gid"] >= 0x70000000, group
    assert group["object_id"] == "66666666-2222-3333-4444-555555555555" and not said["local_groups"]
    assert said["first_by_ssh"] != ("why_not" in said) and said["file"] == host.etc + "/nss.conf", said
    assert (said["left_out"], said["left_out_count"]) == (["root@contoso.example"], 1), said
    assert "left_out" not in json.loads(host.tool("config", "apply", "--json")), "nothing was called otherwise"
    for words in (("config", "apply", "--json", "x"), ("config", "apply", "x"), ("snapshot", "rebuild", "--json", "x"),
                  ("snapshot", "rollback", "x", "--json")):
        assert "see latchkey" in host.tool(*words, status=2)


def a_lost_or_damaged_store_is_recovered(host):
    groups = [{"object_id": "g1", "name": "engineers"}, {"object_id": "11111111-2222-3333-4444-555555555555"}]
    lines = [person(f"p{i}", groups=groups) for i in range(30)]
    assert "sound" in host.tool("store", "recover", status=1)
    host.take(*lines)
    ids = dict(host.rows("SELECT name, uid FROM person UNION SELECT name, gid FROM directory_group"))
    for how in ("lost", "cut", "overwritten", "empty"):
        with open(host.store, "r+b") as file:
            if how == "cut":
                file.truncate(os.path.getsize(host.store) // 2)
            elif how == "overwritten":
                file.seek(4096)
                file.write(b"x" * 8192)
            elif how == "empty":
                file.truncate(0)
        if how == "lost":
            os.unlink(host.store)
        kept = len([name for name in os.listdir(host.private) if "damaged" in name and "journal" not in name])
        host.take(person("new"), status=3)  # ids are refused
        mapped = how in ("lost", "empty")
        with open(host.etc + "/nss.conf", "w", encoding="ascii") as conf:
            conf.write("version 1\nwindow 1879048192 2147352575\nnames full\ndomain contoso.example\n"
                       "home /home/{name}\nshell /bin/bash\n"
                       + (f"local_group audio 29 {ids['engineers']}\n" if mapped else "") + "end 1\n")
        os.chmod(conf.name, 0o644)
        said = host.tool("store", "recover")
        assert ("run latchkey config apply once" in said) == mapped, said
        assert "30 people and 2 groups" in said and "NOT known" in said, said
        now = len([name for name in os.listdir(host.private) if "damaged" in name and "journal" not in name])
        assert now == kept + (how != "lost"), how
        assert json.loads(host.tool("snapshot", "verify", "--json"))["people"] == 30
        assert not host.people(), "whose account it is cannot be known yet"
        assert dict(host.rows("SELECT name, uid FROM person UNION SELECT name, gid FROM directory_group")) == ids
        # Another account does not get the name of one that waits, if it has an id of its own.
        host.take(person("x"))
        host.take(person("p1", object_id="id-x"), status=1)
        # Who comes first under a name claims the id; then it is his for good.
        host.take(*lines)
        assert dict(host.rows("SELECT name, uid FROM person WHERE name <> 'x@contoso.example' "
                              "UNION SELECT name, gid FROM directory_group")) == ids
        host.take(person("p1", object_id="id-later"), status=1)
        assert host.rows("SELECT count(*) FROM id WHERE issuer = 'recovered'") == [(0,)]
        host.forget()
        host.__init__(host.build)
        host.take(*lines)


def without_a_sound_snapshot_nothing_is_recovered(host):
    host.take(person("a"))
    os.unlink(host.store)
    for name in ("snapshot", "snapshot.previous"):
        with open(f"{host.public}/{name}", "r+b") as file:
            file.seek(100)
            file.write(b"\xff\xff")
    assert "restore" in host.tool("store", "recover", status=3)
    assert not os.path.exists(host.store)


def calls_that_are_wrong_are_told(host):
    for words in (("people",), ("people", "import"), ("people", "import", "a", "b"), ("people", "import", "--all", "-"),
                  ("people", "export", "x"), ("people", "x"), ("snapshot",), ("snapshot", "x"),
                  ("snapshot", "verify", "a", "b"), ("snapshot", "rollback", "x"), ("store",), ("store", "recover", "x")):
        assert "see latchkey" in host.tool(*words, status=2)
    assert "nowhere" in host.tool("people", "import", "/nowhere", status=3)
    os.unlink(host.etc + "/latchkey.conf")
    host.take(person("a"), status=3)


TESTS = (people_come_in_and_go_out_alike, the_longest_texts_are_taken_and_no_longer_ones, a_home_moves_only_when_a_line_says_so,
         bad_lines_are_named_and_change_nothing, two_lines_about_one_person_are_told,
         a_name_of_another_account_stays_his, ids_do_not_hang_on_the_order, killed_and_run_again_it_comes_to_the_same,
         others_get_in_between, interrupted_it_shows_what_it_has_recorded,
         whoever_was_told_to_ignore_a_signal_does, what_cannot_be_shown_is_told,
         it_is_not_done_as_root, nobody_can_type_into_roots_terminal, a_file_that_only_root_may_read_is_verified,
         others_than_root_are_told,
         a_bar_is_drawn_on_a_terminal_alone, damage_is_found, rollback_and_rebuild, programs_can_read_what_is_told,
         a_lost_or_damaged_store_is_recovered,
         without_a_sound_snapshot_nothing_is_recovered, calls_that_are_wrong_are_told)


def main():
    if sys.argv[-1] != "inside":
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv, "inside"])
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may ignore them: nohup, `&`
    build, part = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 3 else ""
    chosen, failed = [test for test in TESTS if part in test.__name__], 0
    for test in chosen:
        host = Host(build)
        try:
            test(host)
        except (AssertionError, subprocess.SubprocessError, ValueError, KeyError, OSError) as trouble:
            failed += 1
            print(f"people-command: FAILED: {test.__name__}: {trouble}")
        host.forget()
    print(f"people-command: {len(chosen) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
