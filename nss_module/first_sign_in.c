/* SPDX-License-Identifier: MIT */
#include "nss_module/first_sign_in.h"

#include "cache/first_id.h"
#include "nss_module/local_names.h"
#include "nss_module/settings.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define PROBES_MOST 64u /* ids that others have, in a row: in a window of 2^28 that is no chance */

/* ---- who asks ---- */

/*
 * By the path that the kernel was told to execute: sshd writes over its arguments. Root can call
 * any program so, and harms nobody.
 */
static bool runs_sshd(void)
{
    const char *path = (const char *)getauxval(AT_EXECFN),
               *slash = path ? strrchr(path, '/') : NULL;
    const char *program = slash ? slash + 1 : path;

    return program && getauxval(AT_SECURE) == 0 &&
           (strcmp(program, "sshd") == 0 || strcmp(program, "sshd-session") == 0);
}

static bool is_sshd(void)
{
    static atomic_int known; /* 0: not yet; else 1 for no, 2 for yes: a process stays what it is */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);

    if (!answer) {
        answer = runs_sshd() ? 2 : 1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

static bool is_root(void)
{
    return getuid() == 0 && geteuid() == 0;
}

/* ---- what it was told ---- */

/*
 * One name in the life of a process, for sshd serves one person: one that was promised, and one that
 * was found in a snapshot, so that to find somebody else first costs nobody her first sign-in.
 */
static struct told {
    atomic_int state;
    uint32_t uid;
    char name[NAME_MOST + 1];
} promised, found_there;
enum { NOTHING, BEING_WRITTEN, WRITTEN };

/* False when something else was told before. */
static bool tell(struct told *told, const char *name, uint32_t uid)
{
    int state = NOTHING;

    if (atomic_compare_exchange_strong(&told->state, &state, BEING_WRITTEN)) {
        told->uid = uid;
        memcpy(told->name, name, strlen(name) + 1);
        atomic_store_explicit(&told->state, WRITTEN, memory_order_release);
        return true;
    }
    return state == WRITTEN && told->uid == uid && strcmp(told->name, name) == 0;
}

static bool agrees(struct told *told, const char *name, uint32_t uid)
{
    int state = atomic_load_explicit(&told->state, memory_order_acquire);

    return state == NOTHING ||
           (state == WRITTEN && (told->uid == uid || strcmp(told->name, name) != 0));
}

bool first_sign_in_agrees(const struct snapshot_person *person)
{
    if (!is_sshd() || !is_root())
        return true;
    return agrees(&promised, person->name, person->uid) &&
           (tell(&found_there, person->name, person->uid) ||
            agrees(&found_there, person->name, person->uid));
}

/* ---- the answer ---- */

/* The id that enrolment would choose, as far as snapshot and local files show who has which. */
static enum lookup choose_id(const struct snapshot *snapshot, const char *issuer, const char *name,
                             uint32_t *uid)
{
    uint32_t id = first_id("person", issuer, name);
    char owner[NAME_MOST + 1];

    for (unsigned i = 0; i < PROBES_MOST; i++, id = next_id(id)) {
        enum lookup taken = snapshot_group_name(snapshot, id, owner); /* a person's too */
        enum lookup free = taken == LOOKUP_ABSENT ? local_ids_permit(id) : LOOKUP_ABSENT;

        if (taken == LOOKUP_UNAVAILABLE || free == LOOKUP_UNAVAILABLE)
            return LOOKUP_UNAVAILABLE;
        if (free == LOOKUP_FOUND) {
            *uid = id;
            return LOOKUP_FOUND;
        }
    }
    return LOOKUP_ABSENT;
}

static char *put(char **rest, const char *text, size_t length)
{
    char *begin = *rest;

    memcpy(begin, text, length);
    begin[length] = '\0';
    *rest = begin + length + 1;
    return begin;
}

static enum lookup write_entry(const struct nss_conf *conf, const char *name, uint32_t uid,
                               struct answer_space *space, struct snapshot_person *found)
{
    const char *label = strstr(conf->home, NSS_CONF_LABEL), *tail;
    size_t head = (size_t)(label - conf->home), length = strlen(name), shell = strlen(conf->shell);
    char *rest = space->bytes;

    tail = label + strlen(NSS_CONF_LABEL);
    /* name, gecos, home and shell, each with its NUL */
    if (space->size < length + 1 + 1 + head + length + strlen(tail) + 1 + shell + 1) {
        space->too_small = true;
        return LOOKUP_UNAVAILABLE;
    }
    found->uid = uid;
    found->name = put(&rest, name, length);
    found->gecos = put(&rest, "", 0);
    found->home = put(&rest, conf->home, head);
    rest--;
    put(&rest, name, length);
    rest--;
    put(&rest, tail, strlen(tail));
    found->shell = put(&rest, conf->shell, shell);
    return LOOKUP_FOUND;
}

enum lookup first_sign_in_answer(const struct snapshot *snapshot, const char *name,
                                 struct answer_space *space, struct snapshot_person *found)
{
    const struct nss_conf *conf = is_sshd() ? settings_of_this_process() : NULL;
    enum lookup lookup;
    uint32_t uid;

    if (!conf || !*conf->issuer || !nss_conf_has_domain_of(conf, name) || !is_root())
        return LOOKUP_ABSENT;
    lookup = choose_id(snapshot, conf->issuer, name, &uid);
    if (lookup == LOOKUP_FOUND)
        lookup = agrees(&found_there, name, uid) && tell(&promised, name, uid)
                     ? write_entry(conf, name, uid, space, found)
                     : LOOKUP_ABSENT;
    return lookup;
}
