/* SPDX-License-Identifier: MIT */
#include "login/qr.h"

#include "base/own.h"

#include <qrencode.h>

#define MARGIN 2 /* modules; the standard asks for 4, programs for less, and a screen is small */
#define MOST   (QR_COLUMNS_MOST - 2 * MARGIN)

OWN_DEFINE(qr_owned, QRcode, QRcode_free);

static bool is_light(const QRcode *code, int row, int column)
{
    row -= MARGIN;
    column -= MARGIN;
    return row < 0 || column < 0 || row >= code->width || column >= code->width ||
           !(code->data[row * code->width + column] & 1);
}

/* Two rows of modules are one line of text. */
static const char *block_of(const QRcode *code, int row, int column)
{
    static const char *const blocks[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};

    return blocks[is_light(code, row, column)][is_light(code, row + 1, column)];
}

bool qr_draw(const char *text, char *out)
{
    OWNED(qr_owned) QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    const int side = code ? code->width + 2 * MARGIN : 0;

    if (!code || code->width > MOST)
        return false;
    for (int row = 0; row < side; row += 2) {
        for (int column = 0; column < side; column++)
            out = stpcpy(out, block_of(code, row, column));
        if (row + 2 < side)
            *out++ = '\n';
    }
    *out = '\0';
    return true;
}
