/* store_owner_checks - see store_owner_checks.h. */
#include "tests/support/store_owner_checks.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/store_checks.h"
#include "tests/support/store_key_checks.h"

/* --- tools ------------------------------------------------------------------------------------ */

static const struct batch_spec spec = {.priority = 5, .ttl_s = 3600};

/* An owner who may have so much, and of whom nothing is known beforehand. */
static struct store_owner owner_of(const char *name, uint64_t numbers, uint64_t cost_ns)
{
    return (struct store_owner){.name = name, .quota = {numbers, cost_ns}};
}

struct store_draft *store_begin_of(struct store *store, const char *owner)
{
    struct store_draft *draft;
    struct store_owner any = owner_of(owner, UINT64_MAX, UINT64_MAX);
    cr_assert_eq(store_begin_owned(store, &any, NULL, &draft, NULL), STORE_OK);
    return draft;
}

struct batch store_add_of(struct store *store, const char *owner, uint32_t chunks, uint32_t numbers)
{
    struct store_draft *draft = store_begin_of(store, owner);
    store_fill(store, draft, chunks, numbers);
    return store_accept(store, draft, &spec);
}

static struct store_usage usage_of(struct store *store, const char *owner)
{
    struct store_usage usage;
    store_usage(store, owner, &usage);
    return usage;
}

void store_expect_queued(struct store *store, const char *owner, uint64_t numbers)
{
    struct store_usage usage = usage_of(store, owner);
    cr_expect_eq(usage.queued.numbers, numbers, "%s has %llu queued, not %llu", owner,
                 (unsigned long long)usage.queued.numbers, (unsigned long long)numbers);
    cr_expect_eq(usage.queued.cost_ns, numbers);
}

/* Append a chunk of that many numbers and that cost. */
static enum store_result append(struct store *store, struct store_draft *draft, uint32_t numbers,
                                uint64_t cost_ns)
{
    static const uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = {.count = numbers, .words = numbers, .cost_ns = cost_ns, .data = words};
    return store_append(store, draft, &chunk);
}

/* --- checks ----------------------------------------------------------------------------------- */

void check_owners_of_batches(struct store *store)
{
    static const char longest[] = "a-name-of-thirty-two-characters.";
    static const char *const names[] = {"alice", "", longest};
    cr_assert_eq(sizeof longest, BATCH_OWNER_SIZE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct batch made = store_add_of(store, names[i], 1, 10);
        cr_expect_str_eq(made.owner, names[i]);
        cr_expect_str_eq(store_batch(store, &made.id).owner, names[i]);
        cr_expect_str_eq(store_post_chunk(store, &made.id, 0, 10).owner, names[i]);
        cr_expect_str_eq(store_batch(store, &made.id).owner, names[i]);
        cr_assert_eq(store_remove(store, &made.id), STORE_OK);
        struct batch gone = {.owner = "?"};
        cr_expect_eq(store_get(store, &made.id, &gone), STORE_GONE);
        cr_expect_str_eq(gone.owner, names[i]);
    }
}

void check_listing_of_an_owner(struct store *store)
{
    enum { EACH = 5 };
    static const char *const names[] = {"alice", "bob", ""};
    struct batch made[3][EACH];
    struct batch page[3 * EACH];
    for (int i = 0; i < EACH; i++)
        for (int who = 0; who < 3; who++)
            made[who][i] = store_add_of(store, names[who], 1, 10);
    store_post_chunk(store, &made[0][2].id, 0, 10);
    store_post_chunk(store, &made[1][3].id, 0, 10);
    cr_expect_eq(store_list(store, NULL, NULL, -1, page, 3 * EACH), 3 * EACH);
    for (int who = 0; who < 2; who++) {
        cr_assert_eq(store_list(store, names[who], NULL, -1, page, 3 * EACH), EACH);
        for (int i = 0; i < EACH; i++)
            cr_expect_eq(batch_id_compare(&page[i].id, &made[who][EACH - 1 - i].id), 0);
        cr_expect_eq(store_list(store, names[who], NULL, BATCH_COMPLETED, page, EACH), 1);
        cr_expect_eq(store_list(store, names[who], NULL, BATCH_QUEUED, page, EACH), EACH - 1);
        cr_expect_eq(store_list(store, names[who], &made[who][2].id, -1, page, EACH), 2);
        cr_expect_eq(store_list(store, names[who], NULL, -1, page, 2), 2);
    }
    cr_expect_eq(store_list(store, "carol", NULL, -1, page, EACH), 0);
}

