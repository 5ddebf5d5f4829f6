/* SPDX-License-Identifier: MIT */
/*
 * The log of programs (never of libraries): one line per event, to standard
 * error and, where there is one, the journal. Control bytes are escaped here.
 */
#pragma once

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_DEBUG = 7
};

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
