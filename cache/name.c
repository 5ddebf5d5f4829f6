/* SPDX-License-Identifier: MIT */
/*
 * Names are recognised by one automaton. Its step is a load and a shift: each
 * byte has a row that holds, for each state, the next one. Checking a group's
 * thousands of members then costs about what copying them does.
 */
#include "cache/name.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- people's names once more: 16 bytes at a time, then one bit for each ---- */

#define PIECE 16u
#define BITS  64u

typedef signed char piece __attribute__((vector_size(PIECE)));

/* One bit of each byte, which is 0 or -1. */
static uint64_t bits_of(piece truth)
{
#ifdef __SSE2__
    typedef char plain_piece __attribute__((vector_size(PIECE)));

    return (unsigned)__builtin_ia32_pmovmskb128((plain_piece)truth);
#else
    uint64_t half[2];

    memcpy(half, &truth, sizeof half);
    for (size_t i = 0; i < 2; i++)
        half[i] =
            (le64toh(half[i]) & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
    return half[0] | half[1] << 8;
#endif
}

/* Which bytes of a name are what; `plain`: a letter or a digit. */
struct kinds {
    uint64_t plain, line, dot, at, hyphen, end;
};

static inline __attribute__((always_inline)) struct kinds kinds_of(const char *bytes)
{
    piece p;

    memcpy(&p, bytes, sizeof p);
    return (struct kinds){
        .plain = bits_of(((p > 'a' - 1) & (p < 'z' + 1)) | ((p > '0' - 1) & (p < '9' + 1))),
        .line = bits_of(p == '_'),
        .dot = bits_of(p == '.'),
        .at = bits_of(p == '@'),
        .hyphen = bits_of(p == '-'),
        .end = bits_of(p == 0)};
}

static inline __attribute__((always_inline)) void kinds_add(struct kinds *kinds, const char *bytes,
                                                            size_t place)
{
    const struct kinds more = kinds_of(bytes + place);

    kinds->plain |= more.plain << place;
    kinds->line |= more.line << place;
    kinds->dot |= more.dot << place;
    kinds->at |= more.at << place;
    kinds->hyphen |= more.hyphen << place;
    kinds->end |= more.end << place;
}

/* Whether the first `length` bytes, less than BITS, are a person's name that begins rightly. */
static bool kinds_are_person(const struct kinds *kinds, size_t length)
{
    uint64_t inside = (UINT64_C(1) << length) - 1, at = kinds->at & inside;
    uint64_t domain = inside & ~(at | (at - 1)), dots = kinds->dot & domain;
    uint64_t legal = kinds->plain | kinds->line | kinds->dot | kinds->at | kinds->hyphen;
    uint64_t plain = kinds->plain & inside;
    /* Each label begins behind the `@` or a dot, and ends before a dot or where the name does. */
    uint64_t faults = (inside & ~legal) | (at & (at - 1)) | (domain & kinds->line) |
                      ((at | dots) << 1 & ~plain) | ((dots | (inside + 1)) & ~(plain << 1));

    return !faults && at && dots;
}

static bool begins_well(const char *name)
{
    return step(START, *name) == LOCAL;
}

bool name_is_person_of(const char *name, size_t length)
{
    struct kinds kinds = {0};

    if (length < PIECE || length >= BITS)
        return run(START, name, length) == LABEL && person_fits(name, length);
    /* The last piece overlaps the one before, for nothing behind the name may be read. */
    kinds_add(&kinds, name, length - PIECE);
    for (size_t at = 0; at < length - PIECE; at += PIECE)
        kinds_add(&kinds, name, at);
    return begins_well(name) && kinds_are_person(&kinds, length);
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

/* ---- lists of them: 64 bytes at a time ---- */

/* What the bytes before a block mean for its first one: in the lowest bit, but for `domain`. */
struct before {
    uint64_t label_begins, plain;
    uint64_t domain; /* all bits: it is in a domain */
    uint64_t no_dot; /* and that had no dot yet */
};

static struct kinds kinds_of_block(const char *bytes)
{
    struct kinds kinds = kinds_of(bytes);

    kinds_add(&kinds, bytes, PIECE);
    kinds_add(&kinds, bytes, (size_t)2 * PIECE);
    kinds_add(&kinds, bytes, (size_t)3 * PIECE);
    return kinds;
}

/* At each bit: whether an odd number of bits is set, up to this one. */
static uint64_t odd_so_far(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ bits << 32;
}

/* The bytes that break a rule; `before` becomes what holds for the next block. */
static uint64_t faults_of(const struct kinds *kinds, struct before *before)
{
    /* A name is one local part and one domain: what ends them takes turns. */
    uint64_t in_domain = odd_so_far(kinds->at | kinds->end) ^ before->domain;
    uint64_t domain = in_domain & ~kinds->at, dots = kinds->dot & domain;
    uint64_t labels = (kinds->at | dots) << 1 | before->label_begins;
    uint64_t after_plain = kinds->plain << 1 | before->plain;
    uint64_t legal =
        kinds->plain | kinds->line | kinds->dot | kinds->at | kinds->hyphen | kinds->end;
    /* From each domain's begin a carry runs through what is no dot: no name may end where it stops. */
    uint64_t run = domain & ~dots, begins = kinds->at << 1 | before->no_dot, stops;

    before->no_dot = __builtin_add_overflow(run, begins, &stops) | kinds->at >> (BITS - 1);
    before->label_begins = (kinds->at | dots) >> (BITS - 1);
    before->plain = kinds->plain >> (BITS - 1);
    before->domain = 0 - (in_domain >> (BITS - 1));
    return ~legal | (kinds->at & ~in_domain) | (kinds->end & in_domain) | (domain & kinds->line) |
           (labels & ~kinds->plain) | ((dots | kinds->end) & ~after_plain) |
           (stops & ~run & kinds->end);
}

struct split {
    char *list, **names, *start;
    size_t found, count;
};

/* The names that end in the block at `at`; `ends` are the places. */
static bool split_block(struct split *split, size_t at, uint64_t ends)
{
    for (; ends; ends &= ends - 1) {
        char *end = split->list + at + __builtin_ctzll(ends);

        if (split->found == split->count || !begins_well(split->start) ||
            !person_fits(split->start, (size_t)(end - split->start)))
            return false;
        split->names[split->found++] = split->start;
        split->start = end + 1;
    }
    return true;
}

static bool split_short(char *list, size_t size, char **people, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strnlen(list, size);

        if (length == size || !name_is_group(list))
            return false;
        people[i] = list;
        list += length + 1;
        size -= length + 1;
    }
    return size == 0;
}

bool name_split_people(char *list, size_t size, char **people, size_t count, enum names names)
{
    struct split split = {.list = list, .names = people, .start = list, .count = count};
    struct before before = {0};

    if (names == NAMES_SHORT)
        return split_short(list, size, people, count);
    for (size_t at = 0; at < size; at += BITS) {
        uint64_t inside = size - at < BITS ? (UINT64_C(1) << (size - at)) - 1 : UINT64_MAX;
        char rest[BITS];
        const char *block = list + at;
        struct kinds kinds;

        if (size - at < BITS) {
            memset(rest, 0, sizeof rest);
            block = memcpy(rest, block, size - at);
        }
        kinds = kinds_of_block(block);
        if ((faults_of(&kinds, &before) & inside) || !split_block(&split, at, kinds.end & inside))
            return false;
    }
    return split.found == count && split.start == list + size;
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

static piece bad_in(const char *bytes)
{
    piece p;

    memcpy(&p, bytes, sizeof p);
    return ((p > -1) & (p < 0x20)) | (p == ':') | (p == 0x7f);
}

bool name_is_field(const char *text, size_t length)
{
    uint64_t bad = 0;
    piece bads;

    if (length >= PIECE) {
        bads = bad_in(text + length - PIECE);
        for (size_t i = 0; i < length - PIECE; i += PIECE)
            bads |= bad_in(text + i);
        return !bits_of(bads);
    }
    if (length >= 8)
        return !(bad_among(text) | bad_among(text + length - 8));
    for (size_t i = 0; i < length; i++)
        bad |= (unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == ':';
    return !bad;
}
