/* SPDX-License-Identifier: MIT */
/* command/nss_conf.c: what cannot stand in nss.conf is not written to it, whoever said it. */
#include "command/nss_conf.c" // NOLINT(bugprone-suspicious-include): the tool is no library
#include "tests/check.h"

#include <sched.h>
#include <sys/mount.h>

#define ISSUER "https://login.contoso.example"

/* One setting of a good file, replaced. */
enum field { NOTHING, THE_ISSUER, THE_DOMAIN, THE_HOME, THE_SHELL, THE_GROUP };

static const uint32_t local_gids[CONFIG_LOCAL_GROUPS_MOST] = {27},
                      platform_gids[CONFIG_LOCAL_GROUPS_MOST] = {ID_LEAST + 8};

struct facts {
    struct config config;
    struct nss_facts facts;
};

static void make(struct facts *made, enum field field, const char *value)
{
    *made = (struct facts){.config = {.id_min = ID_LEAST, .id_max = ID_MOST}};
    made->config.domains = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    made->config.local_groups = STRINGS_WITH_LIMIT(1);
    assert_true(
        strings_add(&made->config.domains, field == THE_DOMAIN ? value : "contoso.example"));
    assert_true(strings_add(&made->config.local_groups, field == THE_GROUP ? value : "sudo"));
    snprintf(made->config.home, sizeof made->config.home, "%s",
             field == THE_HOME ? value : "/home/{name}");
    snprintf(made->config.shell, sizeof made->config.shell, "%s",
             field == THE_SHELL ? value : "/bin/bash");
    made->facts = (struct nss_facts){.config = &made->config,
                                     .issuer = field == THE_ISSUER ? value : ISSUER,
                                     .local_gids = local_gids,
                                     .platform_gids = platform_gids};
}

static void release(struct facts *made)
{
    strings_release(&made->config.domains);
    strings_release(&made->config.local_groups);
}

static void read_written(char *text, size_t size)
{
    OWNED(close_fd) int fd = open(NSS_CONF_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

    text[n > 0 ? n : 0] = '\0';
}

static bool is_written(enum field field, const char *value)
{
    OWNED(release) struct facts made;
    struct error why = {0};
    bool good;

    make(&made, field, value);
    good = nss_conf_write(&made.facts, &why);
    assert_int_equal(why.kind, good ? ERROR_NONE : ERROR_CONFIG);
    return good;
}

static void no_value_brings_a_line_of_its_own(void **state)
{
    static const struct {
        enum field field;
        const char *value;
    } rows[] = {
        {THE_ISSUER, "https://a\ndomain evil.example"},
        {THE_ISSUER, "https://a\n# remark"},
        {THE_ISSUER, "https://a\n"},
        {THE_ISSUER, "\nissuer https://a"},
        {THE_ISSUER, "https://a b"},
        {THE_ISSUER, "https://a\tb"},
        {THE_ISSUER, "https://a\r"},
        {THE_ISSUER, "https://\xc3\xa4"},
        {THE_ISSUER, "https://a\x7f"},
        {THE_DOMAIN, "contoso.example\ndomain evil.example"},
        {THE_DOMAIN, "contoso.example b.example"},
        {THE_DOMAIN, ""},
        {THE_HOME, "/home/{name}\nshell /bin/sh\n#"},
        {THE_HOME, "/my home/{name}"},
        {THE_HOME, "/h\xc3\xb6me/{name}"},
        {THE_SHELL, "/bin/sh\nlocal_group sudo 27 1879048200"},
        {THE_SHELL, "/bin/sh x"},
        {THE_SHELL, ""},
        {THE_GROUP, "x 4 1879048200\nlocal_group sudo"},
        {THE_GROUP, "su do"},
        {THE_GROUP, "s\xc3\xbc"
                    "do"},
        {THE_GROUP, ""},
    };
    char before[4096], after[4096];

    (void)state;
    assert_true(is_written(NOTHING, NULL));
    read_written(before, sizeof before);
    assert_non_null(strstr(before, "\nissuer " ISSUER "\ndomain contoso.example\n"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_written(rows[i].field, rows[i].value))
            fail_msg("row %zu is written", i);
        read_written(after, sizeof after);
        assert_string_equal(after, before);
    }
}

static bool understood_as(const struct facts *written, const struct facts *meant)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(NSS_CONF_MOST);

    assert_true(compose(&text, &written->facts));
    return will_be_understood(&text, &meant->facts);
}

/* Whatever went wrong on the way, the module would read what was meant. */
static void a_text_that_says_another_thing_than_was_meant_is_found_out(void **state)
{
    static const uint32_t other_local[CONFIG_LOCAL_GROUPS_MOST] = {28},
                          other_platform[CONFIG_LOCAL_GROUPS_MOST] = {ID_LEAST + 9};
    OWNED(release) struct facts meant;

    (void)state;
    make(&meant, NOTHING, NULL);
    assert_true(understood_as(&meant, &meant));
    for (int i = 0; i < 10; i++) {
        OWNED(release) struct facts other;
        static const char *const values[] = {[THE_ISSUER] = "https://b",
                                             [THE_DOMAIN] = "b.example",
                                             [THE_HOME] = "/b/{name}",
                                             [THE_SHELL] = "/bin/b"};

        make(&other, i < THE_GROUP ? (enum field)i : NOTHING, i < THE_GROUP ? values[i] : NULL);
        if (i == 5)
            other.facts.local_gids = other_local;
        if (i == 6)
            other.facts.platform_gids = other_platform;
        if (i == 7)
            other.config.id_max--;
        if (i == 8)
            strings_release(&other.config.local_groups);
        if (i == 9)
            assert_true(strings_add(&other.config.domains, "b.example"));
        assert_int_equal(understood_as(&other, &meant), i == NOTHING);
        assert_int_equal(understood_as(&meant, &other), i == NOTHING);
    }
}

static int begin(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        (mkdir(CONFIG_DIR, 0755) != 0 && errno != EEXIST))
        return -1;
    return mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_brings_a_line_of_its_own),
        cmocka_unit_test(a_text_that_says_another_thing_than_was_meant_is_found_out),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("nss_conf_write", all, 0);
    }
    return check_done("nss_conf_write", all,
                      cmocka_run_group_tests_name("nss_conf_write", tests, begin, NULL));
}
