#!/bin/sh
# packages.sh FOLDER: lintian finds no error in any of the packages.
set -u
passed=0 failed=0
for package in "$1"/*.deb; do
    if lintian --allow-root --fail-on error "$package"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
printf 'packages: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
