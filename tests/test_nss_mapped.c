/* SPDX-License-Identifier: MIT */
/* Local groups that root has mapped: who gets them, and that nobody gets any other. */
#include "tests/nss_root.h"

#include <pthread.h>

#define HEAD    BEFORE DOMAINS PATHS
#define LIST_AT 64 /* gids that a list of these tests can have */

#define LOCAL STATE_DIR "/group"

static void write_groups(const char *text, const char *more)
{
    OWNED(close_file) FILE *file = fopen(LOCAL, "we");

    assert_non_null(file);
    assert_true(fprintf(file, "%s%s", text, more) >= 0);
}

/* All that these tests map. */
static int fresh(void **state)
{
    static const char groups[] = "root:x:0:\nsudo:x:27:\nadm:x:998:\nDocker:x:999:\n";
    char more[512];
    int size = 0;

    for (unsigned k = 0; k < 6; k++)
        size += snprintf(more + size, sizeof more - (size_t)size, "a%u:x:%u:\nb%u:x:%u:\n", k,
                         100 + k / 2, k, 200 + k);
    write_groups(groups, more);
    return publish_first(state);
}

struct list {
    enum nss_status status;
    long taken;
    gid_t gids[LIST_AT];
};

static struct list list_of(const char *name, gid_t primary)
{
    long taken = 0, size = 1;
    gid_t *gids = calloc(1, sizeof *gids);
    struct list list = {.status = nss.initgroups(name, primary, &taken, &size, &gids, 0, &error)};

    for (long i = 0; gids && i < taken && i < LIST_AT; i++)
        list.gids[i] = gids[i];
    list.taken = taken;
    free(gids);
    return list;
}

static unsigned times(const struct list *list, gid_t gid)
{
    unsigned found = 0;

    for (long i = 0; i < list->taken; i++)
        found += list->gids[i] == gid;
    return found;
}

static bool is_as_without_extras(const struct list *ada)
{
    for (long i = 0; i < ada->taken; i++)
        if (!id_is_ours(ada->gids[i]))
            return false;
    return ada->status == NSS_STATUS_SUCCESS && ada->taken == GROUPS;
}

#define CONF_OF(lines) HEAD lines "end 1\n"
#define TEAM_IS        "1879048193" /* TEAM */
#define BIG_IS         "1879048194"
#define NOBODYS        "1879060000"

static int members_get_it(const void *unused)
{
    struct list ada = list_of(ADAS, ADA), bob = list_of("bob@contoso.example", BOB);
    struct list crowd = list_of("crowd3@contoso.example", BOB + 4);

    (void)unused;
    if (ada.status != NSS_STATUS_SUCCESS || ada.taken != GROUPS + 2 || times(&ada, 27) != 1 ||
        times(&ada, 999) != 1 || times(&ada, 998) != 0)
        return 1;
    if (bob.status != NSS_STATUS_SUCCESS || bob.taken != 0)
        return 2;
    return crowd.taken != 2 || times(&crowd, BIG) != 1 || times(&crowd, 999) != 1 ||
           list_of("eve@contoso.example", 1).status != NSS_STATUS_NOTFOUND ||
           list_of("Ada@contoso.example", 1).status != NSS_STATUS_NOTFOUND;
}

static void members_of_the_mapped_group_get_the_local_one(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " BIG_IS
                       "\nlocal_group adm 998 " NOBODYS "\n"));
    assert_int_equal(TEAM, 1879048193);
    assert_int_equal(BIG, 1879048194);
    assert_true(in_child(members_get_it, NULL));
}

static int once_each(const void *unused)
{
    struct list ada = list_of(ADAS, ADA), with_primary = list_of(ADAS, 27);

    (void)unused;
    return ada.taken != GROUPS + 1 || times(&ada, 27) != 1 || with_primary.taken != GROUPS ||
           times(&with_primary, 27) != 0;
}

static void a_local_group_of_two_mappings_is_given_once_and_not_beside_the_primary(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group sudo 27 " BIG_IS
                       "\nlocal_group sudo 27 " TEAM_IS "\n"));
    assert_true(in_child(once_each, NULL));
}

