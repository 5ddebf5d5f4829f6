/* SPDX-License-Identifier: MIT */
#include "cache/name.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
/* Sorted. What Debian, Ubuntu, Fedora and Arch give to the system, to devices and to services. */
static const char *const dangerous[] = {
    "adm", "admin", "apache", "audio", "avahi", "backup", "bin", "bind", "bluetooth", "cdrom",
    "ceph", "chrony", "colord", "containerd", "crontab", "cups", "daemon", "dbus", "dialout",
    "dip", "disk", "dnsmasq", "docker", "etcd", "fax", "floppy", "ftp", "games", "gdm", "geoclue",
    "gnats", "halt", "incus", "input", "irc", "kmem", "kubelet", "kvm", "latchkey", "lightdm",
    "list", "lp", "lpadmin", "lxc", "lxd", "mail", "man", "messagebus", "munge", "mysql", "named",
    "netdev", "news", "nfsnobody", "nginx", "nobody", "nogroup", "nslcd", "ntp", "operator",
    "optical", "pcscd", "plugdev", "podman", "polkit", "polkitd", "postdrop", "postfix",
    "postgres", "power", "proxy", "redis", "render", "root", "rtkit", "sambashare", "saned",
    "scanner", "sddm", "sgx", "shadow", "shutdown", "src", "ssh", "sshd", "ssl-cert", "sssd",
    "staff", "statd", "storage", "sudo", "sudoers", "sync", "sys", "syslog", "systemd", "tape",
    "tcpdump", "toor", "tss", "tty", "unbound", "usbmux", "users", "utmp", "uucp", "uuidd",
    "vboxsf", "vboxusers", "video", "voice", "wheel", "wireshark", "www-data",
};
/* clang-format on */
static const char *const dangerous_families[] = {"systemd-", "libvirt"};

static int compare(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

bool name_is_dangerous(const char *name)
{
    for (size_t i = 0; i < sizeof dangerous_families / sizeof dangerous_families[0]; i++)
        if (strncmp(name, dangerous_families[i], strlen(dangerous_families[i])) == 0 &&
            !strchr(name, '@'))
            return true;
    return bsearch(name, dangerous, sizeof dangerous / sizeof dangerous[0], sizeof dangerous[0],
                   compare) != NULL;
}
