/* SPDX-License-Identifier: MIT */
/* cache/store_groups.c and store_publish.c: what everybody on the host gets to see. */
#include "cache/first_id.h"
#include "cache/snapshot_read.h"
#include "tests/store_place.h"

#define GUID "4f1a0000-0000-4000-8000-00000000000a"

/* The snapshot's bytes. */
static char *published(size_t *length)
{
    struct place public = place;
    char *bytes;

    public.folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bytes = place_bytes(&public, "snapshot", length);
    close(public.folder);
    return bytes;
}

static void groups_get_clean_names_or_are_left_out(void **state)
{
    static const struct {
        const char *object_id, *name; /* NULL: left out */
    } cases[] = {
        {"engineers", "engineers"},
        {"Designers", "designers"},
        {"designers", NULL},
        {GUID, "group-" GUID},
        {"sudo", NULL},
        {"Root", NULL},
        {"docker", NULL},
        {"games", NULL},
        {"nogroup", NULL},
        {"a b", NULL},
        {"a:b", NULL},
        {"x\ny", NULL},
        {"4F1A0000-0000-4000-8000-00000000000B", "group-4f1a0000-0000-4000-8000-00000000000b"},
        {"4f1a0000-0000-4000-8000-0000000000", NULL},
        {"", NULL},
        {"af1a0000-0000-4000-8000-00000000000b", "group-af1a0000-0000-4000-8000-00000000000b"},
        {"ada@contoso.example", NULL},
        {"engineers", "engineers"},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    OWNED(strings_release) struct strings ids = STRINGS_WITH_LIMIT(100);
    OWNED(strings_release) struct strings out = STRINGS_WITH_LIMIT(100);
    OWNED(strings_release) struct strings now = STRINGS_WITH_LIMIT(100);
    OWNED(free_memory) char *bytes = NULL;
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct snapshot snapshot;
    struct person person;
    struct error why;
    char space[4096];
    bool changed;
    size_t length;

    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_true(strings_add(&ids, cases[i].object_id));
    acceptance.group_ids = &ids;
    assert_true(store_accept(store, &acceptance, &person, &changed, &out, &why));
    assert_true(changed);
    assert_true(store_groups_of(store, person.uid, &now, &why));
    assert_true(store_publish(store, place.public, &why));
    bytes = published(&length);
    assert_true(snapshot_from_bytes(bytes, length, &snapshot));
    for (size_t i = 0; i < count; i++) {
        struct answer_space answer = {.bytes = space, .size = sizeof space};
        struct snapshot_group group;

        assert_int_equal(strings_have(&out, cases[i].object_id), !cases[i].name);
        assert_true(strings_have(&now, cases[i].object_id)); /* what may let her in */
        if (!cases[i].name)
            continue;
        assert_int_equal(snapshot_group_by_name(&snapshot, cases[i].name, &answer, &group),
                         LOOKUP_FOUND);
        assert_string_equal(group.members[0], "ada@contoso.example");
        assert_int_equal(group.gid, first_id("group", account.issuer, cases[i].object_id));
    }
}

/* Accepts Ada in the groups of `list` (letters), or with her old ones for NULL. */
static bool changes_with(const char *list, struct acceptance *acceptance)
{
    OWNED(strings_release) struct strings ids = STRINGS_WITH_LIMIT(26);
    char name[] = "team-x";
    struct person person;
    struct error why = {0};
    bool changed;

    for (const char *letter = list; letter && *letter; letter++) {
        name[5] = *letter;
        strings_add(&ids, name);
    }
    acceptance->group_ids = list ? &ids : NULL;
    if (!store_accept(store, acceptance, &person, &changed, NULL, &why))
        fail_msg("%s", why.text);
    acceptance->group_ids = NULL;
    if (changed)
        assert_true(store_publish(store, place.public, &why));
    return changed;
}

static void only_what_the_snapshot_shows_is_a_public_change(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct error why;

    (void)state;
    assert_true(changes_with("ab", &acceptance));
    assert_false(changes_with("ab", &acceptance));
    assert_false(changes_with("ba", &acceptance));
    assert_false(changes_with("aab", &acceptance));
    assert_false(changes_with(NULL, &acceptance));
    acceptance.verifier = "$y$new";
    acceptance.refresh_token = "new";
    acceptance.now = 5000;
    acceptance.password_proven = true;
    assert_false(changes_with("ab", &acceptance));
    assert_true(changes_with("ac", &acceptance));
    assert_true(changes_with("abc", &acceptance));
    assert_true(changes_with("", &acceptance));
    assert_false(changes_with("", &acceptance));
    assert_false(changes_with(NULL, &acceptance));
    acceptance.name = "lovelace@contoso.example";
    assert_true(changes_with(NULL, &acceptance));
    acceptance.gecos = "Ada L";
    assert_true(changes_with(NULL, &acceptance));
    acceptance.home = "/home/lovelace";
    assert_false(changes_with(NULL, &acceptance));
    acceptance.shell = "/bin/bash";
    assert_true(changes_with(NULL, &acceptance));
    assert_false(changes_with(NULL, &acceptance));
    assert_true(store_publish(store, place.public, &why));
    assert_false(changes_with(NULL, &acceptance));
}

static void a_change_that_was_not_published_is_still_waiting(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);

    (void)state;
    accept_person(store, &acceptance); /* and the process dies here */
    assert_true(changes_with(NULL, &acceptance));
    assert_false(changes_with(NULL, &acceptance));
}

