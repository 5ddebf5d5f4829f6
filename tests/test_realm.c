/* SPDX-License-Identifier: MIT */
/* What a user realm response says: tests/client/realms.py has the rest. */
#include "platform/realm.h"

#include "tests/check.h"

#include <string.h>

static void only_federated_is_federated_and_rubbish_is_no_answer(void **state)
{
    static const struct {
        const char *body;
        enum realm realm;
    } cases[] = {
        {"{\"ver\":\"1.0\",\"account_type\":\"Managed\"}", REALM_MANAGED},
        {"{\"account_type\":\"Federated\",\"federation_protocol\":\"WSTrust\"}", REALM_FEDERATED},
        {"{\"account_type\":\"federated\"}", REALM_FEDERATED},
        {"{\"account_type\":\"Unknown\"}", REALM_MANAGED},
        {"{}", REALM_UNKNOWN},
        {"", REALM_UNKNOWN},
        {"<html>", REALM_UNKNOWN},
        {"[\"Managed\"]", REALM_UNKNOWN},
        {"{\"account_type\":null}", REALM_UNKNOWN},
        {"{\"account_type\":\"\"}", REALM_UNKNOWN},
        {"{\"account_type\":[\"Managed\"]}", REALM_UNKNOWN},
        {"{\"account_type\":\"Managed\",\"account_type\":\"Federated\"}", REALM_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error why = {0};

        assert_int_equal(realm_read(cases[i].body, strlen(cases[i].body), &why), cases[i].realm);
        assert_int_equal(why.kind, cases[i].realm == REALM_UNKNOWN ? ERROR_MALFORMED : ERROR_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_federated_is_federated_and_rubbish_is_no_answer),
    };

    return check_main("realm", tests);
}
