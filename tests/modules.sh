#!/bin/sh
# modules.sh PAM.so NSS.so: the modules load into every login and every `ls -l`. Each must export
# exactly what its exports.map lists, need exactly the libraries that we promised, and import
# nothing that ends, forks or rewrites a stranger's process.
set -u
cd "$(dirname "$0")/.." || exit 1
pam=$1 nss=$2
passed=0 failed=0

expect() { # what, wanted, got
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    printf 'modules: FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
}
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort | xargs; }
exported() { nm -D --defined-only "$1" | awk '{print $3}' | sort | xargs; }
listed() { sed -n '/global:/,/local:/s/^ *\([a-z_].*\);/\1/p' "$1" | sort | xargs; }
imported() { nm -D --undefined-only "$1" | awk '{sub(/@.*/, "", $2); print $2}'; }
banned='exit|_exit|abort|__assert_fail|system|popen|fork|vfork|getenv|setenv|putenv|unsetenv|sigaction'
banned="$banned|signal|select|gets|strcpy|strcat|sprintf|__strcpy_chk|__strcat_chk|__sprintf_chk"
flagged() { readelf -d "$1" | grep -c "$2"; }

expect "$nss needs" "libc.so.6" "$(needed "$nss")"
expect "$pam needs" "libc.so.6 libpam.so.0" "$(needed "$pam")"
expect "$nss exports" "$(listed nss_module/exports.map)" "$(exported "$nss")"
expect "$pam exports" "$(listed pam_module/exports.map)" "$(exported "$pam")"
expect "$nss imports of the banned" "" "$(imported "$nss" | grep -xE "$banned" | xargs)"
expect "$pam imports of the banned" "" "$(imported "$pam" | grep -xE "$banned" | xargs)"
# Threads may still be reading when an application calls dlclose.
expect "$nss stays loaded" 1 "$(flagged "$nss" NODELETE)"
# Asked for memory, it could fail where a peer does not; initgroups_dyn has to grow glibc's list.
expect "$nss allocates" "reallocarray" "$(imported "$nss" | grep -xE 'malloc|calloc|realloc|reallocarray|strdup|asprintf' | xargs)"
printf 'modules: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
