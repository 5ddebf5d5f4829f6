#!/bin/sh
# static.sh: clang-tidy, cppcheck and shellcheck over the whole tree. Leaks are
# left to the sanitizers: both analyzers ignore the cleanup attribute.
set -u
passed=0
failed=0

judge() { # name, command...
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        printf 'static: %s complains\n' "$name"
        failed=$((failed + 1))
    fi
}

tidy() {
    # Two at a time; clang-tidy's count of suppressed warnings is noise.
    # shellcheck disable=SC2016 # the inner shell expands
    printf '%s\n' */*.c | xargs -P "$(nproc)" -n 4 sh -c '
        clang-tidy --quiet "$@" -- -I. -D_GNU_SOURCE -DVERSION=\"0\" -std=gnu17 2>/dev/null' tidy
}

check_c() {
    cppcheck --quiet --std=c17 --error-exitcode=1 --inline-suppr -I. \
        --enable=warning,portability --suppress=unknownMacro --suppress=memleak --suppress=missingIncludeSystem \
        base config platform cache login command pam_module nss_module
}

banned() { # calls that style forbids, in what we ship
    ! grep -nE '(^|[^_a-zA-Z>.])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|scanf|sscanf|system|popen|getenv|gets|alloca|select)\(' \
        base/*.[ch] config/*.[ch] platform/*.[ch] cache/*.[ch] login/*.[ch] command/*.[ch] \
        pam_module/*.[ch] nss_module/*.[ch]
}

scripts() {
    # shellcheck disable=SC2046
    shellcheck $(find tests packaging .ci -name '*.sh' -not -path '*/node_modules/*') .ci/run \
        packaging/nsswitch packaging/debian/*.postinst packaging/debian/*.prerm packaging/debian/*.postrm
}

judge clang-tidy tidy
judge cppcheck check_c
judge banned-calls banned
judge shellcheck scripts
printf 'static: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
