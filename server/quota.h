/*
 * quota - how much one client may ask of the service: requests in a span of time, and work queued.
 *
 * As text, in options and in the file of tokens, each of the three may be `any`:
 *
 *   requests   N/s, N/m, N/h or N/d (N alone: N/s): so many in any such span, all of which may come
 *              at once; more than that wait for the span to pass
 *   numbers    that many numbers accepted, or being received, that have no verdict yet
 *   cost       a time: the estimated work of those numbers, each taken for a prime and tested by one
 *              worker (primality_cost_ns())
 */
#ifndef SERVER_QUOTA_H
#define SERVER_QUOTA_H

#include <stdint.h>

#include "server/pace.h"
#include "server/store/store.h"

#define QUOTA_ANY UINT64_MAX

struct quota {
    uint64_t requests; /* in any period; QUOTA_ANY: no bound */
    int64_t period_ns;
    struct store_work queued; /* at once; QUOTA_ANY: no bound */
};

/* Everything is allowed. */
extern const struct quota quota_unlimited;

/*
 * Set the part of that name ("requests", "numbers", "cost") from its text. NULL, or what the text
 * should have been; "the name of a quota" where there is no such part.
 */
const char *quota_read(struct quota *quota, const char *name, const char *text);

/*
 * May a request come at that monotonic time? 0, and it is counted; or, and it is not, the
 * nanoseconds until one may. `pace` is zero at first and belongs to whoever has the quota.
 */
int64_t quota_admit(const struct quota *quota, struct pace *pace, int64_t now_ns);

#endif
