/* SPDX-License-Identifier: MIT */
/*
 * What every unit test program shares: cmocka's groups, and the closing line
 * `NAME: N passed, M failed` that `make` adds up. Tests that were skipped are in neither
 * number: a line `NAME: K skipped` goes before it.
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

/* cmocka's runner does not tell how many tests were skipped, so each skip() is counted here. */
static unsigned check_skipped;

#undef skip
#define skip() (check_skipped++, _skip(__FILE__, __LINE__))

/* clang-format off */
#define check_main(title, tests) check_done(title, sizeof tests / sizeof tests[0], \
                                            cmocka_run_group_tests_name(title, tests, NULL, NULL))
/* clang-format on */

static inline int check_done(const char *title, size_t all, int failed)
{
    /* A negative number means that the group could not run at all. */
    size_t bad = failed < 0 ? all : (size_t)failed;
    size_t not_passed = bad + check_skipped;

    if (check_skipped)
        printf("%s: %u skipped\n", title, check_skipped);
    printf("%s: %zu passed, %zu failed\n", title, not_passed < all ? all - not_passed : 0, bad);
    return bad != 0;
}
