#!/bin/sh
# cache.sh BUILD SANITIZED THREADS [FUZZ]: what lookups and the store bear. Damage, kills, faults, hostile
# names, every length of buffer. With FUZZ, a build by clang for its fuzzer, everything is tried, else a slice
# of it. One line each, `NAME: N passed, M failed`.
set -u
plain=$1 sanitized=$2 threads=$3 full=${4:-}
bad=0
export ASAN_OPTIONS=detect_leaks=0 CMOCKA_TEST_ABORT=1

choose() { # of two values: for all of it, for a slice
    if [ -n "$full" ]; then echo "$1"; else echo "$2"; fi
}

# Programs that make a line of the same name are added up.
run() { # name, command...
    name=$1
    shift
    "$@" >"$plain/cache.log" 2>&1 || bad=1
    grep -v "^$name: [0-9]* passed, [0-9]* failed$" "$plain/cache.log"
    grep "^$name: [0-9]* passed, [0-9]* failed$" "$plain/cache.log" >>"$plain/cache.$name" ||
        echo "$name: 0 passed, 1 failed" >>"$plain/cache.$name"
}

sum() { # name
    awk -v name="$1" '{ passed += $2; failed += $4 }
        END { printf "%s: %d passed, %d failed\n", name, passed, failed; exit failed > 0 }' "$plain/cache.$1" || bad=1
    rm -f "$plain/cache.$1"
}

rm -f "$plain"/cache.*
run damage "$sanitized/tests/damage" "$(choose 1 12)"
sum damage
run fuzz "$sanitized/tests/fuzz_snapshot" replay "$(choose 1400000 14000)"
if [ -n "$full" ]; then
    seeds=$(mktemp -d) runs=1000000
    if "$plain/tests/fuzz_snapshot" seeds "$seeds" && "$full/tests/fuzz_snapshot" -runs=$runs \
        -seed=1 -max_len=16384 -timeout=20 -artifact_prefix="$plain/" "$seeds" >"$plain/cache.log" 2>&1; then
        echo "fuzz: $runs passed, 0 failed" >>"$plain/cache.fuzz"
    else
        echo "fuzz: 0 passed, 1 failed" >>"$plain/cache.fuzz"
    fi
    tail -n 2 "$plain/cache.log"
    rm -rf "$seeds"
fi
sum fuzz
run kills "$plain/tests/kills_publish"
run kills "$plain/tests/kills_store" "$(choose 1 9)"
sum kills
run power tests/power.py "$plain" "$(choose 200 12)"
sum power
run faults tests/faults.py "$plain" "$(choose 1 81)"
sum faults
run buffers "$sanitized/tests/buffers"
sum buffers
run store "$plain/tests/store_flips" "$(choose 1 101)"
sum store
run names tests/names.py "$plain"
run names tests/names_sign_in.py "$plain" "$(choose 1 40)"
sum names
run page tests/snapshot_page.py "$plain"
sum page
run threads "$sanitized/tests/hostile_publisher" flip "$(choose 20 1)"
run threads "$threads/tests/hostile_publisher" replace "$(choose 1000 50)"
sum threads
run warm "$plain/tests/warm"
sum warm
rm -f "$plain/cache.log" "$plain/faults.log"
exit $bad
