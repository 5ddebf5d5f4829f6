/* SPDX-License-Identifier: MIT */
#include "platform/request_id.h"

#include <stdio.h>
#include <sys/random.h>

void request_id_make(char id[static REQUEST_ID_MOST + 1])
{
    unsigned char b[16] = {0};

    (void)!getrandom(b, sizeof b, GRND_NONBLOCK);
    snprintf(id, REQUEST_ID_MOST + 1,
             "%02x%02x%02x%02x-%02x%02x-4%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6] & 15u, b[7], 8u | (b[8] & 3u), b[8] >> 4, b[9], b[10],
             b[11], b[12], b[13], b[14], b[15]);
}
