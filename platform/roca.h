/* SPDX-License-Identifier: MIT */
/*
 * RSA moduli made by the flawed generator of CVE-2017-15361 (Nemec et al., "The
 * Return of Coppersmith's Attack", ACM CCS 2017). Their primes have the form
 * k * M + (65537^a mod M) with M a product of the first primes, so the modulus
 * itself is a power of 65537 modulo each of those primes. Other moduli pass for
 * such with a chance below one in 2^27.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* `modulus` is big-endian. */
bool roca_weak(const unsigned char *modulus, size_t length);
/* Whether one of the same small primes divides it, which no honest modulus allows. */
bool roca_divisible(const unsigned char *modulus, size_t length);
