/* SPDX-License-Identifier: MIT */
/*
 * Performs grants through platform.h as a login would, for tests in other languages.
 *
 *     platform_probe ISSUER CLIENT_ID CA_FILE FOLDER BUDGET_MS CONNECT_SECONDS [guests]
 *
 * FOLDER holds what is kept between runs: a file for each document (a line of facts, then the
 * document), a file for each breaker, and the turns. Each line of standard input is one order, its
 * fields parted by tabs: password|refresh NAME SECRET [OBJECT_ID], probe DEPENDENCY, or issuer.
 * "password again" is for somebody whose password was accepted before. A refresh with the secret
 * "-" redeems the token of the last grant that was accepted. "device CLAIMS" asks for a code; "poll
 * NAME OBJECT_ID" asks whether it is approved, as if the wait were over, and "early NAME OBJECT_ID"
 * without that; "expire" makes the code too old. Each prints a line; of a code, also how it stands.
 */
#include "base/own.h"
#include "base/text.h"
#include "platform/codes.h"
#include "platform/device.h"
#include "platform/platform.h"
#include "platform/token.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LINE_MOST 1024

OWN_DEFINE(close_platform, struct platform, platform_close);
OWN_DEFINE(release_codes, struct codes, codes_release);

/* --- Files. --- */

static void path_of(const char *folder, const char *name, char path[static PATH_MAX])
{
    size_t used = (size_t)snprintf(path, PATH_MAX, "%s/", folder);

    for (; *name && used < PATH_MAX - 1; name++)
        path[used++] = strchr("/:?. ", *name) ? '_' : *name;
    path[used] = '\0';
}

static bool read_all(const char *path, struct buffer *out)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    char block[4096];
    size_t got;

    if (!file)
        return false;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        if (!buffer_add(out, block, got))
            return false;
    return out->bytes != NULL;
}

/* Readers see the old file or the new one. */
static void write_all(const char *path, const char *line, const char *body, size_t length)
{
    char beside[PATH_MAX + 16];
    FILE *file;

    snprintf(beside, sizeof beside, "%s~%d", path, (int)getpid());
    file = fopen(beside, "we");
    if (!file)
        return;
    fputs(line, file);
    fwrite(body, 1, length, file);
    fclose(file);
    (void)rename(beside, path);
}

static int64_t next_number(char **text)
{
    return strtoll(*text, text, 10);
}

/* --- The memory. --- */

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 struct document_facts *facts)
{
    OWNED(buffer_release) struct buffer all = BUFFER_WITH_LIMIT(2u << 20);
    char path[PATH_MAX];
    char *rest, *end;

    path_of(context, url, path);
    if (!read_all(path, &all) || !(end = strchr(all.bytes, '\n')))
        return LOOKUP_ABSENT;
    *end = '\0';
    rest = all.bytes;
    facts->fetched_at = next_number(&rest);
    facts->fresh_seconds = (unsigned)next_number(&rest);
    facts->forced_at = next_number(&rest);
    (void)text_copy(facts->etag, sizeof facts->etag, *rest ? rest + 1 : "");
    return buffer_add(body, end + 1, all.length - (size_t)(end + 1 - all.bytes))
               ? LOOKUP_FOUND
               : LOOKUP_UNAVAILABLE;
}

static bool keep_document(void *context, const char *url, const char *body, size_t length,
                          const struct document_facts *facts)
{
    OWNED(buffer_release) struct buffer old = BUFFER_WITH_LIMIT(2u << 20);
    struct document_facts ignored;
    char path[PATH_MAX], line[LINE_MOST];

    if (!body && load_document(context, url, &old, &ignored) != LOOKUP_FOUND)
        return false;
    path_of(context, url, path);
    snprintf(line, sizeof line, "%lld %u %lld %s\n", (long long)facts->fetched_at,
             facts->fresh_seconds, (long long)facts->forced_at, facts->etag);
    write_all(path, line, body ? body : old.bytes, body ? length : old.length);
    return true;
}

