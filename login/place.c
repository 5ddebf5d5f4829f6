/* SPDX-License-Identifier: MIT */
#include "login/place.h"

#include <string.h>

static bool begins_with_any(const char *text, const char *const beginnings[])
{
    for (size_t i = 0; beginnings[i]; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* As PAM_TTY has it, with or without the folder. */
static bool is_terminal(const char *terminal)
{
    static const char *const beginnings[] = {"tty", "pts/", "console", "hvc", "xvc", NULL};

    return begins_with_any(strncmp(terminal, "/dev/", 5) == 0 ? terminal + 5 : terminal,
                           beginnings);
}

/* They say whose terminal it is that they are used from; nobody may use another one's code there. */
static bool is_for_another(const struct request *request)
{
    static const char *const services[] = {"su", "su-l", "sudo", "sudo-i"};
    bool says = *request->remote_user;

    for (size_t i = 0; !says && i < sizeof services / sizeof services[0]; i++)
        says = strcmp(request->service, services[i]) == 0;
    return says && strcmp(request->remote_user, request->user) != 0;
}

static bool is_at_this_seat(const struct request *request)
{
    bool seated = is_terminal(request->terminal) || *request->terminal == ':';

    return seated && !*request->remote_host && !is_for_another(request);
}

bool place_has_codes(const struct config *config, const struct request *request)
{
    if (!strings_have(&config->methods, CONFIG_DEVICE_CODE))
        return false;
    switch (config->device_code) {
    case CONFIG_CODE_ALWAYS:
        return true;
    case CONFIG_CODE_LOCAL:
        return is_at_this_seat(request);
    default:
        return false;
    }
}

bool place_shows_lines(const struct request *request)
{
    static const char *const greeters[] = {"gdm",  "lightdm", "sddm",   "lxdm",  "xdm",      "kde",
                                           "slim", "greetd",  "polkit", "gnome", "cinnamon", NULL};

    return !begins_with_any(request->service, greeters) &&
           (is_terminal(request->terminal) || strcmp(request->terminal, "ssh") == 0);
}
