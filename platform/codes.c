/* SPDX-License-Identifier: MIT */
#include "platform/codes.h"

#include "base/own.h"
#include "base/text.h"

#include <string.h>

#define LINE_MOST    200u
#define VERSION_MOST 10u

extern const char codes_text[]; /* the file `codes`, put into words of C by the Makefile */

struct codes {
    struct codes *behind;
    char version[VERSION_MOST + 1];
    size_t count, room;
    struct code rows[];
};

OWN_DEFINE(draft_release, struct codes, codes_release);

static const char *const classes[CODE_CLASSES] = {
    [CODE_UNKNOWN] = "unknown",     [CODE_SECRET] = "secret",
    [CODE_DENIED] = "denied",       [CODE_LOCKED] = "locked",
    [CODE_MORE] = "more",           [CODE_STEP] = "step",
    [CODE_ACCOUNT] = "account",     [CODE_UNASSIGNED] = "unassigned",
    [CODE_DISABLED] = "disabled",   [CODE_POLICY] = "policy",
    [CODE_RISK] = "risk",           [CODE_EXPIRED] = "expired",
    [CODE_TOKEN] = "token",         [CODE_DOUBT] = "doubt",
    [CODE_DEVICE] = "device",       [CODE_REVOKED] = "revoked",
    [CODE_FREQUENCY] = "frequency", [CODE_SETUP] = "setup",
    [CODE_BROKEN] = "broken",       [CODE_OUTAGE] = "outage",
    [CODE_THROTTLED] = "throttled",
};

static const char *const advices[ADVICES] = {
    [ADVICE_NONE] = "-",
    [ADVICE_DEVICE] = "device",
    [ADVICE_GUEST] = "guest",
    [ADVICE_HOURS] = "hours",
    [ADVICE_RISK] = "risk",
    [ADVICE_REGISTER] = "register",
    [ADVICE_DECLINED] = "declined",
    [ADVICE_ASSIGN] = "assign",
    [ADVICE_POLICY] = "policy",
    [ADVICE_EXPIRED] = "expired",
    [ADVICE_VERIFY] = "verify",
    [ADVICE_AGAIN] = "again",
    [ADVICE_CODE] = "code",
    [ADVICE_LATE] = "late",
    [ADVICE_SETUP] = "setup",
    [ADVICE_CLOCK] = "clock",
};

