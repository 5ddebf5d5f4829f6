/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_write.h"

#include "base/own.h"
#include "cache/name.h"
#include "cache/snapshot_build.h"

void *growing_add(struct growing *growing, size_t size)
{
    size_t needed = growing->size + size + SNAPSHOT_LINE;
    void *added;

    if (needed > growing->room) {
        size_t room = needed + needed / 2;
        unsigned char *bytes = realloc(growing->bytes, room);

        if (!bytes)
            return NULL;
        growing->bytes = bytes;
        growing->room = room;
    }
    added = growing->bytes + growing->size;
    memset(added, 0, size + SNAPSHOT_LINE);
    growing->size += size;
    return added;
}

bool snapshot_builder_new(struct snapshot_builder **made, struct error *why)
{
    struct snapshot_builder *builder = calloc(1, sizeof *builder);

    if (!builder)
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    *made = builder;
    return true;
}

void snapshot_builder_names(struct snapshot_builder *builder, enum names names, uint32_t domain)
{
    builder->names = names;
    builder->domain = domain;
}

void snapshot_builder_release(struct snapshot_builder *builder)
{
    if (!builder)
        return;
    free(builder->people.bytes);
    free(builder->group_names.bytes);
    free(builder->groups.bytes);
    gid_index_release(&builder->gids);
    free(builder);
}

bool snapshot_add_group(struct snapshot_builder *builder, uint32_t gid, const char *name,
                        struct error *why)
{
    struct built_group *group;
    size_t length = strnlen(name, NAME_MOST + 1);
    char *text;

    if (!id_is_ours(gid))
        return error_set(why, ERROR_MALFORMED, "snapshot: gid %u is not in our window", gid);
    if (!name_is_group(name) || name_is_dangerous(name))
        return error_set(why, ERROR_MALFORMED, "snapshot: the group of gid %u may not be named so",
                         gid);
    group = growing_add(&builder->groups, sizeof *group);
    text = group ? growing_add(&builder->group_names, length + 1) : NULL;
    if (!text || !gid_index_add(&builder->gids, gid))
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    memcpy(text, name, length);
    *group = (struct built_group){
        .gid = gid, .name = (uint32_t)length, .name_at = builder->group_names.size - length - 1};
    builder->group_count++;
    return true;
}

size_t snapshot_known_gids(const struct snapshot_builder *builder, uint32_t *gids, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t gid = gids[i];

        gids[kept] = gid;
        kept += gid_index_find(&builder->gids, gid) != 0;
    }
    return kept;
}

struct field {
    const char *name, *text;
    bool path;
};

static bool check_field(const struct field *field, struct error *why)
{
    size_t length = strnlen(field->text, SNAPSHOT_TEXT_MOST + 1);

    if (length > SNAPSHOT_TEXT_MOST || !name_is_field(field->text, length))
        return error_set(why, ERROR_MALFORMED, "snapshot: %s is too long or has bytes it may not",
                         field->name);
    if (field->path && field->text[0] != '/')
        return error_set(why, ERROR_MALFORMED, "snapshot: %s must start with /", field->name);
    return true;
}

static bool check_person(enum names names, uint32_t uid, const char *name, const char *gecos,
                         const char *home, const char *shell, struct error *why)
{
    const struct field fields[] = {
        {"gecos", gecos, false}, {"home", home, true}, {"shell", shell, true}};

    if (!id_is_ours(uid))
        return error_set(why, ERROR_MALFORMED, "snapshot: uid %u is not in our window", uid);
    if (!name_fits(name, names))
        return error_set(why, ERROR_MALFORMED, "snapshot: uid %u may not be named so", uid);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!check_field(&fields[i], why))
            return error_context(why, "uid %u", uid);
    return true;
}

static unsigned char *put_text(unsigned char *at, const char *text, uint16_t length)
{
    memcpy(at, text, (size_t)length + 1);
    return at + length + 1;
}

bool snapshot_add_person(struct snapshot_builder *builder, uint32_t uid, const char *name,
                         const char *gecos, const char *home, const char *shell,
                         const uint32_t *gids, size_t count, struct error *why)
{
    struct snapshot_person_record record;
    unsigned char *start, *at;
    size_t texts, size;

    if (!check_person(builder->names, uid, name, gecos, home, shell, why))
        return false;
    if (count > UINT32_MAX / 4)
        return error_set(why, ERROR_MALFORMED, "snapshot: uid %u has too many groups", uid);
    record = (struct snapshot_person_record){.name = (uint16_t)strlen(name),
                                             .gecos = (uint16_t)strlen(gecos),
                                             .home = (uint16_t)strlen(home),
                                             .shell = (uint16_t)strlen(shell)};
    texts = (size_t)record.name + record.gecos + record.home + record.shell + 4;
    size = sizeof record + snapshot_round_up(texts, 4) + count * 4;
    start = growing_add(&builder->people, snapshot_round_up(size, SNAPSHOT_UNIT));
    if (!start)
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    at = put_text(start + sizeof record, name, record.name);
    at = put_text(at, gecos, record.gecos);
    at = put_text(at, home, record.home);
    put_text(at, shell, record.shell);
    at = start + sizeof record + snapshot_round_up(texts, 4);
    for (size_t i = 0; i < count; i++)
        memcpy(at + i * 4, &(uint32_t){htole32(gids[i])}, 4);
    record = (struct snapshot_person_record){htole32(uid),         htole32((uint32_t)count),
                                             htole16(record.name), htole16(record.gecos),
                                             htole16(record.home), htole16(record.shell)};
    memcpy(start, &record, sizeof record);
    builder->people_count++;
    builder->memberships += count;
    return true;
}
