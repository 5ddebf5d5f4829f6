/* SPDX-License-Identifier: MIT */
/*
 * Who is told about somebody that the snapshot does not have, and what. The kernel must have been
 * told to execute something called sshd, so this program is run again by other names; it then does
 * what its arguments say, one after the other, and prints an answer for each:
 *
 *     NAME          getpwnam
 *     #UID          getpwuid
 *     *NAME         initgroups
 *     +UID:NAME     publishes a snapshot that has this person alone
 *     [SIZE:NAME    getpwnam with so much room
 *     -             from here on no file can be opened
 *     =             files can be opened again
 */
#include "tests/nss_root.h"

#include "cache/first_id.h"
#include "cache/window_in_force.h"

#include <sys/resource.h>

#define WHOLE   BEFORE "issuer " ISSUER "\n" DOMAINS PATHS "end 1\n"
#define NEW     "nina@contoso.example"
#define FIRST   first_id("person", ISSUER, NEW)
#define ANSWERS "@answers" /* the first argument of a run that answers */

static char self[4096], module[4096];

/* ---- the run that answers ---- */

static const char *word_for(enum nss_status status)
{
    return status == NSS_STATUS_NOTFOUND                      ? "not found"
           : status == NSS_STATUS_TRYAGAIN && error == ERANGE ? "too small"
           : status == NSS_STATUS_UNAVAIL                     ? "unavailable"
                                                              : "?";
}

static void print_person(enum nss_status status, const struct passwd *p)
{
    if (status == NSS_STATUS_SUCCESS)
        printf("%s:%s:%u:%u:%s:%s:%s\n", p->pw_name, p->pw_passwd, p->pw_uid, p->pw_gid,
               p->pw_gecos, p->pw_dir, p->pw_shell);
    else
        printf("%s\n", word_for(status));
}

static void publish_person(const char *step)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    uint32_t uid = (uint32_t)strtoul(step, NULL, 10);
    struct error why = {0};

    if (!snapshot_builder_new(&builder, &why) ||
        !snapshot_add_person(builder, uid, strchr(step, ':') + 1, "enrolled", "/home/x", "/bin/sh",
                             NULL, 0, &why) ||
        !snapshot_publish(builder, PUBLIC_DIR, &why))
        printf("%s\n", why.text);
}

static void limit_files(rlim_t most)
{
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = 64};

    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        printf("%m\n");
}

static void do_step(const char *step)
{
    struct passwd person;
    size_t size = sizeof room;
    gid_t *list = NULL;
    long taken;

    switch (*step) {
    case '#':
        print_person(nss.getpwuid((uid_t)strtoul(step + 1, NULL, 10), &person, room, size, &error),
                     &person);
        return;
    case '*':
        printf("%s\n", groups_of(step + 1, 1, 1, 0, &list, &taken) >= 0 ? "groups" : "not found");
        free(list);
        return;
    case '+':
        publish_person(step + 1);
        return;
    case '-':
    case '=':
        limit_files(*step == '-' ? 0 : 64);
        return;
    case '[':
        size = strtoul(step + 1, NULL, 10);
        step = strchr(step, ':');
        memset(room, 0x5a, sizeof room);
        print_person(nss.getpwnam(step + 1, &person, room, size, &error), &person);
        for (size_t i = size; i < sizeof room; i++)
            if (room[i] != 0x5a)
                printf("written behind the room\n");
        return;
    default:
        print_person(nss.getpwnam(step, &person, room, size, &error), &person);
    }
}

static int answer_steps(int count, char **arguments)
{
    uid_t uid = (uid_t)strtoul(arguments[1], NULL, 10);

    struct id_window window;

    if (window_in_force(&window))
        id_window_use(window); /* that of what is published; the module has its own */
    if (!load(arguments[0]) || setresuid(uid, uid, uid) != 0)
        return 1;
    for (int i = 2; i < count; i++)
        do_step(arguments[i]);
    return 0;
}

/* ---- the run that asks ---- */

#define STEPS_MOST 40

