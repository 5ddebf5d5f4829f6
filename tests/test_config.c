/* SPDX-License-Identifier: MIT */
/* config/config.c and files.c: what is accepted, and what each complaint says. */
#include "config/config.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE                                                                              \
    "issuer = https://login.contoso.example\nclient_id = abc\ndomains = contoso.example\n" \
    "allow = everyone\n"

static void a_whole_text_is_read_and_presets_fill_the_rest(void **state)
{
    struct config *config = NULL;
    struct error why = {0};

    (void)state;
    assert_true(config_parse(WHOLE "offline_days = 30\n", "f", &config, &why));
    assert_string_equal(config->issuer, "https://login.contoso.example");
    assert_string_equal(config->scope, "openid profile offline_access");
    assert_string_equal(config->name_claim, "preferred_username");
    assert_int_equal(config->offline_days, 30);
    assert_int_equal(config->offline_days_remote, 3);
    assert_int_equal(config->recheck_minutes, 5);
    assert_false(config->guests);
    assert_int_equal(config->algorithms, CONFIG_RS256);
    assert_int_equal(config->domains.count, 1);
    assert_string_equal(config->allow.items[0], "everyone");
    config_release(config);
}

static void an_issuer_may_have_any_form_of_an_authority(void **state)
{
    static const char *const issuers[] = {
        "https://login.microsoftonline.com/contoso.example",
        "https://sts.windows.net/11111111-1111-1111-1111-111111111111/",
        "https://fab.ciamlogin.com",
        "https://fab.b2clogin.com/fab.onmicrosoft.com/B2C_1_ropc",
        "https://op.example:8443/a/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        char text[512];
        struct config *config = NULL;
        struct error why = {0};

        snprintf(text, sizeof text,
                 "issuer = %s\nclient_id = a\ndomains = a.example\nallow = everyone\n", issuers[i]);
        assert_true(config_parse(text, "f", &config, &why));
        assert_string_equal(config->issuer, issuers[i]); /* as it was written */
        config_release(config);
    }
}

