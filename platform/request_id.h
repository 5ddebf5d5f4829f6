/* SPDX-License-Identifier: MIT */
/* Names one request in the platform's logs, for support (platform.md 4.6). */
#pragma once

#define REQUEST_ID_MOST 36u

/* A UUID of random numbers, RFC 9562 5.4. Nothing depends on its being unguessable. */
void request_id_make(char id[static REQUEST_ID_MOST + 1]);