static const char *run(const char *program, const char *uid, const char *const *steps)
{
    static char said[65536];
    const char *arguments[STEPS_MOST + 5] = {program, ANSWERS, module, uid};
    OWNED(close_file) FILE *output = tmpfile();
    pid_t child;
    int status;

    for (size_t i = 0; steps[i]; i++)
        arguments[4 + i] = steps[i];
    assert_non_null(output);
    child = fork();
    if (child == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        execv(program, (char *const *)(uintptr_t)arguments);
        _exit(126);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    said[pread(fileno(output), said, sizeof said - 1, 0)] = '\0';
    return said;
}

#define STEPS(...) ((const char *const[STEPS_MOST]){__VA_ARGS__})
#define SSHD       STATE_DIR "/sshd"
#define SESSION    STATE_DIR "/sshd-session"
#define ASK(...)   run(SSHD, "0", STEPS(__VA_ARGS__))

/* One text of several, which lasts as long as the test does. */
static const char *joined(const char *const *texts)
{
    static char all[32][4096];
    static unsigned next;
    char *text = all[next++ % 32];
    size_t length = 0;

    text[0] = '\0';
    for (; *texts; texts++)
        length += (size_t)snprintf(text + length, sizeof all[0] - length, "%s", *texts);
    return text;
}
#define JOIN(...) joined((const char *const[]){__VA_ARGS__, NULL})

static const char *number(uint32_t value)
{
    static char texts[32][16];
    static unsigned next;
    char *text = texts[next++ % 32];

    snprintf(text, sizeof texts[0], "%u", value);
    return text;
}

#define UID_OF(uid)      JOIN("#", number(uid))
#define ENROL(uid, name) JOIN("+", number(uid), ":", name)
#define ROOM(size, name) JOIN("[", number(size), ":", name)
#define NOT_FOUND        "not found\n"
/* What enrolment would make of `name`, with this uid; and what it made. */
#define TOLD(name, uid) \
    JOIN(name, ":*:", number(uid), ":", number(uid), "::/home/", name, "/here:/bin/zsh\n")
#define ENROLLED(name, uid) \
    JOIN(name, ":*:", number(uid), ":", number(uid), ":enrolled:/home/x:/bin/sh\n")
#define ADA_LINE "ada@contoso.example:*:1879048292:1879048292:round 1:/home/1:/bin/sh\n"

static int fresh(void **state)
{
    write_conf(WHOLE);
    return publish_first(state);
}

static int begin(void **state)
{
    /* Others that run now read what root says in this folder. */
    return begin_root(state) || !own_mounts() ||
           mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755") || symlink(self, SSHD) ||
           symlink(self, SESSION);
}

static int end(void **state)
{
    unlink(SSHD);
    unlink(SESSION);
    umount(CONFIG_DIR);
    return end_root(state);
}

static void sshd_is_told_what_enrolment_will_make(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW), TOLD(NEW, FIRST));
    assert_true(id_is_ours(FIRST));
    assert_string_equal(run(SESSION, "0", STEPS(NEW)), TOLD(NEW, FIRST));
    assert_string_equal(
        ASK("x@fabrikam.example"),
        TOLD("x@fabrikam.example", first_id("person", ISSUER, "x@fabrikam.example")));
    assert_string_equal(ASK(ADAS), ADA_LINE);
}

static void nobody_else_is_told(void **state)
{
    static const char *const others[] = {"login", "SSHD", "sshd2",     "xsshd",
                                         "sshd ", "sudo", "sshd-auth", "sshd-sessio"};

    (void)state;
    assert_string_equal(run(SSHD, "1000", STEPS(NEW)), "not found\n");
    assert_string_equal(run(SSHD, "65534", STEPS(NEW)), "not found\n");
    assert_string_equal(run(SESSION, "1000", STEPS(NEW)), "not found\n");
    assert_string_equal(run(self, "0", STEPS(NEW)), "not found\n");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char path[sizeof STATE_DIR + 32];

        snprintf(path, sizeof path, "%s/%s", STATE_DIR, others[i]);
        assert_int_equal(symlink(self, path), 0);
        assert_string_equal(run(path, "0", STEPS(NEW)), "not found\n");
        unlink(path);
    }
}