/* `count` when the word is not one of them. */
static size_t index_of(const char *word, const char *const *words, size_t count)
{
    size_t i = 0;

    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

/* The next word of a line, which it cuts off; empty at the end. */
static char *take_word(char **line)
{
    char *word = *line + strspn(*line, " \t");
    char *end = word + strcspn(word, " \t");

    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool read_number(const char *word, unsigned *number)
{
    static const char b2c[] = "B2C";
    bool is_b2c = strncmp(word, b2c, strlen(b2c)) == 0;
    unsigned long long value;

    if (!text_number(is_b2c ? word + strlen(b2c) : word, 1, CODE_B2C - 1, &value))
        return false;
    *number = (unsigned)value + (is_b2c ? CODE_B2C : 0);
    return true;
}

static bool read_numbers(char *word, struct code *code, struct error *why)
{
    char *dash = strchr(word, '-');

    if (dash)
        *dash = '\0';
    if (!read_number(word, &code->first) || !read_number(dash ? dash + 1 : word, &code->last))
        return error_set(why, ERROR_CONFIG,
                         "a row starts with a number, 50126 or B2C90225, or a range, 80000-80099");
    if (code->first > code->last || (code->first < CODE_B2C) != (code->last < CODE_B2C))
        return error_set(why, ERROR_CONFIG, "the range ends before it starts: exchange its ends");
    return true;
}

/* A number within a range is an exception to it; everything else is said once. */
static bool collide(const struct code *one, const struct code *other)
{
    return (one->first == one->last) == (other->first == other->last) &&
           one->first <= other->last && other->first <= one->last;
}

static bool add_row(struct codes *draft, const struct code *code, struct error *why)
{
    for (size_t i = 0; i < draft->count; i++)
        if (collide(code, &draft->rows[i])) {
            char name[CODE_NAME_MOST + 1];

            code_name(draft->rows[i].first, name);
            return error_set(why, ERROR_CONFIG,
                             "a row above is about the same number, see %s: remove one", name);
        }
    if (draft->count == draft->room)
        return error_set(why, ERROR_CONFIG, "more than %u rows: use ranges", CODES_ROWS_MOST);
    draft->rows[draft->count++] = *code;
    return true;
}

static bool read_row(char *numbers, char *rest, struct codes *draft, struct error *why)
{
    struct code code = {0};
    size_t class, advice;

    if (!read_numbers(numbers, &code, why))
        return false;
    class = index_of(take_word(&rest), classes, CODE_CLASSES);
    if (class == CODE_CLASSES)
        return error_set(why, ERROR_CONFIG,
                         "the second word is no class: see latchkey-codes(5) for their list");
    advice = index_of(take_word(&rest), advices, ADVICES);
    if (advice == ADVICES)
        return error_set(why, ERROR_CONFIG,
                         "the third word is no advice: write '-' or see latchkey-codes(5)");
    rest += strspn(rest, " \t");
    if (!*rest || !text_copy(code.says, sizeof code.says, rest))
        return error_set(why, ERROR_CONFIG, "ends with what the number says, in 1 to %u bytes",
                         CODE_TEXT_MOST);
    code.class = (enum code_class) class;
    code.advice = (enum advice)advice;
    return add_row(draft, &code, why);
}

static bool read_version(char *rest, struct codes *draft, struct error *why)
{
    static const char form[] = "0000-00-00";
    const char *version = take_word(&rest);
    size_t i = 0;

    while (version[i] &&
           (form[i] == '0' ? version[i] >= '0' && version[i] <= '9' : version[i] == form[i]))
        i++;
    if (i != VERSION_MOST || version[i] || *take_word(&rest))
        return error_set(why, ERROR_CONFIG, "a version is a date: version 2026-11-22");
    if (*draft->version)
        return error_set(why, ERROR_CONFIG, "a second version: remove one");
    memcpy(draft->version, version, VERSION_MOST + 1);
    return true;
}

static bool read_line(const char *text, size_t length, struct codes *draft, struct error *why)
{
    char line[LINE_MOST + 1];
    char *rest = line;
    char *word;

    if (length > LINE_MOST)
        return error_set(why, ERROR_CONFIG, "longer than %u bytes: shorten it", LINE_MOST);
    for (size_t i = 0; i < length; i++)
        if ((text[i] < ' ' && text[i] != '\t') || text[i] > '~')
            return error_set(why, ERROR_CONFIG, "holds a byte that is not ASCII text: remove it");
    memcpy(line, text, length);
    line[length] = '\0';
    word = take_word(&rest);
    if (!*word || *word == '#')
        return true;
    return strcmp(word, "version") == 0 ? read_version(rest, draft, why)
                                        : read_row(word, rest, draft, why);
}

static bool read_lines(const char *text, size_t length, const char *origin, struct codes *draft,
                       struct error *why)
{
    const char *end = text + length;

    for (unsigned number = 1; text < end; number++) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *stop = feed ? feed : end;

        if (!read_line(text, (size_t)(stop - text), draft, why))
            return error_context(why, "%s:%u", origin, number);
        text = feed ? feed + 1 : end;
    }
    return true;
}

static struct codes *draft_for(const char *text, size_t length)
{
    size_t lines = 1;
    struct codes *draft;

    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    if (lines > CODES_ROWS_MOST)
        lines = CODES_ROWS_MOST;
    draft = calloc(1, sizeof *draft + lines * sizeof draft->rows[0]);
    if (draft)
        draft->room = lines;
    return draft;
}

bool codes_read(const char *text, size_t length, const char *origin, struct codes *behind,
                struct codes **codes, struct error *why)
{
    OWNED(draft_release) struct codes *draft = NULL;

    if (length > CODES_TEXT_MOST)
        return error_set(why, ERROR_CONFIG, "%s: more than %u bytes: remove what is not needed",
                         origin, CODES_TEXT_MOST);
    draft = draft_for(text, length);
    if (!draft)
        return error_set(why, ERROR_SYSTEM, "%s: out of memory", origin);
    if (!read_lines(text, length, origin, draft, why))
        return false;
    if (!behind && (!*draft->version || draft->count == 0))
        return error_set(why, ERROR_CONFIG,
                         "%s: no %s: restore the file of the package, or add a line such as '%s'",
                         origin, *draft->version ? "rows" : "version",
                         *draft->version ? "50126 secret - wrong password" : "version 2026-11-22");
    draft->behind = behind;
    *codes = OWN_TAKE(draft);
    return true;
}

bool codes_built_in(struct codes **codes, struct error *why)
{
    return codes_read(codes_text, strlen(codes_text), "built-in codes", NULL, codes, why);
}

void codes_release(struct codes *codes)
{
    while (codes) {
        struct codes *behind = codes->behind;

        free(codes);
        codes = behind;
    }
}

static const struct code *find_kind(const struct codes *codes, unsigned number, bool single)
{
    for (; codes; codes = codes->behind)
        for (size_t i = 0; i < codes->count; i++) {
            const struct code *code = &codes->rows[i];

            if (number >= code->first && number <= code->last &&
                (code->first == code->last) == single)
                return code;
        }
    return NULL;
}

/* A range of one table must not hide what another knows of one number. */
const struct code *codes_find(const struct codes *codes, unsigned number)
{
    const struct code *code = find_kind(codes, number, true);

    return code ? code : find_kind(codes, number, false);
}

const char *codes_version(const struct codes *codes)
{
    while (!*codes->version && codes->behind)
        codes = codes->behind;
    return codes->version;
}

const struct code *codes_row(const struct codes *codes, size_t index)
{
    for (; codes; codes = codes->behind) {
        if (index < codes->count)
            return &codes->rows[index];
        index -= codes->count;
    }
    return NULL;
}

void code_name(unsigned number, char name[static CODE_NAME_MOST + 1])
{
    *name = '\0';
    if (number >= CODE_B2C)
        snprintf(name, CODE_NAME_MOST + 1, "AADB2C%u", number - CODE_B2C);
    else if (number > 0)
        snprintf(name, CODE_NAME_MOST + 1, "AADSTS%u", number);
}
