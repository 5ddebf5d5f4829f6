/* SPDX-License-Identifier: MIT */
#pragma once

/* The program's version, and the version of the table of codes in force and where it comes from. */
int version_print(void);
