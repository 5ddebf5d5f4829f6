/* SPDX-License-Identifier: MIT */
/* The PAM module under real libpam: who gets in, whatever the helper says. */
#include "login/words.h"
#include "tests/pam_flow.h"

#include "config/paths.h"
#include "login/frame.h"
#include "login/words.h"

#include <security/pam_ext.h>
#include <stdarg.h>
#include <sys/mount.h>

static void a_helper_that_always_admits_lets_in_only_uids_of_ours(void **state)
{
    static char endless[5000];
    static const struct {
        const char *name;
        int code;
        bool asked; /* the helper is started at all */
    } cases[] = {
        {ADA, PAM_SUCCESS, true},
        {"first@contoso.example", PAM_SUCCESS, true},
        {"last@contoso.example", PAM_SUCCESS, true},
        {"root", PAM_USER_UNKNOWN, false},
        {"alice", PAM_USER_UNKNOWN, false},
        {"local@contoso.example", PAM_USER_UNKNOWN, false},
        {"zero@contoso.example", PAM_USER_UNKNOWN, false},
        {"outside@contoso.example", PAM_USER_UNKNOWN, false},
        {"below@contoso.example", PAM_USER_UNKNOWN, false},
        {"above@contoso.example", PAM_USER_UNKNOWN, false},
        {"ADA@contoso.example", PAM_USER_UNKNOWN, false},
        {"ada", PAM_USER_UNKNOWN, false},
        {"ada@contoso.example ", PAM_USER_UNKNOWN, false},
        {"ada@contoso.example\nx", PAM_USER_UNKNOWN, false},
        {"-x@contoso.example", PAM_USER_UNKNOWN, false},
        {"../x@contoso.example", PAM_USER_UNKNOWN, false},
        {"\xd0\xb0"
         "da@contoso.example",
         PAM_USER_UNKNOWN, false},
        {endless, PAM_USER_UNKNOWN, false},
        {"nobody@contoso.example", PAM_SYSTEM_ERR, true},
        {"alias@contoso.example", PAM_SYSTEM_ERR, true},
        {"broken@contoso.example", PAM_AUTHINFO_UNAVAIL, true},
        {"dim@contoso.example", PAM_AUTHINFO_UNAVAIL, true},
    };

    (void)state;
    memset(endless, 'a', sizeof endless - 1);
    SCRIPT("bdv\1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pam_handle_t *pam = start(cases[i].name);

        assert_int_equal(pam_authenticate(pam, 0), cases[i].code);
        assert_int_equal(*seen() != '\0', cases[i].asked);
        pam_end(pam, 0);
        pam = start(cases[i].name);
        assert_int_equal(pam_acct_mgmt(pam, 0), cases[i].code);
        assert_int_equal(*seen() != '\0', cases[i].asked);
        pam_end(pam, 0);
    }
}

static void somebody_whom_the_helper_has_just_recorded_gets_in(void **state)
{
    (void)state;
    assert_int_equal(authenticate("late@contoso.example", 0), PAM_SYSTEM_ERR);
    late_is_known = true;
    assert_int_equal(authenticate("late@contoso.example", 0), PAM_SUCCESS);
}

/* What the caller was told before has become wrong: it must not go on with that. */
static void somebody_who_was_recorded_with_another_uid_is_asked_to_come_again(void **state)
{
    (void)state;
    moved_known = 2;
    assert_int_equal(authenticate("moved@contoso.example", 0), PAM_SUCCESS);
    moved_known = 1;
    assert_int_equal(authenticate("moved@contoso.example", 0), PAM_MAXTRIES);
    assert_non_null(strstr(talked.text, "Sign in once more"));
    moved_known = 1;
    assert_int_equal(authenticate("moved@contoso.example", PAM_SILENT), PAM_MAXTRIES);
    assert_null(strstr(talked.text, "once more"));
    assert_int_equal(authenticate("moved@contoso.example", 0), PAM_SYSTEM_ERR);
}

static int account(const char *name)
{
    pam_handle_t *pam = start(name);
    int code = pam_acct_mgmt(pam, 0);

    pam_end(pam, code);
    return code;
}

