/* SPDX-License-Identifier: MIT */
#include "platform/http.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/http_hosts.h"
#include "platform/request_id.h"

#include <curl/curl.h>
#include <dirent.h>
#include <openssl/crypto.h>
#include <openssl/x509_vfy.h>

#define CA_FOLDER  "/etc/ssl/certs"
#define REQUEST_ID "client-request-id: "
#define NONE_MATCH "If-None-Match: "

struct http {
    CURL *curl;
    unsigned connect_seconds;
    struct http_trace last;
    struct http_hosts silent;
    char complaint[CURL_ERROR_SIZE];
};

/* What is coming in. The body is allocated once, so that no copy of a token stays behind. */
struct inflow {
    char *body;
    size_t length, most;
    size_t headers;
    bool overlong;
    struct http_header header;
};

OWN_DEFINE(release_list, struct curl_slist, curl_slist_free_all);

static void release_inflow(struct inflow *inflow)
{
    if (inflow->body)
        explicit_bzero(inflow->body, inflow->length);
    free(inflow->body);
}

void http_answer_release(struct http_answer *answer)
{
    if (answer->body)
        explicit_bzero(answer->body, answer->length);
    free(answer->body);
    *answer = (struct http_answer){0};
}

static size_t take_body(char *bytes, size_t one, size_t length, void *context)
{
    struct inflow *inflow = context;

    (void)one; /* always 1 */
    inflow->overlong = length > inflow->most - inflow->length;
    if (inflow->overlong)
        return CURL_WRITEFUNC_ERROR;
    memcpy(inflow->body + inflow->length, bytes, length);
    inflow->length += length;
    return length;
}

static size_t take_header(char *bytes, size_t one, size_t length, void *context)
{
    struct inflow *inflow = context;

    (void)one;
    inflow->overlong = length > HTTP_HEADERS_MOST - inflow->headers;
    if (inflow->overlong)
        return CURL_WRITEFUNC_ERROR;
    inflow->headers += length;
    http_header_add(&inflow->header, bytes, length);
    return length;
}

/* OpenSSL's `hash.0` file names; a folder without them is of no use as a trust store. */
static bool is_hashed_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           strspn(name + 9, "0123456789") > 0;
}

static bool folder_is_hashed(const char *path)
{
    const struct dirent *entry;
    DIR *folder = opendir(path);
    bool hashed = false;

    if (!folder)
        return false;
    while (!hashed && (entry = readdir(folder)))
        hashed = is_hashed_name(entry->d_name);
    closedir(folder);
    return hashed;
}

static bool set_trust(CURL *curl, const char *ca_file)
{
    if (ca_file && *ca_file)
        return curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
    if (folder_is_hashed(CA_FOLDER))
        return curl_easy_setopt(curl, CURLOPT_CAINFO, NULL) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_CAPATH, CA_FOLDER) == CURLE_OK;
    return true;
}

static bool set_rules(struct http *http)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1},
    };
    static const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_PROTOCOLS_STR, "https"},
        {CURLOPT_PROXY, ""}, /* not even the environment's */
        {CURLOPT_ACCEPT_ENCODING, NULL},
        {CURLOPT_USERAGENT, "latchkey/" VERSION},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (curl_easy_setopt(http->curl, numbers[i].option, numbers[i].value) != CURLE_OK)
            return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (curl_easy_setopt(http->curl, texts[i].option, texts[i].value) != CURLE_OK)
            return false;
    return curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, http->complaint) == CURLE_OK &&
           curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(http->curl, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    free(http);
}

OWN_DEFINE(close_http, struct http, http_close);

bool http_open(const char *ca_file, unsigned connect_seconds, struct http **opened,
               struct error *why)
{
    OWNED(close_http) struct http *http = calloc(1, sizeof *http);

    if (!http)
        return error_set(why, ERROR_SYSTEM, "HTTP client: out of memory");
    /* libcurl would write the session keys there; OpenSSL would read its configuration file. */
    unsetenv("SSLKEYLOGFILE");
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(why, ERROR_SYSTEM, "HTTP client: libcurl cannot start");
    http->connect_seconds = connect_seconds;
    http->curl = curl_easy_init();
    if (!http->curl || !set_rules(http) || !set_trust(http->curl, ca_file))
        return error_set(why, ERROR_SYSTEM, "HTTP client: libcurl refuses our rules");
    *opened = OWN_TAKE(http);
    return true;
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer)
        *headers = longer;
    return longer != NULL;
}

static bool fill_headers(struct curl_slist **headers, const char *etag)
{
    char id[sizeof REQUEST_ID + REQUEST_ID_MOST] = REQUEST_ID;
    char match[sizeof NONE_MATCH + DOCUMENT_ETAG_MOST];

    request_id_make(id + strlen(REQUEST_ID));
    snprintf(match, sizeof match, NONE_MATCH "%s", etag ? etag : "");
    return add_header(headers, "Accept: application/json") && add_header(headers, "Expect:") &&
           add_header(headers, id) && add_header(headers, "return-client-request-id: true") &&
           (!etag || !*etag || add_header(headers, match));
}

/* Nothing but what is left of the time; libcurl takes 0 for "no limit". */
static bool set_times(struct http *http, const struct deadline *deadline, struct error *why)
{
    long left = deadline_left_ms(deadline);
    long connect = (long)http->connect_seconds * 1000;

    http->last = (struct http_trace){.at = time(NULL)};
    if (left <= 0)
        return error_set(why, ERROR_UNREACHABLE, "no time is left to ask");
    http->last.tried = true;
    http->last.unhurried = left >= connect;
    if (connect <= 0 || connect > left)
        connect = left;
    curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT_MS, connect);
    return true;
}

