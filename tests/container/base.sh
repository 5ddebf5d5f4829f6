#!/bin/sh
# base.sh [PACKAGE ...]: prints the folder of a minimal Debian of this machine's release, with these packages beside
# the usual ones; makes it when there is none yet.
# Nobody writes to it afterwards: containers put an overlay on it. It is kept in $LATCHKEY_CACHE (/var/cache/latchkey-tests).
set -eu
cache=${LATCHKEY_CACHE:-/var/cache/latchkey-tests}
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# What the packages need, so that they install without a network; then what people sign in through.
libraries='libcurl4 libjansson4 libssl3 libsqlite3-0 libcrypt1 libinih1 libpwquality1 cracklib-runtime libqrencode4
    libpam0g libpam-runtime'
packages="$libraries systemd systemd-sysv dbus libpam-systemd libpam-modules login passwd util-linux sudo openssh-server
    ca-certificates openssl pamtester procps $*"
key=$( { cat "$0"; echo "$release" "$@"; dpkg-query -W libc6 libcurl4 libssl3 libsqlite3-0 2>/dev/null || true; } |
    sha256sum | cut -c 1-16)
root=$cache/root-$key

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
if [ ! -d "$root" ]; then
    echo "making the Debian root $root (about a minute)" >&2
    rm -rf --one-file-system "$cache"/new-*
    find "$cache" -maxdepth 1 -name 'root-*' -mtime +30 -exec rm -rf --one-file-system {} +
    new=$cache/new-$key
    apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' > "$cache/apt.conf" || true
    set --
    for sources in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources; do
        if [ -s "$sources" ]; then set -- "$@" "$sources"; fi
    done
    # shellcheck disable=SC2016,SC2086 # mmdebstrap expands $1 itself; $packages is a list of words
    mmdebstrap --variant=minbase --include="$(echo $packages | tr ' ' ,)" \
        --aptopt="$cache/apt.conf" --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap' \
        --customize-hook='echo testhost > "$1/etc/hostname"; : > "$1/etc/resolv.conf"; : > "$1/etc/default/locale"' \
        --customize-hook='printf "127.0.0.1 localhost testhost\n::1 localhost\n" > "$1/etc/hosts"' \
        --customize-hook='chroot "$1" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer' \
        "$release" "$new" "$@" >&2
    mv "$new" "$root"
fi
touch "$root"
echo "$root"