/* The name alone leads to her: whoever looks at the number would find nobody, or somebody else. */
static void somebody_whom_only_the_name_finds_does_not_get_in(void **state)
{
    static const char *const names[] = {"promised@contoso.example", "squatted@contoso.example"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(authenticate(names[i], 0), PAM_MAXTRIES);
        assert_non_null(strstr(talked.text, "Sign in once more"));
        assert_int_equal(account(names[i]), PAM_SYSTEM_ERR);
        assert_null(strstr(talked.text, "once more"));
    }
    enrolled = true;
    assert_int_equal(authenticate(names[0], 0), PAM_SUCCESS);
    assert_int_equal(account(names[0]), PAM_SUCCESS);
}

/* ---- the window that root has put in force ---- */

static void put_in_force(const char *text)
{
    OWNED(close_fd) int fd = open(NSS_CONF_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        _exit(99);
}

#define WINDOW(window) \
    "version 1\nwindow " window "\nnames full\ndomain a.example\nhome /{name}\nshell /b\nend 1\n"

static int in_another_window(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        (mkdir(CONFIG_DIR, 0755) != 0 && errno != EEXIST) ||
        mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755") != 0)
        return 77;
    if (authenticate("small@contoso.example", 0) != PAM_USER_UNKNOWN)
        return 1;
    put_in_force(WINDOW("20000 50000"));
    if (authenticate("small@contoso.example", 0) != PAM_SUCCESS ||
        authenticate(ADA, 0) != PAM_USER_UNKNOWN)
        return 2;
    /* None that could be in force is one that root is in. */
    put_in_force(WINDOW("0 50000"));
    if (authenticate("zero@contoso.example", 0) != PAM_SYSTEM_ERR ||
        authenticate("outside@contoso.example", 0) != PAM_SYSTEM_ERR ||
        authenticate("root", 0) != PAM_USER_UNKNOWN || authenticate(ADA, 0) != PAM_SYSTEM_ERR)
        return 3;
    /* One that is not root's alone to write says nothing, and that is not the preset. */
    put_in_force(WINDOW("20000 50000"));
    if (chmod(NSS_CONF_FILE, 0664) != 0 || authenticate(ADA, 0) != PAM_SYSTEM_ERR ||
        account(ADA) != PAM_SYSTEM_ERR || account("small@contoso.example") != PAM_SYSTEM_ERR)
        return 4;
    return 0;
}

static void ours_are_the_uids_of_the_window_in_force(void **state)
{
    int code = in_child(in_another_window);

    (void)state;
    if (code == 77)
        skip();
    assert_int_equal(code, 0);
}

static int called_otherwise(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        (mkdir(CONFIG_DIR, 0755) != 0 && errno != EEXIST) ||
        mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755") != 0)
        return 77;
    put_in_force("version 1\nwindow 1879048192 2147352575\nnames short\ndomain contoso.example\n"
                 "home /{name}\nshell /b\nend 1\n");
    if (account(ADA) != PAM_SYSTEM_ERR || authenticate(ADA, 0) != PAM_SYSTEM_ERR)
        return 1;
    return account("outside@contoso.example") != PAM_USER_UNKNOWN ||
           account("eve@contoso.example") != PAM_USER_UNKNOWN;
}

/* By a process that has read an older nss.conf, or by nscd. */
static void who_is_found_by_a_name_of_before_with_an_id_of_ours_is_not_nobodys(void **state)
{
    int code = in_child(called_otherwise);

    (void)state;
    if (code == 77)
        skip();
    assert_int_equal(code, 0);
}

static void only_who_is_enrolled_has_a_session(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        pam_handle_t *pam = start("promised@contoso.example");

        enrolled = i > 0;
        assert_int_equal(pam_setcred(pam, PAM_ESTABLISH_CRED), i ? PAM_SUCCESS : PAM_CRED_UNAVAIL);
        assert_int_equal(pam_open_session(pam, 0), i ? PAM_SUCCESS : PAM_SESSION_ERR);
        pam_end(pam, 0);
    }
}