/* What is queued is what was received and has no verdict, wherever it goes from there. */
void check_what_is_queued(struct store *store)
{
    store_expect_queued(store, "alice", 0);
    struct store_draft *draft = store_begin_of(store, "alice");
    store_expect_queued(store, "alice", 0);
    store_fill(store, draft, 3, 10);
    store_expect_queued(store, "alice", 30);
    store_discard(store, draft);
    store_expect_queued(store, "alice", 0);

    struct batch bobs = store_add_of(store, "bob", 1, 7);
    struct batch first = store_add_of(store, "alice", 3, 10);
    struct batch second = store_add_of(store, "alice", 2, 10);
    store_expect_queued(store, "alice", 50);
    store_expect_queued(store, "bob", 7);
    struct store_usage usage = usage_of(store, "alice");
    cr_expect_eq(usage.batches[BATCH_QUEUED], 2);
    cr_expect_eq(usage.oldest_queued_ns, first.created_ns);
    cr_assert_eq(store_start(store, &first.id, &first), STORE_OK);
    cr_expect_eq(usage_of(store, "alice").oldest_queued_ns, second.created_ns);
    store_post_chunk(store, &first.id, 1, 10);
    store_expect_queued(store, "alice", 40);
    store_post_chunk(store, &first.id, 1, 10);
    store_expect_queued(store, "alice", 40);
    cr_assert_eq(store_cancel(store, &first.id, &first), STORE_OK);
    cr_assert_eq(store_drop(store, &first.id, 2, &first), STORE_OK);
    store_expect_queued(store, "alice", 30);
    store_post_chunk(store, &first.id, 0, 10);
    store_expect_queued(store, "alice", 20);
    cr_expect_eq(usage_of(store, "alice").batches[BATCH_CANCELED], 1);
    store_post_chunk(store, &second.id, 0, 10);
    cr_assert_eq(store_remove(store, &second.id), STORE_OK);
    store_expect_queued(store, "alice", 0);
    cr_assert_eq(store_remove(store, &first.id), STORE_OK);
    usage = usage_of(store, "alice");
    for (int i = 0; i < BATCH_STATUSES; i++)
        cr_expect_eq(usage.batches[i], 0);
    store_expect_queued(store, "bob", 7);
    cr_expect_eq(usage_of(store, "bob").batches[BATCH_QUEUED], 1);
    store_post_chunk(store, &bobs.id, 0, 7);
    store_expect_queued(store, "bob", 0);
}

void check_quotas(struct store *store)
{
    struct store_draft *first;
    struct store_draft *second;
    struct store_draft *none;
    struct store_owner alice = owner_of("alice", 30, UINT64_MAX);
    struct store_owner bob = owner_of("bob", 30, UINT64_MAX);

    /* Drafts count while they come, not only once they are batches. */
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &first, NULL), STORE_OK);
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &second, NULL), STORE_OK);
    cr_expect_eq(append(store, first, 20, 20), STORE_OK);
    cr_expect_eq(append(store, second, 11, 11), STORE_OVER_QUOTA);
    cr_expect_eq(append(store, second, 31, 31), STORE_BEYOND_QUOTA);
    cr_expect_eq(append(store, second, 10, 10), STORE_OK);
    cr_expect_eq(append(store, first, 11, 11), STORE_BEYOND_QUOTA);
    cr_expect_eq(store_begin_owned(store, &alice, NULL, &none, NULL), STORE_OVER_QUOTA);
    cr_assert_eq(store_begin_owned(store, &bob, NULL, &none, NULL), STORE_OK);
    store_discard(store, none);

    /* What has its verdict, or was given up, makes room. */
    struct batch batch = store_accept(store, first, &spec);
    store_discard(store, second);
    store_expect_queued(store, "alice", 20);
    alice.expected.numbers = 11;
    cr_expect_eq(store_begin_owned(store, &alice, NULL, &none, NULL), STORE_OVER_QUOTA);
    alice.expected.numbers = 31;
    cr_expect_eq(store_begin_owned(store, &alice, NULL, &none, NULL), STORE_BEYOND_QUOTA);
    store_post_chunk(store, &batch.id, 0, 20);
    alice.expected.numbers = 30;
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &first, NULL), STORE_OK);
    cr_expect_eq(append(store, first, 30, 30), STORE_OK);
    store_discard(store, first);

    struct store_owner idle = owner_of("idle", 0, UINT64_MAX);
    cr_expect_eq(store_begin_owned(store, &idle, NULL, &none, NULL), STORE_BEYOND_QUOTA);
}

void check_quota_of_cost(struct store *store)
{
    struct store_draft *draft;
    struct store_owner alice = owner_of("alice", UINT64_MAX, 1000);
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &draft, NULL), STORE_OK);
    cr_expect_eq(append(store, draft, 1, 1001), STORE_BEYOND_QUOTA);
    cr_expect_eq(append(store, draft, 1, 600), STORE_OK);
    struct batch batch = store_accept(store, draft, &spec);
    cr_assert_eq(store_begin_owned(store, &alice, NULL, &draft, NULL), STORE_OK);
    cr_expect_eq(append(store, draft, 1, 401), STORE_OVER_QUOTA);
    cr_expect_eq(append(store, draft, 1, 400), STORE_OK);
    store_post_chunk(store, &batch.id, 0, 1);
    cr_expect_eq(append(store, draft, 1, 600), STORE_OK);
    store_discard(store, draft);
    cr_expect_eq(usage_of(store, "alice").queued.cost_ns, 0);
}

/* Who asks again for what there is gets it, whatever else may be queued. */
void check_quota_and_repeats(struct store *store)
{
    struct store_draft *draft;
    struct store_made made;
    struct store_owner alice = owner_of("alice", 10, UINT64_MAX);
    struct batch_spec keyed = {.priority = 5, .ttl_s = 3600, .fingerprint = store_key(1)};
    cr_assert_eq(store_begin_owned(store, &alice, store_key(1), &draft, &made), STORE_OK);
    cr_expect_eq(append(store, draft, 10, 1), STORE_OK);
    struct batch batch = store_accept(store, draft, &keyed);
    cr_expect_eq(store_begin_owned(store, &alice, store_key(2), &draft, &made), STORE_OVER_QUOTA);
    cr_expect_eq(store_begin_owned(store, &alice, store_key(1), &draft, &made), STORE_KNOWN);
    cr_expect_eq(batch_id_compare(&made.id, &batch.id), 0);
    store_post_chunk(store, &batch.id, 0, 10);
    cr_assert_eq(store_begin_owned(store, &alice, store_key(2), &draft, &made), STORE_OK,
                 "the key is free after the refusal");
    store_discard(store, draft);
}
