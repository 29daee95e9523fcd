/* store_key_checks - see store_key_checks.h. */
#include "tests/support/store_key_checks.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/store_checks.h"

/* --- tools ------------------------------------------------------------------------------------ */

const struct store_hash *store_key(uint64_t number)
{
    static _Thread_local struct store_hash keys[4];
    static _Thread_local unsigned next;
    struct store_hash *key = &keys[next++ % 4];
    memset(key, 0, sizeof *key);
    memcpy(key->bytes, &number, sizeof number);
    return key;
}

static const struct batch_spec *spec_of(uint64_t key, struct batch_spec *spec)
{
    *spec = (struct batch_spec){.priority = 5, .ttl_s = 3600, .fingerprint = store_key(key)};
    return spec;
}

struct batch store_add_keyed(struct store *store, uint64_t key, uint32_t numbers)
{
    struct store_draft *draft;
    struct store_made made;
    struct batch_spec spec;
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(key), &draft, &made), STORE_OK);
    if (numbers > 0)
        store_fill(store, draft, 1, numbers);
    return store_accept(store, draft, spec_of(key, &spec));
}

void store_expect_known(struct store *store, uint64_t key, const struct batch_id *id)
{
    struct store_draft *draft;
    struct store_made made;
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(key), &draft, &made),
                 STORE_KNOWN);
    cr_expect_eq(batch_id_compare(&made.id, id), 0);
    cr_expect_arr_eq(&made.fingerprint, store_key(key), sizeof made.fingerprint);
}

/* Fail unless the key is free. */
static void expect_free(struct store *store, uint64_t key)
{
    struct store_draft *draft;
    struct store_made made;
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(key), &draft, &made), STORE_OK);
    store_discard(store, draft);
}

/* --- checks ----------------------------------------------------------------------------------- */

void check_key_of_a_draft_and_of_a_batch(struct store *store)
{
    struct store_draft *draft;
    struct store_draft *other;
    struct store_made made;
    struct batch_spec spec;
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(1), &draft, &made), STORE_OK);
    cr_expect_eq(store_begin_owned(store, &store_nobody, store_key(1), &other, &made), STORE_BUSY);
    expect_free(store, 2);
    store_fill(store, draft, 1, 10);
    struct batch batch = store_accept(store, draft, spec_of(1, &spec));
    store_expect_known(store, 1, &batch.id);
    expect_free(store, 2);
    batch = store_post_chunk(store, &batch.id, 0, 10);
    cr_expect_eq(batch.status, BATCH_COMPLETED);
    store_expect_known(store, 1, &batch.id);
    store_add(store, 1, 10);
    store_expect_known(store, 1, &batch.id);
}

void check_key_of_a_discarded_draft(struct store *store)
{
    enum { CHUNKS = 50 }; /* some of them on their way to the disk, if there is one */
    struct store_draft *draft;
    struct store_made made;
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(1), &draft, &made), STORE_OK);
    store_fill(store, draft, CHUNKS, CHUNK_MAX_NUMBERS);
    store_discard(store, draft);
    struct batch batch = store_add_keyed(store, 1, 10);
    store_expect_known(store, 1, &batch.id);
}

void check_key_of_a_removed_batch(struct store *store)
{
    enum { TIMES = 100 };
    for (uint64_t key = 1; key <= TIMES; key++) {
        struct batch batch = store_add_keyed(store, key, key % 2 ? 10 : 0);
        cr_assert_eq(store_remove(store, &batch.id), STORE_OK);
        struct batch next = store_add_keyed(store, key, 10);
        cr_expect_neq(batch_id_compare(&batch.id, &next.id), 0);
        store_expect_known(store, key, &next.id);
    }
    for (uint64_t key = 1; key <= TIMES; key++) {
        struct store_draft *draft;
        struct store_made made;
        cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(key), &draft, &made),
                     STORE_KNOWN);
        cr_expect_eq(store_remove(store, &made.id), STORE_OK);
        expect_free(store, key);
    }
}

struct removal {
    struct store *store;
    struct batch_id id;
};

static void *remove_batch(void *argument)
{
    const struct removal *removal = argument;
    cr_expect_eq(store_remove(removal->store, &removal->id), STORE_OK);
    return NULL;
}

/* From when the batch is gone, nobody may be told that it has the key, however long freeing it takes. */
void check_key_of_a_batch_while_it_is_removed(struct store *store)
{
    enum { TIMES = 20, CHUNKS = 2000 };
    for (int i = 0; i < TIMES; i++) {
        struct store_draft *draft;
        struct store_made made;
        struct batch_spec spec;
        struct batch batch;
        pthread_t thread;
        cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(1), &draft, &made),
                     STORE_OK);
        store_fill(store, draft, CHUNKS, 1);
        struct removal removal = {store, store_accept(store, draft, spec_of(1, &spec)).id};
        cr_assert_eq(pthread_create(&thread, NULL, remove_batch, &removal), 0);
        while (store_get(store, &removal.id, &batch) == STORE_OK)
            ;
        enum store_result result;
        while ((result = store_begin_owned(store, &store_nobody, store_key(1), &draft, &made)) ==
               STORE_BUSY)
            ;
        cr_assert_eq(result, STORE_OK);
        store_discard(store, draft);
        pthread_join(thread, NULL);
    }
}