static void copy_self(const char *path)
{
    OWNED(close_fd) int from = open(self, O_RDONLY | O_CLOEXEC);
    OWNED(close_fd) int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    char piece[65536];
    ssize_t n;

    while ((n = read(from, piece, sizeof piece)) > 0)
        assert_int_equal(write(to, piece, (size_t)n), n);
    assert_int_equal(n, 0);
}

/* With the rights of another group, so that the kernel says AT_SECURE although it is root. */
static void a_program_with_borrowed_rights_is_not_told(void **state)
{
    (void)state;
    unlink(SSHD);
    copy_self(SSHD);
    assert_string_equal(ASK(NEW), TOLD(NEW, FIRST));
    assert_int_equal(chown(SSHD, 0, 1), 0);
    assert_int_equal(chmod(SSHD, 02755), 0);
    assert_string_equal(ASK(NEW), "not found\n");
    unlink(SSHD);
    assert_int_equal(symlink(self, SSHD), 0);
}

static void only_full_names_of_our_domains_in_one_spelling_are_told(void **state)
{
    static const char *const names[] = {"nina",
                                        "nina@",
                                        "@contoso.example",
                                        "nina@example",
                                        "nina@other.example",
                                        "nina@contoso.example.",
                                        "nina@x.contoso.example",
                                        "nina@ontoso.example",
                                        "nina@contoso.example.org",
                                        "Nina@contoso.example",
                                        "NINA@contoso.example",
                                        "nina@Contoso.example",
                                        "nina@CONTOSO.EXAMPLE",
                                        "nin a@contoso.example",
                                        "nina@@contoso.example",
                                        "nina@contoso.example@contoso.example",
                                        "-nina@contoso.example",
                                        "1nina@contoso.example",
                                        "nina\n@contoso.example",
                                        "nina:x@contoso.example",
                                        "root",
                                        "sudo",
                                        "../nina@contoso.example",
                                        "n\xc3\xadna@contoso.example",
                                        "*@contoso.example"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(ASK(ROOM(60000, names[i])), "not found\n") != 0)
            fail_msg("%s: %s", names[i], ASK(names[i]));
}

static void without_word_of_root_nobody_is_told(void **state)
{
    static const char *const texts[] = {"", BEFORE DOMAINS PATHS "end 1\n",
                                        BEFORE "issuer " ISSUER "\n" DOMAINS PATHS,
                                        BEFORE "issuer " ISSUER "\n" DOMAINS PATHS "end 1\n\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_conf(texts[i]);
        assert_string_equal(ASK(NEW), "not found\n");
    }
    write_conf(WHOLE);
    for (size_t i = 0; i < DISTRUSTS; i++) {
        assert_true(distrusts[i].begin());
        if (strcmp(ASK(NEW), "not found\n") != 0)
            fail_msg("although %s", distrusts[i].what);
        assert_true(distrusts[i].end());
        assert_string_equal(ASK(NEW), TOLD(NEW, FIRST));
    }
}

static void without_a_snapshot_nobody_is_told(void **state)
{
    (void)state;
    assert_int_equal(chmod(SNAPSHOT_PATH, 0666), 0);
    assert_string_equal(ASK(NEW), "unavailable\n");
    unlink(SNAPSHOT_PATH);
    assert_string_equal(ASK(NEW), "unavailable\n");
}

static void nothing_but_the_name_is_known(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW, UID_OF(FIRST), "*" NEW),
                        JOIN(TOLD(NEW, FIRST), NOT_FOUND NOT_FOUND));
}

static void every_size_of_room_is_kept(void **state)
{
    OWNED(free_memory) char *wanted = strdup(TOLD(NEW, FIRST));
    /* `*`, name, no gecos, home and shell, each with its NUL */
    size_t least = 2 + sizeof NEW + 1 + strlen("/home//here") + sizeof NEW + sizeof "/bin/zsh";

    (void)state;
    for (uint32_t size = 0; size < least + 8; size++)
        assert_string_equal(ASK(ROOM(size, NEW)), size < least ? "too small\n" : wanted);
}

/* ---- what others have, and what was told ---- */

