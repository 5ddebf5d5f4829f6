/* SPDX-License-Identifier: MIT */
/*
 * A host where people have short names: its configuration folder and its passwd file are ours, mounted
 * over the machine's for this process alone. Whoever may not mount skips.
 */
#pragma once

#include "tests/check.h"

#include "base/own.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_OF(names, domains)                                          \
    "version 1\nwindow 1879048192 2147352575\nnames " names "\n" domains \
    "home /home/{name}\nshell /bin/sh\nend 1\n"
#define SHORT_CONF CONF_OF("short", "domain contoso.example\n")
#define FULL_CONF  CONF_OF("full", "domain contoso.example\n")

static bool may_mount;

static inline void write_text(const char *path, const char *text)
{
    OWNED(close_file) FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0644), 0);
}

static inline int begin_short(void **state)
{
    (void)state;
    if (strncmp(CONFIG_DIR, "/etc/", 5) != 0)
        (void)mkdir(CONFIG_DIR, 0755);
    may_mount = strncmp(CONFIG_DIR, "/etc/", 5) != 0 && unshare(CLONE_NEWNS) == 0 &&
                mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755") == 0;
    if (!may_mount)
        return 0;
    write_text(CONFIG_DIR "/passwd", "root:x:0:0::/:/bin/sh\nlena:x:1000:1000::/:/bin/sh\n");
    write_text(CONFIG_DIR "/group", "root:x:0:\nwheelers:x:1001:\n");
    may_mount = mount(CONFIG_DIR "/passwd", LOCAL_PASSWD, NULL, MS_BIND, NULL) == 0 &&
                mount(CONFIG_DIR "/group", LOCAL_GROUP, NULL, MS_BIND, NULL) == 0;
    return 0;
}
