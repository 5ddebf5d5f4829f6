/* SPDX-License-Identifier: MIT */
#include "login/words_code.h"

#include <stdio.h>

#define TIME_BYTES  32
#define PLACE_BYTES 640

static void write_time(unsigned seconds, char out[static TIME_BYTES])
{
    if (seconds >= 120)
        snprintf(out, TIME_BYTES, "%u minutes", seconds / 60);
    else
        snprintf(out, TIME_BYTES, "%u seconds", seconds);
}

static void write_place(const struct code_words *words, char out[static PLACE_BYTES])
{
    snprintf(out, PLACE_BYTES, "%s (%s%s%s)", words->host, words->service,
             *words->remote_host ? ", from " : "", words->remote_host);
}

void words_of_code(const struct code_words *words, char out[static WORDS_CODE_BYTES])
{
    static const char short_form[] = "To sign in as %s to %s, open %s in a browser and enter the "
                                     "code %s there, within %s. Never enter a code that somebody "
                                     "else has sent you.";
    static const char long_form[] = "To sign in as %s to %s, open\n"
                                    "\n    %s\n"
                                    "\nin a browser, on a telephone for instance, and enter this "
                                    "code there:\n"
                                    "\n    %s\n"
                                    "\nThis sign-in ends in %s. Never enter a code that somebody "
                                    "else has sent you.";
    char time[TIME_BYTES], place[PLACE_BYTES];

    write_time(words->seconds, time);
    write_place(words, place);
    snprintf(out, WORDS_CODE_BYTES, words->one_line ? short_form : long_form, words->name, place,
             words->uri, words->user_code, time);
}
