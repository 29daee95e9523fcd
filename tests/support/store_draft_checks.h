/*
 * store_draft_checks - what every store must do with drafts that are worked on before they are
 * batches (store_draft_numbers(), store_draft_post()), checked on one that is given, empty.
 *
 * Each fails the test that calls it; none closes the store.
 */
#ifndef TESTS_SUPPORT_STORE_DRAFT_CHECKS_H
#define TESTS_SUPPORT_STORE_DRAFT_CHECKS_H

#include "server/store/store.h"

/* Post verdicts for a chunk of a draft, those that store_post_chunk() would post. */
void store_post_draft(struct store *store, struct store_draft *draft, uint32_t index,
                      uint32_t numbers);

void check_numbers_of_a_draft(struct store *store);
void check_verdicts_of_a_draft(struct store *store);
void check_a_draft_that_is_done(struct store *store);
void check_a_draft_of_which_nobody_knows(struct store *store);
void check_discarding_verdicts(struct store *store);
void check_quota_of_a_draft_that_is_worked_on(struct store *store);

/* clang-format off */
/* A test of the suite for each check, on `store`. */
#define STORE_DRAFT_CHECKS(suite, store) \
    Test(suite, numbers_of_a_draft) { check_numbers_of_a_draft(store); } \
    Test(suite, verdicts_of_a_draft) { check_verdicts_of_a_draft(store); } \
    Test(suite, a_draft_that_is_done) { check_a_draft_that_is_done(store); } \
    Test(suite, a_draft_of_which_nobody_knows) { check_a_draft_of_which_nobody_knows(store); } \
    Test(suite, discarding_verdicts) { check_discarding_verdicts(store); } \
    Test(suite, quota_of_a_draft_that_is_worked_on) \
        { check_quota_of_a_draft_that_is_worked_on(store); }
/* clang-format on */

#endif
