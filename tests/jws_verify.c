/* SPDX-License-Identifier: MIT */
/*
 * jws_verify KEYS.json ALG[,ALG...]: reads one compact JWS per line and answers
 * `accept` or `reject` for each, by the verifier that sign-in uses; so that public
 * signature vectors can be run against it. KEYS.json is a JWK or a JWK set as an
 * issuer publishes it: with a set that is refused as a whole every line is rejected,
 * and so it is when not one ALG is known. Every line has its answer in any case.
 */
#include "base/own.h"
#include "platform/token.h"

#include <stdio.h>

#define LINE_MOST (1u << 20)
#define BLOCK     4096u

OWN_DEFINE(drop_keys, struct keys, keys_release);

/* Those that we have; the others are named on standard error. */
static unsigned algorithms_of(const char *list)
{
    OWNED(free_memory) char *names = strdup(list);
    unsigned algorithms = 0;
    char *rest = names;

    for (const char *name; (name = strsep(&rest, ","));) {
        unsigned algorithm = signature_algorithm(name);

        if (!algorithm)
            fprintf(stderr, "jws_verify: ignoring the unknown algorithm \"%s\"\n", name);
        algorithms |= algorithm;
    }
    return algorithms;
}

static bool file_read(const char *path, struct buffer *content)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    char block[BLOCK];
    size_t got;

    if (!file)
        return false;
    while ((got = fread(block, 1, sizeof block, file)) > 0 && buffer_add(content, block, got))
        ;
    return !ferror(file);
}

static bool accepted(const char *line, size_t length, const struct keys *keys, unsigned algorithms)
{
    OWNED(buffer_release) struct buffer payload = {0};

    return keys && length <= LINE_MOST &&
           token_signature(line, length, keys, algorithms, &payload, &(struct error){0}) ==
               SIGNATURE_GOOD;
}

/* Keeps at most LINE_MOST bytes of the line, but counts them all. False at the end of input. */
static bool line_read(char *line, size_t *length)
{
    int byte = getchar();

    if (byte == EOF)
        return false;
    for (*length = 0; byte != EOF && byte != '\n'; byte = getchar()) {
        if (*length < LINE_MOST)
            line[*length] = (char)byte;
        ++*length;
    }
    return true;
}

static bool answer_lines(const struct keys *keys, unsigned algorithms)
{
    OWNED(free_memory) char *line = malloc(LINE_MOST);
    size_t length;

    if (!line)
        return false;
    while (line_read(line, &length)) {
        puts(accepted(line, length, keys, algorithms) ? "accept" : "reject");
        fflush(stdout);
    }
    return !ferror(stdin) && !ferror(stdout);
}

int main(int count, char **words)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(KEYS_BODY_MOST + BLOCK);
    OWNED(drop_keys) struct keys *keys = NULL;
    struct error why = {0};
    unsigned algorithms;

    if (count != 3 || !file_read(words[1], &text)) {
        fprintf(stderr, "usage: jws_verify KEYS.json ALG[,ALG...]\n"
                        "KEYS.json: a readable JWK or JWK set; ALG: RS256, PS256 or ES256\n");
        return 2;
    }
    algorithms = algorithms_of(words[2]);
    if (!keys_parse(text.bytes, text.length, &keys, &why))
        fprintf(stderr, "jws_verify: %s\n", why.text);
    return answer_lines(keys, algorithms) ? 0 : 2;
}
