/* primality_big - families of big integers: see primality_big.h. */
#include "tests/support/primality_big.h"

#include <gmp.h>
#include <string.h>

enum { GMP_ROUNDS = 25 };

static void add(struct big_family *family, const mpz_t n, size_t limbs)
{
    if (mpz_sgn(n) <= 0 || mpz_size(n) != limbs || family->count == BIG_MAX)
        return;
    uint64_t *own = family->limbs[family->count];
    memcpy(own, mpz_limbs_read(n), limbs * sizeof *own);
    family->numbers[family->count] = (struct primality_integer){own, limbs};
    family->prime[family->count] = mpz_probab_prime_p(n, GMP_ROUNDS) != 0;
    family->count++;
}

static const char *const published[] = {
    /* strong pseudoprimes: psi_12 and psi_13 (Sorenson and Webster, 2017), to the bases up to 31
       (G. Jaeschke, 1993), and to those below 307 (F. Arnault, 1995) */
    "318665857834031151167461", "3317044064679887385961981",
    "1195068768795265792518361315725116351898245581",
    "0x204b212272807927b357671aefdd4b4b7a0f12749625cd71b549d6b8b9895e97fcf9fadcaf26c618da83c9ec"
    "7f6b39020661ba422e6c820ac14d3b8329d6c71d16a1953afd60a0aa4c63019f9c29c08d05b0c4fcd041febeaa"
    "5b0e8475e6e96cc49478ef6e9ae877b4d3be8107bd3c64b35ebc7f2bd719c6417207aaec2151812719b5b5bae6"
    "4562bcd2ed44177a2ac314a44f344df4a12e0d4fb8ff99c4099bfc77924b2b",
    /* the prime of 1536 bits of RFC 3526 */
    "0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879"
    "8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0b"
    "ff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55"
    "d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c"
    "08ca237327ffffffffffffffff"};

static void add_published(struct big_family *family, size_t limbs)
{
    static const unsigned mersenne[] = {89, 107, 127, 521, 607, 1279, 2203, 2281, 3217};
    mpz_t n;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        mpz_init_set_str(n, published[i], 0);
        add(family, n, limbs);
        mpz_clear(n);
    }
    mpz_init(n);
    for (size_t i = 0; i < sizeof mersenne / sizeof *mersenne; i++) {
        mpz_setbit(n, mersenne[i]);
        mpz_sub_ui(n, n, 1);
        add(family, n, limbs);
        mpz_set_ui(n, 0);
    }
    mpz_clear(n);
}

/* Around 2^bit, and k times it: carries run through, and n - 1 or n + 1 has a long tail of zeros. */
static void add_around(struct big_family *family, mp_bitcnt_t bit, size_t limbs)
{
    static const int distances[] = {-59, -5, -1, 1, 3, 13, 51};
    mpz_t n;
    mpz_init(n);
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        mpz_set_ui(n, 1);
        mpz_mul_2exp(n, n, bit);
        if (distances[i] < 0)
            mpz_sub_ui(n, n, (unsigned)-distances[i]);
        else
            mpz_add_ui(n, n, (unsigned)distances[i]);
        add(family, n, limbs);
    }
    for (unsigned k = 3; k <= 9; k += 2) {
        mpz_set_ui(n, k);
        mpz_mul_2exp(n, n, bit);
        mpz_add_ui(n, n, 1);
        add(family, n, limbs);
        mpz_sub_ui(n, n, 2);
        add(family, n, limbs);
    }
    mpz_clear(n);
}

static void randomize(mpz_t n, mp_bitcnt_t bits, gmp_randstate_t random)
{
    mpz_urandomb(n, random, bits);
    mpz_setbit(n, bits - 1);
    mpz_setbit(n, 0);
}

static void add_searched(struct big_family *family, size_t limbs, gmp_randstate_t random)
{
    mpz_t n, p, q;
    mpz_inits(n, p, q, NULL);
    for (mp_bitcnt_t less = 0; less < 64; less += 9) {
        mp_bitcnt_t bits = 64 * limbs - less;
        randomize(n, bits, random);
        mpz_nextprime(n, n);
        add(family, n, limbs);
        randomize(p, bits / 2, random);
        mpz_nextprime(p, p);
        mpz_mul(n, p, p);
        add(family, n, limbs);
        randomize(q, bits - bits / 2, random);
        mpz_nextprime(q, q);
        mpz_mul(n, p, q);
        add(family, n, limbs);
    }
    /* (6k + 1)(12k + 1)(18k + 1), all three prime: J. Chernick's Carmichael numbers, 1939. */
    randomize(n, (64 * limbs - 12) / 3, random);
    for (int found = 0; found < 3;) {
        mpz_add_ui(n, n, 1);
        mpz_set_ui(q, 1);
        bool all = true;
        for (unsigned factor = 6; all && factor <= 18; factor += 6) {
            mpz_mul_ui(p, n, factor);
            mpz_add_ui(p, p, 1);
            all = mpz_probab_prime_p(p, 1) != 0;
            mpz_mul(q, q, p);
        }
        found += all;
        if (all)
            add(family, q, limbs);
    }
    mpz_clears(n, p, q, NULL);
}

void big_family_make(struct big_family *family, size_t limbs, bool searched, uint64_t seed)
{
    gmp_randstate_t random;
    mpz_t n;
    mpz_init(n);
    gmp_randinit_default(random);
    gmp_randseed_ui(random, seed + limbs);
    family->count = 0;
    add_published(family, limbs);
    add_around(family, 64 * limbs, limbs);
    add_around(family, 64 * limbs - 64, limbs);
    add_around(family, (64 * limbs - 4) / 52 * 52, limbs);
    add_around(family, 64 * limbs - 31, limbs);
    for (int i = 0; i < 8; i++) {
        mpz_rrandomb(n, random, 64 * limbs - (unsigned)i * 8); /* long runs of zeros and of ones */
        mpz_setbit(n, 0);
        add(family, n, limbs);
        randomize(n, 64 * limbs - (unsigned)i * 8, random);
        add(family, n, limbs);
    }
    if (searched && limbs <= 20)
        add_searched(family, limbs, random);
    mpz_clear(n);
    gmp_randclear(random);
}

long big_family_check(const struct big_family *family, const struct kernel *kernel, size_t length,
                      size_t step)
{
    uint8_t verdicts[2 * BIG_MAX];
    struct primality_integer numbers[2 * BIG_MAX];
    for (size_t first = 0; first < family->count; first += step) {
        for (size_t i = 0; i < length; i++)
            numbers[i] = family->numbers[(first + i) % family->count];
        kernel_test_limbs(kernel, numbers, length, verdicts, NULL);
        for (size_t i = 0; i < length; i++) {
            size_t index = (first + i) % family->count;
            if ((verdicts[i] != PRIMALITY_COMPOSITE) != family->prime[index])
                return (long)index;
        }
    }
    return -1;
}
