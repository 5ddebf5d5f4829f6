/* SPDX-License-Identifier: MIT */
#include "pam_module/options.h"

#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

struct options options_read(pam_handle_t *pam, int count, const char **words)
{
    struct options options = {0};

    for (int i = 0; i < count; i++)
        if (strcmp(words[i], "debug") == 0)
            options.debug = true;
        else if (strcmp(words[i], "use_first_pass") == 0)
            options.use_first_pass = true;
        else if (strcmp(words[i], "try_first_pass") == 0)
            options.try_first_pass = true;
        else if (strcmp(words[i], "use_authtok") == 0)
            options.use_authtok = true;
        else if (strcmp(words[i], "nodelay") == 0)
            options.nodelay = true;
        else
            pam_syslog(pam, LOG_WARNING, "unknown option \"%s\" is ignored", words[i]);
    return options;
}
