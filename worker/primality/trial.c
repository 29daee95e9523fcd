/* trial - the primes of trial division: see trial.h. */
#include "worker/primality/trial.h"

/* p^-1 modulo 2^64, by Newton's steps from 5 bits on, as constant expressions. */
#define STEP(p, x) ((uint64_t)(x) * (2 - (uint64_t)(p) * (uint64_t)(x)))
#define INVERSE(p) STEP(p, STEP(p, STEP(p, STEP(p, (3 * (uint64_t)(p)) ^ 2))))

#define P(p)                                                                                 \
    {                                                                                        \
        .inverse = (uint32_t)INVERSE(p), .limit = UINT32_MAX / (p), .inverse64 = INVERSE(p), \
        .limit64 = UINT64_MAX / (p)                                                          \
    }

/* 2^k mod m, balanced; what the negative ones can take away at most; the multiple of m above it. */
#define POWER(m, k) ((int32_t)((UINT64_C(1) << (k)) % (m)))
#define WEIGHT(m, k) (POWER(m, k) > (m) / 2 ? POWER(m, k) - (m) : POWER(m, k))
#define LOSS(m, k) (INT64_C(65535) * (WEIGHT(m, k) < 0 ? -WEIGHT(m, k) : 0))
#define LIFT(m) (((LOSS(m, 16) + LOSS(m, 32) + LOSS(m, 48)) / (m) + 1) * (m))
#define LOWERED(m) (INT64_C(32768) * (1 + WEIGHT(m, 16) + WEIGHT(m, 32) + WEIGHT(m, 48)))

#define DIGITS(m)                                                         \
    {                                                                     \
        .low_weights = {1, (int16_t)WEIGHT(m, 16)},                       \
        .high_weights = {(int16_t)WEIGHT(m, 32), (int16_t)WEIGHT(m, 48)}, \
        .offset = (uint32_t)(LIFT(m) + LOWERED(m))                        \
    }

/* clang-format off */
const struct trial_prime trial_wheel[TRIAL_WHEEL] = {P(3), P(5), P(7), P(11), P(13)};
const struct trial_digits trial_wheel_digits = DIGITS(3 * 5 * 7 * 11 * 13);

const struct trial_prime trial_primes[TRIAL_PRIMES] = {
    P(17), P(19), P(23), P(29), P(31), P(37), P(41), P(43), P(47), P(53), P(59), P(61), P(67),
    P(71), P(73), P(79), P(83), P(89), P(97), P(101), P(103), P(107), P(109), P(113), P(127),
    P(131), P(137), P(139), P(149), P(151), P(157), P(163), P(167), P(173), P(179), P(181), P(191),
    P(193), P(197), P(199),
};

const struct trial_digits trial_pairs[TRIAL_PRIMES / 2] = {
    DIGITS(17 * 19), DIGITS(23 * 29), DIGITS(31 * 37), DIGITS(41 * 43), DIGITS(47 * 53),
    DIGITS(59 * 61), DIGITS(67 * 71), DIGITS(73 * 79), DIGITS(83 * 89), DIGITS(97 * 101),
    DIGITS(103 * 107), DIGITS(109 * 113), DIGITS(127 * 131), DIGITS(137 * 139), DIGITS(149 * 151),
    DIGITS(157 * 163), DIGITS(167 * 173), DIGITS(179 * 181), DIGITS(191 * 193), DIGITS(197 * 199),
};
/* clang-format on */

const uint8_t trial_count[KERNEL_CLASSES] = {
    [KERNEL_NARROW] = 12, /* 17 to 61 */
    [KERNEL_MIDDLE] = 12,
    [KERNEL_WIDE] = TRIAL_PRIMES,
};
