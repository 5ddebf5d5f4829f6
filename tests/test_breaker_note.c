/* SPDX-License-Identifier: MIT */
/* cache/breaker_note.c: breakers while the store cannot be written, and when it can be again. */
#include "cache/breaker_note.h"
#include "tests/breakers.h"

#include <signal.h>

#define PROCESSES    50
#define LATER        (10000L * APART)
#define BUSY_MOST_MS 9000 /* other waits for a store go on for longer */

static bool read_only(void)
{
    return own_mounts() && mount(place.private, place.private, "none", MS_BIND, NULL) == 0 &&
           mount(NULL, place.private, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static void allowed_child(int (*body)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(body());
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

/* From here on the store may only be read. */
static bool reopen(void)
{
    store_close(store);
    store = NULL;
    return store_open(place.private, &store, &why) && (shared.store = store);
}

static int on_a_read_only_disk(void)
{
    struct stat status;

    if (!read_only())
        return CHILD_MAY_NOT;
    if (!reopen() || store_is_writable(store) || failures(NAME) != 1)
        return 1;
    if (!fail_at_once(PROCESSES, 1) || failures(NAME) != 1 + PROCESSES || !outage())
        return 2;
    if (fstatat(shared.runtime, NOTE, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        status.st_mode != (S_IFREG | 0600))
        return 3;
    /* What is well again is well, whatever the store says. */
    if (!fails("known", 2 * APART) || !outage() || !served("known", 3 * APART) ||
        failures("known") != 0 || !served(NAME, LATER) || failures(NAME) != 0 || outage())
        return 4;
    if (!fails(NAME, LATER + APART) || !fails(NAME, LATER + 2 * APART) || failures(NAME) != 2 ||
        !outage())
        return 5;
    close(shared.runtime);
    shared.runtime = -1;
    if (fails(NAME, 1) || why.kind != ERROR_SYSTEM || !served("never heard of", 1))
        return 6;
    store_close(store);
    return 0;
}

static void what_a_read_only_store_cannot_take_is_noted_and_taken_later(void **state)
{
    (void)state;
    assert_true(fails(NAME, APART / 2) && fails("known", APART));
    allowed_child(on_a_read_only_disk);
    assert_true(is_there(NOTE));
    assert_int_equal(failures(NAME), 2);
    assert_true(fails(NAME, LATER + 3 * APART));
    assert_false(is_there(NOTE));
    assert_int_equal(failures(NAME), 3);
    assert_true(outage());
    /* Also one that says that all is well. */
    assert_true(is_there("breaker-known"));
    assert_true(served("known", 4 * APART));
    assert_false(is_there("breaker-known"));
    assert_int_equal(failures("known"), 0);
}

static int on_a_full_disk(void)
{
    static char filler[1 << 20];
    char path[64];
    int fd;

    store_close(store);
    if (!own_mounts() || mount("none", place.private, "tmpfs", 0, "size=256k,mode=0700") != 0)
        return CHILD_MAY_NOT;
    if (!store_create(place.private, &why) || !store_open(place.private, &store, &why))
        return 1;
    shared.store = store;
    if (!fails(NAME, APART) || is_there(NOTE))
        return 2;
    place_path(&place, "filler", path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, filler, sizeof filler) > 0)
        ;
    if (!store_is_writable(store) || !fails(NAME, 2 * APART) || !is_there(NOTE))
        return 3;
    if (failures(NAME) != 2 || !outage() || !served(NAME, 3 * APART) || failures(NAME) != 0 ||
        outage())
        return 4;
    if (!fails(NAME, 4 * APART) || unlink(path) != 0 || close(fd) != 0 || !fails(NAME, 5 * APART) ||
        is_there(NOTE) || failures(NAME) != 2)
        return 5;
    store_close(store);
    return 0;
}

static void what_a_full_disk_cannot_take_is_noted_and_taken_later(void **state)
{
    (void)state;
    allowed_child(on_a_full_disk);
}

static void what_a_busy_store_does_not_take_is_noted_and_taken_later(void **state)
{
    int64_t began = clock_ms();
    char path[64];
    sqlite3 *writer;

    (void)state;
    assert_true(fails(NAME, APART));
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_true(fails(NAME, 2 * APART));
    assert_true(clock_ms() - began < BUSY_MOST_MS);
    assert_true(is_there(NOTE) && outage());
    assert_int_equal(failures(NAME), 2);
    sqlite3_close(writer);
    assert_true(fails(NAME, 3 * APART));
    assert_false(is_there(NOTE));
    assert_int_equal(failures(NAME), 3);
}

/* A note of an outage, as bytes. */
static size_t note_bytes(char bytes[static 256])
{
    static const struct breaker breaker = {.failures = 9, .since = 5, .wait_until = 50};
    struct deadline deadline = deadline_in_ms(1000);
    int note = breaker_note_lock(shared.runtime, NAME, true, &deadline, &why);
    ssize_t length;

    assert_true(note >= 0 && breaker_note_save(note, &breaker, &why));
    length = pread(note, bytes, 256, 0);
    assert_true(length > 0);
    close(note);
    assert_int_equal(failures(NAME), 9);
    return (size_t)length;
}

static void put(const char *bytes, size_t length)
{
    struct place folder = {.folder = shared.runtime};

    place_write(&folder, NOTE, bytes, length, 0600);
}

static void a_damaged_note_is_a_closed_breaker(void **state)
{
    char bytes[256];
    size_t length = note_bytes(bytes);

    (void)state;
    run_sql("INSERT INTO breaker VALUES ('" NAME "', 3, 0, 0, 1, 1, 0, 0, 1)");
    for (size_t at = 0; at < length; at++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (char)(1 << bit);
            put(bytes, length);
            assert_int_equal(failures(NAME), 0);
            bytes[at] ^= (char)(1 << bit);
        }
    for (size_t cut = 0; cut <= length + 1; cut++) {
        put(bytes, cut);
        /* An empty one was never written: the store counts. */
        assert_int_equal(failures(NAME), cut == 0 ? 3 : cut == length ? 9 : 0);
    }
    put(bytes, length - 1);
    breakers_show_outage(&shared, 10);
    assert_false(outage());
    assert_true(fails(NAME, APART));
    assert_int_equal(failures(NAME), 1);
    assert_false(is_there(NOTE));
}

static void what_is_not_our_file_is_no_note(void **state)
{
    char bytes[256];
    size_t length = note_bytes(bytes);

    (void)state;
    run_sql("INSERT INTO breaker VALUES ('" NAME "', 3, 0, 0, 1, 1, 0, 0, 1)");
    assert_int_equal(fchmodat(shared.runtime, NOTE, 0644, 0), 0);
    assert_int_equal(failures(NAME), 3);
    assert_int_equal(renameat(shared.runtime, NOTE, shared.runtime, "elsewhere"), 0);
    assert_int_equal(fchmodat(shared.runtime, "elsewhere", 0600, 0), 0);
    assert_int_equal(symlinkat("elsewhere", shared.runtime, NOTE), 0);
    assert_int_equal(failures(NAME), 3);
    assert_int_equal(unlinkat(shared.runtime, NOTE, 0), 0);
    assert_int_equal(mkfifoat(shared.runtime, NOTE, 0600), 0);
    assert_int_equal(failures(NAME), 3);
    breakers_show_outage(&shared, APART);
    assert_true(outage());
    assert_true(length > 0);
    /* Nor does it keep the store from counting. */
    assert_true(fails(NAME, APART));
    assert_int_equal(failures(NAME), 4);
}

static void a_name_is_never_a_way_elsewhere(void **state)
{
    static const char *const names[] = {"../escape", "/tmp/escape", "A b\n", "..", ""};
    static const char *const files[] = {"breaker----escape", "breaker--tmp-escape", "breaker---b-",
                                        "breaker---", "breaker-"};
    struct deadline deadline = deadline_in_ms(1000);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int note = breaker_note_lock(shared.runtime, names[i], true, &deadline, &why);

        assert_true(note >= 0 && is_there(files[i]));
        close(note);
        breaker_note_drop(shared.runtime, names[i]);
        assert_false(is_there(files[i]));
    }
}

/* Stopped with the lock in its hands, say. */
static void whoever_keeps_a_note_locked_stops_nobody_for_ever(void **state)
{
    struct deadline deadline = deadline_in_ms(1000), short_one = deadline_in_ms(0);
    int note, other;

    (void)state;
    note = breaker_note_lock(shared.runtime, NAME, true, &deadline, &why);
    assert_true(note >= 0);
    other = breaker_note_lock(shared.runtime, NAME, true, &short_one, &why);
    assert_int_equal(other, -1);
    assert_int_equal(errno, EAGAIN);
    assert_false(fails(NAME, 1));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(failures(NAME), 0);
    close(note);
    assert_true(fails(NAME, 1));
}

/* Waits for the note's lock, then writes what must not be lost in a file without a name. */
static int note_it(int note, int ready)
{
    static const struct breaker breaker = {.failures = 9};
    struct deadline deadline = deadline_in_ms(60000);

    close(note);
    if (write(ready, "x", 1) != 1)
        return 1;
    note = breaker_note_lock(shared.runtime, NAME, true, &deadline, &why);
    return note < 0 || !breaker_note_save(note, &breaker, &why);
}

static bool has_the_note_open(pid_t child)
{
    char path[64], target[256];
    ssize_t length;

    for (int fd = 3; fd < 64; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", child, fd);
        length = readlink(path, target, sizeof target - 1);
        if (length > 0 && (target[length] = '\0', strstr(target, NOTE)))
            return true;
    }
    return false;
}

static void a_note_is_not_written_to_a_file_that_was_dropped(void **state)
{
    struct deadline deadline = deadline_in_ms(60000);
    int note = breaker_note_lock(shared.runtime, NAME, true, &deadline, &why);
    int ready[2], status;
    pid_t child;
    char byte;

    (void)state;
    assert_true(note >= 0);
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0)
        _exit(note_it(note, ready[1]));
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    while (!has_the_note_open(child) && deadline_left_ms(&deadline) > 0)
        sched_yield();
    breaker_note_drop(shared.runtime, NAME);
    close(note);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(failures(NAME), 9);
}

static const struct CMUnitTest tests[] = {
    TEST(what_a_read_only_store_cannot_take_is_noted_and_taken_later),
    TEST(what_a_full_disk_cannot_take_is_noted_and_taken_later),
    TEST(what_a_busy_store_does_not_take_is_noted_and_taken_later),
    TEST(a_damaged_note_is_a_closed_breaker),
    TEST(what_is_not_our_file_is_no_note),
    TEST(a_name_is_never_a_way_elsewhere),
    TEST(whoever_keeps_a_note_locked_stops_nobody_for_ever),
    TEST(a_note_is_not_written_to_a_file_that_was_dropped),
};

int main(void)
{
    return check_main("breaker_note", tests);
}
