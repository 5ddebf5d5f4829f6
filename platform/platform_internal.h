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
/* The last request was a grant, or the glance that should have come before it, and failed. */
void platform_grant_failed(const struct platform *platform, enum grant grant, unsigned told);
