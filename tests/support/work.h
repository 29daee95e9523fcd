/* work - handing in batches and looking at what became of them. */
#ifndef TESTS_SUPPORT_WORK_H
#define TESTS_SUPPORT_WORK_H

#include "common/text.h"
#include "tests/support/client.h"

/* --- bodies, one number a line ---------------------------------------------------------------- */

/* The numbers first .. first+count-1. */
void work_add_range(struct text *body, uint64_t first, size_t count);

/* So many times the same number. */
void work_add_repeated(struct text *body, const char *number, size_t count);

/*
 * Digits of a number that keeps a worker busy for a good while: 2^exponent - 1, so prime if known
 * as such.
 */
void work_add_mersenne(struct text *body, unsigned exponent);

/* --- batches ---------------------------------------------------------------------------------- */

/* Hand in lines; the answer must have that status. Returns the batch. The body is freed. */
json_t *work_post(struct primed *service, const char *query, struct text *body, long status);

/* The same for a string. */
json_t *work_post_lines(struct primed *service, const char *query, const char *lines, long status);

/* Parts of a batch document. */
const char *work_id(const json_t *batch);
const char *work_status(const json_t *batch);
int64_t work_count(const json_t *batch, const char *name);

/* The path of a batch, with that behind it. Lives until the service's end. */
const char *work_path(struct primed *service, const char *id, const char *rest);

/* The batch now. */
json_t *work_get(struct primed *service, const char *id);

/* The batch once it has ended. */
json_t *work_await(struct primed *service, const char *id);

/* Wait until at least that many of its numbers have their verdicts, or it has ended. */
json_t *work_await_progress(struct primed *service, const char *id, int64_t finished);

struct work_counts {
    int64_t prime, composite, failed, canceled;
};

/* Fail the test unless the batch was completed, or canceled, with exactly these counts. */
void work_expect(struct primed *service, const json_t *batch, const char *status,
                 struct work_counts counts);

/* Its verdicts (enum verdict), an octet a number; there must be that many. */
const uint8_t *work_verdicts(struct primed *service, const char *id, size_t count);

/* --- truth ------------------------------------------------------------------------------------ */

/* For each of 0 .. count-1 whether it is prime, by a sieve. The caller's to free(). */
bool *work_sieve(size_t count);

/* Fail the test unless the verdicts of first .. first+count-1 are those of the sieve. */
void work_expect_sieved(struct primed *service, const char *id, size_t first, size_t count);

#endif
