#!/bin/sh
# format.sh: every C file is as clang-format would write it.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
for file in */*.[ch]; do
    if clang-format --dry-run -Werror "$file"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
printf 'format: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
