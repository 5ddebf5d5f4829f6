/* SPDX-License-Identifier: MIT */
/*
 * The texts of records, judged while they are copied: wherever they stand, however long they are, and
 * whether or not anything follows them, they are given exactly when each of them is legal.
 */
#include "cache/snapshot_answer.h"
#include "tests/check.h"

#include "base/own.h"

#include <stdlib.h>
#include <string.h>

#define FIRST        SNAPSHOT_LINE /* where the people start */
#define MEMBERS      4u
#define PEOPLE_ROOM  2048u
#define ANSWER_SPACE 2048u

static const char tried[] = {'\0', '@', '.', '-', '_', 'a', 'm',  'z',    '0',    '9',    'A',
                             ':',  '/', '`', '{', ',', ' ', '\n', '\x1f', '\x7f', '\x80', '\xff'};

/* People, one behind the other, and one group of all of them; `slack` bytes follow. */
struct forged {
    struct snapshot s;
    size_t name_at[MEMBERS], record_at[MEMBERS];
    uint32_t members;
    char *bytes;
};

static void forged_release(struct forged *forged)
{
    free(forged->bytes);
}

static size_t put_person(char *at, const char *const texts[4])
{
    struct snapshot_person_record record = {.uid = htole32(ID_LEAST + 1)};
    uint16_t *lengths[] = {&record.name, &record.gecos, &record.home, &record.shell};
    size_t end = sizeof record;

    for (size_t i = 0; i < 4; i++) {
        *lengths[i] = htole16((uint16_t)strlen(texts[i]));
        memcpy(at + end, texts[i], strlen(texts[i]) + 1);
        end += strlen(texts[i]) + 1;
    }
    memcpy(at, &record, sizeof record);
    return end;
}

/* People of these names; a single one has no group behind it. */
static struct forged forge(const char *const *names, uint32_t count, const char *const fields[3],
                           size_t slack)
{
    struct forged forged = {.members = count, .bytes = calloc(1, FIRST + PEOPLE_ROOM)};
    struct snapshot_group_record group = {htole32(ID_LEAST + 2), htole32(count), 0, htole32(3)};
    size_t at = FIRST, end = 0, sizes = 0;
    char *bytes;

    assert_non_null(forged.bytes);
    for (uint32_t i = 0; i < count; i++) {
        forged.record_at[i] = at;
        forged.name_at[i] = at + sizeof(struct snapshot_person_record);
        end = at + put_person(forged.bytes + at,
                              (const char *const[]){names[i], fields[0], fields[1], fields[2]});
        at = snapshot_round_up(end, SNAPSHOT_UNIT);
        sizes += strlen(names[i]) + 1;
    }
    forged.s = (struct snapshot){.people_at = FIRST, .groups_at = at};
    if (count > 1) {
        group.members_size = htole32((uint32_t)sizes);
        memcpy(forged.bytes + at, &group, sizeof group);
        memcpy(forged.bytes + at + sizeof group, "all", 4);
        for (uint32_t i = 0; i < count; i++)
            memcpy(forged.bytes + at + sizeof group + 4 + i * sizeof(uint32_t),
                   &(uint32_t){htole32((uint32_t)(forged.record_at[i] / SNAPSHOT_UNIT))}, 4);
        at += sizeof group + 4 + count * sizeof(uint32_t);
    }
    forged.s.size = snapshot_round_up(at, SNAPSHOT_UNIT) + slack;
    bytes = aligned_alloc(8, forged.s.size); /* so that nothing behind it can be read */
    assert_non_null(bytes);
    memset(bytes, 0, forged.s.size);
    memcpy(bytes, forged.bytes, forged.s.size - slack);
    free(forged.bytes);
    forged.bytes = bytes;
    forged.s.bytes = (const unsigned char *)bytes;
    return forged;
}

static enum lookup ask_person(const struct forged *forged, size_t room)
{
    OWNED(free_memory) char *bytes = malloc(room);
    struct answer_space space = {.bytes = bytes, .size = room};
    struct snapshot_person person;
    struct person_record record;

    assert_non_null(bytes);
    assert_true(person_record_read(&forged->s, forged->record_at[0], &record));
    return person_answer(&forged->s, &record, NULL, &space, &person);
}

/* As many names as were told, and the right ones, or none. */
static enum lookup ask_group(const struct forged *forged, size_t room)
{
    OWNED(free_memory) char *bytes = malloc(room);
    struct answer_space space = {.bytes = bytes, .size = room};
    struct snapshot_group group;
    struct group_record record;
    enum lookup lookup;

    assert_non_null(bytes);
    assert_true(group_record_read(&forged->s, forged->s.groups_at, &record));
    lookup = group_answer(&forged->s, &record, &space, &group);
    for (uint32_t i = 0; lookup == LOOKUP_FOUND && i < forged->members; i++)
        assert_string_equal(group.members[i], forged->bytes + forged->name_at[i]);
    return lookup;
}

/* Of this length, with the `@` at about a third of it; names from 64 bytes on have long labels. */
static void make_name(char *name, size_t length)
{
    memset(name, 'b', length);
    name[length / 3] = '@';
    name[length - 2] = '.';
    name[length] = '\0';
}

static bool is_legal_name(const char *name, size_t length)
{
    return strlen(name) == length && name_is_person(name);
}

