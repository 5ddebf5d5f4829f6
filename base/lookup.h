/* SPDX-License-Identifier: MIT */
/* The answer to a question about something that may not be there. */
#pragma once

enum lookup {
    LOOKUP_UNAVAILABLE, /* zero: the source could not be asked; says nothing about the thing */
    LOOKUP_ABSENT,
    LOOKUP_FOUND
};
