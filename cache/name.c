/* SPDX-License-Identifier: MIT */
/*
 * Names are recognised by one automaton. Its step is a load and a shift: each
 * byte has a row that holds, for each state, the next one. Checking a group's
 * thousands of members then costs about what copying them does.
 */
#include "cache/name.h"

#include <stdlib.h>
#include <string.h>

/* States are the numbers of their bits in a row; REJECT is where everything unnamed leads. */
enum {
    REJECT = 0,
    START = 6,
    LOCAL = 12,
    AT = 18,
    LABEL1 = 24,
    HYPHEN1 = 30,
    DOT = 36,
    LABEL = 42,
    HYPHEN = 48
};
#define STATE_BITS 63u

#define FROM(state, next) ((uint64_t)(next) << (state))
#define IN_DOMAIN                                                                         \
    (FROM(AT, LABEL1) | FROM(LABEL1, LABEL1) | FROM(HYPHEN1, LABEL1) | FROM(DOT, LABEL) | \
     FROM(LABEL, LABEL) | FROM(HYPHEN, LABEL))

static const uint64_t rows[256] = {
    ['a' ... 'z'] = FROM(START, LOCAL) | FROM(LOCAL, LOCAL) | IN_DOMAIN,
    ['0' ... '9'] = FROM(LOCAL, LOCAL) | IN_DOMAIN,
    ['_'] = FROM(START, LOCAL) | FROM(LOCAL, LOCAL),
    ['.'] = FROM(LOCAL, LOCAL) | FROM(LABEL1, DOT) | FROM(LABEL, DOT),
    ['-'] = FROM(LOCAL, LOCAL) | FROM(LABEL1, HYPHEN1) | FROM(HYPHEN1, HYPHEN1) |
            FROM(LABEL, HYPHEN) | FROM(HYPHEN, HYPHEN),
    ['@'] = FROM(LOCAL, AT),
};

static unsigned step(unsigned state, char byte)
{
    return (unsigned)(rows[(unsigned char)byte] >> state) & STATE_BITS;
}

/* No stretch between dots longer than a label may be. Only long names need to be asked. */
static bool labels_fit(const char *domain)
{
    size_t label;

    while ((label = strcspn(domain, ".")) <= LABEL_MOST && domain[label])
        domain += label + 1;
    return label <= LABEL_MOST;
}

/* Where the automaton ends that starts in `state`; REJECT for a text longer than `most`. */
static unsigned run(unsigned state, const char *text, size_t most, size_t *length)
{
    for (size_t i = 0; i <= most; i++) {
        if (!text[i]) {
            *length = i;
            return state;
        }
        state = step(state, text[i]);
    }
    return REJECT;
}

/* Behind one letter and the `@` a domain cannot be longer than DOMAIN_MOST in a name that fits. */
_Static_assert(NAME_MOST - 2 <= DOMAIN_MOST, "a name's domain is short enough");

static bool person_fits(const char *name, size_t length)
{
    return length <= LABEL_MOST || (length <= NAME_MOST && labels_fit(strchr(name, '@') + 1));
}

bool name_is_person(const char *name)
{
    size_t length;

    return run(START, name, NAME_MOST, &length) == LABEL && person_fits(name, length);
}

bool name_is_group(const char *name)
{
    size_t length;

    return run(START, name, NAME_MOST, &length) == LOCAL;
}

bool name_is_short(const char *name)
{
    return name_is_group(name) && !name_is_dangerous(name);
}

bool name_fits(const char *name, enum names names)
{
    return names == NAMES_SHORT ? name_is_short(name) : name_is_person(name);
}

bool name_is_domain(const char *domain)
{
    size_t length;

    return run(AT, domain, DOMAIN_MOST, &length) == LABEL && labels_fit(domain);
}

bool name_split_people(char *list, size_t size, char **people, size_t count, enum names names)
{
    const unsigned wanted = names == NAMES_SHORT ? LOCAL : LABEL;
    unsigned state = START;
    char *start = list;
    size_t found = 0, length;
    bool good = true;

    for (size_t i = 0; i < size; i++) {
        if (list[i]) {
            state = step(state, list[i]);
            continue;
        }
        if (found == count)
            return false;
        length = (size_t)(list + i - start);
        good &= state == wanted &&
                (names == NAMES_SHORT ? length <= NAME_MOST : person_fits(start, length));
        people[found++] = start;
        start = list + i + 1;
        state = START;
    }
    return good && found == count && start == list + size;
}

/* Eight bytes at a time: not 0 when one of them is a control byte or `:`. */
static uint64_t bad_among(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word, colons, deletes;

    memcpy(&word, bytes, sizeof word);
    colons = word ^ ones * ':';
    deletes = word ^ ones * 0x7f;
    return (((word - ones * 0x20) & ~word) | ((colons - ones) & ~colons) |
            ((deletes - ones) & ~deletes)) &
           tops;
}

bool name_is_field(const char *text, size_t length)
{
    uint64_t bad = 0;

    if (length >= 8) {
        for (size_t i = 0; i + 8 <= length; i += 8)
            bad |= bad_among(text + i);
        return !(bad | bad_among(text + length - 8));
    }
    for (size_t i = 0; i < length; i++)
        bad |= (unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == ':';
    return !bad;
}

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