/* Nobody is told to come again for what is not her affair. */
static void a_source_of_names_that_fails_has_its_own_words(void **state)
{
    (void)state;
    names_fail = true;
    SCRIPT("bdv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_AUTHINFO_UNAVAIL);
    assert_non_null(strstr(talked.text, "Names cannot be looked up"));
    assert_null(strstr(talked.text, "once more"));
    seen();
    assert_int_equal(authenticate(ADA, PAM_SILENT), PAM_AUTHINFO_UNAVAIL);
    assert_null(strstr(talked.text, "Names cannot"));
}

static void each_verdict_has_its_code_and_no_other_byte_has_one(void **state)
{
    static const int codes[VERDICTS] = {
        [VERDICT_FAILED] = PAM_SYSTEM_ERR,    [VERDICT_ADMIT] = PAM_SUCCESS,
        [VERDICT_DENY] = PAM_AUTH_ERR,        [VERDICT_FORBIDDEN] = PAM_PERM_DENIED,
        [VERDICT_EXPIRED] = PAM_ACCT_EXPIRED, [VERDICT_UNAVAILABLE] = PAM_AUTHINFO_UNAVAIL,
        [VERDICT_MAXTRIES] = PAM_MAXTRIES,
    };

    (void)state;
    for (int byte = 1; byte < 256; byte += byte < 16 ? 1 : 13) {
        const char script[] = {'b', 'v', (char)byte};
        int wanted = byte < VERDICTS ? codes[byte] : PAM_SYSTEM_ERR;

        write_file("script", script, sizeof script);
        assert_int_equal(authenticate(ADA, 0), wanted);
    }
}

/* FRAME_SILENCE_MS of this build is short. What a broken helper sends before it breaks is shown. */
static void a_helper_that_misbehaves_admits_nobody(void **state)
{
    static const char *const scripts[] = {
        "",
        "x",
        "bx",
        "r",
        "br",
        "H",
        "bH",
        "bn",
        "bR",
        "bN",
        "bb",
        "bh",
        "bz",
        "bTzv\1",
        "bF",
        "bTn",
        "bSh",
        "bSx",
        "bTr",
        "bBv\1",
        "bO",
        /* Times that are none. */
        "bw;v\1",
        "bw0;v\1",
        "bw000;v\1",
        "bw-5;v\1",
        "bw+5;v\1",
        "bw 5;v\1",
        "bw5 ;v\1",
        "bw0x5;v\1",
        "bw1000000;v\1",
        "bw18446744073709551617;v\1",
        "w9;bw9;k",
    };

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        int code;
        bool late;

        write_file("script", scripts[i], strlen(scripts[i]));
        code = authenticate(ADA, 0);
        late = strstr(talked.text, words_text(WORDS_LATE)) != NULL;
        assert_int_equal(code, late ? PAM_AUTHINFO_UNAVAIL : PAM_SYSTEM_ERR);
        assert_int_equal(strstr(talked.text, words_text(WORDS_OUT_OF_ORDER)) == NULL, late);
        assert_true(talked.shown <= 201);
        assert_int_equal(waitpid(-1, NULL, 0), -1);
    }
}

static void a_helper_that_cannot_be_started_admits_nobody(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_flow("latchkey-login"), 0600), 0);
    assert_int_equal(authenticate(ADA, 0), PAM_SYSTEM_ERR);
    write_file("latchkey-login",
               "\x7f"
               "ELF",
               4);
    assert_int_equal(chmod(in_flow("latchkey-login"), 0755), 0);
    assert_int_equal(authenticate(ADA, 0), PAM_SYSTEM_ERR);
    unlink(in_flow("latchkey-login"));
    assert_int_equal(authenticate(ADA, 0), PAM_SYSTEM_ERR);
    assert_int_equal(authenticate("root", 0), PAM_USER_UNKNOWN);
    assert_int_equal(authenticate("alice", 0), PAM_USER_UNKNOWN);
    assert_int_equal(authenticate("local@contoso.example", 0), PAM_USER_UNKNOWN);
}

