#!/bin/sh
# all.sh LOGS MAKE: everything that `make test` runs, each step into its own log; the container, which
# mostly waits, beside the others. A failing step does not keep the others from running. The last line is the
# sum of all lines `NAME: N passed, M failed`; the exit status says whether all of it went well.
set -u
logs=$1
make=$2
bad=0

rm -rf "$logs"
mkdir -p "$logs"

step() { # name, command...
    name=$1
    shift
    printf '== %s\n' "$name"
    begun=$(date +%s)
    if "$@" >"$logs/$name.log" 2>&1; then
        verdict=ok
    else
        verdict="FAILED (status $?)"
        bad=1
        tail -n 60 "$logs/$name.log"
        grep -qE '^[a-zA-Z0-9_-]+: [0-9]+ passed, [1-9][0-9]* failed$' "$logs/$name.log" ||
            echo "$name: 0 passed, 1 failed" >>"$logs/$name.log" # it did not get that far
    fi
    grep -hE '^[a-zA-Z0-9_-]+: [0-9]+ passed, [0-9]+ failed$' "$logs/$name.log"
    printf '   %s: %s, %s s\n' "$name" "$verdict" $(($(date +%s) - begun))
}

(
    bad=0
    step container "$make" test-container
    exit $bad
) >"$logs/beside" 2>&1 &
beside=$!
step check "$make" check
step static "$make" check-static
step sanitized "$make" check-sanitized
step threads "$make" check-threads
step platform "$make" test-platform
step sign-in "$make" test-sign-in
step outage "$make" test-outage
step people "$make" test-people
step cache "$make" test-cache
wait "$beside" || bad=1
cat "$logs/beside"

cat "$logs"/*.log | awk '
    /^[a-zA-Z0-9_-]+: [0-9]+ passed, [0-9]+ failed$/ { passed += $2; failed += $4 }
    END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }' || bad=1
exit $bad
