/* SPDX-License-Identifier: MIT */
#include "cache/store_time.h"

#include "cache/boot.h"
#include "cache/store_internal.h"

#define STEP_SECONDS 60  /* times are written this often at the most */
#define KEEP_SECONDS 600 /* and this often by whoever cannot tell that the clock is right */

/* The names of numbers in the store. */
#define HIGHEST_TIME "highest_time"
#define ANCHOR_TIME  "anchor_time"
#define ANCHOR_BOOT  "anchor_boot"
#define ANCHOR_UP_MS "anchor_up_ms"

struct record {
    int64_t highest;
    int64_t anchor; /* the time of day at `boot`, or an earlier one; 0: none */
    struct boot_moment boot;
};

static bool record_read(sqlite3 *db, struct record *record, struct error *why)
{
    int64_t tag, ms;

    if (!fact_read(db, HIGHEST_TIME, &record->highest, why) ||
        !fact_read(db, ANCHOR_TIME, &record->anchor, why) ||
        !fact_read(db, ANCHOR_BOOT, &tag, why) || !fact_read(db, ANCHOR_UP_MS, &ms, why))
        return false;
    record->boot = (struct boot_moment){(uint32_t)tag, ms > 0 ? ms : 0};
    return true;
}

static bool record_write(sqlite3 *db, const struct record *record, struct error *why)
{
    return fact_write(db, HIGHEST_TIME, record->highest, why) &&
           fact_write(db, ANCHOR_TIME, record->anchor, why) &&
           fact_write(db, ANCHOR_BOOT, record->boot.tag, why) &&
           fact_write(db, ANCHOR_UP_MS, record->boot.ms, why);
}

/* The anchor moves on by whole seconds; what is less is not lost. */
static void let_time_pass(struct record *record, struct boot_moment now)
{
    int64_t passed = boot_passed_ms(record->boot, now);

    if (!record->anchor)
        return;
    if (__builtin_add_overflow(record->anchor, passed / 1000, &record->anchor))
        record->anchor = INT64_MAX;
    record->boot = (struct boot_moment){now.tag, now.ms - passed % 1000};
}

static void see_clock(struct record *record, time_t shown, struct boot_moment now)
{
    if (shown > record->highest)
        record->highest = shown;
    if (shown > record->anchor) {
        record->anchor = shown;
        record->boot = now;
    }
}

bool store_times(struct store *store, struct times *times, struct error *why)
{
    struct record record;

    if (!record_read(store->db, &record, why))
        return false;
    let_time_pass(&record, boot_now());
    *times = (struct times){.highest = record.highest, .earliest = record.anchor};
    return true;
}

/*
 * What the machine was up since the anchor is lost when it is started anew, but for what has been up
 * since then.
 */
static bool anchor_is_old(const struct record *record, struct boot_moment now, int seconds)
{
    return boot_is_another(record->boot, now) ||
           boot_passed_ms(record->boot, now) >= seconds * INT64_C(1000);
}

static bool has_news(const struct record *record, time_t shown)
{
    return !record->anchor || shown >= record->highest + STEP_SECONDS ||
           anchor_is_old(record, boot_now(), STEP_SECONDS);
}

static bool saw_time(struct store *store, time_t shown, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct boot_moment now = boot_now();
    struct record record;

    if (!record_read(store->db, &record, why))
        return false;
    if (!has_news(&record, shown))
        return true;
    /* Another process may have seen a later time meanwhile. */
    if (!transaction_write(&transaction, store, why) || !record_read(store->db, &record, why))
        return false;
    let_time_pass(&record, now);
    see_clock(&record, shown, now);
    return record_write(store->db, &record, why) && transaction_commit(&transaction, why);
}

bool store_saw_time(struct store *store, time_t now, struct error *why)
{
    int64_t left_ms = STORE_MOMENT_MS;
    bool saw;

    store_hurry(store, &left_ms);
    saw = saw_time(store, now, why);
    store_hurry(store, NULL);
    return saw;
}

bool store_keep_time(struct store *store, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct boot_moment now = boot_now();
    struct record record;

    if (!record_read(store->db, &record, why))
        return false;
    if (!record.anchor || !anchor_is_old(&record, now, KEEP_SECONDS))
        return true;
    if (!transaction_write(&transaction, store, why) || !record_read(store->db, &record, why))
        return false;
    let_time_pass(&record, now);
    return record_write(store->db, &record, why) && transaction_commit(&transaction, why);
}

/* A clock that ran ahead once and was put right must not keep people out for ever. */
bool time_record(sqlite3 *db, time_t now, struct error *why)
{
    const struct record right = {.highest = now, .anchor = now, .boot = boot_now()};
    struct record record;

    if (!record_read(db, &record, why))
        return false;
    if (!has_news(&record, now) && now >= record.highest) {
        let_time_pass(&record, right.boot);
        if (record.anchor >= now - 1 && record.anchor <= now)
            return true; /* as it should be */
    }
    return record_write(db, &right, why);
}

bool store_trust_time(struct store *store, time_t now, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    return transaction_write(&transaction, store, why) && time_record(store->db, now, why) &&
           transaction_commit(&transaction, why);
}
