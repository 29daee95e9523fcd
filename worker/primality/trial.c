/* trial - the primes of trial division: see trial.h. */
#include "worker/primality/trial.h"

/* p^-1 modulo 2^64, by Newton's steps from 5 bits on, as constant expressions. */
#define STEP(p, x) ((uint64_t)(x) * (2 - (uint64_t)(p) * (uint64_t)(x)))
#define INVERSE(p) STEP(p, STEP(p, STEP(p, STEP(p, (3 * (uint64_t)(p)) ^ 2))))

/* 2^k mod p, balanced. */
#define POWER(p, k) ((UINT64_C(1) << (k)) % (p))
#define WEIGHT(p, k) ((int16_t)(POWER(p, k) > (p) / 2 ? (int)POWER(p, k) - (p) : (int)POWER(p, k)))

/* 2^15 times the sum of the weights, made positive by a multiple of p that exceeds 2^26. */
#define WEIGHTS(p) (WEIGHT(p, 0) + WEIGHT(p, 16) + WEIGHT(p, 32) + WEIGHT(p, 48))
#define BIAS(p) ((1 << 27) / (p) * (p) + 32768 * WEIGHTS(p))

#define P(p)                                                                             \
    {                                                                                    \
        .low_weights = {WEIGHT(p, 0), WEIGHT(p, 16)},                                    \
        .high_weights = {WEIGHT(p, 32), WEIGHT(p, 48)}, .inverse = (uint32_t)INVERSE(p), \
        .offset = (uint32_t)((uint64_t)BIAS(p) * INVERSE(p)), .limit = UINT32_MAX / (p), \
        .inverse64 = INVERSE(p), .limit64 = UINT64_MAX / (p)                             \
    }

/* clang-format off */
const struct trial_prime trial_primes[TRIAL_PRIMES] = {
    P(17), P(19), P(23), P(29), P(31), P(37), P(41), P(43), P(47), P(53), P(59), P(61), P(67),
    P(71), P(73), P(79), P(83), P(89), P(97), P(101), P(103), P(107), P(109), P(113), P(127),
    P(131), P(137), P(139), P(149), P(151), P(157), P(163), P(167), P(173), P(179), P(181), P(191),
    P(193), P(197), P(199), P(211), P(223), P(227), P(229),
};
/* clang-format on */

const uint8_t trial_count[KERNEL_CLASSES] = {
    [KERNEL_NARROW] = 12, /* 17 to 61 */
    [KERNEL_MIDDLE] = 12,
    [KERNEL_WIDE] = TRIAL_PRIMES,
};
