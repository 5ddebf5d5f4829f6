/* SPDX-License-Identifier: MIT */
/*
 * A libFuzzer target: any bytes as a snapshot, also with a header that fits them. Whatever they are, each
 * answer is legal and to the question that was asked (tests/snapshot_judge.h), and a check of the whole
 * file ends. Without -DFUZZER it is a program of its own:
 *
 *     fuzz_snapshot seeds FOLDER    writes what to begin with, made by the publisher
 *     fuzz_snapshot replay TIMES    tries each of these, and so many changed ones by chance
 */
#include "tests/snapshot_judge.h"

#include "cache/snapshot_check.h"
#include "cache/snapshot_format.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everybody whom the walks and the tables tell of is then asked for. */
static void ask_for_those_told(const struct snapshot *s)
{
    static char texts[sizeof room];
    struct snapshot_walk walk = {0};
    struct answer_space here = {.bytes = texts, .size = sizeof texts};
    struct snapshot_person person;
    struct snapshot_group group;

    for (int i = 0; i < 64 && snapshot_next_person(s, &walk, &here, &person) == LOOKUP_FOUND; i++) {
        ask_name(s, person.name);
        ask_id(s, person.uid);
        here = (struct answer_space){.bytes = texts, .size = sizeof texts};
    }
    walk = (struct snapshot_walk){0};
    for (int i = 0; i < 64 && snapshot_next_group(s, &walk, &here, &group) == LOOKUP_FOUND; i++) {
        ask_name(s, group.name);
        ask_id(s, group.gid);
        here = (struct answer_space){.bytes = texts, .size = sizeof texts};
    }
    for (size_t at = s->ids_at, end = at + 64 * sizeof(struct snapshot_entry);
         at + sizeof(uint32_t) <= s->people_at && at < end; at += sizeof(struct snapshot_entry)) {
        uint32_t id;

        memcpy(&id, s->bytes + at, sizeof id);
        ask_id(s, le32toh(id));
    }
}

static void ask_bytes(const unsigned char *bytes, size_t size)
{
    struct snapshot_faults faults = {0};
    struct snapshot_facts facts;
    struct error why = {0};
    struct snapshot s;

    if (!snapshot_from_bytes(bytes, size, &s))
        return;
    believed++;
    for (size_t i = 0; i < 3; i++)
        ask_name(&s, (const char *const[]){"root", "sudo", "p0@contoso.example"}[i]);
    for (size_t i = 0; i < 5; i++)
        ask_id(&s, (const uint32_t[]){0, 1, ID_LEAST - 1, ID_MOST + 1, UINT32_MAX}[i]);
    ask_for_all(&s);
    ask_for_those_told(&s);
    (void)snapshot_check(&s, &facts, &faults, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t said = htole64(size);
    unsigned char *bytes;

    if (!size)
        return 0;
    bytes = malloc(size); /* of exactly that size, for the address sanitizer */
    assert_non_null(bytes);
    memcpy(bytes, data, size);
    ask_bytes(bytes, size);
    if (size >= sizeof(struct snapshot_header)) {
        memcpy(bytes, SNAPSHOT_MAGIC, sizeof SNAPSHOT_MAGIC - 1);
        memcpy(bytes + offsetof(struct snapshot_header, size), &said, sizeof said);
        ask_bytes(bytes, size);
    }
    free(bytes);
    return 0;
}

#ifndef FUZZER
static const struct {
    uint32_t people, groups;
} seeds[] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {3, 2}, {9, 4}, {30, 9}};
#define SEEDS (sizeof seeds / sizeof seeds[0])

static int write_seeds(const char *to)
{
    for (size_t i = 0; i < SEEDS; i++) {
        struct file seed = model_file(seeds[i].people, seeds[i].groups);
        OWNED(close_file) FILE *out = NULL;
        char path[4096];

        snprintf(path, sizeof path, "%s/%u-%u", to, seeds[i].people, seeds[i].groups);
        out = fopen(path, "we");
        if (!out || fwrite(seed.bytes, seed.size, 1, out) != 1)
            return 1;
        free(seed.bytes);
    }
    return 0;
}

/* A few bytes, or words of a table or a record, or the length. */
static size_t change(unsigned char *bytes, size_t size)
{
    const size_t words = size / 4;

    if (words == 0)
        return size;
    for (uint32_t n = roll(4) + 1; n--;) {
        size_t at = (size_t)roll(1u << 20) % size;

        switch (roll(4)) {
        case 0:
            bytes[at] = (unsigned char)roll(256);
            break;
        case 1:
            memset(bytes + at / 4 * 4, roll(2) ? 0xff : 0, 4);
            break;
        case 2:
            memcpy(bytes + at / 4 * 4, bytes + (size_t)roll(1u << 20) % words * 4, 4);
            break;
        default:
            bytes[at] ^= (unsigned char)(1u << roll(8));
        }
    }
    return roll(8) ? size : (size_t)roll(1u << 20) % size;
}

static int replay(unsigned long times)
{
    unsigned long tried = 0;

    for (size_t i = 0; i < SEEDS; i++) {
        struct file seed = model_file(seeds[i].people, seeds[i].groups);
        unsigned char *bytes = malloc(seed.size);

        assert_non_null(bytes);
        LLVMFuzzerTestOneInput(seed.bytes, seed.size);
        for (unsigned long k = 0; k < times / SEEDS; k++, tried++) {
            memcpy(bytes, seed.bytes, seed.size);
            LLVMFuzzerTestOneInput(bytes, change(bytes, seed.size));
        }
        free(bytes);
        free(seed.bytes);
        tried++;
    }
    printf("%lu inputs, %zu with a header that fits\n", tried, believed);
    printf("fuzz: %lu passed, %u failed\n", believed > tried ? tried : 0, believed <= tried);
    return believed <= tried;
}

int main(int argc, char **argv)
{
    int status = 2;

    if (argc != 3 || make_folder(NULL) != 0)
        return 2;
    if (strcmp(argv[1], "seeds") == 0)
        status = write_seeds(argv[2]);
    else if (strcmp(argv[1], "replay") == 0)
        status = replay(strtoul(argv[2], NULL, 10));
    remove_folder(NULL);
    return status;
}
#endif