static void an_id_that_somebody_has_is_passed_over(void **state)
{
    (void)state;
    assert_string_equal(ASK(ENROL(FIRST, "other@contoso.example"), NEW), TOLD(NEW, next_id(FIRST)));
}

static void who_is_enrolled_as_was_told_is_found(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW, ENROL(FIRST, NEW), NEW),
                        JOIN(TOLD(NEW, FIRST), ENROLLED(NEW, FIRST)));
}

static void who_is_enrolled_otherwise_is_not_found_where_she_was_told(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW, ENROL(FIRST + 1, NEW), NEW, NEW, UID_OF(FIRST + 1)),
                        JOIN(TOLD(NEW, FIRST), NOT_FOUND NOT_FOUND, ENROLLED(NEW, FIRST + 1)));
    /* and is found by the next one */
    assert_string_equal(ASK(NEW), ENROLLED(NEW, FIRST + 1));
}

/* Somebody else is enrolled first, and has the id from now on. */
static void an_id_that_was_told_is_not_told_again_when_somebody_has_it(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW, NEW, ENROL(FIRST, "other@contoso.example"), NEW),
                        JOIN(TOLD(NEW, FIRST), TOLD(NEW, FIRST), NOT_FOUND));
}

/* She was deleted and is enrolled anew while sshd serves her, or somebody else has her name now. */
static void who_was_found_with_one_id_is_not_found_with_another(void **state)
{
    (void)state;
    assert_string_equal(ASK(ENROL(FIRST, NEW), NEW, ENROL(FIRST + 1, NEW), NEW, NEW),
                        JOIN(ENROLLED(NEW, FIRST), NOT_FOUND NOT_FOUND));
    assert_string_equal(ASK(ENROL(FIRST, NEW), NEW, ENROL(FIRST, "other@contoso.example"), NEW),
                        JOIN(ENROLLED(NEW, FIRST), NOT_FOUND));
    assert_string_equal(ASK(ENROL(FIRST, NEW), NEW, NEW, ENROL(FIRST, NEW), NEW),
                        JOIN(ENROLLED(NEW, FIRST), ENROLLED(NEW, FIRST), ENROLLED(NEW, FIRST)));
    /* Whoever is not sshd lives on with what is true now. */
    assert_string_equal(run(self, "0", STEPS(ENROL(FIRST, NEW), NEW, ENROL(FIRST + 1, NEW), NEW)),
                        JOIN(ENROLLED(NEW, FIRST), ENROLLED(NEW, FIRST + 1)));
}

static void who_was_found_takes_nobodys_first_sign_in(void **state)
{
    (void)state;
    assert_string_equal(ASK(ADAS, NEW), JOIN(ADA_LINE, TOLD(NEW, FIRST)));
}