static void take_type(CURL *curl, char type[static HTTP_TYPE_MOST + 1])
{
    const char *line = NULL;
    size_t length;

    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &line) != CURLE_OK || !line)
        return;
    length = strcspn(line, "; \t");
    if (length > HTTP_TYPE_MOST)
        return;
    memcpy(type, line, length);
    type[length] = '\0';
    text_fold(type);
}

static void take_trace(struct http *http, const struct http_header *header)
{
    curl_off_t begun = 0;
    long bytes = 0;
    long status = 0;

    curl_easy_getinfo(http->curl, CURLINFO_PRETRANSFER_TIME_T, &begun);
    curl_easy_getinfo(http->curl, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    http->last.ended_ms = clock_ms();
    http->last.sent = begun > 0 || bytes > 0;
    http->last.answering = status != 0;
    http->last.told = http_header_retry_after(header, time(NULL));
    if (http->last.told == 0 && status == 429)
        http->last.told = HTTP_THROTTLED_SECONDS;
}

static enum alarm alarm_for(CURL *curl, CURLcode code)
{
    long verified = X509_V_OK;

    curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verified);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return verified == X509_V_ERR_CERT_NOT_YET_VALID ? ALARM_CLOCK : ALARM_TLS;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return ALARM_TLS;
    default:
        return ALARM_NONE;
    }
}

/* The setting is named that decided; whoever gave the deadline knows the other one. */
static bool complain(struct http *http, CURLcode code, long had_ms, struct error *why)
{
    long connect = (long)http->connect_seconds * 1000;

    if (code == CURLE_OUT_OF_MEMORY)
        return error_set(why, ERROR_SYSTEM, "HTTP client: out of memory");
    if (code == CURLE_OPERATION_TIMEDOUT && !http->last.sent && connect > 0 && connect < had_ms)
        return error_set(why, ERROR_UNREACHABLE, "no answer within %u s (connect_seconds)",
                         http->connect_seconds);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return error_set(why, ERROR_UNREACHABLE, "no answer within %ld.%ld s", had_ms / 1000,
                         had_ms % 1000 / 100);
    text_printable(http->complaint);
    return error_set(why, ERROR_UNREACHABLE, "%s%s%s%.150s",
                     http->last.alarm == ALARM_CLOCK ? "check the clock of this host: " : "",
                     curl_easy_strerror(code), *http->complaint ? ": " : "", http->complaint);
}

static bool transfer(struct http *http, const char *url, const char *etag, struct inflow *inflow,
                     long had_ms, struct error *why)
{
    OWNED(release_list) struct curl_slist *headers = NULL;
    CURLcode code;

    http->complaint[0] = '\0';
    if (!fill_headers(&headers, etag) ||
        curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        curl_easy_setopt(http->curl, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, inflow) != CURLE_OK ||
        curl_easy_setopt(http->curl, CURLOPT_HEADERDATA, inflow) != CURLE_OK)
        return error_set(why, ERROR_SYSTEM, "HTTP client: out of memory");
    code = curl_easy_perform(http->curl);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    take_trace(http, &inflow->header);
    http->last.alarm = inflow->overlong ? ALARM_PAGE : alarm_for(http->curl, code);
    if (inflow->overlong)
        return error_set(why, ERROR_UNREACHABLE, "the answer is too long");
    /* Who had less time than a connection may take has not found out that there is none. */
    if (code != CURLE_OK && !complain(http, code, had_ms, why) && why->kind == ERROR_UNREACHABLE &&
        !http->last.sent && (http->last.unhurried || code != CURLE_OPERATION_TIMEDOUT))
        http_hosts_add(&http->silent, url, &http->last, why);
    return code == CURLE_OK;
}

static bool perform(struct http *http, const char *url, const char *etag, size_t most,
                    const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    OWNED(release_inflow) struct inflow inflow = {.body = malloc(most + 1), .most = most};
    struct http_answer draft = {.max_age = -1};
    long had_ms = deadline_left_ms(deadline);
    long status = 0;

    if (http_hosts_have(&http->silent, url, &http->last, why) || !set_times(http, deadline, why))
        return false;
    if (!inflow.body)
        return error_set(why, ERROR_SYSTEM, "HTTP client: out of memory");
    if (!transfer(http, url, etag, &inflow, had_ms, why))
        return false;
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    draft.status = (unsigned)status;
    draft.told = http->last.told;
    if (inflow.header.has_max_age)
        draft.max_age = (long)inflow.header.max_age;
    (void)text_copy(draft.etag, sizeof draft.etag, inflow.header.etag);
    take_type(http->curl, draft.type);
    draft.length = inflow.length;
    draft.body = OWN_TAKE(inflow.body);
    draft.body[draft.length] = '\0';
    *answer = draft;
    return true;
}

struct http_trace http_last(const struct http *http)
{
    return http->last;
}

void http_last_alarms(struct http *http, enum alarm alarm)
{
    http->last.alarm = alarm;
}

bool http_get(struct http *http, const char *url, const char *etag, size_t most,
              const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, 0L);
    return perform(http, url, etag, most, deadline, answer, why);
}

/*
 * libcurl sends a request again by itself when a connection it reuses dies
 * before the first byte of the answer. A password must not be tried twice:
 * hence a connection of its own, where libcurl never does that.
 */
bool http_post(struct http *http, const char *url, const char *form, size_t length,
               const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    bool done;

    curl_easy_setopt(http->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, form);
    done = perform(http, url, NULL, HTTP_BODY_MOST, deadline, answer, why);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, NULL);
    return done;
}
