/* SPDX-License-Identifier: MIT */
/* Asks whether an outage is over, without anybody's secret; a timer runs it while one is recorded. */
#include "base/log.h"
#include "base/own.h"
#include "cache/store_time.h"
#include "command/command.h"
#include "command/host.h"
#include "command/json.h"
#include "config/paths.h"

#include <fcntl.h>

#define FAULT_FILE "probe-impossible" /* in the runtime folder: the log knows already */

static const struct {
    const char *word, *sentence;
} states[] = {
    [PROBE_NOT_NEEDED] = {"in-service", "in service"},
    [PROBE_NOT_YET] = {"waiting", "out, and not to be asked yet"},
    [PROBE_FAILED] = {"out", "still out: "},
    [PROBE_OVER] = {"answered", "answered again"},
};

struct finding {
    enum probe probe;
    struct error why; /* of PROBE_FAILED */
};

static void print_line(const char *name, const struct finding *finding)
{
    printf("%s: %s%s\n", name, states[finding->probe].sentence,
           finding->probe == PROBE_FAILED ? finding->why.text : "");
}

static void print_object(const char *name, const struct finding *finding, bool first)
{
    printf("%s\n  {\"dependency\": ", first ? "[" : ",");
    json_print(name);
    printf(", \"state\": \"%s\"", states[finding->probe].word);
    if (finding->probe == PROBE_FAILED) {
        printf(", \"why\": ");
        json_print(finding->why.text);
    }
    putchar('}');
}

/* With time enough: nobody waits for it, so a platform that is only slow is not taken for out. */
static void ask(const struct host *host, enum dependency dependency, struct finding *finding)
{
    struct deadline budget = deadline_in_ms(host->config->login_seconds * 1000LL);

    finding->probe = platform_probe(host->link.platform, dependency, &budget, &finding->why);
    if (finding->probe == PROBE_OVER)
        log_line(LOG_LEVEL_NOTICE, "outage=over dependency=\"%s\"", dependency_name(dependency));
}

static int ask_all(const struct host *host, bool json)
{
    int status = EXIT_GOOD;

    for (int dependency = 0; dependency < DEPENDENCIES; dependency++) {
        struct finding finding = {0};
        const char *name = dependency_name((enum dependency)dependency);

        ask(host, (enum dependency)dependency, &finding);
        if (json)
            print_object(name, &finding, dependency == 0);
        else
            print_line(name, &finding);
        if (finding.probe == PROBE_NOT_YET || finding.probe == PROBE_FAILED)
            status = EXIT_NOT_SO;
    }
    if (json)
        puts("\n]");
    /* A wait that was asked for ends without any change that would take the file away. */
    breakers_show_outage(&host->link.memory, time(NULL));
    store_keep_time(host->store, &(struct error){0});
    return status;
}

/* The timer comes again in seconds: one line for the log until it has worked again. */
static void tell_fault(const struct error *why)
{
    OWNED(close_fd) int folder = open(RUNTIME_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(close_fd) int fd = -1;
    struct error reason = *why;

    if (folder >= 0)
        fd = openat(folder, FAULT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        fprintf(stderr, "latchkey probe: %s\n", why->text);
        return;
    }
    for (char *at = reason.text; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    log_line(LOG_LEVEL_ERROR, "probe=impossible reason=\"%s\"", reason.text);
}

static int run(const struct command *command, int count, char **arguments)
{
    OWNED(host_release) struct host host = HOST_CLOSED;
    struct error why = {0};
    bool json = false;

    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--json") != 0)
            return command_misused(command, "there is no %s \"%s\"",
                                   *arguments[i] == '-' ? "option" : "argument", arguments[i]);
        json = true;
    }
    if (!host_open(&host, &why)) {
        tell_fault(&why);
        return EXIT_HOST;
    }
    if (host.runtime >= 0)
        unlinkat(host.runtime, FAULT_FILE, 0);
    return ask_all(&host, json);
}

const struct command command_probe = {
    .name = "probe",
    .does = "find out whether an outage of the identity platform is over",
    .synopsis = "[--json]",
    .help = "Asks what has failed lately, when it is due, and says what came of it.\n\n"
            "  --json  for programs: an array of {dependency, state, why}\n\n"
            "exit status: 0 nothing is out any more, 1 something still is,\n"
            "             2 wrong use, 3 this host is at fault",
    .run = run,
};