static void guests_come_in_only_by_a_plain_yes(void **state)
{
    static const struct {
        const char *line;
        bool guests;
    } cases[] = {{"guests = yes\n", true}, {"guests = no\n", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        struct error why = {0};
        char text[512];

        snprintf(text, sizeof text, WHOLE "%s", cases[i].line);
        assert_true(config_parse(text, "f", &config, &why));
        assert_int_equal(config->guests, cases[i].guests);
        config_release(config);
    }
}

static void a_password_is_proven_once_a_day_at_microsoft_and_each_time_elsewhere(void **state)
{
    static const struct {
        const char *issuer;
        unsigned hours;
    } cases[] = {
        {"https://login.microsoftonline.com/contoso.example", 24},
        {"https://login.microsoftonline.us/11111111-1111-1111-1111-111111111111", 24},
        {"https://login.partner.microsoftonline.cn/contoso.example", 24},
        {"https://fab.ciamlogin.com", 24},
        {"https://fab.b2clogin.com/fab.onmicrosoft.com/B2C_1_ropc", 24},
        {"https://login.contoso.example", 0},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        struct config *config = NULL;
        struct error why = {0};

        snprintf(text, sizeof text,
                 "%sissuer = %s\nclient_id = a\ndomains = a.example\nallow = everyone\n",
                 i % 2 ? "password_recheck_hours = 7\n" : "", cases[i / 2].issuer);
        assert_true(config_parse(text, "f", &config, &why));
        assert_int_equal(config->password_recheck_hours, i % 2 ? 7 : cases[i / 2].hours);
        config_release(config);
    }
}

static void lists_go_on_within_a_file_and_separate_by_blanks_and_commas(void **state)
{
    struct config *config = NULL;
    struct error why = {0};

    (void)state;
    assert_true(config_parse("issuer = https://a.example\nclient_id = abc\n"
                             "domains = contoso.example, fabrikam.example\n  sub.contoso.example\n"
                             "allow = ada@contoso.example\nallow = 44444444-4444\n"
                             "signing_algorithms = RS256 ES256\n",
                             "f", &config, &why));
    assert_int_equal(config->domains.count, 3);
    assert_string_equal(config->domains.items[2], "sub.contoso.example");
    assert_int_equal(config->allow.count, 2);
    assert_int_equal(config->algorithms, CONFIG_RS256 | CONFIG_ES256);
    config_release(config);
}

static void the_services_of_the_background_can_be_more_or_none(void **state)
{
    static const struct {
        const char *line;
        size_t count;
        bool has_cron;
    } cases[] = {
        {"", 4, true},
        {"background_services = cron backup\n", 2, true},
        {"background_services = backup\n", 1, false},
        {"background_services =\n", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        struct error why = {0};
        char text[512];

        snprintf(text, sizeof text, WHOLE "%s", cases[i].line);
        assert_true(config_parse(text, "f", &config, &why));
        assert_int_equal(config->background_services.count, cases[i].count);
        assert_int_equal(strings_have(&config->background_services, "cron"), cases[i].has_cron);
        config_release(config);
    }
}

static void local_groups_are_pairs_that_add_up(void **state)
{
    struct config *config = NULL;
    struct error why = {0};

    (void)state;
    assert_true(config_parse(WHOLE "[local groups]\nsudo = 0f0e7d4c-1f4a\ndocker=Linux Admins\n"
                                   "sudo = staff\nsudo = staff\n# remark\nadm = a ; remark\n"
                                   "sudo = 6F1C2A9E-0d53-4A51-9C4F-5B7F0F3E7A10\n"
                                   "sudo = 6f1c2a9e-0d53-4a51-9c4f-5b7f0f3e7a10\n",
                             "f", &config, &why));
    assert_int_equal(config->local_groups.count, 5);
    assert_int_equal(config->local_group_ids.count, 5);
    assert_string_equal(config->local_group_ids.items[4], "6f1c2a9e-0d53-4a51-9c4f-5b7f0f3e7a10");
    assert_string_equal(config->local_groups.items[0], "sudo");
    assert_string_equal(config->local_group_ids.items[0], "0f0e7d4c-1f4a");
    assert_string_equal(config->local_groups.items[1], "docker");
    assert_string_equal(config->local_group_ids.items[1], "Linux Admins");
    assert_string_equal(config->local_groups.items[2], "sudo");
    assert_string_equal(config->local_group_ids.items[2], "staff");
    assert_string_equal(config->local_group_ids.items[3], "a");
    config_release(config);
    config = NULL;
    assert_true(config_parse(WHOLE, "f", &config, &why));
    assert_int_equal(config->local_groups.count, 0);
    config_release(config);
}

static void there_is_room_for_so_many_local_groups_and_no_more(void **state)
{
    char text[8192];
    struct config *config = NULL;
    struct error why = {0};
    int size = snprintf(text, sizeof text, "%s[local groups]\n", WHOLE);

    (void)state;
    for (int i = 0; i < CONFIG_LOCAL_GROUPS_MOST; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "sudo = group%d\n", i);
    assert_true(config_parse(text, "f", &config, &why));
    config_release(config);
    config = NULL;
    snprintf(text + size, sizeof text - (size_t)size, "sudo = another\n");
    assert_false(config_parse(text, "f", &config, &why));
    assert_string_equal(why.text, "f:70: [local groups] has more than 64 lines");
}

static void names_are_full_unless_they_are_said_to_be_short(void **state)
{
    static const char one[] = "issuer = https://a.example\nclient_id = abc\ndomains = a.example\n"
                              "allow = everyone\n";
    static const struct {
        const char *line;
        enum names names;
    } cases[] = {
        {"", NAMES_FULL}, {"names = full\n", NAMES_FULL}, {"names = short\n", NAMES_SHORT}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        struct error why = {0};
        char text[512];

        snprintf(text, sizeof text, "%s%s", one, cases[i].line);
        assert_true(config_parse(text, "f", &config, &why));
        assert_int_equal(config->names, cases[i].names);
        config_release(config);
    }
}

static void a_device_code_is_for_this_seat_unless_it_is_said_otherwise(void **state)
{
    static const struct {
        const char *lines;
        enum config_device_code device_code;
        size_t methods;
        const char *first;
    } cases[] = {
        {"", CONFIG_CODE_LOCAL, 2, CONFIG_PASSWORD},
        {"device_code = never\n", CONFIG_CODE_NEVER, 2, CONFIG_PASSWORD},
        {"device_code = local\nmethods = device_code\n", CONFIG_CODE_LOCAL, 1, CONFIG_DEVICE_CODE},
        {"device_code = always\nmethods = device_code, password\n", CONFIG_CODE_ALWAYS, 2,
         CONFIG_DEVICE_CODE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        struct error why = {0};
        char text[512];

        snprintf(text, sizeof text, WHOLE "%s", cases[i].lines);
        assert_true(config_parse(text, "f", &config, &why));
        assert_int_equal(config->device_code, cases[i].device_code);
        assert_int_equal(config->methods.count, cases[i].methods);
        assert_string_equal(config->methods.items[0], cases[i].first);
        config_release(config);
    }
}

/* Messages are part of the interface: file, line and cure. */
static void complaints_name_file_line_and_cure(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"", "f: issuer is missing; add a line \"issuer = ...\""},
        {"client_id = abc\ndomains = a.example\nallow = everyone\n",
         "f: issuer is missing; add a line \"issuer = ...\""},
        {"issuer = https://a.example\nclient_id = abc\ndomains = a.example\n",
         "f: allow is missing; add a line \"allow = ...\""},
        {"issuer = http://a.example\n",
         "f:1: issuer wants an https URL without query, fragment or person, not "
         "\"http://a.example\""},
        {"issuer =\n",
         "f:1: issuer wants an https URL without query, fragment or person, not \"\""},
        {"\nissuer = https://login.microsoftonline.com/common/v2.0\n",
         "f:2: issuer: common is not one tenant of your own; write "
         "https://login.microsoftonline.com/TENANT, TENANT being the GUID or a domain of your "
         "tenant"},
        {"issuer = https://fab.b2clogin.com/fab.onmicrosoft.com\n",
         "f:1: issuer: the policy is missing; write https://fab.b2clogin.com/TENANT/POLICY, TENANT "
         "being the GUID or a domain of your tenant"},
        {"issuer = https://login.microsoftonline.de/contoso.example\n",
         "f:1: issuer: login.microsoftonline.de has been closed; write "
         "https://login.microsoftonline.com/TENANT, TENANT being the GUID or a domain of the "
         "tenant "
         "that replaced it"},
        {"issuer = https://a.example\nissuer = https://a.example\n",
         "f:2: issuer is given twice; remove one"},
        {"\n\nisuer = https://a.example\n",
         "f:3: no setting is called \"isuer\"; see latchkey.conf(5)"},
        {WHOLE "guests = true\n", "f:5: guests wants yes or no, not \"true\""},
        {WHOLE "guests =\n", "f:5: guests wants yes or no, not \"\""},
        {WHOLE "offline_days = 366\n",
         "f:5: offline_days wants a number from 0 to 365, not \"366\""},
        {WHOLE "offline_days = -1\n", "f:5: offline_days wants a number from 0 to 365, not \"-1\""},
        {WHOLE "offline_days = 1x\n", "f:5: offline_days wants a number from 0 to 365, not \"1x\""},
        {WHOLE "offline_days =\n", "f:5: offline_days wants a number from 0 to 365, not \"\""},
        {WHOLE "client_id = again\n", "f:5: client_id is given twice; remove one"},
        {"client_id = two words\n", "f:1: client_id wants one word, not \"two words\""},
        {"domains = Contoso.Example\n",
         "f:1: domains wants domains in lower case, such as contoso.example, not "
         "\"Contoso.Example\""},
        {"allow = ADA@contoso.example\n",
         "f:1: allow wants everyone, full names in lower case, or object ids of groups, not "
         "\"ADA@contoso.example\""},
        {"signing_algorithms = HS256\n",
         "f:1: signing_algorithms wants RS256, PS256 or ES256, not \"HS256\""},
        {"home = /home/all\n", "f:1: home wants an absolute path without blanks that contains "
                               "{name}, not \"/home/all\""},
        {"home = /my home/{name}\n", "f:1: home wants an absolute path without blanks that "
                                     "contains {name}, not \"/my home/{name}\""},
        {"home = /h\xc3\xb6me/{name}\n", "f:1: home wants an absolute path without blanks that "
                                         "contains {name}, not \"/h\xc3\xb6me/{name}\""},
        {"shell = /bin/ba\x01sh\n", "f:1: shell wants an absolute path without blanks, not "
                                    "\"/bin/ba\x01sh\""},
        {"names = Short\n", "f:1: names wants full or short, not \"Short\""},
        {WHOLE "names = short\nnames = full\n", "f:6: names is given twice; remove one"},
        {WHOLE "names = short\ndomains = another.example yet.another.example\n",
         "f:5: names = short wants one domain, or ada could be somebody of each of the 3 in "
         "domains: leave one of them there, or take names = full"},
        {"just words\n", "f:1: wants name = value"},
        {"[strange]\nissuer = https://a.example\n", "f:2: no section is called [strange]"},
        {WHOLE "[local groups]\nsudo =\n",
         "f:6: sudo wants the object id of one group of the identity platform, not \"\""},
        {WHOLE "[local groups]\nsu do = x\n",
         "f:6: [local groups] wants names of local groups, not \"su do\""},
        {WHOLE "[local groups]\ns\xc3\xbc"
               "do = x\n",
         "f:6: [local groups] wants names of local groups, not \"s\xc3\xbc"
         "do\""},
        {WHOLE "[local groups]\noffline_days = 3\n",
         "f:6: offline_days is a setting: move it above [local groups]"},
        {WHOLE "[Local Groups]\nsudo = x\n", "f:6: no section is called [Local Groups]"},
        {WHOLE "[local groups]\nsudo\n", "f:6: wants name = value"},
        {"issuer = https://a.example\nclient_id = abc\ndomains = a.example\nallow = ,\n",
         "f: domains, allow, signing_algorithms and methods want at least one entry"},
        {WHOLE "offline_allow = Ada@contoso.example\n",
         "f:5: offline_allow wants everyone, full names in lower case, or object ids of groups, "
         "not "
         "\"Ada@contoso.example\""},
        {WHOLE "offline_services = login, SSHD\n",
         "f:5: offline_services wants all, or PAM services in lower case, such as login, not "
         "\"SSHD\""},
        {WHOLE "offline_services = /etc/pam.d/login\n",
         "f:5: offline_services wants all, or PAM services in lower case, such as login, not "
         "\"/etc/pam.d/login\""},
        {WHOLE "offline_services = ,\n",
         "f: offline_allow and offline_services want at least one entry; with offline_days = 0 "
         "nobody signs in offline"},
        {WHOLE "background_services = cron, all\n",
         "f:5: background_services wants PAM services in lower case, such as cron, not \"all\""},
        {WHOLE "background_services = Cron\n",
         "f:5: background_services wants PAM services in lower case, such as cron, not \"Cron\""},
        {WHOLE "offline_allow = ,\n",
         "f: offline_allow and offline_services want at least one entry; with offline_days = 0 "
         "nobody signs in offline"},
        {WHOLE "methods =\n",
         "f: domains, allow, signing_algorithms and methods want at least one entry"},
        {WHOLE "methods = password passphrase\n",
         "f:5: methods wants password, device_code or both, not \"passphrase\""},
        {WHOLE "methods = device_code\ndevice_code = never\n",
         "f: device_code = never leaves nothing of methods = device_code; let one of them be "
         "something else"},
        {WHOLE "device_code = yes\n", "f:5: device_code wants never, local or always, not \"yes\""},
        {WHOLE "device_code = or\n", "f:5: device_code wants never, local or always, not \"or\""},
        {WHOLE "device_code =\n", "f:5: device_code wants never, local or always, not \"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        struct error why = {0};

        assert_false(config_parse(cases[i].text, "f", &config, &why));
        assert_null(config);
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_string_equal(why.text, cases[i].wanted);
    }
}

static void an_overlong_line_is_refused_whole(void **state)
{
    char text[1024];
    struct config *config = NULL;
    struct error why = {0};

    (void)state;
    snprintf(text, sizeof text, "scope = openid %0900d\nissuer=", 0);
    assert_false(config_parse(text, "f", &config, &why));
    assert_non_null(strstr(why.text, "f:1: the line is too long"));
}

struct tree {
    char folder[64], file[96], drops[96], drop[128];
};

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int make_tree(void **state)
{
    static struct tree tree;

    memcpy(tree.folder, "/tmp/latchkey-config-XXXXXX", 28);
    if (!mkdtemp(tree.folder))
        return -1;
    snprintf(tree.file, sizeof tree.file, "%s/latchkey.conf", tree.folder);
    snprintf(tree.drops, sizeof tree.drops, "%s/conf.d", tree.folder);
    snprintf(tree.drop, sizeof tree.drop, "%s/50-more.conf", tree.drops);
    put(tree.file, WHOLE, 0644);
    *state = &tree;
    return mkdir(tree.drops, 0755);
}

static int remove_tree(void **state)
{
    struct tree *tree = *state;
    char other[128];

    snprintf(other, sizeof other, "%s/10-first.conf", tree->drops);
    unlink(other);
    unlink(tree->drop);
    unlink(tree->file);
    rmdir(tree->drops);
    return rmdir(tree->folder);
}

static void drop_ins_win_in_order_of_name(void **state)
{
    struct tree *tree = *state;
    struct config *config = NULL;
    struct error why = {0};
    char other[128], ignored[128];

    if (getuid() != 0)
        skip(); /* the files must belong to root */
    snprintf(other, sizeof other, "%s/10-first.conf", tree->drops);
    snprintf(ignored, sizeof ignored, "%s/60-ignored.txt", tree->drops);
    put(tree->drop, "offline_days = 5\nallow = eve@contoso.example\n", 0644);
    put(other, "offline_days = 7\nallow = ada@contoso.example\n", 0644);
    put(ignored, "nonsense", 0644);
    assert_true(config_read(tree->file, tree->drops, &config, &why));
    unlink(ignored);
    assert_int_equal(config->offline_days, 5);
    assert_int_equal(config->allow.count, 1);
    assert_string_equal(config->allow.items[0], "eve@contoso.example");
    config_release(config);
}

static void files_that_others_could_change_are_refused(void **state)
{
    static const mode_t modes[] = {0664, 0646, 0666, 0777};
    struct tree *tree = *state;
    struct config *config = NULL;
    struct error why = {0};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(tree->file, modes[i]), 0);
        assert_false(config_read(tree->file, tree->drops, &config, &why));
        assert_non_null(strstr(why.text, getuid() ? "chown root" : "chmod go-w"));
    }
    assert_int_equal(chmod(tree->file, 0644), 0);
    if (getuid() != 0)
        skip();
    put(tree->drop, "", 0666);
    assert_false(config_read(tree->file, tree->drops, &config, &why));
    assert_non_null(strstr(why.text, "50-more.conf can be changed by others"));
    put(tree->drop, "", 0644);
    assert_int_equal(chmod(tree->drops, 0777), 0);
    assert_false(config_read(tree->file, tree->drops, &config, &why));
    assert_int_equal(chmod(tree->drops, 0755), 0);
    assert_int_equal(chown(tree->file, 65534, 65534), 0);
    assert_false(config_read(tree->file, tree->drops, &config, &why));
    assert_non_null(strstr(why.text, "belongs to uid 65534: run chown root"));
    assert_int_equal(chown(tree->file, 0, 0), 0);
    assert_true(config_read(tree->file, tree->drops, &config, &why));
    config_release(config);
}

