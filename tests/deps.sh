#!/bin/sh
# deps.sh: installs what building and testing need: Debian packages by apt, the test provider's packages by npm.
# Says what it does; when nothing is missing it does nothing and needs no network. Wants root for apt only.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# build-essential is what dpkg-buildpackage takes for granted.
build='build-essential debhelper pkg-config libcrypt-dev libcurl4-openssl-dev libinih-dev libjansson-dev libpam0g-dev
    libpwquality-dev libqrencode-dev libsqlite3-dev libssl-dev'
check='clang clang-format clang-tidy cppcheck libclang-rt-dev libcmocka-dev lintian mandoc python3
    python3-cryptography shellcheck strace'
bed='arch-test ca-certificates iproute2 mmdebstrap nftables openssh-client openssl python3-pexpect systemd-container
    util-linux'
node=''
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    node='nodejs npm'
fi

missing=''
for package in $build $check $bed $node; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
    esac
done
if [ "$missing" ]; then
    echo "installing Debian packages:$missing"
    if [ "$(id -u)" != 0 ]; then
        echo "only root can: sudo make deps" >&2
        exit 1
    fi
    apt-get -q -o DPkg::Lock::Timeout=900 update
    # shellcheck disable=SC2086 # $missing is a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=900 install --no-install-recommends $missing
fi

stamp=$here/provider/node_modules/.installed
if ! cmp -s "$here/provider/package-lock.json" "$stamp"; then
    echo "installing the test provider's packages from tests/provider/package-lock.json"
    (cd "$here/provider" && npm ci --no-audit --no-fund --ignore-scripts)
    cp "$here/provider/package-lock.json" "$stamp"
fi
