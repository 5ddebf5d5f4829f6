/* SPDX-License-Identifier: MIT */
/* cache/store_publish.c: several publishers at once, who take turns. */
#include "cache/snapshot_file.h"
#include "tests/place.h"

#include <sys/file.h>

static struct place place;
static struct store *store;

static int begin(void **state)
{
    (void)state;
    place_make(&place);
    store = place_store(&place);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    place_remove(&place);
    return 0;
}

/* Enrols one person and publishes, like a sign-in does. */
static void enrol(int number)
{
    struct store *own = NULL;
    struct account account;
    struct acceptance acceptance;
    struct person person;
    struct error why = {0};
    char name[64];
    bool changed;

    snprintf(name, sizeof name, "object-%d", number);
    account = account_of(name);
    acceptance = ACCEPTANCE(&account);
    snprintf(name, sizeof name, "person-%d@contoso.example", number);
    acceptance.name = name;
    _exit(!(store_open(place.private, &own, &why) &&
            store_accept(own, &acceptance, &person, &changed, NULL, &why) && changed &&
            store_publish(own, place.public, &why)));
}

static bool shows(const char *name)
{
    int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char space[4096];
    struct answer_space answer = {.bytes = space, .size = sizeof space};
    struct snapshot_person person;
    struct snapshot snapshot;
    bool shown;

    assert_true(snapshot_file_map(folder, "snapshot", &snapshot));
    close(folder);
    shown = snapshot_person_by_name(&snapshot, name, &answer, &person) == LOOKUP_FOUND;
    snapshot_file_unmap(&snapshot);
    return shown;
}

/* Whether a process has the file open: it is then about to ask for the lock. */
static bool has_open(pid_t child, const char *file)
{
    char link[64], target[128];

    for (int fd = 3; fd < 32; fd++) {
        ssize_t length;

        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)child, fd);
        length = readlink(link, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strstr(target, file))
            return true;
    }
    return false;
}

static void a_publisher_waits_and_then_shows_the_newest(void **state)
{
    int lock = openat(place.folder, "publish.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct account bob = account_of("bob");
    struct acceptance acceptance = ACCEPTANCE(&bob);
    pid_t child;
    int status;

    (void)state;
    assert_int_equal(flock(lock, LOCK_EX), 0);
    child = fork();
    if (child == 0) {
        close(lock);
        enrol(1);
    }
    while (!has_open(child, "publish.lock") && waitpid(child, &status, WNOHANG) == 0)
        sched_yield();
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    acceptance.name = "bob@contoso.example";
    accept_person(store, &acceptance);
    close(lock);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(shows("bob@contoso.example"));
    assert_true(shows("person-1@contoso.example"));
}

static void everybody_of_a_crowd_can_be_named_in_the_end(void **state)
{
    pid_t children[40];
    int status;

    (void)state;
    for (int i = 0; i < 40; i++)
        if ((children[i] = fork()) == 0)
            enrol(i);
    for (int i = 0; i < 40; i++) {
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < 40; i++) {
        char name[64];

        snprintf(name, sizeof name, "person-%d@contoso.example", i);
        assert_true(shows(name));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(a_publisher_waits_and_then_shows_the_newest),
    TEST(everybody_of_a_crowd_can_be_named_in_the_end),
};

int main(void)
{
    return check_main("publishers", tests);
}
