/*
 * What every unit test program shares: cmocka's groups, and the closing line
 * `NAME: N passed, M failed` that `make` adds up.
 *
 *     int main(void) { return check_main("policy", tests); }
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* clang-format off */
#define check_main(title, tests) check_done(title, sizeof tests / sizeof tests[0], \
                                            cmocka_run_group_tests_name(title, tests, NULL, NULL))
/* clang-format on */

static inline int check_done(const char *title, size_t all, int failed)
{
    /* A negative number means that the group could not run at all. */
    size_t bad = failed < 0 ? all : (size_t)failed;

    printf("%s: %zu passed, %zu failed\n", title, all - bad, bad);
    return bad != 0;
}
