/* SPDX-License-Identifier: MIT */
/*
 * The NSS module with a nss.conf of our own: its build wants a folder of its own for the
 * configuration too. The module reads it once in a process, so each try is in one of its own.
 */
#pragma once

#include "tests/nss_questions.h"
#include "tests/place.h"

#define ISSUER  "https://login.contoso.example"
#define BEFORE  "version 1\nwindow 1879048192 2147352575\nnames full\n"
#define DOMAINS "domain contoso.example\ndomain fabrikam.example\n"
#define PATHS   "home /home/{name}/here\nshell /bin/zsh\n"

static bool made_config;

static inline void write_conf(const char *text)
{
    int fd = open(NSS_CONF_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline int begin_root(void **state)
{
    if (make_folders(state) != 0)
        return -1;
    made_config = mkdir(CONFIG_DIR, 0755) == 0;
    return access(CONFIG_DIR, W_OK);
}

static inline int end_root(void **state)
{
    unlink(NSS_CONF_FILE);
    if (made_config)
        rmdir(CONFIG_DIR);
    return remove_folders(state);
}

/* The machine's own configuration is not to be touched. */
static inline bool may_use_config_dir(void)
{
    return strncmp(CONFIG_DIR, "/etc/", 5) != 0;
}

static inline bool open_to_group(void)
{
    return chmod(NSS_CONF_FILE, 0664) == 0;
}

static inline bool open_to_others(void)
{
    return chmod(NSS_CONF_FILE, 0646) == 0;
}

static inline bool closed(void)
{
    return chmod(NSS_CONF_FILE, 0644) == 0;
}

static inline bool folder_open(void)
{
    return chmod(CONFIG_DIR, 0777) == 0;
}

static inline bool folder_closed(void)
{
    return chmod(CONFIG_DIR, 0755) == 0;
}

static inline bool somebodys(void)
{
    return chown(NSS_CONF_FILE, 1000, 1000) == 0;
}

static inline bool roots(void)
{
    return chown(NSS_CONF_FILE, 0, 0) == 0;
}

static inline bool linked(void)
{
    return rename(NSS_CONF_FILE, NSS_CONF_FILE ".real") == 0 &&
           symlink("nss.conf.real", NSS_CONF_FILE) == 0;
}

static inline bool moved_back(void)
{
    return rename(NSS_CONF_FILE ".real", NSS_CONF_FILE) == 0;
}

static inline bool missing(void)
{
    return rename(NSS_CONF_FILE, NSS_CONF_FILE ".real") == 0;
}

static inline bool a_pipe(void)
{
    return missing() && mkfifo(NSS_CONF_FILE, 0644) == 0;
}

/* Ways in which a good file is none to be trusted, and back. */
static const struct distrust {
    const char *what;
    bool (*begin)(void), (*end)(void);
} distrusts[] = {
    {"its group may write it", open_to_group, closed},
    {"others may write it", open_to_others, closed},
    {"others may write its folder", folder_open, folder_closed},
    {"it belongs to somebody", somebodys, roots},
    {"it is a symbolic link", linked, moved_back},
    {"it is missing", missing, moved_back},
    {"it is a pipe", a_pipe, moved_back},
};
#define DISTRUSTS (sizeof distrusts / sizeof distrusts[0])
