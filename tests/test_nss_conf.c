/* SPDX-License-Identifier: MIT */
/* cache/nss_conf.c: which texts count, and that of any other nothing does. */
#include "cache/nss_conf.h"

#include "base/own.h"
#include "cache/name.h"
#include "tests/check.h"

#define WINDOW "window 1879048192 2147352575\n"
#define HEAD   "version 1\n" WINDOW "names full\n"
#define ISSUER "issuer https://login.contoso.example\n"
#define DOMAIN "domain contoso.example\n"
#define PATHS  "home /home/{name}\nshell /bin/bash\n"
#define SUDO   "local_group sudo 27 1879048200\n"
#define END    "end 1\n"
#define WHOLE  HEAD ISSUER DOMAIN PATHS SUDO END

/* In memory of exactly this size, so that a sanitizer sees a look beyond it. */
static bool parse(const char *text, size_t size, char **copy, struct nss_conf *conf)
{
    *copy = malloc(size + 1);
    assert_non_null(*copy);
    memcpy(*copy, text, size);
    (*copy)[size] = '\0';
    return nss_conf_parse(*copy, size, conf);
}

static bool counts(const char *text, size_t size)
{
    OWNED(free_memory) char *copy = NULL;
    struct nss_conf conf;

    return parse(text, size, &copy, &conf);
}

static void a_whole_text_is_read(void **state)
{
    static const char text[] =
        "# remark\n" HEAD "# another\n" ISSUER DOMAIN "domain b.example\n" PATHS SUDO
        "local_group docker 999 2147352575\nlocal_group sudo 27 1879048192\n" END;
    OWNED(free_memory) char *copy = NULL;
    struct nss_conf conf;

    (void)state;
    assert_true(parse(text, sizeof text - 1, &copy, &conf));
    assert_string_equal(conf.issuer, "https://login.contoso.example");
    assert_string_equal(conf.home, "/home/{name}");
    assert_string_equal(conf.shell, "/bin/bash");
    assert_int_equal(conf.domain_count, 2);
    assert_string_equal(conf.domains[1], "b.example");
    assert_int_equal(conf.group_count, 3);
    assert_int_equal(conf.groups[0].local, 27);
    assert_int_equal(conf.groups[0].directory, 1879048200);
    assert_int_equal(conf.groups[1].local, 999);
    assert_int_equal(conf.groups[1].directory, 2147352575);
    assert_true(nss_conf_has_domain_of(&conf, "ada@contoso.example"));
    assert_true(nss_conf_has_domain_of(&conf, "ada@b.example"));
    assert_false(nss_conf_has_domain_of(&conf, "ada@c.example"));
    assert_false(nss_conf_has_domain_of(&conf, "ada@x.contoso.example"));
    assert_false(nss_conf_has_domain_of(&conf, "contoso.example"));
}

static void issuer_and_groups_may_be_missing(void **state)
{
    static const char text[] = HEAD DOMAIN PATHS END;
    OWNED(free_memory) char *copy = NULL;
    struct nss_conf conf;

    (void)state;
    assert_true(parse(text, sizeof text - 1, &copy, &conf));
    assert_string_equal(conf.issuer, "");
    assert_int_equal(conf.group_count, 0);
}

