/* SPDX-License-Identifier: MIT */
/*
 * cache/store_publish.c: local files that change between the choice of an id and its publication, as
 * when useradd(8) runs meanwhile. The lock of lckpwdf(3) is root's, and the helper is not root: so
 * it never holds it, and what came first in the local files wins at the next publication.
 */
#include "cache/first_id.h"
#include "cache/snapshot_read.h"
#include "config/paths.h"
#include "tests/store_place.h"

#define ADAS   "ada@contoso.example"
#define BOBS   "bob@contoso.example"
#define PASSWD "root:x:0:0::/root:/bin/sh\n"
#define GROUP  "root:x:0:\n"

static struct person ada, bob;
static uint32_t team;

static struct person enrol(const char *name)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(1);
    struct account account = account_of(name);
    struct acceptance acceptance = ACCEPTANCE(&account);

    acceptance.name = name;
    acceptance.group_ids = &groups;
    assert_true(strings_add(&groups, "engineers"));
    return accept_person(store, &acceptance);
}

/* Over a file of the host, in the mounts of this process alone. */
static bool put_over(const char *path, const char *name, const char *text)
{
    char ours[64];

    place_write(&place, name, text, strlen(text), 0644);
    place_path(&place, name, ours);
    return mount(ours, path, "none", MS_BIND, NULL) == 0;
}

static void change_local(const char *name, const char *before, const char *line)
{
    char text[256];

    snprintf(text, sizeof text, "%s%s", before, line);
    place_write(&place, name, text, strlen(text), 0644); /* the mounted file itself */
}

static void publish_now(void)
{
    struct error why = {0};

    if (!store_publish(store, place.public, &why))
        fail_msg("%s", why.text);
}

/* Who answers to an id in what was published: 'p' a person, 'g' a group, 'n' nobody. */
static char found_under(uint32_t id)
{
    struct place public = place;
    OWNED(free_memory) char *bytes = NULL;
    struct snapshot snapshot;
    struct snapshot_person person;
    struct snapshot_group group;
    char space[4096];
    struct answer_space answer = {.bytes = space, .size = sizeof space};
    enum lookup as_person, as_group;
    size_t length;

    public.folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bytes = place_bytes(&public, "snapshot", &length);
    close(public.folder);
    assert_true(snapshot_from_bytes(bytes, length, &snapshot));
    as_person = snapshot_person_by_uid(&snapshot, id, &answer, &person);
    answer = (struct answer_space){.bytes = space, .size = sizeof space};
    as_group = snapshot_group_by_gid(&snapshot, id, &answer, &group);
    if (as_person == LOOKUP_FOUND)
        return 'p';
    return as_group == LOOKUP_FOUND ? 'g' : 'n';
}

static void expect(const char *what, char adas, char bobs, char teams)
{
    if (found_under(ada.uid) != adas || found_under(bob.uid) != bobs || found_under(team) != teams)
        fail_msg("%s: ada %c, bob %c, engineers %c", what, found_under(ada.uid),
                 found_under(bob.uid), found_under(team));
    assert_int_equal(store_is_published(place.public, &ada), adas == 'p');
    assert_int_equal(store_is_published(place.public, &bob), bobs == 'p');
}

static int local_entries_that_come_in_between(const void *unused)
{
    struct {
        const char *what, *file, *before;
        char line[128];
        char ada, team; /* what is found under their ids */
    } rows[] = {
        {"a local user of ada's uid", "passwd", PASSWD, "", 'n', 'g'},
        {"a local user of ada's name", "passwd", PASSWD,
         "ada@contoso.example:x:1000:1000::/:/bin/sh\n", 'n', 'g'},
        {"a local group of ada's uid", "group", GROUP, "", 'n', 'g'},
        {"a local group of the team's gid", "group", GROUP, "", 'p', 'n'},
        {"a local user of the team's gid", "passwd", PASSWD, "", 'p', 'n'},
        {"a local group of the team's name", "group", GROUP, "engineers:x:1000:\n", 'p', 'n'},
    };

    (void)unused;
    if (!own_mounts() || !put_over(LOCAL_PASSWD, "passwd", PASSWD) ||
        !put_over(LOCAL_GROUP, "group", GROUP))
        return CHILD_MAY_NOT;
    ada = enrol(ADAS);
    bob = enrol(BOBS);
    team = first_id("group", account_of("x").issuer, "engineers");
    snprintf(rows[0].line, sizeof rows[0].line, "eve:x:%u:100::/:/bin/sh\n", ada.uid);
    snprintf(rows[2].line, sizeof rows[2].line, "eve:x:%u:\n", ada.uid);
    snprintf(rows[3].line, sizeof rows[3].line, "eve:x:%u:\n", team);
    snprintf(rows[4].line, sizeof rows[4].line, "eve:x:%u:100::/:/bin/sh\n", team);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        change_local(rows[i].file, rows[i].before, rows[i].line);
        publish_now();
        expect(rows[i].what, rows[i].ada, 'p', rows[i].team);
        change_local(rows[i].file, rows[i].before, "");
        publish_now();
        expect("without it", 'p', 'p', 'g');
        assert_int_equal(enrol(ADAS).uid, ada.uid); /* an id is given for good */
    }
    return 0;
}

static void whoever_has_become_local_is_left_out(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        _exit(local_entries_that_come_in_between(NULL));
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

static const struct CMUnitTest tests[] = {TEST(whoever_has_become_local_is_left_out)};

int main(void)
{
    return check_main("publish_local", tests);
}