static void too_many_groups_are_not_recorded_and_the_most_are_shown(void **state)
{
    OWNED(strings_release) struct strings ids = STRINGS_WITH_LIMIT(GROUPS_MOST + 1);
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;
    struct error why;
    OWNED(free_memory) char *bytes = NULL;
    struct snapshot snapshot;
    struct snapshot_gids gids;
    char name[32];
    size_t length;
    bool changed;

    (void)state;
    for (int i = 0; i <= GROUPS_MOST; i++) {
        snprintf(name, sizeof name, "team-%d", i);
        assert_true(strings_add(&ids, name));
    }
    acceptance.group_ids = &ids;
    assert_false(store_accept(store, &acceptance, &person, &changed, NULL, &why));
    assert_int_equal(why.kind, ERROR_MALFORMED);
    assert_int_equal(store_person_by_name(store, acceptance.name, &person, &why), LOOKUP_ABSENT);
    free(ids.items[--ids.count]);
    assert_true(store_accept(store, &acceptance, &person, &changed, NULL, &why));
    assert_true(store_publish(store, place.public, &why));
    bytes = published(&length);
    assert_true(snapshot_from_bytes(bytes, length, &snapshot));
    assert_int_equal(snapshot_gids_of(&snapshot, acceptance.name, &gids), LOOKUP_FOUND);
    assert_int_equal(gids.count, GROUPS_MOST);
}

static int with_local_group(const void *unused)
{
    OWNED(strings_release) struct strings ids = STRINGS_WITH_LIMIT(9);
    OWNED(strings_release) struct strings out = STRINGS_WITH_LIMIT(9);
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;
    struct error why = {0};
    char path[64];
    bool changed;

    (void)unused;
    place_path(&place, "group", path);
    if (!own_mounts() || mount(path, "/etc/group", "none", MS_BIND, NULL) != 0)
        return CHILD_MAY_NOT;
    strings_add(&ids, "engineers");
    strings_add(&ids, "others");
    acceptance.group_ids = &ids;
    return !store_accept(store, &acceptance, &person, &changed, &out, &why) || out.count != 1 ||
           !strings_have(&out, "engineers");
}

