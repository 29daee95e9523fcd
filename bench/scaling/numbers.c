/* numbers - see numbers.h. */
#include "bench/scaling/numbers.h"

#include <gmp.h>
#include <stdlib.h>

#include "bench/end_to_end/load.h"
#include "bench/end_to_end/work.h"

enum { ROUNDS = 25 };

static uint64_t draw(uint64_t i)
{
    return work_number(2 * i) << 1 ^ work_number(2 * i + 1);
}

struct numbers numbers_make(size_t count, unsigned bits)
{
    size_t limbs = (bits + 63) / 64;
    unsigned top = (bits - 1) % 64;
    struct numbers numbers = {.count = count,
                              .limbs = limbs,
                              .words = calloc(count * limbs, sizeof(uint64_t)),
                              .primes = malloc(count)};
    if (!numbers.words || !numbers.primes)
        load_fail("there is no memory");
    for (size_t i = 0; i < count; i++) {
        uint64_t *n = numbers.words + i * limbs;
        for (size_t j = 0; j < limbs; j++)
            n[j] = draw(i * limbs + j);
        n[limbs - 1] = (n[limbs - 1] & ((UINT64_C(2) << top) - 1)) | UINT64_C(1) << top;
        n[0] |= 1;
        mpz_t big;
        numbers.primes[i] =
            limbs == 1 ? work_is_prime(n[0])
                       : mpz_probab_prime_p(
                             mpz_roinit_n(big, (const mp_limb_t *)n, (mp_size_t)limbs), ROUNDS) > 0;
    }
    return numbers;
}