/* A file of our own over the machine's, for this process and its children alone. */
static void an_id_that_the_machine_has_is_passed_over(void **state)
{
    static const struct {
        const char *path, *before, *behind;
    } rows[] = {
        {LOCAL_GROUP, "root:x:0:\nlena:x:", ":\n"},
        {LOCAL_PASSWD, "root:x:0:0::/:/bin/sh\nlena:x:", ":1::/:/bin/sh\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OWNED(close_file) FILE *file = fopen(CONFIG_DIR "/local", "we");
        const char *told;

        assert_non_null(file);
        assert_true(fprintf(file, "%s%u%s", rows[i].before, FIRST, rows[i].behind) > 0 &&
                    fflush(file) == 0);
        assert_int_equal(mount(CONFIG_DIR "/local", rows[i].path, NULL, MS_BIND, NULL), 0);
        told = ASK(NEW);
        assert_int_equal(umount(rows[i].path), 0);
        assert_string_equal(told, TOLD(NEW, next_id(FIRST)));
    }
}

static void one_name_is_told_to_a_process_and_no_other(void **state)
{
    (void)state;
    assert_string_equal(ASK(NEW, "second@contoso.example", ADAS),
                        JOIN(TOLD(NEW, FIRST), NOT_FOUND, ADA_LINE));
}

/* ---- the window, and when root's word cannot be read just now ---- */

#define OTHER_LEAST 20000u
#define OTHER_MOST  50000u
#define IN_OTHER    "version 1\nwindow 20000 50000\nnames full\n"

static void ids_are_those_of_the_window_in_force(void **state)
{
    uint32_t first;

    (void)state;
    write_conf(IN_OTHER "issuer " ISSUER "\n" DOMAINS PATHS "end 1\n");
    id_window_use((struct id_window){OTHER_LEAST, OTHER_MOST});
    first = FIRST;
    id_window_use(ID_WINDOW_PRESET);
    assert_in_range(first, OTHER_LEAST, OTHER_MOST);
    assert_string_equal(ASK(NEW, UID_OF(ADA), ENROL(first, NEW), NEW, UID_OF(first),
                            UID_OF(first + 1), UID_OF(OTHER_LEAST - 1), UID_OF(OTHER_MOST + 1)),
                        JOIN(TOLD(NEW, first), NOT_FOUND, ENROLLED(NEW, first),
                             ENROLLED(NEW, first), NOT_FOUND, NOT_FOUND, NOT_FOUND));
    /* Also for whoever asks by number first. */
    assert_string_equal(ASK(UID_OF(first)), ENROLLED(NEW, first));
    /* Without root's word those are nobody's. */
    unlink(NSS_CONF_FILE);
    assert_string_equal(ASK(UID_OF(first)), NOT_FOUND);
}

static void who_was_short_of_descriptors_reads_again(void **state)
{
    (void)state;
    assert_string_equal(ASK("-", UID_OF(ADA), UID_OF(ADA), "=", NEW),
                        JOIN("unavailable\nunavailable\n", TOLD(NEW, FIRST)));
    /* What is no file to be trusted stays so. */
    assert_int_equal(chmod(NSS_CONF_FILE, 0666), 0);
    assert_string_equal(ASK("-", UID_OF(ADA), "=", NEW), "unavailable\n" NOT_FOUND);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sshd_is_told_what_enrolment_will_make, fresh),
        cmocka_unit_test_setup(nobody_else_is_told, fresh),
        cmocka_unit_test_setup(a_program_with_borrowed_rights_is_not_told, fresh),
        cmocka_unit_test_setup(only_full_names_of_our_domains_in_one_spelling_are_told, fresh),
        cmocka_unit_test_setup(without_word_of_root_nobody_is_told, fresh),
        cmocka_unit_test_setup(without_a_snapshot_nobody_is_told, fresh),
        cmocka_unit_test_setup(nothing_but_the_name_is_known, fresh),
        cmocka_unit_test_setup(every_size_of_room_is_kept, fresh),
        cmocka_unit_test_setup(an_id_that_somebody_has_is_passed_over, fresh),
        cmocka_unit_test_setup(who_is_enrolled_as_was_told_is_found, fresh),
        cmocka_unit_test_setup(who_is_enrolled_otherwise_is_not_found_where_she_was_told, fresh),
        cmocka_unit_test_setup(an_id_that_was_told_is_not_told_again_when_somebody_has_it, fresh),
        cmocka_unit_test_setup(who_was_found_with_one_id_is_not_found_with_another, fresh),
        cmocka_unit_test_setup(who_was_found_takes_nobodys_first_sign_in, fresh),
        cmocka_unit_test_setup(an_id_that_the_machine_has_is_passed_over, fresh),
        cmocka_unit_test_setup(one_name_is_told_to_a_process_and_no_other, fresh),
        cmocka_unit_test_setup(ids_are_those_of_the_window_in_force, fresh),
        cmocka_unit_test_setup(who_was_short_of_descriptors_reads_again, fresh),
    };
    const size_t count = sizeof tests / sizeof tests[0];

    if (argc > 3 && strcmp(argv[1], ANSWERS) == 0)
        return answer_steps(argc - 2, argv + 2);
    if (getuid() != 0) {
        check_skipped = (unsigned)count; /* only root can be told */
        return check_done("nss_first", count, 0);
    }
    module_path(argc, argv, module);
    if (!may_use_config_dir() || !load_module(argc, argv) || !realpath("/proc/self/exe", self))
        return check_done("nss_first", count, -1);
    return check_done("nss_first", count,
                      cmocka_run_group_tests_name("nss_first", tests, begin, end));
}
