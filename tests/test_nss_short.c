/* SPDX-License-Identifier: MIT */
/*
 * What the NSS module answers where people have short names: root's nss.conf alone says so, and
 * neither a local name nor one that means power gets through, whatever the snapshot says.
 */
#include "tests/short_host.h"

#include "tests/nss_questions.h"
#include "tests/place.h"

#define LENA (ID_LEAST + 7)

/* One person, who is in `team`, and one who is in nothing. */
static void publish_people(enum names names, const char *one, const char *other)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    uint32_t team = TEAM;
    struct error why = {0};

    if (!snapshot_builder_new(&builder, &why))
        fail_msg("%s", why.text);
    snapshot_builder_names(builder, names, 0);
    if (!snapshot_add_group(builder, TEAM, "team", &why) ||
        !snapshot_add_person(builder, ADA, one, "", "/home/a", "/bin/sh", &team, 1, &why) ||
        !snapshot_add_person(builder, LENA, other, "", "/home/b", "/bin/sh", &team, 1, &why) ||
        !snapshot_publish(builder, PUBLIC_DIR, &why))
        fail_msg("%s", why.text);
}

/* Each occurrence of a name in the published file, exchanged for one as long. */
static void forge(const char *name, const char *other)
{
    static char bytes[1 << 16];
    size_t length = strlen(name) + 1, size;
    int fd = open(SNAPSHOT_PATH, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0 && strlen(other) + 1 == length);
    size = (size_t)read(fd, bytes, sizeof bytes);
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), name, length)); at++)
        memcpy(at, other, length);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    close(fd);
}

/* ---- all questions about one person, in a process of its own ---- */

struct question {
    const char *name;
    uint32_t id;
};

struct answers {
    bool name, uid, group, gid, groups, listed, group_listed;
};

static bool initgroups_finds(const char *name)
{
    gid_t *list = NULL;
    long taken = 0, size = groups_of(name, 1, 8, 0, &list, &taken);

    free(list);
    return size >= 0 && taken > 0;
}

static struct answers ask(const struct question *q)
{
    struct answers a = {0};
    struct passwd person;
    struct group group;

    a.name = nss.getpwnam(q->name, &person, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
             strcmp(person.pw_name, q->name) == 0;
    a.uid = nss.getpwuid(q->id, &person, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    a.group = nss.getgrnam(q->name, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    a.gid = nss.getgrgid(q->id, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    a.groups = initgroups_finds(q->name);
    nss.setpwent(0);
    while (nss.getpwent(&person, room, sizeof room, &error) == NSS_STATUS_SUCCESS)
        a.listed |= person.pw_uid == q->id;
    nss.endpwent();
    nss.setgrent(0);
    while (nss.getgrent(&group, room, sizeof room, &error) == NSS_STATUS_SUCCESS)
        a.group_listed |= group.gr_gid == q->id;
    nss.endgrent();
    return a;
}

static int all_show(const void *question)
{
    struct answers a = ask(question);

    return !(a.name && a.uid && a.group && a.gid && a.groups && a.listed && a.group_listed);
}

static int none_shows(const void *question)
{
    struct answers a = ask(question);

    return a.name || a.uid || a.group || a.gid || a.groups || a.listed || a.group_listed;
}

/* Only what goes by name. */
static int name_is_nobodys(const void *question)
{
    struct answers a = ask(question);

    return a.name || a.group || a.groups;
}

static void expect(int (*wanted)(const void *), const char *name, uint32_t id)
{
    const struct question question = {name, id};

    if (!in_child(wanted, &question))
        fail_msg("%s (%u)", name, id);
}

static void one_spelling_is_known(void **state)
{
    static const char *const others[] = {
        "ada@contoso.example", "ADA", "Ada", "ada.", "ada ", " ada", "aDA@contoso.example", ""};

    (void)state;
    if (!may_mount)
        skip();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    publish_people(NAMES_SHORT, "ada", "bob");
    expect(all_show, "ada", ADA);
    expect(all_show, "bob", LENA);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        expect(name_is_nobodys, others[i], ADA);
}

/* Whose file the snapshot is does not decide what is demanded of its names. */
static void the_snapshot_does_not_choose_the_form(void **state)
{
    static const char *const confs[] = {FULL_CONF, "", SHORT_CONF "x",
                                        CONF_OF("short", "domain a.example\ndomain b.example\n")};

    (void)state;
    if (!may_mount)
        skip();
    for (size_t i = 0; i < sizeof confs / sizeof confs[0]; i++) {
        write_text(NSS_CONF_FILE, confs[i]);
        publish_people(NAMES_SHORT, "ada", "bob");
        expect(none_shows, "ada", ADA);
        publish_people(NAMES_FULL, ADAS, "bob@contoso.example");
        expect(all_show, ADAS, ADA);
    }
    write_text(NSS_CONF_FILE, SHORT_CONF);
    expect(none_shows, ADAS, ADA);
    publish_people(NAMES_SHORT, "ada", "bob");
    write_text(NSS_CONF_FILE, SHORT_CONF);
    assert_int_equal(chmod(NSS_CONF_FILE, 0666), 0);
    expect(none_shows, "ada", ADA);
}

/* `lena` is a local user, `wheelers` a local group. */
static void a_local_name_is_never_shown(void **state)
{
    static const char *const names[] = {"lena", "wheelers"};

    (void)state;
    if (!may_mount)
        skip();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        publish_people(NAMES_SHORT, "ada", names[i]);
        expect(none_shows, names[i], LENA);
        expect(all_show, "ada", ADA);
        publish_people(NAMES_SHORT, names[i], "ada");
        expect(none_shows, names[i], ADA);
        expect(all_show, "ada", LENA);
    }
}

static void a_name_that_means_power_is_never_shown(void **state)
{
    static const char *const forged[][2] = {{"r00t", "root"},
                                            {"sud0", "sudo"},
                                            {"d0cker", "docker"},
                                            {"libvirx-q", "libvirt-q"},
                                            {"d.-mon", "daemon"}};

    (void)state;
    if (!may_mount)
        skip();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        publish_people(NAMES_SHORT, "ada", forged[i][0]);
        expect(all_show, forged[i][0], LENA);
        forge(forged[i][0], forged[i][1]);
        expect(none_shows, forged[i][1], LENA);
    }
}

static int room_is_kept(const void *unused)
{
    struct passwd person;

    (void)unused;
    for (size_t size = 0; size < 128; size++) {
        enum nss_status status = nss.getpwnam("ada", &person, room, size, &error);

        if (status != NSS_STATUS_SUCCESS && (status != NSS_STATUS_TRYAGAIN || error != ERANGE))
            return 1;
    }
    return 0;
}

static void too_small_a_room_is_said_to_be_too_small(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    publish_people(NAMES_SHORT, "ada", "bob");
    assert_true(in_child(room_is_kept, NULL));
}

static int begin(void **state)
{
    return make_folders(state) || begin_short(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_spelling_is_known),
        cmocka_unit_test(the_snapshot_does_not_choose_the_form),
        cmocka_unit_test(a_local_name_is_never_shown),
        cmocka_unit_test(a_name_that_means_power_is_never_shown),
        cmocka_unit_test(too_small_a_room_is_said_to_be_too_small),
    };

    if (!load_module(argc, argv))
        return check_done("nss_short", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_short", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_short", tests, begin, remove_folders));
}
