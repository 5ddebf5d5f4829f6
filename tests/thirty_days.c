/* SPDX-License-Identifier: MIT */
/*
 * Thirty days of one host, in a minute: people sign in at random, the platform goes away at random
 * for a minute to three days, and `latchkey probe` runs as its timer would run it. All of it is the
 * product's own code from the request of the PAM module to the store; what is replaced is the time
 * (time(2), base/clock.h), the network (platform/http.h) and the cost of a key derivation.
 *
 *     thirty_days latchkey-probe.timer [SEED]
 *
 * Needs root and a build folder of its own (statedir, configdir and runtimedir): in a mount namespace
 * empty folders stand in their places.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "cache/store.h"
#include "config/paths.h"
#include "login/link.h"
#include "login/prepare.h"
#include "login/session.h"
#include "platform/http.h"
#include "tests/signer.h"
#include "tests/unit_file.h"

#include <crypt.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ISSUER "https://id.example"
#define CLIENT "client"
#define PEOPLE 4
#define DAY    ((time_t)86400)
#define START  ((time_t)1800000000)
#define DAYS   30

#define RECOVERY_SECONDS ((time_t)60)

/* --- The world. --- */

enum weather { FAIR, SILENT, BUSY, THROTTLED, STRANGE, WEATHERS };
static const char *const weathers[WEATHERS] = {"fair", "silence", "503", "429", "captive portal"};

static struct {
    time_t now;
    enum weather weather;
    unsigned requests; /* that left the host since somebody looked last */
    unsigned tokens;
    EVP_PKEY *key;
    char line[1024]; /* the last one of the log */
} world;

static unsigned timer_seconds, timer_random; /* OnUnitInactiveSec, RandomizedDelaySec */
static unsigned passed, failed;

static void expect(bool held, const char *what, const char *detail)
{
    if (held) {
        passed++;
        return;
    }
    failed++;
    if (failed < 20)
        printf("thirty-days: FAILED at +%lld s: %s (%s; %s)\n", (long long)(world.now - START),
               what, detail, world.line);
}

static uint64_t random_state;

/* xorshift64*: the same days for the same seed. */
static uint64_t random_number(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dULL;
}

static long random_between(long least, long most)
{
    return least + (long)(random_number() % (uint64_t)(most - least + 1));
}

/* --- Time. Deadlines run in real time, from a point that moves with the days. --- */

time_t time(time_t *out)
{
    if (out)
        *out = world.now;
    return world.now;
}

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + (world.now - START) * 1000;
}

struct deadline deadline_in_ms(int64_t ms)
{
    return (struct deadline){clock_ms() + ms};
}