/* Every size of glibc's list at the start, and every limit. */
static int keeps_limits(const void *unused)
{
    (void)unused;
    for (long limit = 0; limit < GROUPS + 5; limit++)
        for (long size = 0; size < GROUPS + 5; size++) {
            long most = limit && limit < GROUPS + 2 ? limit : GROUPS + 2, taken;
            gid_t *list;

            if (limit && size > limit)
                continue;
            if (groups_of(ADAS, ADA, size, limit, &list, &taken) < taken || taken != most)
                return 1;
            for (long i = 0; i < taken && i < GROUPS; i++)
                if (list[i] != TEAM + i)
                    return 2;
            free(list);
        }
    return 0;
}

static void room_and_limit_are_kept_with_local_groups_too(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " BIG_IS "\n"));
    assert_true(in_child(keeps_limits, NULL));
}

static int without_extras(const void *unused)
{
    struct list ada = list_of(ADAS, ADA);
    struct passwd person;
    struct group group;

    (void)unused;
    return !is_as_without_extras(&ada) ||
           nss.getpwnam(ADAS, &person, room, sizeof room, &error) != NSS_STATUS_SUCCESS ||
           nss.getgrnam("team", &group, room, sizeof room, &error) != NSS_STATUS_SUCCESS;
}

static void a_file_that_is_damaged_gives_nobody_anything(void **state)
{
    static const char *const texts[] = {
        "",
        "local_group sudo 27 " TEAM_IS "\n",
        HEAD "local_group sudo 27 " TEAM_IS "\n",
        CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group root 0 " TEAM_IS "\n"),
        CONF_OF("local_group sudo 27 " TEAM_IS "\n\n"),
        CONF_OF("local_group sudo 27 " TEAM_IS "\n") "x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_conf(texts[i]);
        if (!in_child(without_extras, NULL))
            fail_msg("row %zu", i);
    }
}

static void a_file_that_is_not_roots_alone_gives_nobody_anything(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " BIG_IS
                       "\nlocal_group adm 998 " NOBODYS "\n"));
    for (size_t i = 0; i < DISTRUSTS; i++) {
        assert_true(distrusts[i].begin());
        if (!in_child(without_extras, NULL))
            fail_msg("although %s", distrusts[i].what);
        assert_true(distrusts[i].end());
        assert_true(in_child(members_get_it, NULL));
    }
}

static void a_file_that_is_too_large_gives_nobody_anything(void **state)
{
    static char text[70000];
    int size = snprintf(text, sizeof text, "%s", CONF_OF("local_group sudo 27 " TEAM_IS "\n"));

    (void)state;
    memset(text + size, '#', sizeof text - (size_t)size - 2);
    text[sizeof text - 2] = '\n';
    write_conf(text);
    assert_true(in_child(without_extras, NULL));
}

/* Root shows as nobody in a user namespace that it is not mapped into. */
static void a_file_of_nobody_counts(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " BIG_IS
                       "\nlocal_group adm 998 " NOBODYS "\n"));
    assert_int_equal(chown(NSS_CONF_FILE, 65534, 65534), 0);
    assert_true(in_child(members_get_it, NULL));
    assert_int_equal(chown(NSS_CONF_FILE, 0, 0), 0);
}

/* ---- the file of local groups ---- */

static int without_docker(const void *unused)
{
    struct list ada = list_of(ADAS, ADA);

    (void)unused;
    return ada.status != NSS_STATUS_SUCCESS || ada.taken != GROUPS + 1 || times(&ada, 27) != 1 ||
           times(&ada, 999) != 0;
}

static int with_docker(const void *unused)
{
    struct list ada = list_of(ADAS, ADA), again = list_of(ADAS, ADA);

    (void)unused;
    return ada.taken != GROUPS + 2 || times(&ada, 27) != 1 || times(&ada, 999) != 1 ||
           again.taken != ada.taken;
}

static void a_number_that_another_group_has_now_is_not_given(void **state)
{
    static const struct {
        const char *line;
        bool given;
    } rows[] = {
        {"docker:x:999:\n", true},   {"docker:x:999:bob,eve", true},
        {" docker:x:999:\n", true},  {"", false},
        {"other:x:999:\n", false},   {"docker:x:998:\n", false},
        {"docker:x:9990:\n", false}, {"docker2:x:999:\n", false},
        {"docke:x:999:\n", false},   {"docker:x:998:\nother:x:999:\n", false},
        {"docker:x::999\n", false},  {"docker:999:\n", false},
        {":x:999:docker\n", false},  {"#docker:x:999:\n", false},
    };

    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " TEAM_IS "\n"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_groups("root:x:0:\nsudo:x:27:\n", rows[i].line);
        if (!in_child(rows[i].given ? with_docker : without_docker, NULL))
            fail_msg("row %zu", i);
    }
}

