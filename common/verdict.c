/* verdict - sums over many. See verdict.h. */
#include "common/verdict.h"

enum {
    LANE_BITS = 8,
    LANE_MAX = (1 << LANE_BITS) - 1,
    SUMS = 4, /* of seconds, side by side: an addition need not wait for the one before */
};
static_assert(VERDICTS * LANE_BITS <= 64, "a word has a lane for each verdict");

/*
 * To count in an array, each addition waits for the last one to the same place to be stored; a word
 * with a lane for each verdict stays in a register.
 */
static void count_some(uint64_t counts[VERDICTS], const uint8_t *verdicts, size_t count)
{
    uint64_t lanes = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned verdict = verdicts[i] < VERDICTS ? verdicts[i] : VERDICT_FAILED;
        lanes += UINT64_C(1) << (LANE_BITS * verdict);
    }
    for (unsigned i = 0; i < VERDICTS; i++)
        counts[i] += lanes >> (LANE_BITS * i) & LANE_MAX;
}

struct verdict_sum verdict_sum(const uint8_t *verdicts, const float *seconds, size_t count)
{
    struct verdict_sum sum = {.seconds = 0};
    for (size_t done = 0; done < count; done += LANE_MAX)
        count_some(sum.counts, verdicts + done, count - done < LANE_MAX ? count - done : LANE_MAX);
    double parts[SUMS] = {0};
    for (size_t i = 0; i < count; i++)
        parts[i % SUMS] += verdict_is_time(seconds[i]) ? (double)seconds[i] : 0;
    for (size_t i = 0; i < SUMS; i++)
        sum.seconds += parts[i];
    return sum;
}
