/*
 * verdict - what is known of one number. The values are the octets of the wire format: the first
 * three come from the primality core (enum primality_verdict), the others say why there is no
 * answer.
 */
#ifndef COMMON_VERDICT_H
#define COMMON_VERDICT_H

#include <assert.h>
#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
    VERDICT_COMPOSITE = 0, /* not prime: composite, 0, 1 or negative */
    VERDICT_PRIME = 1,
    VERDICT_PROBABLE_PRIME = 2,
    VERDICT_FAILED = 3,   /* its workers died on it, or went mad, again and again */
    VERDICT_TIMEOUT = 4,  /* it took longer than a number may */
    VERDICT_CANCELED = 5, /* its batch was canceled first */
};
enum { VERDICTS = VERDICT_CANCELED + 1 };

/*
 * Can a verdict have taken so many seconds? Not where a worker, or a damaged disk, left a negative
 * number, an infinite one or none at all; it then counts as 0.
 */
static inline bool verdict_is_time(float seconds)
{
    return seconds >= 0 && seconds <= FLT_MAX;
}

/* How many there are of each verdict, and the seconds they took together. */
struct verdict_sum {
    uint64_t counts[VERDICTS];
    double seconds;
};

/* Add up; what is no verdict counts as failed, and what is no time as 0. */
struct verdict_sum verdict_sum(const uint8_t *verdicts, const float *seconds, size_t count);

#endif
