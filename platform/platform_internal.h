/* SPDX-License-Identifier: MIT */
/* What the files behind platform.h share: the platform itself, and what all of them do. */
#pragma once

#include "platform/gate.h"
#include "platform/grant.h"
#include "platform/metadata.h"

struct platform {
    struct platform_settings settings;
    struct memory memory;
    struct authority authority;
    struct metadata *metadata;
    struct http *http; /* started by the first request: it costs milliseconds */
};

/* Starts what asks, and gets the documents that say where. */
bool platform_get_ready(struct platform *platform, const struct deadline *budget,
                        struct error *why);
enum dependency platform_dependency(enum grant grant);

/* One grant: what is asked for, and where what came of it goes. */
struct attempt {
    struct platform *platform;
    enum grant grant;
    const char *name, *secret, *object_id;
    const struct deadline *budget;
    struct outcome *outcome;
    bool by_password; /* the platform has accepted a password of this person before */
};

void outcome_refused(struct outcome *outcome, enum refusal refusal);
void outcome_unreachable(struct outcome *outcome);

/*
 * 200 with anything but usable tokens is somebody else's page, or a broken service. True: the
 * answer was a proper one, whatever it means for this person.
 */
bool answer_tokens(const struct attempt *attempt, const struct http_answer *answer);
/* Any other status: the outcome is as classified. */
struct judgement answer_error(const struct attempt *attempt, const struct http_answer *answer);
/* Neither a refusal nor an outage: a complaint about the set-up, or nothing of the platform's. */
enum alarm answer_alarm(const struct http_answer *answer, const struct judgement *judgement);

/*
 * What came of the last request, which was a grant of the token endpoint or the knock before it.
 * A device code is none of these, and speaks for itself alone.
 */
void platform_grant_served(const struct platform *platform, enum grant grant, unsigned told);
void platform_grant_failed(const struct platform *platform, enum grant grant, unsigned told);
/* No whole answer came back, for this reason. */
void platform_grant_unanswered(const struct platform *platform, enum grant grant,
                               const struct error *why);

/*
 * Whether the token endpoint works again: with a form that asks for nothing, so that it costs
 * nobody's secret. The caller has passed the gate and got ready.
 */
enum probe platform_knock(struct platform *platform, enum grant grant,
                          const struct deadline *deadline, struct error *why);