/* Every kind of damage that a line can have. */
static void a_text_with_one_bad_line_does_not_count(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "# only a remark\n",
        /* the version, first and last */
        WINDOW "names full\n" ISSUER DOMAIN PATHS SUDO END,
        "version 2\n" WINDOW "names full\n" DOMAIN PATHS END,
        "version\n" WINDOW "names full\n" DOMAIN PATHS END,
        "version 1 \n" WINDOW "names full\n" DOMAIN PATHS END,
        "version 11\n" WINDOW "names full\n" DOMAIN PATHS END,
        "version 1\nversion 1\n" WINDOW "names full\n" DOMAIN PATHS END,
        HEAD DOMAIN PATHS,
        HEAD DOMAIN PATHS "end 1",
        HEAD DOMAIN PATHS "end\n",
        HEAD DOMAIN PATHS "end 2\n",
        HEAD DOMAIN PATHS END END,
        HEAD DOMAIN PATHS END SUDO,
        HEAD DOMAIN PATHS END "\n",
        /* the window */
        "version 1\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 0 2147352575\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 1879048192 2147483646\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 1879048191 2147352575\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 1879048192\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 1879048192  2147352575\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 1879048192 2147352575 1\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 01879048192 2147352575\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow +1879048192 2147352575\nnames full\n" DOMAIN PATHS END,
        "version 1\nwindow 18446744075588599808 2147352575\nnames full\n" DOMAIN PATHS END,
        /* names */
        "version 1\n" WINDOW DOMAIN PATHS END,
        "version 1\n" WINDOW "names short\n" PATHS END,
        "version 1\n" WINDOW "names short\n" DOMAIN DOMAIN PATHS END,
        "version 1\n" WINDOW "names Short\n" DOMAIN PATHS END,
        "version 1\n" WINDOW "names short \n" DOMAIN PATHS END,
        "version 1\n" WINDOW "names\n" DOMAIN PATHS END,
        "version 1\n" WINDOW "names FULL\n" DOMAIN PATHS END,
        /* issuer */
        HEAD "issuer\n" DOMAIN PATHS END,
        HEAD "issuer \n" DOMAIN PATHS END,
        HEAD "issuer https://a b\n" DOMAIN PATHS END,
        HEAD "issuer https://a\tb\n" DOMAIN PATHS END,
        HEAD "issuer https://\xc3\xa4\n" DOMAIN PATHS END,
        HEAD ISSUER ISSUER DOMAIN PATHS END,
        HEAD DOMAIN ISSUER PATHS END,
        /* domains */
        HEAD PATHS END,
        HEAD "domain Contoso.Example\n" PATHS END,
        HEAD "domain contoso\n" PATHS END,
        HEAD "domain contoso.example \n" PATHS END,
        HEAD "domain contoso.example b.example\n" PATHS END,
        HEAD "domain  contoso.example\n" PATHS END,
        HEAD "domain .contoso.example\n" PATHS END,
        HEAD "Domain contoso.example\n" PATHS END,
        HEAD " domain contoso.example\n" PATHS END,
        HEAD "domain\tcontoso.example\n" PATHS END,
        HEAD DOMAIN "\n" PATHS END,
        HEAD DOMAIN "domain contoso.example\r\n" PATHS END,
        /* home and shell */
        HEAD DOMAIN "shell /bin/bash\n" END,
        HEAD DOMAIN "home /home/{name}\n" END,
        HEAD DOMAIN "home /home\nshell /bin/bash\n" END,
        HEAD DOMAIN "home home/{name}\nshell /bin/bash\n" END,
        HEAD DOMAIN "home /home:/{name}\nshell /bin/bash\n" END,
        HEAD DOMAIN "home /home/{name}\nhome /home/{name}\nshell /bin/bash\n" END,
        HEAD DOMAIN "shell /bin/bash\nhome /home/{name}\n" END,
        HEAD DOMAIN "home /home/{name}\nshell bash\n" END,
        HEAD DOMAIN "home /home/{name}\nshell /bin/\x7f\n" END,
        HEAD DOMAIN "home /home/{name}\nshell /bin/b:sh\n" END,
        HEAD DOMAIN PATHS "shell /bin/sh\n" END,
        /* local groups */
        HEAD DOMAIN PATHS "local_group root 0 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group x 4294967295 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group x 4294967323 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group x 18446744073709551643 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group x 1879048192 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group x 2147352575 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 27\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 0\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 1879048191\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 2147352576\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 \n" END,
        HEAD DOMAIN PATHS "local_group sudo\n" END,
        HEAD DOMAIN PATHS "local_group\n" END,
        HEAD DOMAIN PATHS "local_group  27 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group 27 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group sudo -27 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group sudo 027 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 1879048200 1\n" END,
        HEAD DOMAIN PATHS "local_group sudo 27 1879048200x\n" END,
        HEAD DOMAIN PATHS "local_group sudo 0x1b 1879048200\n" END,
        HEAD DOMAIN PATHS "local_group su:do 27 1879048200\n" END,
        HEAD DOMAIN SUDO PATHS END,
        HEAD DOMAIN PATHS SUDO "local_group x 0 1879048200\n" END,
        /* what is not known */
        HEAD DOMAIN PATHS "colour blue\n" END,
        HEAD DOMAIN PATHS SUDO "#\n\n" END,
        HEAD DOMAIN PATHS " # remark\n" END,
    };

    (void)state;
    assert_true(counts(WHOLE, strlen(WHOLE)));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (counts(texts[i], strlen(texts[i])))
            fail_msg("row %zu counts: %s", i, texts[i]);
}

static void names_are_full_or_short(void **state)
{
    char full[] = HEAD DOMAIN DOMAIN PATHS END;
    char brief[] = "version 1\n" WINDOW "names short\n" DOMAIN PATHS END;
    struct nss_conf conf;

    (void)state;
    assert_true(nss_conf_parse(full, sizeof full - 1, &conf));
    assert_int_equal(conf.names, NAMES_FULL);
    assert_true(nss_conf_parse(brief, sizeof brief - 1, &conf));
    assert_int_equal(conf.names, NAMES_SHORT);
}

