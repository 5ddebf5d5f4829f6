/* SPDX-License-Identifier: MIT */
/* Where things are. Each is set by the Makefile from the GNU directory variables. */
#pragma once

#ifndef STATE_DIR
#define STATE_DIR "/var/lib/latchkey"
#endif
#ifndef RUNTIME_DIR
#define RUNTIME_DIR "/run/latchkey"
#endif
#ifndef CONFIG_DIR
#define CONFIG_DIR "/etc/latchkey"
#endif
#ifndef HELPER_PATH
#define HELPER_PATH "/usr/libexec/latchkey/latchkey-login"
#endif
#ifndef DATA_DIR
#define DATA_DIR "/usr/share/latchkey"
#endif
#ifndef LOCAL_PASSWD
#define LOCAL_PASSWD "/etc/passwd"
#endif
#ifndef LOCAL_GROUP
#define LOCAL_GROUP "/etc/group"
#endif
/* What other packages of the host say, which no build of ours moves. */
#define LOGIN_DEFS   "/etc/login.defs"
#define ADDUSER_CONF "/etc/adduser.conf"
#define LOCAL_SUBUID "/etc/subuid"
#define LOCAL_SUBGID "/etc/subgid"
#define PAM_DIR      "/etc/pam.d"
#define PAM_DIR_LIB  "/usr/lib/pam.d"

#define PRIVATE_DIR   STATE_DIR "/private" /* 0700, of the user latchkey */
#define PUBLIC_DIR    STATE_DIR "/public"  /* 0755, of the user latchkey */
#define SNAPSHOT_PATH PUBLIC_DIR "/snapshot"
#define CONFIG_FILE   CONFIG_DIR "/latchkey.conf"
#define CONFIG_DROPS  CONFIG_DIR "/conf.d"
#define NSS_CONF_FILE CONFIG_DIR "/nss.conf" /* what the NSS module takes from root's word alone */
#define CODES_FILE    DATA_DIR "/codes"      /* what Microsoft's numbers mean: latchkey-codes(5) */
#define CODES_OWN     CONFIG_DIR "/codes"    /* the administrator's rows, before those */
#define LOGIN_SOCKET  RUNTIME_DIR "/login.socket"

/* 0700, of the user latchkey: what helpers share when the disk is read-only. */
#define RUNTIME_STATE_DIR RUNTIME_DIR "/state"
