/* SPDX-License-Identifier: MIT */
#include "platform/roca.h"

#define GENERATOR 65537u

/* The odd primes of the smallest M in use; those of larger keys contain them. */
static const unsigned primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                  107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
#define PRIMES (sizeof primes / sizeof primes[0])

static unsigned remainder_of(const unsigned char *number, size_t length, unsigned divisor)
{
    unsigned rest = 0;

    for (size_t i = 0; i < length; i++)
        rest = (rest << 8 | number[i]) % divisor;
    return rest;
}

static bool is_power(unsigned number, unsigned prime)
{
    unsigned power = 1;

    do {
        if (power == number)
            return true;
        power = power * (GENERATOR % prime) % prime;
    } while (power != 1);
    return false;
}

bool roca_weak(const unsigned char *modulus, size_t length)
{
    for (size_t i = 0; i < PRIMES; i++)
        if (!is_power(remainder_of(modulus, length, primes[i]), primes[i]))
            return false;
    return true;
}

bool roca_divisible(const unsigned char *modulus, size_t length)
{
    for (size_t i = 0; i < PRIMES; i++)
        if (remainder_of(modulus, length, primes[i]) == 0)
            return true;
    return false;
}