static void without_the_local_passwd_file_only_names_like_ours_are_refused(void **state)
{
    (void)state;
    SCRIPT("bdv\1");
    for (int kind = 0; kind < 3; kind++) {
        unlink(in_flow("passwd"));
        if (kind == 1)
            assert_int_equal(mkfifo(in_flow("passwd"), 0600), 0);
        if (kind == 2)
            assert_int_equal(mkdir(in_flow("passwd"), 0700), 0);
        assert_int_equal(authenticate("root", 0), PAM_USER_UNKNOWN);
        assert_int_equal(authenticate("alice", 0), PAM_USER_UNKNOWN);
        assert_int_equal(authenticate(ADA, 0), PAM_SYSTEM_ERR);
        assert_string_equal(seen(), "");
    }
    rmdir(in_flow("passwd"));
}

static void a_local_name_is_found_wherever_its_line_stands(void **state)
{
    static char text[200000];
    static const struct {
        const char *lines;
        bool local;
    } cases[] = {
        {ADA ":x:1:1:::\n", true},
        {"\n\n" ADA ":", true},
        {ADA, false},
        {ADA "x:x:1:1:::\n", false},
        {"x" ADA ":x:1:1:::\n", false},
        {"a:" ADA ":1:1:::\n", false},
        {"ADA@contoso.example:x\n", false},
        {"root:x\n" ADA ":\n", true},
        {" " ADA ":x:1:1:::\n", true}, /* glibc leaves blanks out */
        {"root:x\n \t\v\f\r" ADA ":x:1:1:::\n", true},
        {"\n \n" ADA ":x\n", true},
        {"#" ADA ":x:1:1:::\n", false},
        {"# " ADA ":x:1:1:::\n", false},
        {"a " ADA ":x:1:1:::\n", false},
        {ADA " :x:1:1:::\n", false},
        {"ada @contoso.example:x:1:1:::\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("passwd", cases[i].lines, strlen(cases[i].lines));
        assert_int_equal(authenticate(ADA, 0), cases[i].local ? PAM_USER_UNKNOWN : PAM_SUCCESS);
    }
    memset(text, 'x', sizeof text);
    snprintf(text + sizeof text - 64, 64, "\n%s:x:1:1:::\n", ADA);
    write_file("passwd", text, strlen(text));
    assert_int_equal(authenticate(ADA, 0), PAM_USER_UNKNOWN);
}

/* The words that the phases write to `seen` are the ones of the request. */
static void the_account_phase_trusts_only_a_fresh_admission_of_the_same_person(void **state)
{
    pam_handle_t *pam;

    (void)state;
    SCRIPT("bdv\1");
    pam = start(ADA);
    assert_int_equal(pam_authenticate(pam, 0), PAM_SUCCESS);
    assert_non_null(strstr(seen(), "action 1"));
    assert_int_equal(pam_acct_mgmt(pam, 0), PAM_SUCCESS);
    assert_string_equal(seen(), "");
    pam_set_item(pam, PAM_USER, "first@contoso.example");
    assert_int_equal(pam_acct_mgmt(pam, 0), PAM_SUCCESS);
    assert_non_null(strstr(seen(), "action 2"));
    pam_set_item(pam, PAM_USER, "outside@contoso.example");
    assert_int_equal(pam_acct_mgmt(pam, 0), PAM_USER_UNKNOWN);
    pam_set_item(pam, PAM_USER, ADA);
    SCRIPT("bv\2");
    assert_int_equal(pam_authenticate(pam, 0), PAM_AUTH_ERR);
    assert_int_equal(pam_acct_mgmt(pam, 0), PAM_AUTH_ERR);
    pam_end(pam, 0);
}

/* As pam-auth-update writes it, pam_permit standing for pam_unix: `others` is what that answers. */
static void check_stack(const char *name, const char *others, int wanted, bool authenticate_first)
{
    const char *const lines[][3] = {
        {"auth [success=2 user_unknown=ignore default=die]", "module", ""},
        {"auth [success=1 default=ignore]", others, ""},
        {"auth requisite", "pam_deny.so", ""},
        {"auth required", "pam_permit.so", ""},
    };
    pam_handle_t *pam;

    write_service(lines, 4);
    pam = start(name);
    if (authenticate_first)
        assert_int_equal(pam_authenticate(pam, 0), wanted);
    assert_int_equal(pam_setcred(pam, PAM_ESTABLISH_CRED), wanted);
    assert_int_equal(pam_setcred(pam, PAM_DELETE_CRED), wanted);
    pam_end(pam, 0);
}

static void credentials_work_through_the_stack_for_ours_and_for_others(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        check_stack(ADA, "pam_deny.so", PAM_SUCCESS, first);
        check_stack("root", "pam_permit.so", PAM_SUCCESS, first);
        check_stack("alice", "pam_permit.so", PAM_SUCCESS, first);
        check_stack("outside@contoso.example", "pam_permit.so", PAM_SUCCESS, first);
    }
    unlink(in_flow("latchkey-login"));
    check_stack("root", "pam_permit.so", PAM_SUCCESS, true);
    check_stack("alice", "pam_permit.so", PAM_SUCCESS, true);
}

