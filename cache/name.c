/* SPDX-License-Identifier: MIT */
/*
 * Names are recognised by one automaton. Its step is a load and a shift: each
 * byte has a row that holds, for each state, the next one. Checking a group's
 * thousands of members then costs about what copying them does.
 */
#include "cache/name.h"

#include "cache/name_kinds.h"

/* States are the numbers of their bits in a row; REJECT is where everything unnamed leads. */
enum {
    REJECT = 0,
    START = 6,
    LOCAL = 12,
    AT = 18,
    LABEL1 = 24,
    HYPHEN1 = 30,
    DOT = 36,
    LABEL = 42,
    HYPHEN = 48
};
#define STATE_BITS 63u

#define FROM(state, next) ((uint64_t)(next) << (state))
#define IN_DOMAIN                                                                         \
    (FROM(AT, LABEL1) | FROM(LABEL1, LABEL1) | FROM(HYPHEN1, LABEL1) | FROM(DOT, LABEL) | \
     FROM(LABEL, LABEL) | FROM(HYPHEN, LABEL))

static const uint64_t rows[256] = {
    ['a' ... 'z'] = FROM(START, LOCAL) | FROM(LOCAL, LOCAL) | IN_DOMAIN,
    ['0' ... '9'] = FROM(LOCAL, LOCAL) | IN_DOMAIN,
    ['_'] = FROM(START, LOCAL) | FROM(LOCAL, LOCAL),
    ['.'] = FROM(LOCAL, LOCAL) | FROM(LABEL1, DOT) | FROM(LABEL, DOT),
    ['@'] = FROM(LOCAL, AT),
    ['-'] = FROM(LOCAL, LOCAL) | FROM(LABEL1, HYPHEN1) | FROM(HYPHEN1, HYPHEN1) |
            FROM(LABEL, HYPHEN) | FROM(HYPHEN, HYPHEN),
};

static unsigned step(unsigned state, char byte)
{
    return (unsigned)(rows[(unsigned char)byte] >> state) & STATE_BITS;
}

/* No stretch between dots longer than a label may be. Only long names need to be asked. */
static bool labels_fit(const char *domain)
{
    size_t label;

    while ((label = strcspn(domain, ".")) <= LABEL_MOST && domain[label])
        domain += label + 1;
    return label <= LABEL_MOST;
}

/* Where the automaton ends that starts in `state`. A NUL leads to REJECT, as it is in no row. */
static unsigned run(unsigned state, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        state = step(state, text[i]);
    return state;
}

/* Behind one letter and the `@` a domain cannot be longer than DOMAIN_MOST in a name that fits. */
_Static_assert(NAME_MOST - 2 <= DOMAIN_MOST, "a name's domain is short enough");

static bool person_fits(const char *name, size_t length)
{
    return length <= LABEL_MOST || (length <= NAME_MOST && labels_fit(strchr(name, '@') + 1));
}

bool name_is_person_of(const char *name, size_t length)
{
    struct kinds kinds = {0};

    if (length < PIECE || length >= STRETCH)
        return run(START, name, length) == LABEL && person_fits(name, length);
    /* The last piece overlaps the one before, for nothing behind the name may be read. */
    kinds_add(&kinds, piece_at(name + length - PIECE), length - PIECE);
    for (size_t at = 0; at < length - PIECE; at += PIECE)
        kinds_add(&kinds, piece_at(name + at), at);
    return kinds_are_person(&kinds, length, *name);
}

bool name_is_person(const char *name)
{
    return name_is_person_of(name, strnlen(name, NAME_MOST + 1));
}

bool name_is_group(const char *name)
{
    size_t length = strnlen(name, NAME_MOST + 1);

    return length <= NAME_MOST && run(START, name, length) == LOCAL;
}

bool name_is_short(const char *name)
{
    return name_is_group(name) && !name_is_dangerous(name);
}

bool name_fits(const char *name, enum names names)
{
    return names == NAMES_SHORT ? name_is_short(name) : name_is_person(name);
}

bool name_is_domain(const char *domain)
{
    size_t length = strnlen(domain, DOMAIN_MOST + 1);

    return length <= DOMAIN_MOST && run(AT, domain, length) == LABEL && labels_fit(domain);
}

/* Eight bytes at a time: not 0 when one of them is a control byte or `:`. */
static uint64_t bad_among(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word, colons, deletes;

    memcpy(&word, bytes, sizeof word);
    colons = word ^ ones * ':';
    deletes = word ^ ones * 0x7f;
    return (((word - ones * 0x20) & ~word) | ((colons - ones) & ~colons) |
            ((deletes - ones) & ~deletes)) &
           tops;
}

bool name_is_field(const char *text, size_t length)
{
    uint64_t bad = 0;
    piece bads;

    if (length >= PIECE) {
        bads = bad_in(piece_at(text + length - PIECE));
        for (size_t i = 0; i < length - PIECE; i += PIECE)
            bads |= bad_in(piece_at(text + i));
        return !bits_of(bads);
    }
    if (length >= 8)
        return !(bad_among(text) | bad_among(text + length - 8));
    for (size_t i = 0; i < length; i++)
        bad |= (unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == ':';
    return !bad;
}