static void what_does_not_count_leaves_the_result_alone(void **state)
{
    struct nss_conf conf, before;
    OWNED(free_memory) char *copy = NULL;

    (void)state;
    memset(&conf, 0xa5, sizeof conf);
    before = conf;
    assert_false(parse(HEAD DOMAIN PATHS SUDO, strlen(HEAD DOMAIN PATHS SUDO), &copy, &conf));
    assert_memory_equal(&conf, &before, sizeof conf);
}

/* Whatever a text that counts says, no id is one that root cannot have meant. */
static void judge(const char *text, size_t size)
{
    OWNED(free_memory) char *copy = NULL;
    struct nss_conf conf;

    if (!parse(text, size, &copy, &conf))
        return;
    assert_in_range(conf.domain_count, 1, NSS_CONF_DOMAINS_MOST);
    for (size_t i = 0; i < conf.domain_count; i++)
        assert_true(name_is_domain(conf.domains[i]));
    assert_true(conf.home[0] == '/' && strstr(conf.home, NSS_CONF_LABEL) && conf.shell[0] == '/');
    assert_in_range(conf.group_count, 0, NSS_CONF_GROUPS_MOST);
    for (size_t i = 0; i < conf.group_count; i++) {
        assert_int_not_equal(conf.groups[i].local, 0);
        assert_false(id_is_ours(conf.groups[i].local));
        assert_true(id_is_ours(conf.groups[i].directory));
    }
}

static void a_text_that_is_cut_anywhere_does_not_count(void **state)
{
    (void)state;
    for (size_t size = 0; size < strlen(WHOLE); size++)
        assert_false(counts(WHOLE, size));
}

static void no_change_of_a_byte_yields_an_id_of_anybody_else(void **state)
{
    char text[sizeof WHOLE];

    (void)state;
    for (size_t i = 0; i < strlen(WHOLE); i++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, WHOLE, sizeof text);
            text[i] = (char)byte;
            judge(text, strlen(WHOLE));
            if (!byte)
                assert_false(counts(text, strlen(WHOLE)));
        }
}

/* Adds the line to `text`, without a NUL behind it. */
static size_t repeat(char *text, size_t size, const char *line, size_t times)
{
    for (size_t i = 0; i < times; i++)
        for (const char *byte = line; *byte; byte++)
            text[size++] = *byte;
    return size;
}

/* Lines of the whole text in any order, left out and doubled. */
static void no_shuffle_of_lines_yields_an_id_of_anybody_else(void **state)
{
    static const char *const lines[] = {"version 1\n",
                                        WINDOW,
                                        "names full\n",
                                        ISSUER,
                                        DOMAIN,
                                        "home /home/{name}\n",
                                        "shell /bin/bash\n",
                                        SUDO,
                                        "local_group root 0 1879048200\n",
                                        END};
    unsigned random = 7;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char text[2048] = "";
        size_t size = 0;

        for (size_t k = 0; k < 12; k++) {
            const char *line;

            random = random * 1103515245u + 12345u;
            line = lines[(random >> 16) % (sizeof lines / sizeof lines[0])];
            size = repeat(text, size, line, 1);
        }
        judge(text, size);
    }
}

static void there_is_room_for_so_many_lines_and_no_more(void **state)
{
    static char text[NSS_CONF_MOST * 2];

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t size = repeat(text, 0, HEAD, 1);

        size = repeat(text, size, DOMAIN, NSS_CONF_DOMAINS_MOST + more);
        size = repeat(text, size, PATHS END, 1);
        assert_int_equal(counts(text, size), !more);
        size = repeat(text, 0, HEAD DOMAIN PATHS, 1);
        size = repeat(text, size, SUDO, NSS_CONF_GROUPS_MOST + more);
        size = repeat(text, size, END, 1);
        assert_int_equal(counts(text, size), !more);
        size = repeat(text, 0, WHOLE, 1);
        text[size++] = '#';
        memset(text + size, 'x', NSS_CONF_MOST);
        text[NSS_CONF_MOST - 1 + more] = '\n';
        assert_int_equal(counts(text, NSS_CONF_MOST + more), !more);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_text_is_read),
        cmocka_unit_test(issuer_and_groups_may_be_missing),
        cmocka_unit_test(a_text_with_one_bad_line_does_not_count),
        cmocka_unit_test(names_are_full_or_short),
        cmocka_unit_test(what_does_not_count_leaves_the_result_alone),
        cmocka_unit_test(a_text_that_is_cut_anywhere_does_not_count),
        cmocka_unit_test(no_change_of_a_byte_yields_an_id_of_anybody_else),
        cmocka_unit_test(no_shuffle_of_lines_yields_an_id_of_anybody_else),
        cmocka_unit_test(there_is_room_for_so_many_lines_and_no_more),
    };

    return check_main("nss_conf", tests);
}