int deadline_left_ms(const struct deadline *deadline)
{
    int64_t left = deadline->at_ms - clock_ms();

    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* --- The log, and a derivation that costs nothing but depends on all that the real one does. --- */

void log_line(enum log_level level, const char *format, ...)
{
    va_list arguments;

    (void)level;
    va_start(arguments, format);
    vsnprintf(world.line, sizeof world.line, format, arguments);
    va_end(arguments);
}

char *crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
    static const char letters[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t given = strlen(setting), fields = 0, kept = 0;
    char text[1024];
    unsigned char hash[EVP_MAX_MD_SIZE];

    while (kept < given && (fields += setting[kept] == '$') < 4)
        kept++;
    snprintf(text, sizeof text, "%.*s|%s", (int)kept, setting, phrase);
    EVP_Digest(text, strlen(text), hash, NULL, EVP_sha512(), NULL);
    snprintf(data->output, sizeof data->output, "%.*s$", (int)kept, setting);
    for (size_t i = 0; i < 43; i++)
        data->output[kept + 1 + i] = letters[hash[i] & 63];
    data->output[kept + 44] = '\0';
    return data->output;
}

/* --- The platform. --- */

struct http {
    int unused;
};

bool http_open(const char *ca_file, unsigned connect_seconds, struct http **opened,
               struct error *why)
{
    (void)ca_file;
    (void)connect_seconds;
    (void)why;
    *opened = calloc(1, sizeof **opened);
    return true;
}

void http_close(struct http *http)
{
    free(http);
}

void http_answer_release(struct http_answer *answer)
{
    free(answer->body);
    *answer = (struct http_answer){0};
}

static void fill(struct http_answer *answer, unsigned status, const char *type, const char *body)
{
    *answer = (struct http_answer){.status = status, .max_age = -1, .body = strdup(body)};
    answer->length = strlen(body);
    snprintf(answer->type, sizeof answer->type, "%s", type);
}

static bool is_foul(struct http_answer *answer, struct error *why)
{
    world.requests++;
    switch (world.weather) {
    case FAIR:
        return false;
    case SILENT:
        error_set(why, ERROR_UNREACHABLE, "silence");
        return true;
    case BUSY:
        fill(answer, 503, "application/json", "{\"error\":\"temporarily_unavailable\"}");
        return true;
    case THROTTLED:
        fill(answer, 429, "application/json", "{\"error\":\"temporarily_unavailable\"}");
        answer->told = 20; /* more would put the end off, as it should */
        return true;
    case STRANGE:
    case WEATHERS:
        break;
    }
    fill(answer, 200, "text/html", "<html>Welcome to our network</html>");
    return true;
}

static void answer_token(struct http_answer *answer, const char *name)
{
    char payload[1024], body[8192];
    char *token;

    snprintf(payload, sizeof payload,
             "{\"iss\":\"" ISSUER "\",\"aud\":\"" CLIENT "\",\"sub\":\"of-%s\",\"iat\":%lld,"
             "\"exp\":%lld,\"preferred_username\":\"%s\"}",
             name, (long long)world.now, (long long)world.now + 3600, name);
    token = signer_token("{\"alg\":\"RS256\",\"kid\":\"A\"}", payload, world.key, &plain_sha256);
    snprintf(body, sizeof body,
             "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"opaque\","
             "\"refresh_token\":\"%s,%u\",\"id_token\":\"%s\"}",
             name, ++world.tokens, token);
    free(token);
    fill(answer, 200, "application/json", body);
}

/* The value of a form field, with %XX undone. */
static bool field(const char *form, size_t length, const char *name, char *out, size_t size)
{
    OWNED(free_secret) char *text = strndup(form, length);
    char *at = strstr(text, name);
    size_t used = 0;

    if (!at)
        return false;
    for (at += strlen(name); *at && *at != '&' && used + 1 < size; at++) {
        char digits[3] = {0};

        if (*at == '%') {
            memcpy(digits, at + 1, 2);
            at += 2;
        }
        out[used++] = *digits ? (char)strtoul(digits, NULL, 16) : *at;
    }
    out[used] = '\0';
    return true;
}

struct http_trace http_last(const struct http *http)
{
    (void)http;
    return (struct http_trace){.tried = true,
                               .sent = world.weather != SILENT,
                               .answering = world.weather != SILENT,
                               .unhurried = true,
                               .told = world.weather == THROTTLED ? 20 : 0,
                               .at = world.now};
}

void http_last_alarms(struct http *http, enum alarm alarm)
{
    (void)http, (void)alarm;
}

bool http_get(struct http *http, const char *url, const char *etag, size_t most,
              const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    char body[4096];

    (void)http, (void)etag, (void)most, (void)deadline;
    if (is_foul(answer, why))
        return world.weather != SILENT;
    if (strstr(url, "/keys")) {
        char *modulus = signer_number(world.key, "n", 0);

        snprintf(body, sizeof body,
                 "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"kid\":\"A\",\"e\":\"AQAB\",\"n\":"
                 "\"%s\"}]}",
                 modulus);
        free(modulus);
    } else {
        snprintf(body, sizeof body,
                 "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/token\","
                 "\"jwks_uri\":\"" ISSUER "/keys\"}");
    }
    fill(answer, 200, "application/json", body);
    return true;
}

bool http_post(struct http *http, const char *url, const char *form, size_t length,
               const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    char name[256], password[256];

    (void)http, (void)url, (void)deadline;
    if (is_foul(answer, why))
        return world.weather != SILENT;
    if (field(form, length, "refresh_token=", name, sizeof name) && strchr(name, ',')) {
        *strchr(name, ',') = '\0';
        answer_token(answer, name);
    } else if (field(form, length, "username=", name, sizeof name) &&
               field(form, length, "password=", password, sizeof password)) {
        if (strcmp(password, "right") == 0)
            answer_token(answer, name);
        else
            fill(answer, 400, "application/json", "{\"error\":\"invalid_grant\"}");
    } else {
        fill(answer, 400, "application/json", "{\"error\":\"invalid_request\"}");
    }
    return true;
}

/* --- The host. --- */

static void put_over(const char *folder, mode_t mode)
{
    char command[600];

    for (const char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        snprintf(command, sizeof command, "%.*s", (int)(at - folder), folder);
        (void)mkdir(command, 0755);
    }
    (void)mkdir(folder, 0755);
    if (mount("tmpfs", folder, "tmpfs", 0, "mode=0755") != 0 || chmod(folder, mode) != 0) {
        perror(folder);
        exit(1);
    }
}

static void build_host(void)
{
    OWNED(close_file) FILE *config = NULL;
    struct error why = {0};

    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        perror("thirty_days needs root");
        exit(1);
    }
    put_over(STATE_DIR, 0755);
    put_over(CONFIG_DIR, 0755);
    put_over(RUNTIME_DIR, 0755);
    mkdir(PRIVATE_DIR, 0700);
    mkdir(PUBLIC_DIR, 0755);
    mkdir(RUNTIME_STATE_DIR, 0700);
    config = fopen(CONFIG_FILE, "we");
    fputs("issuer = " ISSUER "\nclient_id = " CLIENT
          "\ndomains = contoso.example\nallow = everyone\n"
          "password_recheck_hours = 24\nrecheck_minutes = 0\n",
          config);
    if (!prepare_host(PRIVATE_DIR, PUBLIC_DIR, &why)) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
}

