/* SPDX-License-Identifier: MIT */
#include "command/pam_stack.h"

#include "base/own.h"

#include <limits.h>

#define DEPTH_MOST 16 /* of files that include files */
#define BLANKS     " \t\r\n"
#define MODULE     "pam_latchkey.so"
#define OTHER      "other" /* stands in for a service that has no file */

struct folders {
    const char *own, *vendor;
};

static bool file_has_us(const struct folders *folders, const char *name, int depth);

static FILE *open_service(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);

    if (strchr(name, '/'))
        length = snprintf(path, sizeof path, "%s", name);
    return length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
}

static FILE *open_either(const struct folders *folders, const char *name)
{
    FILE *file = open_service(folders->own, name);

    return file ? file : open_service(folders->vendor, name);
}

/* The next word; one in brackets may have blanks in it. NULL: the line has ended. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS), *end;

    if (!*word || *word == '#')
        return NULL;
    end = *word == '[' ? strchr(word, ']') : NULL;
    end = end ? end + 1 : word + strcspn(word, BLANKS);
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static bool is_us(const char *module)
{
    const char *slash = strrchr(module, '/');

    return strcmp(slash ? slash + 1 : module, MODULE) == 0;
}

static bool line_has_us(const struct folders *folders, char *line, int depth)
{
    char *type = next_word(&line), *control, *module;

    if (!type)
        return false;
    control = next_word(&line);
    if (!control)
        return false;
    if (strcmp(type, "@include") == 0)
        return file_has_us(folders, control, depth + 1);
    module = next_word(&line);
    /* A `-` before the type: without a word in the log if the module is missing. */
    if (!module || strcasecmp(type + (*type == '-'), "account") != 0)
        return false;
    if (strcmp(control, "include") == 0 || strcmp(control, "substack") == 0)
        return file_has_us(folders, module, depth + 1);
    return is_us(module);
}

static bool file_has_us(const struct folders *folders, const char *name, int depth)
{
    OWNED(close_file) FILE *file = NULL;
    OWNED(free_memory) char *line = NULL;
    size_t space = 0;

    if (depth > DEPTH_MOST)
        return false;
    file = open_either(folders, name);
    if (!file && depth == 0)
        file = open_either(folders, OTHER);
    while (file && getline(&line, &space, file) >= 0)
        if (line_has_us(folders, line, depth))
            return true;
    return false;
}

bool pam_stack_has_us(const char *folder, const char *other_folder, const char *name)
{
    return file_has_us(&(struct folders){folder, other_folder}, name, 0);
}
