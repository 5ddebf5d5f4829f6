#!/bin/bash
# The editor of nsswitch.conf: what it adds, and that it takes exactly that out again.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

verdict() { # is it good? what was tried
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "nsswitch: FAILED: $2"
    fi
}

edit() {
    packaging/nsswitch "$1" "$folder/nsswitch.conf" 2>"$folder/complaints"
}

# From one text to another and back to the byte; adding twice is adding once.
there_and_back() { # before, after
    printf '%b' "$1" >"$folder/nsswitch.conf"
    printf '%b' "$1" >"$folder/before"
    printf '%b' "$2" >"$folder/after"
    edit add && edit add && cmp -s "$folder/nsswitch.conf" "$folder/after"
    verdict $? "add to $1: $(tr '\n' '|' <"$folder/nsswitch.conf")"
    edit remove && cmp -s "$folder/nsswitch.conf" "$folder/before"
    verdict $? "remove from $2: $(tr '\n' '|' <"$folder/nsswitch.conf")"
}

there_and_back 'passwd: files systemd\ngroup: files systemd\nshadow: files\n' \
               'passwd: files latchkey systemd\ngroup: files latchkey systemd\nshadow: files\n'
there_and_back '# passwd: files\npasswd:\t\tfiles\n\ngroup:  files  # files\nhosts: files dns\n' \
               '# passwd: files\npasswd:\t\tfiles latchkey\n\ngroup:  files latchkey  # files\nhosts: files dns\n'
there_and_back 'passwd: compat\ngroup: compat systemd' \
               'passwd: compat latchkey\ngroup: compat latchkey systemd'
there_and_back 'passwd: files [NOTFOUND=return] sss\ngroup:files[!SUCCESS=continue] sss\n' \
               'passwd: files [NOTFOUND=return] latchkey sss\ngroup:files[!SUCCESS=continue] latchkey sss\n'
there_and_back 'passwd: files\ngroup: files [SUCCESS=merge] systemd\n' \
               'passwd: files latchkey\ngroup: files [SUCCESS=merge] latchkey [SUCCESS=merge] systemd\n'
there_and_back 'passwd: sss files\t\ngroup: files-of-mine files#x\n' \
               'passwd: sss files latchkey\t\ngroup: files-of-mine files latchkey#x\n'
there_and_back 'shadow: files\nhosts: files' \
               'passwd: files latchkey # added by libnss-latchkey\ngroup: files latchkey # added by libnss-latchkey\nshadow: files\nhosts: files'
there_and_back 'passwd: db sss\ngroup: ldap\npasswd_compat: files\n' \
               'passwd: db sss\ngroup: ldap\npasswd_compat: files\n'
there_and_back 'passwd: files mylatchkey\ngroup: files latchkeys\n' \
               'passwd: files latchkey mylatchkey\ngroup: files latchkey latchkeys\n'
there_and_back '' ''

# What an administrator moved or wrote is taken out too, and only that.
printf 'passwd: latchkey files\ngroup: files systemd latchkey [NOTFOUND=return] sss\n' >"$folder/nsswitch.conf"
edit remove && [ "$(cat "$folder/nsswitch.conf")" = $'passwd: files\ngroup: files systemd sss' ]
verdict $? "words in other places: $(tr '\n' '|' <"$folder/nsswitch.conf")"

printf 'passwd: sss\ngroup: files [NOTFOUND=return]\n' >"$folder/nsswitch.conf"
edit add && grep -q 'passwd line has neither' "$folder/complaints" && grep -q 'group line may keep' "$folder/complaints"
verdict $? "complaints: $(cat "$folder/complaints")"

printf 'passwd: files\ngroup: files\n' >"$folder/real"
chmod 640 "$folder/real"
ln -sf real "$folder/nsswitch.conf"
edit add && [ -L "$folder/nsswitch.conf" ] && [ "$(stat -c %a "$folder/real")" = 640 ] &&
    grep -q 'passwd: files latchkey' "$folder/real"
verdict $? "a symbolic link stays one, and the mode stays"

rm "$folder/nsswitch.conf"
edit add && [ ! -e "$folder/nsswitch.conf" ]
verdict $? "no file: none is made"

echo "nsswitch: $passed passed, $failed failed"
[ "$failed" = 0 ]