/* `deed` in a child, beside local groups of these lines; it answers 0 when all is well. */
static void beside_local_groups(const char *lines, int (*deed)(const void *))
{
    pid_t child;
    int status;

    place_write(&place, "group", lines, strlen(lines), 0644);
    child = fork();
    if (child == 0)
        _exit(deed(NULL));
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

static void a_group_of_the_local_files_is_left_out(void **state)
{
    (void)state;
    beside_local_groups("root:x:0:\nengineers:x:1234:\n", with_local_group);
}

static int publish_with_local_group(const void *unused)
{
    OWNED(free_memory) char *bytes = NULL;
    struct snapshot snapshot;
    struct snapshot_group group;
    struct snapshot_gids gids;
    struct error why;
    char path[64], space[4096];
    struct answer_space first = {.bytes = space, .size = sizeof space}, second = first;
    size_t length;

    (void)unused;
    place_path(&place, "group", path);
    if (!own_mounts() || mount(path, "/etc/group", "none", MS_BIND, NULL) != 0)
        return CHILD_MAY_NOT;
    if (!store_publish(store, place.public, &why))
        return 2;
    bytes = published(&length);
    return !snapshot_from_bytes(bytes, length, &snapshot) ||
           snapshot_group_by_name(&snapshot, "team-b", &first, &group) != LOOKUP_ABSENT ||
           snapshot_group_by_name(&snapshot, "team-c", &second, &group) != LOOKUP_FOUND ||
           snapshot_gids_of(&snapshot, "ada@contoso.example", &gids) != LOOKUP_FOUND ||
           gids.count != 2;
}

static void a_group_that_has_become_local_goes_and_its_members_stay(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);

    (void)state;
    changes_with("abc", &acceptance);
    beside_local_groups("root:x:0:\nteam-b:x:1234:\n", publish_with_local_group);
}

static void a_group_keeps_its_gid_and_name_over_members(void **state)
{
    struct account ada = account_of("ada"), bob = account_of("bob");
    struct acceptance first = ACCEPTANCE(&ada), second = ACCEPTANCE(&bob);
    OWNED(free_memory) char *bytes = NULL;
    struct snapshot snapshot;
    struct snapshot_group group;
    struct answer_space answer;
    char space[4096];
    size_t length;

    (void)state;
    second.name = "bob@contoso.example";
    changes_with("a", &first);
    changes_with("a", &second);
    changes_with("", &first);
    changes_with("", &second);
    changes_with("a", &second);
    bytes = published(&length);
    assert_true(snapshot_from_bytes(bytes, length, &snapshot));
    answer = (struct answer_space){.bytes = space, .size = sizeof space};
    assert_int_equal(snapshot_group_by_name(&snapshot, "team-a", &answer, &group), LOOKUP_FOUND);
    assert_int_equal(group.gid, first_id("group", ada.issuer, "team-a"));
    assert_string_equal(group.members[0], "bob@contoso.example");
    assert_null(group.members[1]);
}

/* A window can be narrowed, and widened again, under a store that is as good as before. */
static void an_id_outside_the_window_is_told_and_can_be_mended(void **state)
{
    const struct id_window before = id_window();
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    OWNED(strings_release) struct strings ids = STRINGS_WITH_LIMIT(1);
    OWNED(strings_release) struct strings out = STRINGS_WITH_LIMIT(1);
    struct person person;
    struct error why;
    char wanted[64];
    bool changed;

    (void)state;
    assert_true(strings_add(&ids, "engineers"));
    acceptance.group_ids = &ids;
    assert_true(store_accept(store, &acceptance, &person, &changed, &out, &why));
    for (int above = 0; above < 2; above++) {
        id_window_use(above ? (struct id_window){before.least, person.uid - 1}
                            : (struct id_window){person.uid + 1, before.most});
        assert_false(store_publish(store, place.public, &why));
        assert_int_equal(why.kind, ERROR_CONFIG);
        snprintf(wanted, sizeof wanted, "ada@contoso.example has id %u, outside", person.uid);
        assert_non_null(strstr(why.text, wanted));
        assert_non_null(strstr(why.text, "latchkey config apply"));
    }
    id_window_use(before);
    assert_true(store_publish(store, place.public, &why));
}

static const struct CMUnitTest tests[] = {
    TEST(an_id_outside_the_window_is_told_and_can_be_mended),
    TEST(groups_get_clean_names_or_are_left_out),
    TEST(only_what_the_snapshot_shows_is_a_public_change),
    TEST(a_change_that_was_not_published_is_still_waiting),
    TEST(too_many_groups_are_not_recorded_and_the_most_are_shown),
    TEST(a_group_keeps_its_gid_and_name_over_members),
    TEST(a_group_of_the_local_files_is_left_out),
    TEST(a_group_that_has_become_local_goes_and_its_members_stay),
};

int main(void)
{
    return check_main("publish", tests);
}
