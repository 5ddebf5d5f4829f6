#!/bin/sh
# cache.sh BUILD SANITIZED THREADS [FUZZ]: what lookups and the store bear. Damage, kills, faults, hostile
# names, every length of buffer. With FUZZ, a build by clang for its fuzzer, everything is tried, else a slice
# of it. PARTS="store damage" in the environment: only these, in this order. One line each,
# `NAME: N passed, M failed`, and the seconds that it took.
set -u
plain=$1 sanitized=$2 threads=$3 full=${4:-}
bad=0
line='^[a-z_]+: [0-9]+ passed, [0-9]+ failed$'
known='store names ids kills faults power damage fuzz buffers page threads warm'
export ASAN_OPTIONS=detect_leaks=0 CMOCKA_TEST_ABORT=1

choose() { # of two values: for all of it, for a slice
    if [ -n "$full" ]; then echo "$1"; else echo "$2"; fi
}

# What the programs of a part count is added up, whatever they call it.
run() { # command...
    "$@" >"$plain/cache.log" 2>&1 || bad=1
    grep -vE "$line" "$plain/cache.log"
    grep -E "$line" "$plain/cache.log" >>"$plain/cache.sum" || echo "part: 0 passed, 1 failed" >>"$plain/cache.sum"
}

# shellcheck disable=SC2317 # it is called by run
fuzz() { # a number of runs
    seeds=$(mktemp -d)
    if "$plain/tests/fuzz_snapshot" seeds "$seeds" && "$full/tests/fuzz_snapshot" -runs="$1" -seed=1 \
        -max_len=16384 -timeout=20 -print_final_stats=1 -artifact_prefix="$plain/" "$seeds" >"$plain/fuzz.log" 2>&1; then
        sed -n 's/^stat::number_of_executed_units: \([0-9]*\)/fuzz: \1 passed, 0 failed/p' "$plain/fuzz.log"
    else
        tail -n 40 "$plain/fuzz.log"
    fi
    rm -rf "$seeds" "$plain/fuzz.log"
}

part() { # name
    case $1 in
    damage) run "$sanitized/tests/damage" "$(choose 1 12)" ;;
    fuzz)
        run "$sanitized/tests/fuzz_snapshot" replay "$(choose 1400000 14000)"
        [ -z "$full" ] || run fuzz 1000000
        ;;
    kills)
        run "$plain/tests/kills_publish"
        run "$plain/tests/kills_store" "$(choose 1 9)"
        ;;
    power) run tests/power.py "$plain" "$(choose 200 12)" ;;
    faults) run tests/faults.py "$plain" "$(choose 1 81)" ;;
    buffers) run "$sanitized/tests/buffers" ;;
    store) run "$plain/tests/store_flips" "$(choose 1 101)" ;;
    names)
        run tests/names.py "$plain"
        run tests/names_sign_in.py "$plain" "$(choose 1 40)"
        ;;
    page) run tests/snapshot_page.py "$plain" ;;
    threads)
        run "$sanitized/tests/hostile_publisher" flip "$(choose 20 1)"
        run "$threads/tests/hostile_publisher" replace "$(choose 1000 50)"
        ;;
    warm) run "$plain/tests/warm" ;;
    ids) run "$plain/tests/test_ids_hosts" "$(choose 1000000 20000)" ;;
    esac
}

for name in ${PARTS:-$known}; do
    case " $known " in *" $name "*) ;; *)
        echo "cache.sh: there is no part $name, but: $known" >&2
        exit 2
        ;;
    esac
done
for name in ${PARTS:-$known}; do
    printf '== %s\n' "$name"
    rm -f "$plain/cache.sum"
    begun=$(date +%s)
    part "$name"
    awk -v name="$name" '{ passed += $2; failed += $4 }
        END { printf "%s: %d passed, %d failed\n", name, passed, failed; exit failed > 0 || passed == 0 }' \
        "$plain/cache.sum" || bad=1
    printf '   %s: %s s\n' "$name" $(($(date +%s) - begun))
done
rm -f "$plain/cache.log" "$plain/cache.sum" "$plain/faults.log"
exit $bad