struct person_at_keyboard {
    int fd;
    const char *password;
};

/* The PAM module and the person in front of it. */
static void *converse(void *context)
{
    struct person_at_keyboard *person = context;
    struct deadline deadline = {INT64_MAX};
    struct error why;
    struct frame frame;

    while (frame_receive(person->fd, &frame, &deadline, &why))
        if (frame.kind == FRAME_SECRET)
            frame_send(person->fd, FRAME_REPLY, person->password, strlen(person->password),
                       &deadline, &why);
    return NULL;
}

static enum verdict sign_in(const char *name, const char *password)
{
    const struct caller root = {.uid = 0};
    struct request request = {.action = ACTION_AUTHENTICATE};
    struct person_at_keyboard person = {.password = password};
    struct talk talk;
    enum verdict verdict;
    pthread_t thread;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return VERDICT_FAILED;
    snprintf(request.user, sizeof request.user, "%s", name);
    snprintf(request.service, sizeof request.service, "login");
    talk.fd = ends[0];
    person.fd = ends[1];
    pthread_create(&thread, NULL, converse, &person);
    verdict = session_run(&request, &root, &talk).verdict;
    close(ends[0]);
    pthread_join(thread, NULL);
    close(ends[1]);
    return verdict;
}

OWN_DEFINE(close_store, struct store, store_close);
OWN_DEFINE(release_config, struct config, config_release);

static bool outage_is_recorded(void)
{
    return access(RUNTIME_STATE_DIR "/" BREAKERS_OUTAGE_FILE, F_OK) == 0;
}

