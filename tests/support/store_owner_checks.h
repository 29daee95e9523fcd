/*
 * store_owner_checks - what every store must do with owners (store_begin_owned()), checked on one
 * that is given, empty.
 *
 * Each fails the test that calls it; none closes the store.
 */
#ifndef TESTS_SUPPORT_STORE_OWNER_CHECKS_H
#define TESTS_SUPPORT_STORE_OWNER_CHECKS_H

#include "server/store/store.h"

/* Begin a draft of that owner's, who may have any number of numbers queued. */
struct store_draft *store_begin_of(struct store *store, const char *owner);

/* Commit a batch of that owner's, of so many chunks of so many numbers, and wait until it is in. */
struct batch store_add_of(struct store *store, const char *owner, uint32_t chunks,
                          uint32_t numbers);

/* Fail unless the owner has that many numbers queued, each of a nanosecond's estimated work. */
void store_expect_queued(struct store *store, const char *owner, uint64_t numbers);

void check_owners_of_batches(struct store *store);
void check_listing_of_an_owner(struct store *store);
void check_what_is_queued(struct store *store);
void check_quotas(struct store *store);
void check_quota_of_cost(struct store *store);
void check_quota_and_repeats(struct store *store);

/* clang-format off */
/* A test of the suite for each check, on `store`. */
#define STORE_OWNER_CHECKS(suite, store) \
    Test(suite, owners_of_batches) { check_owners_of_batches(store); } \
    Test(suite, listing_of_an_owner) { check_listing_of_an_owner(store); } \
    Test(suite, what_is_queued) { check_what_is_queued(store); } \
    Test(suite, quotas) { check_quotas(store); } \
    Test(suite, quota_of_cost) { check_quota_of_cost(store); } \
    Test(suite, quota_and_repeats) { check_quota_and_repeats(store); }
/* clang-format on */

#endif
