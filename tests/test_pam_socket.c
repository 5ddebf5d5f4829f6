/* SPDX-License-Identifier: MIT */
/* The PAM module at the socket: who asks there, and what comes of it when nobody answers. */
#include "tests/pam_flow.h"

#include "login/frame.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Serves the socket in a process of its own until it is ended: each caller meets the same bytes. */
static pid_t serve(uid_t uid, const char *bytes, size_t length)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    static struct frame frame;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t child;

    snprintf(place.sun_path, sizeof place.sun_path, "%s", in_flow("run/login.socket"));
    unlink(place.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(chmod(place.sun_path, 0666), 0);
    assert_int_equal(seteuid(uid), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(seteuid(0), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
        for (;;) {
            int peer = accept(fd, NULL, NULL);
            struct deadline deadline = deadline_in_ms(10000);

            frame_receive(peer, &frame, &deadline, &(struct error){0});
            (void)!write(peer, bytes, length);
            close(peer);
        }
    }
    close(fd);
    return child;
}

static void stop_serving(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    unlink(in_flow("run/login.socket"));
}

static uid_t real, effective;
static const char *remote_user;

/* The folder of the build may be closed to everybody but root. */
static bool stranger_can_come_here(void)
{
    bool can;

    assert_int_equal(seteuid(1000), 0);
    can = euidaccess(in_flow("passwd"), R_OK) == 0;
    assert_int_equal(seteuid(0), 0);
    if (!can)
        print_message("%s is closed to other users: their case is left out\n", flow);
    return can;
}

static int authenticate_as(void)
{
    pam_handle_t *pam = start(ADA);

    pam_set_item(pam, PAM_RUSER, remote_user);
    if (setresuid(real, effective, effective) != 0)
        return 250;
    return pam_authenticate(pam, 0);
}

#define FRAME_BYTES    14
#define NO_TIME        "\0\0\0\0\0\0\0\0"
#define ADMIT_FRAME    "\3V\0\xa\1\1" NO_TIME
#define MAXTRIES_FRAME "\3V\0\xa\6\0" NO_TIME /* what the socket answers; a child of ours admits */

static void who_was_called_by_somebody_else_asks_at_the_socket(void **state)
{
    static const struct {
        uid_t real, effective;
        const char *remote_user;
        int with_socket, with_stranger, without_socket;
    } cases[] = {
        {0, 0, NULL, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
        {0, 0, "root", PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
        {0, 0, "zoe", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, "zoe", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, NULL, PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, "root", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 1000, NULL, PAM_MAXTRIES, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
    };

    (void)state;
    if (setresuid(1000, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        skip(); /* a user namespace that knows one uid only */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t child;

        if (cases[i].effective != 0 && !stranger_can_come_here())
            continue;
        child = serve(0, MAXTRIES_FRAME, FRAME_BYTES);
        real = cases[i].real;
        effective = cases[i].effective;
        remote_user = cases[i].remote_user;
        assert_int_equal(in_child(authenticate_as), cases[i].with_socket);
        stop_serving(child);
        child = serve(1000, ADMIT_FRAME, FRAME_BYTES); /* an ADMIT of somebody who is not root */
        assert_int_equal(in_child(authenticate_as), cases[i].with_stranger);
        stop_serving(child);
        assert_int_equal(in_child(authenticate_as), cases[i].without_socket);
    }
}

/* Without a child the helper here admits: so nothing but PAM_SUCCESS would tell of one. */
static void who_is_not_served_at_the_socket_starts_no_helper(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        int code;
    } cases[] = {
        {"", 0, PAM_AUTHINFO_UNAVAIL},
        {"\3V", 2, PAM_AUTHINFO_UNAVAIL},
        {"\3T\0\1x", 5, PAM_SYSTEM_ERR},  /* a word, and then nothing */
        {"\2V\0\1\1", 5, PAM_SYSTEM_ERR}, /* not our language */
    };

    (void)state;
    if (setresuid(1000, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        skip();
    SCRIPT("bdv\1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (effective = 0; effective <= 1000; effective += 1000) {
            pid_t child;

            if (effective != 0 && !stranger_can_come_here())
                continue;
            child = serve(0, cases[i].bytes, cases[i].length);
            real = 1000;
            assert_int_equal(in_child(authenticate_as), cases[i].code);
            stop_serving(child);
            assert_string_equal(seen(), "");
        }
}

/* What is told is told once, and not to a program that wants silence. */
static int count_words(void)
{
    pam_handle_t *pam = start(ADA);
    int loud, silent;

    pam_set_item(pam, PAM_RUSER, "zoe");
    (void)pam_authenticate(pam, 0);
    loud = talked.shown;
    (void)pam_authenticate(pam, PAM_SILENT);
    silent = talked.shown - loud;
    return loud * 10 + silent;
}

static void who_is_not_served_at_the_socket_is_told_so(void **state)
{
    pid_t child = serve(0, "", 0);

    (void)state;
    assert_int_equal(in_child(count_words), 10);
    stop_serving(child);
}

/* Somebody who never accepts, with a queue that is full or not: both waits end. */
static void a_socket_that_is_silent_starts_no_helper(void **state)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};

    (void)state;
    snprintf(place.sun_path, sizeof place.sun_path, "%s", in_flow("run/login.socket"));
    SCRIPT("bdv\1");
    remote_user = "zoe";
    real = effective = 0;
    for (int waiting = 0; waiting < 2; waiting++) {
        OWNED(close_fd) int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        OWNED(close_fd) int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        unlink(place.sun_path);
        assert_int_equal(bind(listener, (const struct sockaddr *)&place, sizeof place), 0);
        assert_int_equal(listen(listener, 0), 0);
        if (waiting)
            assert_int_equal(connect(other, (const struct sockaddr *)&place, sizeof place), 0);
        assert_int_equal(in_child(authenticate_as), PAM_AUTHINFO_UNAVAIL);
        assert_string_equal(seen(), "");
    }
    unlink(place.sun_path);
    remote_user = NULL;
}

static void the_socket_asks_nothing_of_strangers_for_others(void **state)
{
    static const char *const names[] = {"root", "alice", "local@contoso.example",
                                        "outside@contoso.example"};
    pid_t child = serve(0, ADMIT_FRAME, FRAME_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pam_handle_t *pam = start(names[i]);

        pam_set_item(pam, PAM_RUSER, "zoe");
        assert_int_equal(pam_authenticate(pam, 0), PAM_USER_UNKNOWN);
        pam_end(pam, 0);
    }
    stop_serving(child);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_was_called_by_somebody_else_asks_at_the_socket, reset),
        cmocka_unit_test_setup(who_is_not_served_at_the_socket_starts_no_helper, reset),
        cmocka_unit_test_setup(who_is_not_served_at_the_socket_is_told_so, reset),
        cmocka_unit_test_setup(a_socket_that_is_silent_starts_no_helper, reset),
        cmocka_unit_test_setup(the_socket_asks_nothing_of_strangers_for_others, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("socket", sizeof tests / sizeof *tests, -1);
    return check_main("socket", tests);
}