static void read_breaker(void *context, enum dependency dependency, struct breaker *breaker)
{
    OWNED(buffer_release) struct buffer all = BUFFER_WITH_LIMIT(LINE_MOST);
    char path[PATH_MAX];
    char *rest;

    path_of(context, dependency_name(dependency), path);
    *breaker = (struct breaker){0};
    if (!read_all(path, &all))
        return;
    rest = all.bytes;
    breaker->failures = (uint32_t)next_number(&rest);
    breaker->silent = next_number(&rest) != 0;
    breaker->answering = next_number(&rest) != 0;
    breaker->since = next_number(&rest);
    breaker->wait_until = next_number(&rest);
    breaker->told_until = next_number(&rest);
    breaker->tried_at = next_number(&rest);
    breaker->opened_at = next_number(&rest);
}

static int lock(const char *folder, const char *name, const struct deadline *deadline)
{
    OWNED(close_fd) int fd = -1;
    char path[PATH_MAX];

    path_of(folder, name, path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (deadline_left_ms(deadline) == 0)
            return -1;
        usleep(2000);
    }
    return take_fd(&fd);
}

static void change_breaker(void *context, enum dependency dependency,
                           const struct breaker_event *event)
{
    struct deadline deadline = deadline_in_ms(10000);
    OWNED(close_fd) int turn = lock(context, "change", &deadline);
    struct breaker b;
    char path[PATH_MAX], line[LINE_MOST];

    if (turn < 0)
        return;
    read_breaker(context, dependency, &b);
    breaker_change(&b, event);
    path_of(context, dependency_name(dependency), path);
    snprintf(line, sizeof line, "%u %d %d %lld %lld %lld %lld %lld\n", b.failures, b.silent,
             b.answering, (long long)b.since, (long long)b.wait_until, (long long)b.told_until,
             (long long)b.tried_at, (long long)b.opened_at);
    write_all(path, line, "", 0);
}

static int take_turn(void *context, unsigned number, const struct deadline *deadline)
{
    char name[32];

    snprintf(name, sizeof name, "turn-%u", number);
    return lock(context, name, deadline);
}

/* --- Orders. --- */

static void print(const struct outcome *outcome)
{
    static const char *const answers[] = {"refused", "unreachable", "accepted"};
    static const char *const refusals[REFUSALS] = {
        [REFUSAL_SECRET] = "secret",         [REFUSAL_TOKEN] = "token",
        [REFUSAL_DOUBT] = "doubt",           [REFUSAL_REVOKED] = "revoked",
        [REFUSAL_FREQUENCY] = "frequency",   [REFUSAL_MORE] = "more",
        [REFUSAL_FEDERATED] = "federated",   [REFUSAL_ACCOUNT] = "account",
        [REFUSAL_UNASSIGNED] = "unassigned", [REFUSAL_DISABLED] = "disabled",
        [REFUSAL_POLICY] = "policy",         [REFUSAL_RISK] = "risk",
        [REFUSAL_EXPIRED] = "expired",       [REFUSAL_UNTRUSTED] = "untrusted",
        [REFUSAL_SETUP] = "setup",           [REFUSAL_LOCKED] = "locked",
        [REFUSAL_DENIED] = "denied",
    };

    printf("%s\t%s\t%s\t%s\t%zu\t%s\t%s\t%zu\t%u\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n",
           answers[outcome->answer],
           outcome->answer == ANSWER_REFUSED ? refusals[outcome->refusal] : "",
           outcome->sent ? "sent" : "", outcome->others_served ? "others" : "",
           outcome->refresh_token ? strlen(outcome->refresh_token) : 0, outcome->identity.name,
           outcome->identity.object_id, outcome->identity.groups.count, outcome->number,
           outcome->correlation_id, error_kind_name(outcome->why.kind), outcome->why.text,
           (int)outcome->advice, (int)outcome->alarm, outcome->claims ? outcome->claims : "",
           outcome->identity.guest ? "guest" : "");
}

static void print_code(const struct device_code *device)
{
    int64_t now = clock_ms();

    printf("code\t%s\t%s\t%s\t%lld\t%u\t%lld\n", device->user_code, device->uri,
           device->uri_complete, (long long)(device->expires_at_ms - now), device->interval_seconds,
           (long long)(device->next_poll_ms - now));
}

static void poll_device(struct platform *platform, struct device_code *device, const char *name,
                        const char *object_id, const struct deadline *budget,
                        struct outcome *outcome)
{
    static const char *const results[] = {[DEVICE_OVER] = "over", [DEVICE_PENDING] = "pending"};

