/* SPDX-License-Identifier: MIT */
/* Names are judged against a second statement of the rules, over a generated hostile corpus. */
#include "tests/check.h"

#include "base/own.h"
#include "cache/name.h"

#include <stdlib.h>
#include <string.h>

/* ---- the rules, said again, by cutting instead of by an automaton ---- */

static bool is_among(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

#define SMALL  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool local_is_legal(const char *text, size_t length)
{
    if (length == 0 || !is_among(text[0], SMALL "_"))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_among(text[i], SMALL DIGITS "._-"))
            return false;
    return true;
}

static bool label_is_legal(const char *text, size_t length)
{
    if (length == 0 || length > 63 || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_among(text[i], SMALL DIGITS "-"))
            return false;
    return true;
}

static bool domain_is_legal(const char *text)
{
    size_t labels = 1;

    if (strlen(text) > 253)
        return false;
    for (const char *dot; (dot = strchr(text, '.')); text = dot + 1, labels++)
        if (!label_is_legal(text, (size_t)(dot - text)))
            return false;
    return labels > 1 && label_is_legal(text, strlen(text));
}

static bool person_is_legal(const char *text)
{
    const char *at = strchr(text, '@');

    return strlen(text) <= 255 && at && !strchr(at + 1, '@') &&
           local_is_legal(text, (size_t)(at - text)) && domain_is_legal(at + 1);
}

static bool group_is_legal(const char *text)
{
    return strlen(text) <= 255 && local_is_legal(text, strlen(text));
}

/* ---- the corpus ---- */

static size_t judged, legal_people, legal_groups;

static void judge(const char *text)
{
    if (name_is_person(text) != person_is_legal(text))
        fail_msg("person, wrong answer: %.300s", text);
    if (name_is_group(text) != group_is_legal(text))
        fail_msg("group, wrong answer: %.300s", text);
    if (name_is_domain(text) != domain_is_legal(text))
        fail_msg("domain, wrong answer: %.300s", text);
    judged++;
    legal_people += person_is_legal(text);
    legal_groups += group_is_legal(text);
}

static const char *const seeds[] = {
    "ada@contoso.example", "a@b.c", "_x-1.y@s-1.example.org",
    "engineers",           "x",     "xn--mller-kva@xn--mnchen-3ya.de"};

static void judge_changed_bytes(const char *seed)
{
    size_t length = strlen(seed);
    char text[300];

    for (size_t at = 0; at <= length; at++) {
        for (unsigned byte = 1; byte < 256; byte++) {
            memcpy(text, seed, length + 1);
            text[at] = (char)byte;
            text[length + (at == length)] = '\0';
            judge(text); /* put in place of one */
            memcpy(text, seed, at);
            text[at] = (char)byte;
            memcpy(text + at + 1, seed + at, length - at + 1);
            judge(text); /* put in between */
        }
        memcpy(text, seed, length + 1);
        text[at] = '\0';
        judge(text);
        judge(seed + at);
    }
}

/* head, then `filler` up to `length` bytes in all, then tail */
static void judge_length(const char *head, char filler, const char *tail, size_t length)
{
    size_t before = strlen(head), after = strlen(tail);
    size_t fill = length > before + after ? length - before - after : 0;
    char *text = malloc(before + fill + after + 1);

    assert_non_null(text);
    memset(text, filler, before + fill);
    memcpy(text, head, before); /* NOLINT(bugprone-not-null-terminated-result): the end follows */
    memcpy(text + before + fill, tail, after);
    text[before + fill + after] = '\0';
    judge(text);
    free(text);
}

