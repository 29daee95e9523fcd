/*
 * u64 - verdicts for arrays of 64-bit integers.
 *
 * Below 2^64 every verdict is a proof: trial division by the primes below 256 settles everything
 * below 257^2 = 66,049, and above that the Baillie-PSW test is right without exception (see
 * bpsw64.h for the theorem).
 */
#include "worker/primality/bpsw64.h"
#include "worker/primality/mont64.h"
#include "worker/primality/primality.h"
#include "worker/primality/stopwatch.h"

#include <stdbool.h>

enum { GROUP = 256, TRIAL_PRIMES = 53 };

static const uint8_t trial_primes[TRIAL_PRIMES] = {
    3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,
    71,  73,  79,  83,  89,  97,  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157,
    163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239, 241, 251};

/* Trial division: composite or prime when that settles n, PRIMALITY_PROBABLE_PRIME when it does
 * not. */
static enum primality_verdict divide(uint64_t n)
{
    if (n < 2 || (n & 1) == 0)
        return n == 2 ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    for (size_t i = 0; i < TRIAL_PRIMES; i++)
        if (n % trial_primes[i] == 0)
            return n == trial_primes[i] ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    return n < 257 * 257 ? PRIMALITY_PRIME : PRIMALITY_PROBABLE_PRIME;
}

/* One group. Dropped numbers share the time of the trial division, survivors that of their tests.
 */
static void test_group(const uint64_t *numbers, size_t count, uint8_t *verdicts, float *seconds)
{
    uint16_t survivors[GROUP];
    size_t left = 0;
    uint64_t start = seconds == NULL ? 0 : stopwatch_now();
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = (uint8_t)divide(numbers[i]);
        survivors[left] = (uint16_t)i;
        left += verdicts[i] == PRIMALITY_PROBABLE_PRIME;
    }
    uint64_t divided = seconds == NULL ? 0 : stopwatch_now();
    for (size_t i = 0; i < left; i++) {
        uint64_t n = numbers[survivors[i]];
        bool prime = bpsw64_base2(n) && bpsw64_lucas(n);
        verdicts[survivors[i]] = prime ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    }
    if (seconds == NULL)
        return;
    double tick = stopwatch_tick();
    float trial_share = (float)(tick * (double)(divided - start) / (double)count);
    float test_share = (float)(tick * (double)(stopwatch_now() - divided) / (double)(left + !left));
    for (size_t i = 0; i < count; i++)
        seconds[i] = trial_share;
    for (size_t i = 0; i < left; i++)
        seconds[survivors[i]] += test_share;
}

void primality_test_u64(const uint64_t *numbers, size_t count, uint8_t *verdicts, float *seconds)
{
    for (size_t done = 0; done < count; done += GROUP) {
        size_t part = count - done < GROUP ? count - done : GROUP;
        test_group(numbers + done, part, verdicts + done, seconds == NULL ? NULL : seconds + done);
    }
}

const char *primality_kernel(void)
{
    return "portable";
}
