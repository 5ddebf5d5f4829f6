/* SPDX-License-Identifier: MIT */
#include "platform/base64url.h"
#include "base/own.h"

#include <stdint.h>

/* The six bits a character stands for; 64 when it is none of the alphabet. */
static unsigned bits_of(char character)
{
    if (character >= 'A' && character <= 'Z')
        return (unsigned)(character - 'A');
    if (character >= 'a' && character <= 'z')
        return (unsigned)(character - 'a') + 26;
    if (character >= '0' && character <= '9')
        return (unsigned)(character - '0') + 52;
    if (character == '-')
        return 62;
    return character == '_' ? 63 : 64;
}

bool base64url_decode(const char *text, size_t length, struct buffer *out)
{
    size_t size = length / 4 * 3 + (length % 4 ? length % 4 - 1 : 0), filled = 0;
    OWNED(free_memory) unsigned char *bytes = NULL;
    uint32_t held = 0;
    unsigned waiting = 0;

    if (length % 4 == 1 || size > out->limit - out->length)
        return false;
    bytes = malloc(size + 1);
    if (!bytes)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned bits = bits_of(text[i]);

        if (bits > 63)
            return false;
        held = (held << 6 | bits) & 0xffff;
        waiting += 6;
        if (waiting >= 8) {
            waiting -= 8;
            bytes[filled++] = (unsigned char)(held >> waiting & 0xff);
        }
    }
    if (held & ((1u << waiting) - 1))
        return false;
    return buffer_add(out, bytes, filled);
}