static void judge_lengths(size_t length)
{
    judge_length("", 'a', "", length);
    judge_length("", 'a', "@contoso.example", length);
    judge_length("ada@", 'a', ".example", length);
    judge_length("ada@contoso.", 'a', "", length);
    judge_length("ada@abcdefgh.ijklmnop.abcdefgh.ijklmnop.abcdefgh.ijklmnop.abc.", 'a', ".de",
                 length);
    judge_length("ada@", '.', "example", length);
}

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): some bytes would else be read as hex digits */
static const char *const nasty[] = {"",
                                    "@",
                                    "@@",
                                    "a@",
                                    "@b.c",
                                    "a@b",
                                    "a@b.",
                                    "a@.b",
                                    "a@b..c",
                                    "a@@b.c",
                                    "a@b@c.d",
                                    "a@b.c@",
                                    "a:b",
                                    "a:b@c.d",
                                    "a@b.c:x",
                                    "root:x:0:0:root:/root:/bin/sh",
                                    "a\nroot:x:0:0@b.c",
                                    "a@b.c\n",
                                    "a@b.c\r\n",
                                    "../x",
                                    "../x@b.c",
                                    "a/../b@c.d",
                                    "..",
                                    ".",
                                    "-rf",
                                    "-x@b.c",
                                    "--help",
                                    "+x",
                                    "~x",
                                    "%s%n@b.c",
                                    "%s%n",
                                    "$(id)@b.c",
                                    "`id`@b.c",
                                    "' OR 1=1@b.c",
                                    "a b@c.d",
                                    "a@b c.d",
                                    " a@b.c",
                                    "a@b.c ",
                                    "a\t@b.c",
                                    "ADA@contoso.example",
                                    "ada@CONTOSO.example",
                                    "Ada",
                                    "0",
                                    "0a@b.c",
                                    "123",
                                    "123@b.c",
                                    "a@-b.c",
                                    "a@b-.c",
                                    "a@b.-c",
                                    "a@b.c-",
                                    "a@b_c.d",
                                    "a@b.c.",
                                    "a,b@c.d",
                                    "a;b@c.d",
                                    "a\\b@c.d",
                                    "a\"b@c.d",
                                    "*@b.c",
                                    "a*@b.c",
                                    "bob_other.com#EXT#@tenant.example",
                                    "\xc3\xa4@b.c",
                                    "\xd0\xb0"
                                    "da@b.c",
                                    "a\xe2\x80\x8d"
                                    "b@c.d",
                                    "a\xe2\x80\xae"
                                    "b@c.d",
                                    "\xff\xfe@b.c",
                                    "a\xc0\xaf@b.c",
                                    "\xef\xbd\x81"
                                    "da@b.c",
                                    "\xe2\x84\xaa@b.c",
                                    "a@b.c\x7f",
                                    "a\x1b[0m@b.c",
                                    "a@1.2",
                                    "a@10.0.0.1"};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static void every_name_is_judged_as_the_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        judge_changed_bytes(seeds[i]);
    for (size_t i = 0; i < sizeof nasty / sizeof nasty[0]; i++)
        judge(nasty[i]);
    for (size_t length = 0; length < 600; length++)
        judge_lengths(length);
    for (size_t length = 600; length <= 70000; length += 347)
        judge_lengths(length);
    assert_true(judged >= 10000);
    assert_true(legal_people > 500 && legal_groups > 500); /* both answers were asked for */
}

