/* SPDX-License-Identifier: MIT */
#include "command/version.h"

#include "base/own.h"
#include "command/command.h"
#include "config/config.h"
#include "config/paths.h"
#include "login/link.h"
#include "platform/codes.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

OWN_DEFINE(codes_owned, struct codes, codes_release);

static bool gives_version(const char *path)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(CODES_TEXT_MOST);
    OWNED(codes_owned) struct codes *codes = NULL;
    const char *version = NULL;

    if (config_text(path, &text, &(struct error){0}) == LOOKUP_FOUND && text.bytes &&
        codes_read(text.bytes, text.length, path, NULL, &codes, &(struct error){0}))
        version = codes_version(codes);
    return version && *version;
}

/* The first table that gives a version, as codes_version says. */
static const char *origin(void)
{
    static const char *const files[] = {CODES_OWN, CODES_FILE};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (gives_version(files[i]))
            return files[i];
    return "built in";
}

int version_print(void)
{
    OWNED(codes_owned) struct codes *codes = link_codes();
    const char *version = codes ? codes_version(codes) : NULL;

    puts("latchkey " VERSION);
    if (!version || !*version)
        version = "unknown";
    printf("codes %s (%s)\n", version, origin());
    return codes ? EXIT_GOOD : EXIT_HOST;
}
