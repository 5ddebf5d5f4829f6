/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_copy(char *out, size_t size, const char *text)
{
    size_t needed = strlen(text) + 1;

    if (needed > size)
        return false;
    memcpy(out, text, needed);
    return true;
}

bool text_number(const char *text, unsigned long long least, unsigned long long most,
                 unsigned long long *out)
{
    unsigned long long number = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (digit > 9 || __builtin_mul_overflow(number, 10ULL, &number) ||
            __builtin_add_overflow(number, (unsigned long long)digit, &number))
            return false;
    }
    if (number < least || number > most)
        return false;
    *out = number;
    return true;
}

void text_fold(char *text)
{
    for (; *text; text++)
        *text = fold(*text);
}

bool text_equal_folded(const char *one, const char *other)
{
    for (; *one && fold(*one) == fold(*other); one++, other++)
        ;
    return fold(*one) == fold(*other);
}

void text_printable(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            *text = '?';
}