static void a_few_names_spelled_out(void **state)
{
    static const struct {
        const char *name;
        bool person, group;
    } rows[] = {{"ada@contoso.example", true, false},
                {"a@b.c", true, false},
                {"_@b.c", true, false},
                {"ada", false, true},
                {"ada.l-x_1", false, true},
                {"Ada@contoso.example", false, false},
                {"ada@contoso", false, false},
                {"ada@contoso.example.", false, false},
                {"1ada@contoso.example", false, false},
                {"root", false, true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(name_is_person(rows[i].name), rows[i].person);
        assert_int_equal(name_is_group(rows[i].name), rows[i].group);
    }
}

static void names_that_mean_power_are_known_whole(void **state)
{
    static const char *const yes[] = {"root",
                                      "daemon",
                                      "bin",
                                      "sys",
                                      "sync",
                                      "games",
                                      "man",
                                      "lp",
                                      "mail",
                                      "news",
                                      "uucp",
                                      "proxy",
                                      "backup",
                                      "list",
                                      "irc",
                                      "gnats",
                                      "nobody",
                                      "nogroup",
                                      "sudo",
                                      "wheel",
                                      "adm",
                                      "admin",
                                      "docker",
                                      "lxd",
                                      "lxc",
                                      "shadow",
                                      "disk",
                                      "kvm",
                                      "libvirt",
                                      "libvirt-qemu",
                                      "libvirtd",
                                      "systemd-network",
                                      "systemd-journal",
                                      "messagebus",
                                      "sshd",
                                      "dialout",
                                      "cdrom",
                                      "floppy",
                                      "tape",
                                      "audio",
                                      "dip",
                                      "video",
                                      "plugdev",
                                      "netdev",
                                      "input",
                                      "render",
                                      "sgx",
                                      "staff",
                                      "users",
                                      "operator",
                                      "src",
                                      "utmp",
                                      "fax",
                                      "voice",
                                      "tty",
                                      "kmem",
                                      "crontab",
                                      "ssl-cert",
                                      "sambashare",
                                      "lpadmin",
                                      "scanner",
                                      "polkitd",
                                      "avahi",
                                      "latchkey",
                                      "www-data"};
    static const char *const no[] = {
        "ada", "engineers", "root@contoso.example", "roots", "roo", "sudo-",
        "a",   "zzz",       "systemd@b.c",          ""};

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!name_is_dangerous(yes[i]))
            fail_msg("%s is not known", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (name_is_dangerous(no[i]))
            fail_msg("%s is taken for dangerous", no[i]);
}

/* One spelling for each host: what is a name on one kind of host is none on the other. */
static void a_name_fits_one_kind_of_host(void **state)
{
    static const struct {
        const char *name;
        bool full, brief;
    } cases[] = {{"ada", false, true},
                 {"ada@contoso.example", true, false},
                 {"Ada", false, false},
                 {"ADA@contoso.example", false, false},
                 {"", false, false},
                 {"ada@", false, false},
                 {"@contoso.example", false, false},
                 {"root", false, false},
                 {"sudo", false, false},
                 {"systemd-network", false, false},
                 {"libvirt-qemu", false, false},
                 {"root@contoso.example", true, false},
                 {"1000", false, false},
                 {"-ada", false, false},
                 {"ada ", false, false},
                 {"a.", false, true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (name_fits(cases[i].name, NAMES_FULL) != cases[i].full)
            fail_msg("\"%s\" as a full name", cases[i].name);
        if (name_fits(cases[i].name, NAMES_SHORT) != cases[i].brief)
            fail_msg("\"%s\" as a short name", cases[i].name);
    }
}

static void ids_outside_the_window_are_never_ours(void **state)
{
    static const uint32_t no[] = {0,          1,          999,        1000,       60001,
                                  61184,      65519,      65534,      65535,      524288,
                                  0x6fffffff, 0x7ffe0000, 0x7fffffff, 0x80000000, 0x80000001,
                                  0xfffffffe, 0xffffffff, 4294901760u};

    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(id_is_ours(no[i]));
    assert_true(id_is_ours(0x70000000));
    assert_true(id_is_ours(0x7ffdffff));
}

static void fields_cannot_end_an_entry(void **state)
{
    (void)state;
    for (size_t length = 1; length < 40; length++) {
        for (size_t at = 0; at < length; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char *text = malloc(length);

                memset(text, at % 2 ? 'a' : 0xc3, length);
                text[at] = (char)byte;
                assert_int_equal(name_is_field(text, length),
                                 byte >= 0x20 && byte != 0x7f && byte != ':');
                free(text);
            }
        }
    }
    assert_true(name_is_field("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_judged_as_the_rules_say),
        cmocka_unit_test(a_few_names_spelled_out),
        cmocka_unit_test(names_that_mean_power_are_known_whole),
        cmocka_unit_test(a_name_fits_one_kind_of_host),
        cmocka_unit_test(ids_outside_the_window_are_never_ours),
        cmocka_unit_test(fields_cannot_end_an_entry),
    };

    return check_main("name", tests);
}