void check_key_of_an_expired_batch(struct store *store)
{
    struct store_draft *draft;
    struct store_made made;
    struct batch_spec spec = {.ttl_s = 1, .fingerprint = store_key(1)};
    cr_assert_eq(store_begin_owned(store, &store_nobody, store_key(1), &draft, &made), STORE_OK);
    struct batch batch = store_accept(store, draft, &spec);
    store_expect_known(store, 1, &batch.id);
    enum store_result result;
    while ((result = store_begin_owned(store, &store_nobody, store_key(1), &draft, &made)) ==
           STORE_KNOWN)
        usleep(1000);
    cr_assert_eq(result, STORE_OK);
    cr_expect_eq(store_get(store, &batch.id, &batch), STORE_GONE);
    batch = store_accept(store, draft, spec_of(1, &spec));
    store_expect_known(store, 1, &batch.id);
}

void check_keys_count(struct store *store)
{
    struct store_stats before;
    struct store_stats without;
    struct store_stats with;
    store_add(store, 0, 0);
    store_stats(store, &before);
    store_add(store, 0, 0);
    store_stats(store, &without);
    struct batch batch = store_add_keyed(store, 1, 0);
    store_stats(store, &with);
    uint64_t key_bytes = (with.bytes - without.bytes) - (without.bytes - before.bytes);
    cr_expect_geq(key_bytes, 2 * sizeof(struct store_hash));
    cr_expect_leq(key_bytes, 256);
    store_remove(store, &batch.id);
    store_stats(store, &with);
    cr_expect_eq(with.bytes, without.bytes);
}

void check_keys_of_a_full_store(struct store *store)
{
    static uint64_t words[CHUNK_MAX_NUMBERS];
    struct chunk chunk = {.count = CHUNK_MAX_NUMBERS, .words = CHUNK_MAX_NUMBERS, .data = words};
    struct chunk small = {.count = 1, .words = 1, .data = words};
    struct batch batch = store_add_keyed(store, 1, 10);
    struct store_draft *filling;
    struct store_draft *draft;
    struct store_made made;
    cr_assert_eq(store_begin(store, &filling), STORE_OK);
    while (store_append(store, filling, &chunk) == STORE_OK)
        ;
    while (store_append(store, filling, &small) == STORE_OK)
        ;
    cr_expect_eq(store_begin_owned(store, &store_nobody, store_key(2), &draft, &made), STORE_FULL);
    store_expect_known(store, 1, &batch.id);
    store_discard(store, filling);
    expect_free(store, 2);
}

/* --- many threads ----------------------------------------------------------------------------- */

enum { KEYS = 300, THREADS = 8 };

struct contest {
    struct store *store;
    pthread_barrier_t round;
    _Atomic unsigned winners;
};

struct contestant {
    struct contest *contest;
    struct batch_id ids[KEYS];
};

/* For each key make its batch, or wait until another thread has. */
static void *contend(void *argument)
{
    struct contestant *contestant = argument;
    struct contest *contest = contestant->contest;
    for (uint64_t key = 0; key < KEYS; key++) {
        struct store_draft *draft;
        struct store_made made;
        struct batch_spec spec;
        enum store_result result;
        pthread_barrier_wait(&contest->round);
        do
            result =
                store_begin_owned(contest->store, &store_nobody, store_key(key), &draft, &made);
        while (result == STORE_BUSY);
        if (result == STORE_OK) {
            contest->winners++;
            made.id = store_accept(contest->store, draft, spec_of(key, &spec)).id;
        }
        contestant->ids[key] = made.id;
    }
    return NULL;
}

/* The batches are empty, so that they leave memory for the disk, if there is one, at once. */
void check_one_key_and_many_threads(struct store *store)
{
    static struct contestant contestants[THREADS];
    struct contest contest = {.store = store};
    pthread_t threads[THREADS];
    pthread_barrier_init(&contest.round, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        contestants[i].contest = &contest;
        cr_assert_eq(pthread_create(&threads[i], NULL, contend, &contestants[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&contest.round);
    cr_expect_eq(contest.winners, KEYS);
    for (int i = 1; i < THREADS; i++)
        cr_expect_arr_eq(contestants[i].ids, contestants[0].ids, sizeof contestants[0].ids);
    struct store_stats stats;
    store_stats(store, &stats);
    cr_expect_eq(stats.batches[BATCH_COMPLETED], KEYS);
}