    printf("%s\t%s\n",
           results[platform_device_poll(platform, device, name, object_id, budget, outcome)],
           outcome->why.text);
    print(outcome);
    print_code(device);
}

/* Whether it was an order about a code. */
static bool perform_device(struct platform *platform, const char *kind, const char *name,
                           const char *object_id, const struct deadline *budget)
{
    static struct device_code device; /* as the one sign-in that this process is has one */
    OWNED(outcome_release) struct outcome outcome = {0};

    if (strcmp(kind, "expire") == 0)
        device.expires_at_ms = clock_ms();
    else if (strcmp(kind, "device") == 0) {
        device_code_release(&device);
        platform_device_begin(platform, name && *name ? name : NULL, budget, &device, &outcome);
        print(&outcome);
        if (outcome.answer == ANSWER_ACCEPTED)
            print_code(&device);
    } else if (name && (strcmp(kind, "poll") == 0 || strcmp(kind, "early") == 0)) {
        if (*kind == 'p')
            device.next_poll_ms = 0;
        poll_device(platform, &device, name, object_id && *object_id ? object_id : NULL, budget,
                    &outcome);
    } else
        return false;
    return true;
}

static void probe(struct platform *platform, const char *name, const struct deadline *budget)
{
    static const char *const results[] = {"not needed", "not yet", "failed", "over"};
    struct error why = {0};

    for (unsigned i = 0; i < DEPENDENCIES; i++)
        if (strcmp(name, dependency_name((enum dependency)i)) == 0)
            printf("%s\t%s\n", results[platform_probe(platform, (enum dependency)i, budget, &why)],
                   why.text);
}

static void tell_issuer(struct platform *platform)
{
    static const char *const lookups[] = {"unavailable", "absent", "found"};
    char issuer[IDENTITY_TEXT_MOST + 1] = "";
    enum lookup found = platform_issuer(platform, issuer);

    printf("%s\t%s\n", lookups[found], issuer);
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
    bool of_password = strncmp(kind, "password", strlen("password")) == 0;

    if (perform_device(platform, kind, name, secret, &budget))
        return;
    if (object_id && !*object_id)
        object_id = NULL;
    if (strcmp(kind, "issuer") == 0)
        tell_issuer(platform);
    else if (name && strcmp(kind, "probe") == 0)
        probe(platform, name, &budget);
    if (!name || !secret || (!of_password && strcmp(kind, "refresh") != 0))
        return;
    if (of_password)
        platform_password_grant(platform, name, secret, object_id,
                                strcmp(kind, "password again") == 0, &budget, &outcome);
    else
        platform_refresh_grant(platform, name, *held && strcmp(secret, "-") == 0 ? *held : secret,
                               object_id, &budget, &outcome);
    print(&outcome);
    if (outcome.refresh_token) {
        free_secret(held);
        *held = OWN_TAKE(outcome.refresh_token);
    }
}

int main(int count, char **arguments)
{
    OWNED(close_platform) struct platform *platform = NULL;
    OWNED(release_codes) struct codes *codes = NULL;
    OWNED(free_secret) char *held = NULL;
    OWNED(free_memory) char *line = NULL;
    struct platform_settings settings = {
        .scope = "openid profile offline_access",
        .name_claim = "preferred_username",
        .groups_claim = "groups",
        .algorithms = ALGORITHM_RS256,
    };
    struct memory memory = {NULL,         load_document,  keep_document,
                            read_breaker, change_breaker, take_turn};
    unsigned long long budget_ms, connect_seconds;
    struct error why;
    size_t size = 0;

    if (count < 7 || !text_number(arguments[5], 1, INT_MAX, &budget_ms) ||
        !text_number(arguments[6], 1, 60, &connect_seconds) || !codes_built_in(&codes, &why))
        return 2;
    settings.issuer = arguments[1];
    settings.client_id = arguments[2];
    settings.ca_file = arguments[3];
    settings.codes = codes;
    settings.guests = count > 7;
    settings.connect_seconds = (unsigned)connect_seconds;
    memory.context = arguments[4];
    if (!platform_open(&settings, &memory, &platform, &why)) {
        printf("%s\t%s\n", error_kind_name(why.kind), why.text);
        return 1;
    }
    while (getline(&line, &size, stdin) > 0) {
        perform(platform, line, budget_ms, &held);
        fflush(stdout);
    }
    return 0;
}
