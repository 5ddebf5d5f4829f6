/* SPDX-License-Identifier: MIT */
/*
 * kills_publish: whatever ends a publisher or gives it an error, at whatever system call, the
 * snapshot is the whole old one or the whole new one; said to be done is the new one, and failed is
 * the old one, but for the last sync of the folder. The next publisher has no trouble.
 */
#include "tests/kill_judge.h"

#include "cache/snapshot_file.h"
#include "cache/snapshot_write.h"

OWN_DEFINE(builder_release, struct snapshot_builder, snapshot_builder_release);

static struct place place;
static struct snapshot_builder *next;

static struct snapshot_builder *builder_with(uint32_t people)
{
    struct snapshot_builder *builder = NULL;
    const uint32_t gids[] = {ID_LEAST + 1};
    struct error why = {0};
    char name[64];

    assert_true(snapshot_builder_new(&builder, &why));
    assert_true(snapshot_add_group(builder, gids[0], "engineers", &why));
    for (uint32_t i = 0; i < people; i++) {
        snprintf(name, sizeof name, "person-%u@contoso.example", i);
        assert_true(snapshot_add_person(builder, ID_LEAST + 100 + i, name, "", "/", "/bin/sh", gids,
                                        1, &why));
    }
    return builder;
}

static void publish_people(uint32_t people)
{
    OWNED(builder_release) struct snapshot_builder *builder = builder_with(people);
    struct error why = {0};

    if (!snapshot_publish(builder, place.public, &why))
        must(false, "publishing %u: %s", people, why.text);
}

/* How many people the next reader finds; 0: it finds no file that is whole. */
static uint32_t who_is_there(void)
{
    OWNED(close_fd) int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    return snapshot_file_map(folder, "snapshot", &snapshot) && snapshot_file_is_whole(&snapshot)
               ? snapshot.people
               : 0;
}

#define OLD  20u
#define NEW  30u
#define NEXT 25u

/* With what a publisher before has kept, so that there is one to be replaced. */
static void old_generation(void)
{
    nftw(place.public, place_forget, 8, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(mkdir(place.public, 0755), 0);
    publish_people(OLD - 1);
    publish_people(OLD);
    snapshot_builder_release(next);
    next = builder_with(NEW);
}

static bool publish_new(const void *unused)
{
    struct error why = {0};

    (void)unused;
    return snapshot_publish(next, place.public, &why) || note(&why);
}

/* Calls whose failure is never a trifle. */
static bool must_be_told(int call)
{
    return call == SYS_write || call == SYS_fsync || call == SYS_fallocate || call == SYS_fchmod;
}

static void judge(bool ended)
{
    uint32_t there = who_is_there();

    if (ended && plan.call >= 0 && must_be_told(plan.call))
        must(!board->good, "the error was not reported");
    must(there == OLD || there == NEW, "%u people are there", there);
    if (ended && board->good)
        must(there == NEW, "said to be done, and the old one is there");
    if (ended && !board->good)
        must(*board->text &&
                 (there == OLD || (plan.call == SYS_fsync && plan.by_call[SYS_fsync] == 2)),
             "%s, and %u are there", board->text, there);
    publish_people(NEXT);
    must(who_is_there() == NEXT, "the next publisher's is not there");
}

static const struct deed publisher = {"publisher", old_generation, publish_new, judge};

int main(void)
{
    assert_true(board_make());
    place_make(&place);
    interrupt_everywhere(&publisher, 1);
    place_remove(&place);
    snapshot_builder_release(next);
    return kill_verdict();
}
