/* SPDX-License-Identifier: MIT */
/*
 * Checks at the platform with a password that is wrong here. Each kind has
 * WRONG_CHECKS_MOST places, and each place serves once in WRONG_CHECKS_SECONDS, so no time
 * of that length sees more of them. The tag is written down before the platform is asked.
 */
#include "cache/attempts_internal.h"

static _Atomic uint32_t *time_use(_Atomic uint32_t places[WRONG_CHECKS_MOST], uint32_t now)
{
    for (size_t i = 0; i < WRONG_CHECKS_MOST; i++) {
        uint32_t at = atomic_load(&places[i]);
        bool rests = at && (now < at || now - at <= WRONG_CHECKS_SECONDS);

        if (!rests && atomic_compare_exchange_strong(&places[i], &at, now))
            return &places[i];
    }
    return NULL;
}

static bool is_known(struct wrong wrong, uint32_t tag, uint32_t now)
{
    uint32_t lasts = wrong.open ? LEASE_SECONDS : WRONG_SECONDS;

    return wrong.at && wrong.tag == tag && (now < wrong.at || now - wrong.at <= lasts);
}

/* Whether a place other than `mine` has it. */
static bool tag_is_known(struct slot *slot, uint32_t tag, uint32_t now,
                         const _Atomic uint64_t *mine)
{
    for (size_t i = 0; i < TAGS_KEPT; i++) {
        union word word = {.bits = atomic_load(&slot->wrong[i])};

        if (&slot->wrong[i] != mine && is_known(word.wrong, tag, now))
            return true;
    }
    return false;
}

/* In the place of the oldest one. */
static _Atomic uint64_t *tag_add(struct slot *slot, union word new)
{
    size_t place;
    union word oldest;

    do {
        place = 0;
        oldest.bits = atomic_load(&slot->wrong[0]);
        for (size_t i = 1; i < TAGS_KEPT; i++) {
            union word word = {.bits = atomic_load(&slot->wrong[i])};

            if (word.wrong.at < oldest.wrong.at) {
                oldest = word;
                place = i;
            }
        }
    } while (!atomic_compare_exchange_strong(&slot->wrong[place], &oldest.bits, new.bits));
    return &slot->wrong[place];
}

void check_end(struct attempts *attempts)
{
    struct check *check = &attempts->check;
    uint64_t bits = check->wrong.bits;

    if (check->time)
        atomic_compare_exchange_strong(check->place, &bits, 0);
    *check = (struct check){0};
}

bool attempts_reserve_check(struct attempts *attempts, uint32_t uid, enum attempt_kind kind,
                            uint32_t tag)
{
    struct slot *slot = file_slot(attempts->file, uid);
    struct check *check = &attempts->check;
    uint32_t now = file_time(attempts->file);
    union word new = {.wrong = {.at = now, .open = 1, .tag = tag}};
    _Atomic uint32_t *time;

    if (check->time && check->uid == uid && check->kind == kind && check->wrong.wrong.tag == tag)
        return true;
    check_end(attempts);
    if (tag_is_known(slot, tag, now, NULL) || !(time = time_use(slot->checks[kind], now)))
        return false;
    *check = (struct check){uid, kind, time, now, tag_add(slot, new), new};
    /* Of two who write down the same one at once, the later one sees the earlier one here. */
    if (!tag_is_known(slot, tag, now, check->place))
        return true;
    attempts_return_check(attempts, uid, kind);
    return false;
}

void attempts_return_check(struct attempts *attempts, uint32_t uid, enum attempt_kind kind)
{
    struct check *check = &attempts->check;

    if (!check->time || check->uid != uid || check->kind != kind)
        return;
    atomic_compare_exchange_strong(check->time, &check->at, 0);
    check_end(attempts);
}

void attempts_remember_wrong(struct attempts *attempts, uint32_t uid, uint32_t tag)
{
    struct check *check = &attempts->check;
    union word new = {.wrong = {.at = file_time(attempts->file), .tag = tag}};

    if (check->time && check->uid == uid && check->wrong.wrong.tag == tag) {
        uint64_t bits = check->wrong.bits;

        new.wrong.at = check->wrong.wrong.at;
        if (atomic_compare_exchange_strong(check->place, &bits, new.bits))
            return check_end(attempts);
    }
    tag_add(file_slot(attempts->file, uid), new);
}
