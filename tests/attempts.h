/* SPDX-License-Identifier: MIT */
/* A file of attempts for one test, and how its time and its boot are changed. */
#pragma once

#include "cache/attempts.h"
#include "tests/place.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define ADA 0x70000001u
#define BOB 0x70000002u

/* The head of the file. */
struct head {
    char magic[8];
    uint32_t boot, base, latest;
};

static struct place place;

static inline int begin(void **state)
{
    (void)state;
    place_make(&place);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static inline struct attempts *open_attempts(void)
{
    struct attempts *attempts = NULL;
    struct error why = {0};

    if (!attempts_open(place.folder, &attempts, &why))
        fail_msg("%s", why.text);
    return attempts;
}

static inline void head_change(void (*change)(struct head *, uint32_t), uint32_t by)
{
    int fd = openat(place.folder, "attempts", O_RDWR | O_CLOEXEC);
    struct head *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    assert_true(head != MAP_FAILED);
    change(head, by);
    munmap(head, 4096);
    close(fd);
}

static inline void pass_time(struct head *head, uint32_t seconds)
{
    head->base += seconds;
}

static inline void reboot(struct head *head, uint32_t by)
{
    head->boot += by;
}

static inline void set_back(struct head *head, uint32_t seconds)
{
    head->base -= seconds;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
