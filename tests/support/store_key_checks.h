/*
 * store_key_checks - what every store must do with keys (store_begin_owned()), checked on one that
 * is given, empty.
 *
 * Each fails the test that calls it; none closes the store.
 */
#ifndef TESTS_SUPPORT_STORE_KEY_CHECKS_H
#define TESTS_SUPPORT_STORE_KEY_CHECKS_H

#include "server/store/store.h"

/* --- tools ------------------------------------------------------------------------------------ */

/* A key, another for each number, and so for fingerprints; valid until the fourth call after it. */
const struct store_hash *store_key(uint64_t number);

/*
 * Commit a batch of so many numbers (0: it has ended) under that key, the fingerprint being that of
 * the same number, and wait until it is accepted.
 */
struct batch store_add_keyed(struct store *store, uint64_t key, uint32_t numbers);

/* Fail unless the key is known as that of the batch. */
void store_expect_known(struct store *store, uint64_t key, const struct batch_id *id);

/* --- checks ----------------------------------------------------------------------------------- */

void check_key_of_a_draft_and_of_a_batch(struct store *store);
void check_key_of_a_discarded_draft(struct store *store);
void check_key_of_a_removed_batch(struct store *store);
void check_key_of_a_batch_while_it_is_removed(struct store *store);
void check_key_of_an_expired_batch(struct store *store);
void check_keys_count(struct store *store);
void check_keys_of_a_full_store(struct store *store);
void check_one_key_and_many_threads(struct store *store);

/* clang-format off */
/* A test of the suite for each check, on `store`. */
#define STORE_KEY_CHECKS(suite, store) \
    Test(suite, key_of_a_draft_and_of_a_batch) { check_key_of_a_draft_and_of_a_batch(store); } \
    Test(suite, key_of_a_discarded_draft) { check_key_of_a_discarded_draft(store); } \
    Test(suite, key_of_a_removed_batch) { check_key_of_a_removed_batch(store); } \
    Test(suite, key_of_a_batch_while_it_is_removed) \
        { check_key_of_a_batch_while_it_is_removed(store); } \
    Test(suite, key_of_an_expired_batch) { check_key_of_an_expired_batch(store); } \
    Test(suite, keys_count) { check_keys_count(store); } \
    Test(suite, keys_of_a_full_store) { check_keys_of_a_full_store(store); } \
    Test(suite, one_key_and_many_threads) { check_one_key_and_many_threads(store); }
/* clang-format on */

#endif
