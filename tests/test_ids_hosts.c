/* SPDX-License-Identifier: MIT */
/*
 * Hosts that have never met: the same people come to each in another order. `test_ids_hosts COUNT`
 * for more people than the few thousand of a quick run.
 */
#include "cache/first_id.h"
#include "cache/ids.h"
#include "cache/store_internal.h"
#include "tests/place.h"

#include <nss.h>

#define ISSUER "https://login.example"
#define HOSTS  2
#define BATCH  1000u /* people in one transaction */
#define SMALL  ((struct id_window){.least = 20000, .most = 20999})

static unsigned people = 2000;
static struct local *nobody;

static struct host {
    struct place place;
    struct store *store;
    uint32_t *ids; /* of each person */
} hosts[HOSTS];

/* So many names that of them about as many as `people` share their first id with another one. */
static unsigned candidates(void)
{
    uint64_t wanted = ((uint64_t)people << 28) / 10 * 11, root = 1;

    while (root * root < wanted)
        root += 1 + root / 64;
    return (unsigned)root;
}

static int begin(void **state)
{
    struct error why;

    (void)state;
    for (size_t i = 0; i < HOSTS; i++) {
        place_make(&hosts[i].place);
        hosts[i].store = place_store(&hosts[i].place);
        hosts[i].ids = calloc(candidates(), sizeof *hosts[i].ids);
        if (!hosts[i].ids)
            return -1;
    }
    return !local_read("/nonexistent", "/nonexistent", &nobody, &why);
}

static int end(void **state)
{
    (void)state;
    id_window_use(ID_WINDOW_PRESET);
    local_release(nobody);
    for (size_t i = 0; i < HOSTS; i++) {
        store_close(hosts[i].store);
        place_remove(&hosts[i].place);
        free(hosts[i].ids);
    }
    return 0;
}

static void name_of(unsigned number, char name[32])
{
    snprintf(name, 32, "p%u@contoso.example", number);
}

static uint32_t first_of(unsigned number)
{
    char name[32];

    name_of(number, name);
    return first_id("person", ISSUER, name);
}

static bool enrol(struct host *host, unsigned number)
{
    char name[32], object[16];
    struct account account;
    struct id_choice choice;
    struct error why = {0};
    bool lost;

    name_of(number, name);
    snprintf(object, sizeof object, "o%u", number);
    account = account_of(object);
    memcpy(account.issuer, ISSUER, sizeof ISSUER);
    if (!ids_choose(host->store, nobody, ID_PERSON, &account, name, NULL, 0, &choice, &why))
        return false;
    if (!ids_bind(host->store, ID_PERSON, &account, 1, &choice, &lost, &why) || lost)
        fail_msg("%s is lost: %s", name, why.text);
    host->ids[number] = choice.id;
    return true;
}

/* In any order that is a step through all numbers. */
static unsigned enrol_all(struct host *host, const unsigned *numbers, size_t count, size_t step)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct error why;
    unsigned done = 0;

    for (size_t i = 0; i < count; i++) {
        if (!transaction.db)
            assert_true(transaction_write(&transaction, host->store, &why));
        done += enrol(host, numbers[i * step % count]);
        if (i % BATCH == BATCH - 1 || i == count - 1)
            assert_true(transaction_commit(&transaction, &why));
    }
    return done;
}

static int id_order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

static void expect_unique(const uint32_t *ids, const unsigned *numbers, size_t count)
{
    OWNED(free_memory) uint32_t *sorted = calloc(count, sizeof *sorted);
    struct id_window window = id_window();

    assert_non_null(sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = ids[numbers[i]];
    qsort(sorted, count, sizeof *sorted, id_order);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(sorted[i], window.least, window.most);
        if (i && sorted[i] == sorted[i - 1])
            fail_msg("%u is two people's", sorted[i]);
    }
}

static unsigned *numbers_below(size_t count)
{
    unsigned *numbers = calloc(count, sizeof *numbers);

    assert_non_null(numbers);
    for (unsigned i = 0; i < count; i++)
        numbers[i] = i;
    return numbers;
}

/* A prime is a step through all of any count that it does not divide. */
#define OTHER_ORDER 1000003u

/*
 * Who does not have the first id has met somebody: each id from the first one up to hers is
 * somebody's. All others have the same id everywhere.
 */
