/* SPDX-License-Identifier: MIT */
/* login/qr.c: what is drawn is the code, whole, and fits a screen. */
#include "login/qr.h"

#include "tests/check.h"

#include <qrencode.h>
#include <string.h>

#define MOST   64
#define MARGIN 2
#define LONGEST \
    134 /* bytes, of version 6 at the lowest level of correction: ISO/IEC 18004, table 7 */

struct picture {
    bool dark[MOST][MOST];
    int columns, rows;
};

/* Reads the blocks back, light ones being written. */
static void read_back(const char *drawn, struct picture *picture)
{
    static const struct {
        const char *block;
        bool upper, lower;
    } blocks[] = {{" ", true, true},
                  {"\u2584", true, false},
                  {"\u2580", false, true},
                  {"\u2588", false, false}};
    int column = 0;

    *picture = (struct picture){.rows = 2};
    while (*drawn) {
        size_t i = 0;

        if (*drawn == '\n') {
            assert_int_equal(column, picture->columns);
            picture->rows += 2;
            column = 0;
            drawn++;
            continue;
        }
        while (i < 4 && strncmp(drawn, blocks[i].block, strlen(blocks[i].block)) != 0)
            i++;
        assert_true(i < 4 && column < MOST && picture->rows <= MOST);
        picture->dark[picture->rows - 2][column] = blocks[i].upper;
        picture->dark[picture->rows - 1][column] = blocks[i].lower;
        drawn += strlen(blocks[i].block);
        column++;
        if (picture->rows == 2)
            picture->columns = column;
    }
    assert_int_equal(column, picture->columns);
}

static void each_module_stands_in_its_place(void **state)
{
    static const char *const texts[] = {"x", "https://microsoft.com/devicelogin",
                                        "https://login.contoso.example/device?user_code=ABCD-EFGH"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        QRcode *code = QRcode_encodeString8bit(texts[i], 0, QR_ECLEVEL_L);
        char drawn[QR_BYTES];
        struct picture picture;

        assert_non_null(code);
        assert_true(qr_draw(texts[i], drawn));
        read_back(drawn, &picture);
        assert_int_equal(picture.columns, code->width + 2 * MARGIN);
        assert_true(picture.rows >= picture.columns && picture.rows <= picture.columns + 1);
        for (int row = 0; row < picture.columns; row++)
            for (int column = 0; column < picture.columns; column++) {
                int x = column - MARGIN, y = row - MARGIN;
                bool inside = x >= 0 && y >= 0 && x < code->width && y < code->width;

                assert_int_equal(picture.dark[row][column],
                                 inside && (code->data[y * code->width + x] & 1));
            }
        QRcode_free(code);
    }
}

static void any_length_fits_the_screen_or_leaves_no_trace(void **state)
{
    char text[QR_BYTES], drawn[QR_BYTES];

    (void)state;
    for (size_t length = 0; length < 3200; length += length < 200 ? 1 : 371) {
        struct picture picture;

        memset(text, 'x', length);
        text[length] = '\0';
        memset(drawn, '#', sizeof drawn);
        assert_int_equal(qr_draw(text, drawn), length > 0 && length <= LONGEST);
        if (length == 0 || length > LONGEST) {
            for (size_t i = 0; i < sizeof drawn; i++)
                assert_int_equal(drawn[i], '#');
            continue;
        }
        assert_non_null(memchr(drawn, '\0', sizeof drawn));
        read_back(drawn, &picture);
        assert_true(picture.columns <= QR_COLUMNS_MOST && picture.rows <= QR_COLUMNS_MOST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_module_stands_in_its_place),
        cmocka_unit_test(any_length_fits_the_screen_or_leaves_no_trace),
    };

    return check_main("qr", tests);
}
