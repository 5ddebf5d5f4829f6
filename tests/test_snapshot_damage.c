/* SPDX-License-Identifier: MIT */
/* What is damaged in a snapshot does not make an illegal answer. */
#include "tests/snapshot_judge.h"

#include "cache/snapshot_format.h"

static void no_changed_byte_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(3, 2);

    (void)state;
    interrogated = believed = 0;
    for (size_t at = 0; at < file.size; at++) {
        unsigned char was = file.bytes[at];

        for (unsigned byte = 0; byte < 256; byte++) {
            file.bytes[at] = (unsigned char)byte;
            interrogate(file.bytes, file.size);
        }
        file.bytes[at] = was;
    }
    assert_true(interrogated >= 100000 && believed > interrogated / 2);
    free(file.bytes);
}

/* Also with the header made to agree, so that the bounds of everything else are asked for. */
static void no_cut_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(6, 4);

    (void)state;
    believed = 0;
    for (size_t size = 0; size < file.size; size++) {
        unsigned char *cut = malloc(size ? size : 1);

        memcpy(cut, file.bytes, size);
        interrogate(cut, size);

        if (size >= sizeof(struct snapshot_header)) {
            memcpy(cut + offsetof(struct snapshot_header, size), &(uint64_t){htole64(size)}, 8);
            interrogate(cut, size);
        }
        free(cut);
    }
    assert_true(believed > 0);
    free(file.bytes);
}

static void no_pile_of_changes_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(5, 4);
    unsigned char *changed = malloc(file.size);

    (void)state;
    believed = 0;
    for (unsigned i = 0; i < 40000; i++) {
        memcpy(changed, file.bytes, file.size);
        for (uint32_t k = roll(12) + 1; k; k--) {
            uint32_t at = 40 + roll((uint32_t)file.size - 40) / 4 * 4,
                     values[] = {0,
                                 1,
                                 0xffffffff,
                                 0x80000000,
                                 (uint32_t)file.size,
                                 (uint32_t)file.size / 8,
                                 roll(64),
                                 roll(1u << 24),
                                 ID_LEAST,
                                 ID_MOST};

            memcpy(changed + at, &values[roll(10)], at + 4 <= file.size ? 4 : 0);
        }
        interrogate(changed, file.size);
    }
    assert_true(believed > 10000);
    free(changed);
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_changed_byte_makes_an_illegal_answer, empty_folder),
        cmocka_unit_test_setup(no_cut_makes_an_illegal_answer, empty_folder),
        cmocka_unit_test_setup(no_pile_of_changes_makes_an_illegal_answer, empty_folder),
    };

    return check_done(
        "snapshot_damage", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_damage", tests, make_folder, remove_folder));
}