static void expect_first_unless_met(const struct host *host, const unsigned *numbers, size_t count)
{
    OWNED(free_memory) uint32_t *sorted = calloc(count + 1, sizeof *sorted);

    assert_non_null(sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = host->ids[numbers[i]];
    qsort(sorted, count, sizeof *sorted, id_order);
    for (size_t i = 0; i < count; i++)
        for (uint32_t id = first_of(numbers[i]); id != host->ids[numbers[i]]; id = next_id(id))
            assert_non_null(bsearch(&id, sorted, count, sizeof id, id_order));
}

static void hosts_that_never_met_give_the_same_ids(void **state)
{
    OWNED(free_memory) unsigned *numbers = numbers_below(people);
    unsigned differ = 0;

    (void)state;
    assert_int_equal(enrol_all(&hosts[0], numbers, people, 1), people);
    assert_int_equal(enrol_all(&hosts[1], numbers, people, OTHER_ORDER), people);
    for (size_t i = 0; i < HOSTS; i++) {
        expect_unique(hosts[i].ids, numbers, people);
        expect_first_unless_met(&hosts[i], numbers, people);
    }
    for (unsigned i = 0; i < people; i++)
        differ += hosts[0].ids[i] != hosts[1].ids[i];
    /* About n * n / 2^29 pairs meet. */
    assert_in_range(differ, 0, 20 + (uint64_t)people * people / (1u << 27));
}

static int pair_order(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

/* The numbers of those names, all that share an id side by side, as somebody could who chooses names. */
static size_t collect_colliders(unsigned count, unsigned *numbers)
{
    OWNED(free_memory) uint64_t *all = calloc(count + 2, sizeof *all);
    size_t found = 0;

    assert_non_null(all);
    for (unsigned i = 0; i < count; i++)
        all[i + 1] = (uint64_t)first_of(i) << 32 | i;
    qsort(all + 1, count, sizeof *all, pair_order);
    for (size_t i = 1; i <= count; i++)
        if (all[i] >> 32 == all[i - 1] >> 32 || all[i] >> 32 == all[i + 1] >> 32)
            numbers[found++] = (unsigned)all[i];
    return found;
}

/* Whoever comes first has the first id, where no probe from the ids before has come that far. */
static void expect_first_come(const struct host *host, const unsigned *order, size_t count)
{
    size_t first_comers = 0, kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t first = first_of(order[i]);

        if (i && first == first_of(order[i - 1]))
            continue;
        first_comers++;
        kept += host->ids[order[i]] == first;
    }
    assert_in_range(kept, first_comers - first_comers / 50, first_comers);
}

static void names_made_to_collide_get_ids_of_their_own(void **state)
{
    const unsigned most = candidates();
    OWNED(free_memory) unsigned *forth = numbers_below(most), *back = numbers_below(most);
    size_t count = collect_colliders(most, forth);

    (void)state;
    assert_in_range(count, people, most);
    for (size_t i = 0; i < count; i++)
        back[i] = forth[count - 1 - i];
    for (size_t i = 0; i < HOSTS; i++) {
        const unsigned *order = i ? back : forth;

        assert_int_equal(enrol_all(&hosts[i], order, count, 1), count);
        expect_unique(hosts[i].ids, order, count);
        expect_first_unless_met(&hosts[i], order, count);
        expect_first_come(&hosts[i], order, count);
    }
}

/* Nearly everybody collides here, and the last ones search through the whole ring. */
static void a_window_is_used_up_to_its_last_id_and_no_further(void **state)
{
    const size_t room = SMALL.most - SMALL.least + 1;
    OWNED(free_memory) unsigned *numbers = numbers_below(room + 1);

    (void)state;
    id_window_use(SMALL);
    for (size_t i = 0; i < HOSTS; i++) {
        assert_int_equal(enrol_all(&hosts[i], numbers, room, i ? OTHER_ORDER : 1), room);
        expect_unique(hosts[i].ids, numbers, room);
        assert_int_equal(enrol_all(&hosts[i], &numbers[room], 1, 1), 0);
    }
}

/* As two windows of one host: the id that was given stays the person's. */
static void ids_that_were_given_stay_when_the_window_grows(void **state)
{
    OWNED(free_memory) unsigned *numbers = numbers_below(500);
    uint32_t before[500];

    (void)state;
    id_window_use(SMALL);
    assert_int_equal(enrol_all(&hosts[0], numbers, 500, 1), 500);
    memcpy(before, hosts[0].ids, sizeof before);
    id_window_use((struct id_window){.least = SMALL.least - 5000, .most = SMALL.most + 5000});
    for (unsigned i = 0; i < 500; i++) {
        char object[16];
        struct account account;
        struct id_choice choice = {0};
        struct error why = {0};

        snprintf(object, sizeof object, "o%u", i);
        account = account_of(object);
        memcpy(account.issuer, ISSUER, sizeof ISSUER);
        assert_true(ids_choose(hosts[0].store, nobody, ID_PERSON, &account, "other@contoso.example",
                               NULL, 0, &choice, &why));
        assert_true(choice.bound);
        assert_int_equal(choice.id, before[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int count, char **arguments)
{
    static const struct CMUnitTest tests[] = {
        TEST(hosts_that_never_met_give_the_same_ids),
        TEST(names_made_to_collide_get_ids_of_their_own),
        TEST(a_window_is_used_up_to_its_last_id_and_no_further),
        TEST(ids_that_were_given_stay_when_the_window_grows),
    };

    if (count > 1)
        people = (unsigned)strtoul(arguments[1], NULL, 10);
    /* The local files are all that is asked: what else this machine has takes its time. */
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    return check_main("ids_hosts", tests);
}