/* Tries again until the module has looked at the file, for a minute at the most. */
static bool comes_true(int (*wanted)(const void *))
{
    struct timespec now;
    time_t until;

    clock_gettime(CLOCK_MONOTONIC, &now);
    for (until = now.tv_sec + 60; now.tv_sec < until; clock_gettime(CLOCK_MONOTONIC, &now)) {
        if (wanted(NULL) == 0)
            return true;
        sched_yield();
    }
    return false;
}

static int follows_the_file(const void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        write_groups("root:x:0:\nsudo:x:27:\n", "docker:x:999:\n");
        if (!comes_true(with_docker))
            return 1;
        write_groups("root:x:0:\nsudo:x:27:\n", "printers:x:999:\n");
        if (!comes_true(without_docker))
            return 2;
    }
    return 0;
}

static void a_group_that_goes_is_noticed(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\nlocal_group docker 999 " TEAM_IS "\n"));
    assert_true(in_child(follows_the_file, NULL));
}

/* ---- the first question of many threads ---- */

#define THREADS 32

static pthread_barrier_t barrier;

static void *ask_at_once(void *unused)
{
    struct list ada;

    (void)unused;
    pthread_barrier_wait(&barrier);
    ada = list_of(ADAS, ADA);
    return ada.taken == GROUPS + 1 && times(&ada, 27) == 1 ? NULL : &barrier;
}

static int many_ask_at_once(const void *unused)
{
    pthread_t threads[THREADS];
    bool good = true;
    void *failed;

    (void)unused;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, ask_at_once, NULL) != 0)
            return 1;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &failed);
        good = good && !failed;
    }
    return !good;
}

static void threads_that_ask_at_once_all_get_it(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\n"));
    for (int i = 0; i < 50; i++)
        assert_true(in_child(many_ask_at_once, NULL));
}

/* What was read stays, also in children, whatever becomes of the file. */
static int keeps_what_it_read(const void *unused)
{
    struct list before = list_of(ADAS, ADA), after, other;
    pid_t child;
    int status;

    (void)unused;
    write_conf(CONF_OF("local_group docker 999 " TEAM_IS "\n"));
    after = list_of(ADAS, ADA);
    child = fork();
    if (child == 0) {
        other = list_of(ADAS, ADA);
        _exit(times(&other, 27) != 1 || times(&other, 999) != 0);
    }
    waitpid(child, &status, 0);
    return status != 0 || times(&before, 27) != 1 || times(&after, 27) != 1 ||
           times(&after, 999) != 0;
}

static void a_process_reads_it_once(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\n"));
    assert_true(in_child(keeps_what_it_read, NULL));
}

/* ---- whatever the snapshot says ---- */

#define MAPPED 6u

/* Person `i` is in the groups whose bits are set in `sets[i]`. */
static bool publish_sets(const unsigned *sets, size_t count)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    struct error why = {0};
    bool good = snapshot_builder_new(&builder, &why);
    char name[64];

    for (uint32_t i = 0; good && i < MAPPED; i++) {
        snprintf(name, sizeof name, "group%u", i);
        good = snapshot_add_group(builder, TEAM + i, name, &why);
    }
    for (size_t i = 0; good && i < count; i++) {
        uint32_t gids[MAPPED];
        size_t in = 0;

        for (uint32_t k = 0; k < MAPPED; k++)
            if (sets[i] & 1u << k)
                gids[in++] = TEAM + k;
        snprintf(name, sizeof name, "p%zu@contoso.example", i);
        good = snapshot_add_person(builder, ADA + (uint32_t)i, name, "", "/", "/bin/sh", gids, in,
                                   &why);
    }
    return good && snapshot_publish(builder, PUBLIC_DIR, &why);
}

