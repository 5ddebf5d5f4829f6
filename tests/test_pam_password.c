/* SPDX-License-Identifier: MIT */
/* The password phase: whom it is about, what it asks and when, and what later modules learn. */
#include "tests/pam_flow.h"

#include <dlfcn.h>

static int change(const char *name, int flags)
{
    pam_handle_t *pam = start(name);
    int code = pam_chauthtok(pam, flags);

    pam_end(pam, code);
    return code;
}

/* libpam calls twice; the helper is asked once, and only for who is ours. */
static void the_helper_is_asked_once_about_who_is_ours(void **state)
{
    static const struct {
        const char *name;
        int code;
        bool asked;
    } rows[] = {
        {ADA, PAM_SUCCESS, true},
        {"nobody@contoso.example", PAM_AUTHTOK_ERR, false},
        {"broken@contoso.example", PAM_AUTHTOK_ERR, false},
        {"local@contoso.example", PAM_USER_UNKNOWN, false},
        {"root", PAM_USER_UNKNOWN, false},
        {"alice", PAM_USER_UNKNOWN, false},
    };

    (void)state;
    SCRIPT("bdSSv\1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found;

        assert_int_equal(change(rows[i].name, 0), rows[i].code);
        found = seen();
        assert_int_equal(strstr(found, "action 4") != NULL, rows[i].asked);
        assert_int_equal(talked.prompts, rows[i].asked ? 2 : 0);
    }
}

static void nothing_of_ours_expires(void **state)
{
    (void)state;
    SCRIPT("bdSSv\2");
    assert_int_equal(change(ADA, PAM_CHANGE_EXPIRED_AUTHTOK), PAM_SUCCESS);
    assert_string_equal(seen(), "");
    assert_int_equal(talked.prompts, 0);
}

