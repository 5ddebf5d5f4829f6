/* SPDX-License-Identifier: MIT */
/*
 * The id that a person or group gets unless somebody else has it already: a hash,
 * so that hosts which have never met agree. libc only, because the NSS module
 * will have to know the id of somebody before the store does.
 *
 * Never to be changed: h = FNV-1a (64 bits) over `kind`, issuer and label, each with its NUL;
 * then MurmurHash3's 64-bit finaliser; then h mod the size of the window
 * (cache/id_window.h), counted from its least id.
 * Collisions, by chance or made on purpose, are no more than a longer search in
 * the store (cache/ids.h), which alone makes ids unique.
 */
#pragma once

#include <stdint.h>

/* For a person `kind` is "person" and `label` the name; for a group "group" and the object id. */
uint32_t first_id(const char *kind, const char *issuer, const char *label) __attribute__((nonnull));
/* The next one in the window; after the last comes the first. */
uint32_t next_id(uint32_t id);
