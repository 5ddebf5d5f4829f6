/* SPDX-License-Identifier: MIT */
#include "login/gecos.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Reads one UTF-8 character; 0 length when the bytes are not one. */
static size_t decode(const unsigned char *text, uint32_t *character)
{
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t length = 1; length <= 4; length++) {
        if ((text[0] & forms[length - 1].mask) != forms[length - 1].mark)
            continue;
        *character = text[0] & (unsigned char)~forms[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            *character = *character << 6 | (text[i] & 0x3f);
        }
        return *character >= forms[length - 1].least && *character <= 0x10ffff ? length : 0;
    }
    return 0;
}

static bool is_harmless(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == ':' || c == ',')
        return false;
    if (c >= 0xd800 && c <= 0xdfff)
        return false;
    /* Zero width, direction, line and paragraph marks. */
    return !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
           !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

void gecos_clean(const char *text, char *out, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;

    while (*at) {
        uint32_t character;
        size_t length = decode(at, &character);

        if (length && is_harmless(character)) {
            if (length >= size - used)
                break;
            memcpy(out + used, at, length);
            used += length;
        }
        at += length ? length : 1;
    }
    out[used] = '\0';
}