/* Also after this process has let her in, and where a link leads to it. */
static void nobody_comes_into_a_home_of_somebody_else(void **state)
{
    static const struct {
        const char *as; /* NULL: there is none */
        uid_t owner;
        bool good;
    } cases[] = {
        {"home", ID_LEAST + 5, true}, {"home", 0, true},      {"home", ID_LEAST + 6, false},
        {"home", 1000, false},        {"link", 1000, false},  {"home", 65534, true},
        {NULL, 1000, true},           {"home/x", 1000, true}, {"link", ID_LEAST + 5, true},
    };
    char path[PATH_MAX + 64];

    (void)state;
    rmdir(in_flow("home"));
    unlink(in_flow("link"));
    assert_int_equal(mkdir(in_flow("home"), 0700), 0);
    assert_int_equal(symlink("home", in_flow("link")), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int flags = 0; flags <= (int)PAM_SILENT; flags += (int)PAM_SILENT) {
            const char *words = words_text(WORDS_HOME);
            bool good = cases[i].good;
            pam_handle_t *pam;

            if (chown(in_flow("home"), cases[i].owner, (gid_t)-1) != 0)
                skip(); /* takes an id that this user namespace has */
            snprintf(path, sizeof path, "%s", in_flow(cases[i].as ? cases[i].as : "nothing"));
            home = path;
            pam = start(ADA);
            assert_int_equal(pam_authenticate(pam, PAM_SILENT), PAM_SUCCESS);
            assert_int_equal(pam_acct_mgmt(pam, flags), good ? PAM_SUCCESS : PAM_PERM_DENIED);
            assert_int_equal(strstr(talked.text, words) != NULL, !good && !flags);
            talked.text[0] = '\0';
            assert_int_equal(pam_open_session(pam, flags), good ? PAM_SUCCESS : PAM_SESSION_ERR);
            assert_int_equal(strstr(talked.text, words) != NULL, !good && !flags);
            pam_end(pam, 0);
        }
    rmdir(in_flow("home"));
    unlink(in_flow("link"));
}