static void a_missing_file_is_an_error_and_a_missing_folder_is_not(void **state)
{
    struct tree *tree = *state;
    struct config *config = NULL;
    struct error why = {0};

    assert_false(config_read("/nonexistent/latchkey.conf", tree->drops, &config, &why));
    assert_int_equal(why.kind, ERROR_CONFIG);
    assert_non_null(strstr(why.text, "/nonexistent/latchkey.conf: No such file"));
    if (getuid() != 0)
        skip();
    assert_true(config_read(tree->file, "/nonexistent", &config, &why));
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_text_is_read_and_presets_fill_the_rest),
        cmocka_unit_test(an_issuer_may_have_any_form_of_an_authority),
        cmocka_unit_test(guests_come_in_only_by_a_plain_yes),
        cmocka_unit_test(a_password_is_proven_once_a_day_at_microsoft_and_each_time_elsewhere),
        cmocka_unit_test(lists_go_on_within_a_file_and_separate_by_blanks_and_commas),
        cmocka_unit_test(the_services_of_the_background_can_be_more_or_none),
        cmocka_unit_test(local_groups_are_pairs_that_add_up),
        cmocka_unit_test(there_is_room_for_so_many_local_groups_and_no_more),
        cmocka_unit_test(complaints_name_file_line_and_cure),
        cmocka_unit_test(names_are_full_unless_they_are_said_to_be_short),
        cmocka_unit_test(a_device_code_is_for_this_seat_unless_it_is_said_otherwise),
        cmocka_unit_test(an_overlong_line_is_refused_whole),
        cmocka_unit_test_setup_teardown(drop_ins_win_in_order_of_name, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(files_that_others_could_change_are_refused, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(a_missing_file_is_an_error_and_a_missing_folder_is_not,
                                        make_tree, remove_tree),
    };

    return check_main("config", tests);
}
