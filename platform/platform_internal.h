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

/* What came of the last request, which was a grant or the knock before it. */
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
