/* SPDX-License-Identifier: MIT */
#include "cache/boot.h"

#include "base/clock.h"

struct boot_moment boot_now(void)
{
    return (struct boot_moment){.tag = boot_tag(), .ms = clock_ms()};
}

/* Less time than then is that of another start, whatever its id. */
bool boot_is_another(struct boot_moment then, struct boot_moment now)
{
    return now.ms < then.ms || (then.tag && now.tag && then.tag != now.tag);
}

int64_t boot_passed_ms(struct boot_moment then, struct boot_moment now)
{
    return boot_is_another(then, now) ? now.ms : now.ms - then.ms;
}