/* What `latchkey probe` does. */
static void probe(void)
{
    OWNED(close_store) struct store *store = NULL;
    OWNED(release_config) struct config *config = NULL;
    OWNED(close_fd) int shared = open(PRIVATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(close_fd) int runtime = open(RUNTIME_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct error why = {0};
    struct link link = {0};

    expect(config_read(CONFIG_FILE, CONFIG_DROPS, &config, &why) &&
               store_open(PRIVATE_DIR, &store, &why),
           "the probe can work", why.text);
    link.memory = (struct breakers){.store = store, .runtime = runtime};
    link.shared = shared;
    if (link_open(&link, config, &why)) {
        struct deadline budget = deadline_in_ms(8000);

        for (int i = 0; i < DEPENDENCIES; i++)
            (void)platform_probe(link.platform, (enum dependency)i, &budget, &why);
    }
    link_release(&link);
}

/* --- Thirty days. --- */

static const char *const people[PEOPLE] = {"ada@contoso.example", "bob@contoso.example",
                                           "eve@contoso.example", "ian@contoso.example"};

static struct {
    unsigned sign_ins, offline, wrong, outages, requests_most;
    long slowest_recovery;
    double requests_per_minute_most;
} seen;

static bool was_offline(void)
{
    return strstr(world.line, "mode=offline") != NULL;
}

static void somebody_signs_in(void)
{
    const char *name = people[random_number() % PEOPLE];
    bool wrong = random_number() % 25 == 0;
    enum verdict verdict = sign_in(name, wrong ? "wrong" : "right");

    seen.sign_ins++;
    seen.wrong += wrong;
    seen.offline += verdict == VERDICT_ADMIT && was_offline();
    expect(wrong ? verdict != VERDICT_ADMIT : verdict == VERDICT_ADMIT,
           wrong ? "a wrong secret is denied" : "a right secret is admitted", name);
}

static time_t next_elapse(void)
{
    return world.now + timer_seconds + random_between(0, timer_random);
}

/* Lets time pass until `end`, with sign-ins every `mean` seconds or so, and the timer. */
static void live_until(time_t end, long mean)
{
    time_t next_sign_in = world.now + random_between(1, 2 * mean);
    time_t next_timer = next_elapse();

    while (world.now < end) {
        if (outage_is_recorded() && next_timer <= next_sign_in && next_timer <= end) {
            world.now = next_timer;
            probe();
            next_timer = next_elapse();
        } else if (next_sign_in <= end) {
            world.now = next_sign_in;
            somebody_signs_in();
            next_sign_in = world.now + random_between(1, 2 * mean);
            if (next_timer < world.now)
                next_timer = next_elapse();
        } else {
            world.now = end;
        }
    }
}

/* Three dependencies, each tried every 22 s or so by one or two requests; and what it takes to notice. */
static unsigned requests_allowed(long seconds)
{
    return 12 + (unsigned)(seconds / 8);
}

static void an_outage(long seconds, enum weather weather)
{
    time_t back;
    char detail[64];

    snprintf(detail, sizeof detail, "%s for %ld s", weathers[weather], seconds);
    seen.outages++;
    world.weather = weather;
    world.requests = 0;
    live_until(world.now + seconds, seconds < 7200 ? 60 : 900);
    expect(world.requests <= requests_allowed(seconds), "few requests are sent in an outage",
           detail);
    if (world.requests * 60.0 / (double)seconds > seen.requests_per_minute_most && seconds >= 600)
        seen.requests_per_minute_most = world.requests * 60.0 / (double)seconds;
    if (world.requests > seen.requests_most)
        seen.requests_most = world.requests;

    world.weather = FAIR;
    back = world.now;
    while (outage_is_recorded() && world.now < back + 10 * RECOVERY_SECONDS) {
        world.now = next_elapse();
        probe();
    }
    if (world.now - back > seen.slowest_recovery)
        seen.slowest_recovery = world.now - back;
    expect(world.now - back <= RECOVERY_SECONDS, "the end of an outage is seen in a minute",
           detail);
    world.now = back + RECOVERY_SECONDS > world.now ? back + RECOVERY_SECONDS : world.now;
    expect(sign_in(people[0], "right") == VERDICT_ADMIT &&
               strstr(world.line, "mode=online") != NULL,
           "a minute later people sign in online", detail);
}

int main(int count, char **arguments)
{
    const time_t end = START + DAYS * DAY;

    timer_seconds = unit_seconds(count > 1 ? arguments[1] : "", "OnUnitInactiveSec");
    timer_random = unit_seconds(count > 1 ? arguments[1] : "", "RandomizedDelaySec");
    random_state = count > 2 ? strtoull(arguments[2], NULL, 10) : 20261122;
    world.now = START;
    world.key = EVP_RSA_gen(2048);
    build_host();
    for (size_t i = 0; i < PEOPLE; i++)
        expect(sign_in(people[i], "right") == VERDICT_ADMIT, "the first sign-in", people[i]);
    while (world.now < end) {
        /* From a minute to three days: each size as likely as any other. */
        long seconds = 60L << random_between(0, 12);

        live_until(world.now + random_between(DAY / 4, 2 * DAY), 1800);
        seconds += random_between(0, seconds / 20);
        an_outage(seconds > 3 * DAY ? 3 * DAY : seconds,
                  (enum weather)random_between(SILENT, WEATHERS - 1));
    }
    printf("thirty-days: %u outages, %u sign-ins (%u offline, %u with a wrong secret); at most %u "
           "requests "
           "in one outage, %.1f a minute; the slowest recovery took %ld s\n",
           seen.outages, seen.sign_ins, seen.offline, seen.wrong, seen.requests_most,
           seen.requests_per_minute_most, seen.slowest_recovery);
    printf("thirty-days: %u passed, %u failed\n", passed, failed);
    EVP_PKEY_free(world.key);
    return failed > 0;
}
