/* SPDX-License-Identifier: MIT */
#include "pam_module/display.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First and last code points that are never shown. */
static const struct span {
    uint32_t first, last;
} hidden[] = {
    {0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},
    {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
    {0xd800, 0xdfff}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_shown(uint32_t point)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (point >= hidden[i].first && point <= hidden[i].last)
            return false;
    return point <= 0x10ffff;
}

/* The bytes of the character at `text` (RFC 3629), 0 when there is no well-formed one. */
static size_t decode(const unsigned char *text, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *text < 0x80   ? 1
                    : *text < 0xc0 ? 0
                    : *text < 0xe0 ? 2
                    : *text < 0xf0 ? 3
                    : *text < 0xf8 ? 4
                                   : 0;
    uint32_t value = length < 2 ? *text : *text & (0x7fu >> length);

    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) /* also where the text ends */
            return 0;
        value = value << 6 | (text[i] & 0x3fu);
    }
    if (length && value < least[length])
        return 0;
    *point = value;
    return length;
}

void display_clean(char *text)
{
    unsigned char *from = (unsigned char *)text, *to = from;

    while (*from) {
        uint32_t point = 0;
        size_t length = decode(from, &point);

        if (length && is_shown(point)) {
            while (length--)
                *to++ = *from++;
        } else {
            *to++ = '?';
            from += length ? length : 1;
        }
    }
    *to = '\0';
}
