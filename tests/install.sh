#!/bin/sh
# install.sh MAKE BUILD: what `make install` copies, `make uninstall` takes away, and nothing else.
set -u
make=$1 build=$2
passed=0 failed=0
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

verdict() { # what, wanted, got
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'install: FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
    fi
}

run() { # target, prefix
    "$make" --no-print-directory B="$build" werror=-Werror DESTDIR="$place" prefix="$2" "$1" >"$place.log" 2>&1 ||
        cat "$place.log"
    rm -f "$place.log"
}

files() {
    (cd "$place" && find . -not -type d | sort | xargs)
}

for prefix in /usr /opt/elsewhere; do
    run install "$prefix"
    for file in lib/security/pam_latchkey.so lib/libnss_latchkey.so.2 libexec/latchkey/latchkey-login \
        sbin/latchkey share/latchkey/nsswitch share/latchkey/codes share/pam-configs/latchkey \
        lib/systemd/system/latchkey-login.socket lib/systemd/system/latchkey-probe.path \
        share/man/man5/latchkey.conf.5 share/man/man8/latchkey.8; do
        verdict "$prefix/$file is installed" yes "$([ -s "$place$prefix/$file" ] && echo yes)"
    done
    verdict "the helper in $prefix may be run, and by nobody as somebody else" 755 \
        "$(stat -c %a "$place$prefix/libexec/latchkey/latchkey-login")"
    verdict "the unit in $prefix starts the helper that is there" "ExecStart=$prefix/libexec/latchkey/latchkey-login" \
        "$(grep -h '^ExecStart=' "$place$prefix"/lib/systemd/system/latchkey-login@.service)"
    verdict "the unit in $prefix runs the tool that is there" "ExecStart=$prefix/sbin/latchkey probe" \
        "$(grep -h '^ExecStart=' "$place$prefix"/lib/systemd/system/latchkey-probe.service)"
    echo 'colour = blue' >"$place/etc/latchkey/latchkey.conf"
    run uninstall "$prefix"
    verdict "after uninstall from $prefix the configuration is all that is left" ./etc/latchkey/latchkey.conf "$(files)"
    rm "$place/etc/latchkey/latchkey.conf"
    run uninstall "$prefix"
    verdict "after uninstall from $prefix our own folders are gone" '' "$(find "$place" -name '*latchkey*' -print0 | xargs -0)"
done
printf 'install: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
