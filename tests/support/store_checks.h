/*
 * store_checks - what every store must do (server/store/store.h), checked on one that is given,
 * empty.
 *
 * Each fails the test that calls it; none closes the store.
 */
#ifndef TESTS_SUPPORT_STORE_CHECKS_H
#define TESTS_SUPPORT_STORE_CHECKS_H

#include "server/store/store.h"

/* --- tools ------------------------------------------------------------------------------------ */

/* Who owns what nobody owns, without a quota. */
extern const struct store_owner store_nobody;

/* Commit a batch of so many chunks, of so many numbers each, and wait until it is accepted. */
struct batch store_add(struct store *store, uint32_t chunks, uint32_t numbers);

/* Its parts: append so many chunks to a draft, */
void store_fill(struct store *store, struct store_draft *draft, uint32_t chunks, uint32_t numbers);

/* and commit a draft and wait until it is accepted. */
struct batch store_accept(struct store *store, struct store_draft *draft,
                          const struct batch_spec *spec);

/*
 * Post verdicts for a chunk of it: number i of the batch is prime if it is odd, and took i seconds.
 */
struct batch store_post_chunk(struct store *store, const struct batch_id *id, uint32_t index,
                              uint32_t numbers);

/* Fail unless the numbers and verdicts of the batch are those, all of them. */
void store_expect_results(struct store *store, const struct batch_id *id, uint32_t chunks,
                          uint32_t numbers);

/* The batch now; it must be there. */
struct batch store_batch(struct store *store, const struct batch_id *id);

/* --- checks ----------------------------------------------------------------------------------- */

void check_life_of_a_batch(struct store *store);
void check_posting_out_of_order(struct store *store);
void check_posting_twice(struct store *store);
void check_cancelling(struct store *store);
void check_removing(struct store *store);
void check_listing(struct store *store);
void check_metadata(struct store *store);
void check_metadata_counts(struct store *store);
void check_empty_batch(struct store *store);
void check_discarding(struct store *store);
void check_unknown_ids(struct store *store);
void check_locating(struct store *store);
void check_figures(struct store *store);

/* The store's limit is `bytes_max`. */
void check_being_full(struct store *store, uint64_t bytes_max);

/* clang-format off */
/* A test of the suite for each check, on `store`, whose limit is `bytes_max`. */
#define STORE_CHECKS(suite, store, bytes_max) \
    Test(suite, life_of_a_batch) { check_life_of_a_batch(store); } \
    Test(suite, posting_out_of_order) { check_posting_out_of_order(store); } \
    Test(suite, posting_twice) { check_posting_twice(store); } \
    Test(suite, cancelling) { check_cancelling(store); } \
    Test(suite, removing) { check_removing(store); } \
    Test(suite, listing) { check_listing(store); } \
    Test(suite, metadata) { check_metadata(store); } \
    Test(suite, metadata_counts) { check_metadata_counts(store); } \
    Test(suite, empty_batch) { check_empty_batch(store); } \
    Test(suite, discarding) { check_discarding(store); } \
    Test(suite, unknown_ids) { check_unknown_ids(store); } \
    Test(suite, locating) { check_locating(store); } \
    Test(suite, figures) { check_figures(store); } \
    Test(suite, being_full) { check_being_full(store, bytes_max); }
/* clang-format on */

#endif