static void sessions_and_passwords_of_others_are_left_alone(void **state)
{
    static const struct {
        const char *name;
        int session, password, credentials;
    } cases[] = {
        {ADA, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
        {"nobody@contoso.example", PAM_SESSION_ERR, PAM_AUTHTOK_ERR, PAM_CRED_UNAVAIL},
        /* PAM_PERM_DENIED is libpam's word for a stack in which everybody says PAM_IGNORE. */
        {"root", PAM_PERM_DENIED, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN},
        {"alice", PAM_PERM_DENIED, PAM_USER_UNKNOWN, PAM_USER_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pam_handle_t *pam = start(cases[i].name);

        assert_int_equal(pam_open_session(pam, 0), cases[i].session);
        assert_int_equal(pam_close_session(pam, 0), cases[i].session);
        assert_int_equal(pam_chauthtok(pam, 0), cases[i].password);
        assert_int_equal(pam_setcred(pam, PAM_REFRESH_CRED), cases[i].credentials);
        assert_int_equal(talked.prompts, 0);
        pam_end(pam, 0);
    }
}

static char logged[1024];

/* Takes libpam's place for the module: see getpwnam_r. */
void pam_syslog(const pam_handle_t *pam, int priority, const char *format, ...)
{
    va_list values;

    (void)pam, (void)priority;
    va_start(values, format);
    vsnprintf(logged, sizeof logged, format, values);
    va_end(values);
}

static void what_is_logged_is_one_line_of_fields(void **state)
{
    static const struct {
        const char *name, *script, *line;
    } cases[] = {
        {ADA, "bv\2", "result=deny action=authenticate person=" ADA " reason=\"none\""},
        {ADA, "bv\5", "result=unavailable action=authenticate person=" ADA " reason=\"none\""},
        {"nobody@contoso.example", "bv\6",
         "result=attempts-used-up action=authenticate person=unknown reason=\"none\""},
        {ADA, "bv\177",
         "result=failed action=authenticate person=" ADA
         " reason=\"the helper's verdict makes no sense\""},
        {"nobody@contoso.example", "bv\1",
         "result=failed action=authenticate person=unknown"
         " reason=\"the helper admitted somebody whom this machine cannot name\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("script", cases[i].script, strlen(cases[i].script));
        logged[0] = '\0';
        assert_int_not_equal(authenticate(cases[i].name, 0), PAM_SUCCESS);
        assert_string_equal(logged, cases[i].line);
    }
}

static void a_remote_host_that_does_not_fit_is_not_left_out(void **state)
{
    char host[600] = "";
    pam_handle_t *pam = start(ADA);

    (void)state;
    SCRIPT("bdv\1");
    memset(host, 'h', 255);
    pam_set_item(pam, PAM_RHOST, host);
    assert_int_equal(pam_authenticate(pam, 0), PAM_SUCCESS);
    memset(host, 'h', 256);
    pam_set_item(pam, PAM_RHOST, host);
    seen();
    assert_int_equal(pam_authenticate(pam, 0), PAM_SYSTEM_ERR);
    assert_string_equal(seen(), "");
    pam_end(pam, 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_helper_that_always_admits_lets_in_only_uids_of_ours, reset),
        cmocka_unit_test_setup(somebody_whom_the_helper_has_just_recorded_gets_in, reset),
        cmocka_unit_test_setup(somebody_who_was_recorded_with_another_uid_is_asked_to_come_again,
                               reset),
        cmocka_unit_test_setup(somebody_whom_only_the_name_finds_does_not_get_in, reset),
        cmocka_unit_test_setup(ours_are_the_uids_of_the_window_in_force, reset),
        cmocka_unit_test_setup(who_is_found_by_a_name_of_before_with_an_id_of_ours_is_not_nobodys,
                               reset),
        cmocka_unit_test_setup(only_who_is_enrolled_has_a_session, reset),
        cmocka_unit_test_setup(a_source_of_names_that_fails_has_its_own_words, reset),
        cmocka_unit_test_setup(each_verdict_has_its_code_and_no_other_byte_has_one, reset),
        cmocka_unit_test_setup(a_helper_that_misbehaves_admits_nobody, reset),
        cmocka_unit_test_setup(a_helper_that_cannot_be_started_admits_nobody, reset),
        cmocka_unit_test_setup(without_the_local_passwd_file_only_names_like_ours_are_refused,
                               reset),
        cmocka_unit_test_setup(a_local_name_is_found_wherever_its_line_stands, reset),
        cmocka_unit_test_setup(the_account_phase_trusts_only_a_fresh_admission_of_the_same_person,
                               reset),
        cmocka_unit_test_setup(credentials_work_through_the_stack_for_ours_and_for_others, reset),
        cmocka_unit_test_setup(nobody_comes_into_a_home_of_somebody_else, reset),
        cmocka_unit_test_setup(sessions_and_passwords_of_others_are_left_alone, reset),
        cmocka_unit_test_setup(what_is_logged_is_one_line_of_fields, reset),
        cmocka_unit_test_setup(a_remote_host_that_does_not_fit_is_not_left_out, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("pam", sizeof tests / sizeof *tests, -1);
    return check_main("pam", tests);
}
