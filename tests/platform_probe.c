/* SPDX-License-Identifier: MIT */
/*
 * Performs grants through platform.h as a login would, for tests in other languages.
 *
 *     platform_probe ISSUER CLIENT_ID CA_FILE FOLDER BUDGET_MS
 *
 * FOLDER holds the documents kept between runs, one file per URL; the time of
 * change is when it was fetched. Each line of standard input is one grant, its
 * fields parted by tabs: password|refresh NAME SECRET [OBJECT_ID]. A refresh with
 * the secret "-" redeems the token of the last grant that was accepted. Each prints a line.
 */
#include "base/own.h"
#include "base/text.h"
#include "platform/platform.h"
#include "platform/token.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static void file_of(const char *folder, const char *url, char path[static PATH_MAX])
{
    size_t used = (size_t)snprintf(path, PATH_MAX, "%s/", folder);

    for (; *url && used < PATH_MAX - 1; url++)
        path[used++] = strchr("/:?.", *url) ? '_' : *url;
    path[used] = '\0';
}

static enum lookup load(void *context, const char *url, struct buffer *body, time_t *fetched_at)
{
    OWNED(close_file) FILE *file = NULL;
    char path[PATH_MAX], block[4096];
    struct stat about;
    size_t got;

    file_of(context, url, path);
    file = fopen(path, "re");
    if (!file || fstat(fileno(file), &about) != 0)
        return LOOKUP_ABSENT;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        if (!buffer_add(body, block, got))
            return LOOKUP_UNAVAILABLE;
    *fetched_at = about.st_mtime;
    return LOOKUP_FOUND;
}

static void keep(void *context, const char *url, const char *body, size_t length, time_t now)
{
    OWNED(close_file) FILE *file = NULL;
    char path[PATH_MAX];

    (void)now;
    file_of(context, url, path);
    file = fopen(path, "we");
    if (file)
        fwrite(body, 1, length, file);
}

static void print(const struct outcome *outcome)
{
    static const char *const answers[] = {"refused", "unreachable", "accepted"};
    static const char *const refusals[REFUSALS] = {
        [REFUSAL_SECRET] = "secret",       [REFUSAL_TOKEN] = "token",
        [REFUSAL_REVOKED] = "revoked",     [REFUSAL_MORE] = "more",
        [REFUSAL_ACCOUNT] = "account",     [REFUSAL_DISABLED] = "disabled",
        [REFUSAL_POLICY] = "policy",       [REFUSAL_EXPIRED] = "expired",
        [REFUSAL_UNTRUSTED] = "untrusted", [REFUSAL_SETUP] = "setup",
        [REFUSAL_LOCKED] = "locked",       [REFUSAL_DENIED] = "denied",
    };

    printf("%s\t%s\t%s\t%u\t%zu\t%s\t%s\t%zu\t%s\t%s\n", answers[outcome->answer],
           outcome->answer == ANSWER_REFUSED ? refusals[outcome->refusal] : "",
           outcome->answered ? "answered" : "silent", outcome->retry_after_seconds,
           outcome->refresh_token ? strlen(outcome->refresh_token) : 0, outcome->identity.name,
           outcome->identity.object_id, outcome->identity.groups.count,
           error_kind_name(outcome->why.kind), outcome->why.text);
    fflush(stdout);
}

static void perform(struct platform *platform, char *line, unsigned long long budget_ms,
                    char **held)
{
    OWNED(outcome_release) struct outcome outcome = {0};
    struct deadline budget = deadline_in_ms((int64_t)budget_ms);
    const char *kind = strsep(&line, "\t\n");
    const char *name = strsep(&line, "\t\n");
    const char *secret = strsep(&line, "\t\n");
    const char *object_id = strsep(&line, "\t\n");

    if (!name || !secret)
        return;
    if (object_id && !*object_id)
        object_id = NULL;
    if (strcmp(kind, "password") == 0)
        platform_password_grant(platform, name, secret, object_id, &budget, &outcome);
    else
        platform_refresh_grant(platform, name, *held && strcmp(secret, "-") == 0 ? *held : secret,
                               object_id, &budget, &outcome);
    print(&outcome);
    if (outcome.refresh_token) {
        free_secret(held);
        *held = OWN_TAKE(outcome.refresh_token);
    }
}

OWN_DEFINE(close_platform, struct platform, platform_close);

int main(int count, char **arguments)
{
    OWNED(close_platform) struct platform *platform = NULL;
    OWNED(free_secret) char *held = NULL;
    OWNED(free_memory) char *line = NULL;
    struct platform_settings settings = {
        .scope = "openid profile offline_access",
        .name_claim = "preferred_username",
        .groups_claim = "groups",
        .algorithms = ALGORITHM_RS256,
        .connect_seconds = 3,
    };
    struct documents documents = {.load = load, .keep = keep};
    unsigned long long budget_ms;
    struct error why;
    size_t size = 0;

    if (count != 6 || !text_number(arguments[5], 1, INT_MAX, &budget_ms))
        return 2;
    settings.issuer = arguments[1];
    settings.client_id = arguments[2];
    settings.ca_file = arguments[3];
    documents.context = arguments[4];
    if (!platform_open(&settings, &documents, &platform, &why)) {
        printf("%s\t%s\n", error_kind_name(why.kind), why.text);
        return 1;
    }
    while (getline(&line, &size, stdin) > 0)
        perform(platform, line, budget_ms, &held);
    return 0;
}
