/* SPDX-License-Identifier: MIT */
/* login/place.c: where a code may be had, and where a picture of it is shown. */
#include "login/place.h"

#include "base/text.h"
#include "tests/check.h"

#include <string.h>

#define ADA "ada@contoso.example"

/* At a place: service, terminal, remote host, who calls. */
struct spot {
    const char *service, *terminal, *remote_host, *remote_user;
};

static const struct spot at_this_seat[] = {
    {"login", "tty1", "", ""},
    {"login", "/dev/tty1", "", ""},
    {"login", "pts/3", "", ""},
    {"login", "/dev/pts/3", "", ""},
    {"login", "ttyS0", "", ""},
    {"login", "console", "", ""},
    {"login", "/dev/console", "", ""},
    {"login", "hvc0", "", ""},
    {"login", "xvc0", "", ""},
    {"gdm-password", ":0", "", ""},
    {"gdm-password", "/dev/tty2", "", ""},
    {"lightdm", ":1", "", ""},
    {"xscreensaver", ":0.0", "", ""},
    {"su", "pts/3", "", ADA},
    {"su-l", "/dev/pts/3", "", ADA},
    {"sudo", "/dev/pts/3", "", ADA},
    {"sudo-i", "/dev/pts/3", "", ADA},
    {"polkit-1", "tty1", "", ADA},
};

static const struct spot elsewhere[] = {
    {"sshd", "ssh", "192.0.2.1", ""},
    {"sshd", "ssh", "", ""},
    {"sshd", "", "", ""},
    {"login", "tty1", "192.0.2.1", ""},
    {"login", "pts/3", "localhost", ""},
    {"gdm-password", ":0", "192.0.2.1", ""},
    {"sudo", "pts/3", "192.0.2.1", ADA},
    {"login", "", "", ""},
    {"cron", "cron", "", ""},
    {"vsftpd", "ftp", "", ""},
    {"login", "/dev/null", "", ""},
    {"login", "/tmp/tty1", "", ""},
    {"login", "xtty1", "", ""},
    {"login", "host:0", "", ""},
    {"su", "pts/3", "", "root"},
    {"su", "pts/3", "", ""},
    {"su-l", "pts/3", "", "bob@contoso.example"},
    {"sudo", "pts/3", "", "bob@contoso.example"},
    {"sudo", "pts/3", "", ADA ".example"},
    {"sudo", "pts/3", "", "ADA@contoso.example"},
    {"sudo", "pts/3", "", ""},
    {"polkit-1", "tty1", "", "bob@contoso.example"},
    {"login", "tty1", "", "root"},
};

static struct request request_at(const struct spot *spot)
{
    struct request request = {.action = ACTION_AUTHENTICATE, .user = ADA};

    text_copy(request.service, sizeof request.service, spot->service);
    text_copy(request.terminal, sizeof request.terminal, spot->terminal);
    text_copy(request.remote_host, sizeof request.remote_host, spot->remote_host);
    text_copy(request.remote_user, sizeof request.remote_user, spot->remote_user);
    return request;
}

static bool has_codes(const struct spot *spot, const char *method, unsigned setting, bool silent)
{
    char text[32];
    char *items[] = {text};
    const struct config config = {.methods = {.items = items, .count = 1, .limit = 1},
                                  .device_code = setting};
    struct request request = request_at(spot);

    text_copy(text, sizeof text, method);
    request.silent = silent;
    return place_has_codes(&config, &request);
}

#define COUNT(spots) (sizeof(spots) / sizeof(spots)[0])

static void local_means_this_seat_and_oneself(void **state)
{
    (void)state;
    for (const struct spot *spot = at_this_seat; spot < at_this_seat + COUNT(at_this_seat); spot++)
        assert_true(has_codes(spot, CONFIG_DEVICE_CODE, CONFIG_CODE_LOCAL, false));
    for (const struct spot *spot = elsewhere; spot < elsewhere + COUNT(elsewhere); spot++)
        assert_false(has_codes(spot, CONFIG_DEVICE_CODE, CONFIG_CODE_LOCAL, false));
}

static void always_is_everywhere_and_never_is_nowhere(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 2; place++) {
        const struct spot *spot = place ? at_this_seat : elsewhere;

        assert_true(has_codes(spot, CONFIG_DEVICE_CODE, CONFIG_CODE_ALWAYS, false));
        assert_false(has_codes(spot, CONFIG_DEVICE_CODE, CONFIG_CODE_NEVER, false));
        assert_false(has_codes(spot, CONFIG_DEVICE_CODE, CONFIG_CODE_ALWAYS + 1, false));
    }
}

static void nobody_has_codes_without_the_method_and_silence_makes_no_difference(void **state)
{
    (void)state;
    for (const struct spot *spot = at_this_seat; spot < at_this_seat + COUNT(at_this_seat); spot++)
        for (unsigned setting = CONFIG_CODE_NEVER; setting <= CONFIG_CODE_ALWAYS; setting++) {
            assert_false(has_codes(spot, CONFIG_PASSWORD, setting, false));
            assert_int_equal(has_codes(spot, CONFIG_DEVICE_CODE, setting, true),
                             has_codes(spot, CONFIG_DEVICE_CODE, setting, false));
        }
}

static void whoever_it_is_the_place_is_the_same(void **state)
{
    static const char *const names[] = {"", "root", "x", "BOB@contoso.example"};
    char *items[] = {(char[]){CONFIG_DEVICE_CODE}};
    const struct config config = {.methods = {.items = items, .count = 1, .limit = 1},
                                  .device_code = CONFIG_CODE_LOCAL};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct request seat = request_at(&at_this_seat[0]), remote = request_at(&elsewhere[0]);

        text_copy(seat.user, sizeof seat.user, names[i]);
        text_copy(remote.user, sizeof remote.user, names[i]);
        assert_true(place_has_codes(&config, &seat));
        assert_false(place_has_codes(&config, &remote));
    }
}

static void lines_are_for_terminals_and_ssh_and_not_for_greeters(void **state)
{
    static const struct spot lines[] = {{"login", "tty1", "", ""},
                                        {"login", "/dev/pts/3", "", ""},
                                        {"sshd", "ssh", "192.0.2.1", ""},
                                        {"sudo", "/dev/pts/3", "", ADA}};
    static const struct spot none[] = {{"gdm-password", "/dev/tty1", "", ""},
                                       {"gdm-password", ":0", "", ""},
                                       {"lightdm", "tty7", "", ""},
                                       {"sddm", "tty7", "", ""},
                                       {"polkit-1", "tty1", "", ADA},
                                       {"xscreensaver", ":0", "", ""},
                                       {"vsftpd", "ftp", "", ""},
                                       {"login", "", "", ""},
                                       {"sshd", "sshd", "192.0.2.1", ""}};

    (void)state;
    for (const struct spot *spot = lines; spot < lines + COUNT(lines); spot++) {
        const struct request request = request_at(spot);

        assert_true(place_shows_lines(&request));
    }
    for (const struct spot *spot = none; spot < none + COUNT(none); spot++) {
        const struct request request = request_at(spot);

        assert_false(place_shows_lines(&request));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_means_this_seat_and_oneself),
        cmocka_unit_test(always_is_everywhere_and_never_is_nowhere),
        cmocka_unit_test(nobody_has_codes_without_the_method_and_silence_makes_no_difference),
        cmocka_unit_test(whoever_it_is_the_place_is_the_same),
        cmocka_unit_test(lines_are_for_terminals_and_ssh_and_not_for_greeters),
    };

    return check_main("place", tests);
}