static void each_verdict_has_its_code(void **state)
{
    static const struct {
        const char *script;
        int code;
    } rows[] = {
        {"bv\1", PAM_SUCCESS},     {"bv\2", PAM_AUTHTOK_ERR}, {"bv\3", PAM_PERM_DENIED},
        {"bv\4", PAM_AUTHTOK_ERR}, {"bv\5", PAM_AUTHTOK_ERR}, {"bv\6", PAM_MAXTRIES},
        {"bn", PAM_AUTHTOK_ERR},   {"bx", PAM_AUTHTOK_ERR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file("script", rows[i].script, strlen(rows[i].script));
        assert_int_equal(change(ADA, 0), rows[i].code);
    }
}

/* An answer of its own for each question. */
static const char *answers[4];
static unsigned answered;

static int converse_in_turn(int count, const struct pam_message **messages,
                            struct pam_response **replies, void *data)
{
    if (messages[0]->msg_style == PAM_PROMPT_ECHO_OFF)
        talked.reply = answers[answered++ % 4];
    return converse(count, messages, replies, data);
}

static pam_handle_t *start_in_turn(void)
{
    static const struct pam_conv conversation = {.conv = converse_in_turn};

    answered = 0;
    return start_with(ADA, &conversation);
}

/* What the module has set, one letter for the item and its text. */
static char kept[256];

/* Takes libpam's place for the module, and hands it on: modules alone may read these items. */
int pam_set_item(pam_handle_t *pam, int type, const void *value)
{
    static int (*set)(pam_handle_t *, int, const void *);
    size_t used = strlen(kept);

    if (!set)
        *(void **)&set = dlsym(RTLD_NEXT, "pam_set_item");
    if (value && (type == PAM_AUTHTOK || type == PAM_OLDAUTHTOK))
        snprintf(kept + used, sizeof kept - used, "%c=%s ", type == PAM_AUTHTOK ? 'n' : 'o',
                 (const char *)value);
    return set(pam, type, value);
}

static void later_modules_learn_what_was_typed_only_when_it_is_set(void **state)
{
    static const struct {
        const char *script, *caller, *kept;
    } rows[] = {
        {"bSSv\1", NULL, "n=second "},
        {"bSSv\2", NULL, ""},
        {"bSSn", NULL, ""},
        {"bSSSv\1", "alice", "o=first n=third "},
        {"bSSSv\2", "alice", ""},
        {"bSSSSv\1", "alice", "o=first n=fourth "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pam_handle_t *pam;

        write_file("script", rows[i].script, strlen(rows[i].script));
        answers[0] = "first", answers[1] = "second", answers[2] = "third", answers[3] = "fourth";
        pam = start_in_turn();
        assert_int_equal(pam_set_item(pam, PAM_RUSER, rows[i].caller), PAM_SUCCESS);
        kept[0] = '\0';
        pam_chauthtok(pam, 0);
        assert_string_equal(kept, rows[i].kept);
        pam_end(pam, 0);
    }
}

/* Our module stands for both: the later one takes what the earlier one has got. */
static void a_later_module_takes_what_is_told_it_to(void **state)
{
    static const struct {
        const char *options, *caller;
        int prompts, code;
    } rows[] = {
        {"use_authtok", NULL, 2, PAM_SUCCESS},
        {"", NULL, 4, PAM_SUCCESS},
        {"use_authtok", "alice", 3, PAM_SUCCESS}, /* and asks for the current one */
        {"use_authtok use_first_pass", "alice", 2, PAM_SUCCESS},
        {"try_first_pass", "alice", 3, PAM_SUCCESS},
    };

    (void)state;
    SCRIPT("bSSv\1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const lines[][3] = {{"password required", "module", ""},
                                        {"password required", "module", rows[i].options}};
        pam_handle_t *pam;

        write_service(lines, 2);
        answers[0] = answers[1] = answers[2] = answers[3] = "typed";
        pam = start_in_turn();
        assert_int_equal(pam_set_item(pam, PAM_RUSER, rows[i].caller), PAM_SUCCESS);
        assert_int_equal(pam_chauthtok(pam, 0), rows[i].code);
        assert_int_equal(talked.prompts, rows[i].prompts);
        pam_end(pam, 0);
    }
}

static void without_an_earlier_new_one_none_is_set(void **state)
{
    (void)state;
    write_plain_service("use_authtok");
    SCRIPT("bSSv\1");
    assert_int_equal(change(ADA, 0), PAM_AUTHTOK_ERR);
    assert_int_equal(talked.prompts, 0);
}

/* In a process whose real user is not root, as passwd(1) is, which reaches the helper by a child. */
static int as_somebody(void)
{
    pam_handle_t *pam;
    const char *found;
    int code;

    if (setresuid(4321, 0, 0) != 0)
        return 99;
    pam = start_in_turn();
    code = pam_chauthtok(pam, 0);
    pam_end(pam, code);
    found = seen();
    if (!strstr(found, "action 3"))
        return 98;
    return code;
}

static void who_is_not_root_is_asked_for_the_current_one(void **state)
{
    if (getuid() != 0)
        skip();
    (void)state;
    answers[0] = "right";
    SCRIPT("bdSv\1");
    assert_int_equal(in_child(as_somebody), PAM_SUCCESS);
}

/* su and sudo run for somebody else, whatever their real user is. */
static void nor_is_a_program_root_that_somebody_called(void **state)
{
    pam_handle_t *pam;

    (void)state;
    SCRIPT("bdSv\1");
    answers[0] = "right";
    pam = start_in_turn();
    assert_int_equal(pam_set_item(pam, PAM_RUSER, "alice"), PAM_SUCCESS);
    assert_int_equal(pam_chauthtok(pam, 0), PAM_SUCCESS);
    assert_non_null(strstr(seen(), "action 3"));
    pam_end(pam, 0);
}

static void an_application_that_cannot_ask_changes_nothing(void **state)
{
    (void)state;
    SCRIPT("bSSv\1");
    talked.reply = NULL;
    assert_int_equal(change(ADA, 0), PAM_AUTHTOK_ERR);
    talked.result = PAM_CONV_ERR;
    assert_int_equal(change(ADA, 0), PAM_AUTHTOK_ERR);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(the_helper_is_asked_once_about_who_is_ours, reset),
    cmocka_unit_test_setup(nothing_of_ours_expires, reset),
    cmocka_unit_test_setup(each_verdict_has_its_code, reset),
    cmocka_unit_test_setup(later_modules_learn_what_was_typed_only_when_it_is_set, reset),
    cmocka_unit_test_setup(a_later_module_takes_what_is_told_it_to, reset),
    cmocka_unit_test_setup(without_an_earlier_new_one_none_is_set, reset),
    cmocka_unit_test_setup(who_is_not_root_is_asked_for_the_current_one, reset),
    cmocka_unit_test_setup(nor_is_a_program_root_that_somebody_called, reset),
    cmocka_unit_test_setup(an_application_that_cannot_ask_changes_nothing, reset),
};

int main(int count, char **arguments)
{
    if (count < 1 || !flow_open(arguments[0]))
        return check_done("pam-password", sizeof tests / sizeof *tests, -1);
    return check_main("pam-password", tests);
}
