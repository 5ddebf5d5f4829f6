/* SPDX-License-Identifier: MIT */
/*
 * The configuration: /etc/latchkey/latchkey.conf and the files of conf.d, read
 * once, then only looked at. latchkey.conf(5) documents every setting; the table is
 * in setting.c.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/lookup.h"
#include "base/strings.h"
#include "cache/name.h"

struct config {
    char issuer[256];
    char client_id[128];
    char scope[256];
    char name_claim[64];
    char groups_claim[64];
    unsigned algorithms; /* of enum config_algorithm, or-ed */
    char ca_file[256];   /* empty: the system's trust store */
    struct strings domains;
    enum names names;      /* short only with exactly one domain */
    char names_place[320]; /* the file and line where that was given last */
    struct strings allow;  /* "everyone", full names, object ids of groups */
    char home[256];        /* template: {name} stands for the full name */
    char shell[128];
    unsigned id_min, id_max; /* the window of ids; in force once it is applied: config_read */
    char window_place[320];  /* the file and line where it was given last */
    unsigned connect_seconds, login_seconds;
    unsigned recheck_minutes;
    unsigned password_recheck_hours;
    unsigned offline_days, offline_days_remote;
    struct strings offline_allow;    /* as `allow` */
    struct strings offline_services; /* "all", PAM services */
    struct strings background_services;
    char password_change_url[256]; /* empty: nobody has said */
    bool guests;                   /* people who are at home in another tenant may sign in */
    unsigned kdf_slots;            /* 0: as many as processors */
    struct strings methods; /* CONFIG_PASSWORD, CONFIG_DEVICE_CODE or both, the first preferred */
    unsigned device_code;   /* enum config_device_code */
    /*
     * Of the section [local groups]: who is in the platform's group `local_group_ids.items[i]`
     * gets this host's group `local_groups.items[i]`.
     */
    struct strings local_groups, local_group_ids;
};

#define CONFIG_LIST_MOST         256 /* entries of a list */
#define CONFIG_LOCAL_GROUPS_MOST 64
#define CONFIG_OBJECT_ID_MOST    255

#define CONFIG_PASSWORD    "password"
#define CONFIG_DEVICE_CODE "device_code"

/* Where a sign-in may go on in a browser elsewhere: login/place.h. */
enum config_device_code { CONFIG_CODE_NEVER, CONFIG_CODE_LOCAL, CONFIG_CODE_ALWAYS };

enum config_algorithm { CONFIG_RS256 = 1, CONFIG_PS256 = 2, CONFIG_ES256 = 4 };

/*
 * Reads `file`, then `folder`/<name>.conf in order of name, later settings winning.
 * Every file must belong to root and be writable by nobody else. A complaint
 * (ERROR_CONFIG) names the file, the line and the cure. `config` is untouched on false.
 * From then on this process goes by the window of ids that is in force (config/window.h).
 */
bool config_read(const char *file, const char *folder, struct config **config, struct error *why);
/* One file's text, for tests and tools; `origin` is its name in complaints. */
bool config_parse(const char *text, const char *origin, struct config **config, struct error *why);
void config_release(struct config *config); /* accepts NULL */

/*
 * The text of one file that root alone can change, as the files above; NUL-terminated. LOOKUP_ABSENT
 * when there is none. ERROR_CONFIG names the file and the cure.
 */
enum lookup config_text(const char *path, struct buffer *text, struct error *why);

/* The name of the setting in row `index` of the table, NULL behind the last: for tests. */
const char *config_setting_name(size_t index);
