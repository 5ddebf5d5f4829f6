#!/bin/sh
# cache.sh BUILD SANITIZED THREADS [FULL]: what lookups and the store bear. Damage, kills, hostile
# names, every length of buffer. FULL tries everything, else a slice of it. One line each, `NAME: N passed, M failed`.
set -u
plain=$1 sanitized=$2 threads=$3 full=${4:-}
bad=0
export ASAN_OPTIONS=detect_leaks=0

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
run kills "$plain/tests/kills_publish"
run kills "$plain/tests/kills_store" "$(choose 1 9)"
sum kills
run power tests/power.py "$plain" "$(choose 200 12)"
sum power
run buffers "$sanitized/tests/buffers"
sum buffers
run store "$plain/tests/store_flips" "$(choose 1 101)"
sum store
run names tests/names.py "$plain"
run names tests/names_sign_in.py "$plain" "$(choose 1 40)"
sum names
run threads "$sanitized/tests/hostile_publisher" flip "$(choose 20 1)"
run threads "$threads/tests/hostile_publisher" replace "$(choose 1000 50)"
sum threads
run warm "$plain/tests/warm"
sum warm
rm -f "$plain/cache.log"
exit $bad
