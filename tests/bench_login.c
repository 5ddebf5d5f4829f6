/* SPDX-License-Identifier: MIT */
/*
 * How long a sign-in takes, next to the one thing that has to take long: the key
 * derivation. Run by tests/container/bench.py in the container.
 *
 *     bench_login SERVICE NAME TIMES <password
 */
#include "base/clock.h"
#include "base/own.h"
#include "cache/verifier.h"

#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMES_MOST 1000

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void tell(const char *what, double *took, size_t times)
{
    qsort(took, times, sizeof *took, by_size);
    printf("%s %.1f %.1f\n", what, took[times / 2], took[times * 95 / 100]);
}

static int answer(int count, const struct pam_message **messages, struct pam_response **replies,
                  void *password)
{
    struct pam_response *all = calloc((size_t)count, sizeof *all);

    if (!all)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            all[i].resp = strdup(password);
    *replies = all;
    return PAM_SUCCESS;
}

static bool sign_in(const char *service, const char *name, char *password)
{
    const struct pam_conv talk = {answer, password};
    pam_handle_t *pam;
    int result;

    if (pam_start(service, name, &talk, &pam) != PAM_SUCCESS)
        return false;
    result = pam_authenticate(pam, 0);
    if (result != PAM_SUCCESS)
        fprintf(stderr, "bench_login: %s\n", pam_strerror(pam, result));
    pam_end(pam, result);
    return result == PAM_SUCCESS;
}

static bool derive(struct kdf_slots *slots, const char *password)
{
    const struct host_key key = {{1}};
    struct deadline deadline = deadline_in_ms(30000);
    char verifier[VERIFIER_MOST + 1];
    struct error why = {0};

    if (verifier_make(&key, slots, password, VERIFIER_COST, &deadline, verifier, &why))
        return true;
    fprintf(stderr, "bench_login: %s\n", why.text);
    return false;
}

int main(int count, char **arguments)
{
    static double signed_in[TIMES_MOST], derived[TIMES_MOST], beyond[TIMES_MOST];
    char password[128] = "", folder[] = "/tmp/bench.XXXXXX";
    OWNED(close_fd) int fd = -1;
    struct kdf_slots *slots = NULL;
    struct error why = {0};
    size_t times = count == 4 ? strtoul(arguments[3], NULL, 10) : 0;

    if (times < 1 || times > TIMES_MOST || !fgets(password, sizeof password, stdin))
        return 2;
    password[strcspn(password, "\n")] = '\0';
    fd = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0 || !kdf_slots_open(fd, 1, &slots, &why))
        return 1;
    for (size_t i = 0; i < times; i++) { /* in turns: what else runs here then slows both */
        double begin = milliseconds();

        if (!sign_in(arguments[1], arguments[2], password))
            return 1;
        signed_in[i] = milliseconds() - begin;
        begin = milliseconds();
        if (!derive(slots, password))
            return 1;
        derived[i] = milliseconds() - begin;
        beyond[i] = signed_in[i] - derived[i];
    }
    kdf_slots_close(slots);
    tell("sign-in", signed_in, times);
    tell("derivation", derived, times);
    tell("beyond", beyond, times);
    return 0;
}
