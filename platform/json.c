/* SPDX-License-Identifier: MIT */
#include "platform/json.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Whether brackets outside of strings nest no deeper than allowed; the parser recurses. */
static bool shallow(const char *text, size_t length)
{
    bool quoted = false;
    unsigned depth = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > JSON_DEPTH_MOST)
            return false;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return true;
}

/* Tokens are among what is read, and the library keeps copies of its own, also while it reads. */
static void free_wiped(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

bool json_read(const char *text, size_t length, size_t most, json_t **object, struct error *why)
{
    json_auto_t *document = NULL;
    json_error_t trouble;

    if (length > most)
        return error_set(why, ERROR_MALFORMED, "JSON of %zu bytes, allowed are %zu", length, most);
    if (length == 0 || memchr(text, '\0', length) || !shallow(text, length))
        return error_set(why, ERROR_MALFORMED, "JSON is empty, holds NUL or nests too deeply");
    json_set_alloc_funcs(malloc, free_wiped);
    document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &trouble);
    if (!document)
        return error_set(why, ERROR_MALFORMED, "not strict JSON, see byte %d", trouble.position);
    if (!json_is_object(document))
        return error_set(why, ERROR_MALFORMED, "JSON, but not an object");
    *object = json_incref(document);
    return true;
}

bool json_text(const json_t *object, const char *name, size_t most, const char **text,
               struct error *why)
{
    const json_t *member = json_object_get(object, name);
    size_t length = json_string_length(member);

    if (!member)
        return error_set(why, ERROR_MALFORMED, "%s is missing", name);
    if (!json_is_string(member))
        return error_set(why, ERROR_MALFORMED, "%s is not a text", name);
    if (length == 0 || length > most || memchr(json_string_value(member), '\0', length))
        return error_set(why, ERROR_MALFORMED, "%s is empty, too long or holds NUL", name);
    *text = json_string_value(member);
    return true;
}

bool json_text_if_any(const json_t *object, const char *name, size_t most, const char **text,
                      struct error *why)
{
    return !json_object_get(object, name) || json_text(object, name, most, text, why);
}

bool json_number(const json_t *object, const char *name, int64_t least, int64_t most,
                 int64_t *number, struct error *why)
{
    const json_t *member = json_object_get(object, name);

    if (!member)
        return error_set(why, ERROR_MALFORMED, "%s is missing", name);
    if (!json_is_integer(member))
        return error_set(why, ERROR_MALFORMED, "%s is not an integer", name);
    if (json_integer_value(member) < least || json_integer_value(member) > most)
        return error_set(why, ERROR_MALFORMED, "%s is out of range", name);
    *number = json_integer_value(member);
    return true;
}

bool json_number_if_any(const json_t *object, const char *name, int64_t least, int64_t most,
                        int64_t *number, struct error *why)
{
    return !json_object_get(object, name) || json_number(object, name, least, most, number, why);
}