static void a_name_is_given_exactly_if_it_is_legal(void **state)
{
    static const char *const fields[] = {"Ada", "/home/ada", "/bin/sh"};
    const size_t rest = sizeof "Ada" + sizeof "/home/ada" + sizeof "/bin/sh";

    (void)state;
    for (size_t length = 5; length < 100; length++) {
        for (size_t slack = 0; slack <= 64; slack += 64) {
            char name[128];
            OWNED(forged_release) struct forged forged = {.bytes = NULL};

            make_name(name, length);
            forged = forge((const char *const[]){name}, 1, fields, slack);
            for (size_t at = 0; at <= length; at++)
                for (size_t i = 0; i < sizeof tried; i++) {
                    char *here = forged.bytes + forged.name_at[0], was = here[at];
                    bool legal;

                    here[at] = tried[i];
                    legal = !here[length] && is_legal_name(here, length);
                    if ((ask_person(&forged, length + 1 + rest) == LOOKUP_FOUND) != legal ||
                        (ask_person(&forged, ANSWER_SPACE) == LOOKUP_FOUND) != legal)
                        fail_msg("%zu bytes, byte %zu is %02x", length, at, tried[i] & 0xff);
                    here[at] = was;
                }
        }
    }
}

static bool is_legal_field(const char *text, size_t length, bool path)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == ':')
            return false;
    return !text[length] && (!path || *text == '/');
}

static void each_field_is_given_exactly_if_it_is_legal(void **state)
{
    static const char name[] = "ada@contoso.example";
    static const char *const cases[][3] = {
        {"", "/", "/"},
        {"Ada Lovelace", "/home/ada", "/bin/bash"},
        {"", "/home/someone.with.a.name.that.fills.all", "/usr/bin/a-long-shell"},
        {"Somebody of sixteen bytes and more words", "/home/someone.who.is.long", "/bin/sh"}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (size_t slack = 0; slack <= 64; slack += 64) {
            const char *const *fields = cases[c];
            size_t gecos = strlen(fields[0]), home = strlen(fields[1]), shell = strlen(fields[2]);
            size_t size = gecos + home + shell + 3;
            OWNED(forged_release)
            struct forged forged = forge((const char *const[]){name}, 1, fields, slack);
            char *texts = forged.bytes + forged.name_at[0] + sizeof name;

            for (size_t at = 0; at < size; at++)
                for (unsigned byte = 0; byte < 256; byte++) {
                    char was = texts[at];
                    bool legal;

                    texts[at] = (char)byte;
                    legal = is_legal_field(texts, gecos, false) &&
                            is_legal_field(texts + gecos + 1, home, true) &&
                            is_legal_field(texts + gecos + 1 + home + 1, shell, true);
                    if ((ask_person(&forged, sizeof name + size) == LOOKUP_FOUND) != legal ||
                        (ask_person(&forged, ANSWER_SPACE) == LOOKUP_FOUND) != legal)
                        fail_msg("case %zu, byte %zu is %02x", c, at, byte);
                    texts[at] = was;
                }
        }
}

static size_t least_room(const char *const names[MEMBERS])
{
    size_t room = (MEMBERS + 1) * sizeof(char *) + sizeof "all";

    for (size_t i = 0; i < MEMBERS; i++)
        room += strlen(names[i]) + 1;
    return room;
}

/* A domain is not judged again when it is that of the member before. */
static void a_group_is_given_exactly_if_each_member_is_legal(void **state)
{
    static const char *const fields[] = {"", "/", "/"};
    static const char *const cases[][MEMBERS] = {
        {"ada.lovelace@contoso.example", "beate.meier-2@contoso.example", "_x-1.y@contoso.example",
         "c@contoso.example"},
        {"ada@b.c", "b@b.c", "c@b.c", "d@contoso.example"},
        {"ada@contoso.example", "ada@fabrikam.example", "ada@contoso.example",
         "x@contosoo.example"},
        {"anna.of.thirty.two.bytes.in.all.@a-domain-of.thirty.one.example",
         "a@a-domain-of.thirty.one.example",
         "anna.of.thirty.three.bytes.in.all@a-domain-of.thirty.one.example",
         "b@a-domain-of.thirty.one.example"},
        {"a@one-domain-of.thirty.32.example", "b@one-domain-of.thirty.32.example",
         "c@one-domain-of.thirty.32.example", "d@one-domain-of.thirty.32.example"}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (size_t slack = 0; slack <= 64; slack += 64) {
            OWNED(forged_release) struct forged forged = forge(cases[c], MEMBERS, fields, slack);

            for (size_t m = 0; m < MEMBERS; m++)
                for (size_t at = 0; at <= strlen(cases[c][m]); at++)
                    for (size_t i = 0; i < sizeof tried; i++) {
                        char *here = forged.bytes + forged.name_at[m], was = here[at];
                        size_t length = strlen(cases[c][m]);
                        bool legal;

                        here[at] = tried[i];
                        legal = !here[length] && is_legal_name(here, length);
                        if ((ask_group(&forged, least_room(cases[c])) == LOOKUP_FOUND) != legal ||
                            (ask_group(&forged, ANSWER_SPACE) == LOOKUP_FOUND) != legal)
                            fail_msg("case %zu, member %zu, byte %zu is %02x", c, m, at,
                                     tried[i] & 0xff);
                        here[at] = was;
                    }
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_given_exactly_if_it_is_legal),
        cmocka_unit_test(each_field_is_given_exactly_if_it_is_legal),
        cmocka_unit_test(a_group_is_given_exactly_if_each_member_is_legal)};

    return check_main("snapshot_names", tests);
}