/* Group TEAM + k gives local groups 100 + k / 2 and, if k is odd, 200 + k. */
static int is_exactly_the_map(const void *unused)
{
    (void)unused;
    for (unsigned set = 0; set < 1u << MAPPED; set++) {
        char name[64];
        struct list list;

        snprintf(name, sizeof name, "p%u@contoso.example", set);
        list = list_of(name, ADA + set);
        for (unsigned gid = 1; gid < 300; gid++) {
            bool wanted = false;

            for (unsigned k = 0; k < MAPPED; k++)
                wanted |= (set & 1u << k) && (gid == 100 + k / 2 || (k % 2 && gid == 200 + k));
            if (times(&list, gid) != wanted)
                return 1;
        }
        for (long i = 0; i < list.taken; i++)
            if (list.gids[i] >= 300 && !id_is_ours(list.gids[i]))
                return 2;
    }
    return 0;
}

static void a_person_has_exactly_the_local_groups_that_the_map_gives(void **state)
{
    unsigned sets[1u << MAPPED];
    char text[2048];
    int size = snprintf(text, sizeof text, "%s", HEAD);

    (void)state;
    for (unsigned k = 0; k < MAPPED; k++) {
        size += snprintf(text + size, sizeof text - (size_t)size, "local_group a%u %u %u\n", k,
                         100 + k / 2, TEAM + k);
        if (k % 2)
            size += snprintf(text + size, sizeof text - (size_t)size, "local_group b%u %u %u\n", k,
                             200 + k, TEAM + k);
    }
    snprintf(text + size, sizeof text - (size_t)size, "end 1\n");
    write_conf(text);
    for (unsigned set = 0; set < 1u << MAPPED; set++)
        sets[set] = set;
    assert_true(publish_sets(sets, 1u << MAPPED));
    assert_true(in_child(is_exactly_the_map, NULL));
}

/* In one process: the snapshot is exchanged, the map stays. */
static int ends_with_the_membership(const void *unused)
{
    unsigned in = 1, out = 0;
    struct list list;

    (void)unused;
    for (int i = 0; i < 3; i++) {
        if (!publish_sets(&in, 1))
            return 1;
        list = list_of("p0@contoso.example", ADA);
        if (list.taken != 2 || times(&list, 27) != 1)
            return 2;
        if (!publish_sets(&out, 1))
            return 3;
        list = list_of("p0@contoso.example", ADA);
        if (list.status != NSS_STATUS_SUCCESS || list.taken != 0)
            return 4;
    }
    return 0;
}

static void a_local_group_ends_with_the_membership(void **state)
{
    (void)state;
    write_conf(CONF_OF("local_group sudo 27 " TEAM_IS "\n"));
    assert_true(in_child(ends_with_the_membership, NULL));
}

static int begin(void **state)
{
    if (begin_root(state) != 0)
        return -1;
    write_groups("", "");
    return !own_mounts() || mount(LOCAL, LOCAL_GROUP, NULL, MS_BIND, NULL);
}

static int end(void **state)
{
    umount(LOCAL_GROUP);
    unlink(LOCAL);
    return end_root(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(members_of_the_mapped_group_get_the_local_one, fresh),
        cmocka_unit_test_setup(
            a_local_group_of_two_mappings_is_given_once_and_not_beside_the_primary, fresh),
        cmocka_unit_test_setup(room_and_limit_are_kept_with_local_groups_too, fresh),
        cmocka_unit_test_setup(a_file_that_is_damaged_gives_nobody_anything, fresh),
        cmocka_unit_test_setup(a_file_that_is_not_roots_alone_gives_nobody_anything, fresh),
        cmocka_unit_test_setup(a_file_that_is_too_large_gives_nobody_anything, fresh),
        cmocka_unit_test_setup(a_file_of_nobody_counts, fresh),
        cmocka_unit_test_setup(a_number_that_another_group_has_now_is_not_given, fresh),
        cmocka_unit_test_setup(a_group_that_goes_is_noticed, fresh),
        cmocka_unit_test_setup(threads_that_ask_at_once_all_get_it, fresh),
        cmocka_unit_test_setup(a_process_reads_it_once, fresh),
        cmocka_unit_test_setup(a_person_has_exactly_the_local_groups_that_the_map_gives, fresh),
        cmocka_unit_test_setup(a_local_group_ends_with_the_membership, fresh),
    };

    if (!may_use_config_dir() || !load_module(argc, argv))
        return check_done("nss_mapped", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_mapped", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_mapped", tests, begin, end));
}
