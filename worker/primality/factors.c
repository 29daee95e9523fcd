/*
 * factors - trial division of big integers: see factors.h.
 *
 * Primes are multiplied until their product fills a limb, so that n is read once for several of
 * them: n is divided by the product, and what remains, which is a single limb, is tried by each of
 * the primes without dividing (trial.h has the theorem).
 */
#include "worker/primality/factors.h"

#include "worker/primality/mont64.h"
#include "worker/primality/small.h"

#include <gmp.h>
#include <pthread.h>

enum {
    PRIMES = 6541,                 /* the odd ones below SMALL_BOUND */
    PRODUCT_BITS = 62,             /* GMP divides by those without shifting, four limbs at a time */
    PRODUCTS_MAX = PRIMES / 3 + 1, /* three primes below 2^16 always fit a product */
};

static struct {
    uint64_t inverse; /* p^-1 mod 2^64 */
    uint64_t limit;   /* (2^64 - 1) / p */
} primes[PRIMES];

static struct {
    uint64_t value;
    uint32_t end;     /* of its primes, which begin where those of the product before end */
    uint32_t largest; /* of its primes */
} products[PRODUCTS_MAX];

static size_t product_count;

static void fill(void)
{
    const uint64_t most = (UINT64_C(1) << PRODUCT_BITS) - 1;
    uint32_t count = 0;
    products[0].value = 1;
    for (uint32_t p = 3; p < SMALL_BOUND; p += 2) {
        if (!small_is_prime(p))
            continue;
        primes[count].inverse = mont64_inverse(p);
        primes[count].limit = UINT64_MAX / p;
        if (products[product_count].value > most / p)
            products[++product_count].value = 1;
        products[product_count].value *= p;
        products[product_count].end = ++count;
        products[product_count].largest = p;
    }
    product_count++;
}

/*
 * Up to where trial division pays: a prime p saves a fraction 1 / p of the tests, whose cost grows
 * like the cube of the size, and costs time in proportion to the size: so the bound grows like the
 * square. In lanes of AVX-512 half of it would do, one by one twice as much is right, but the optimum
 * is flat: a few percent of the time of random odd numbers, measured with bench/primality.
 */
static uint32_t bound(size_t count)
{
    size_t grown = 128 + 32 * count * count;
    return grown < SMALL_BOUND ? (uint32_t)grown : SMALL_BOUND;
}

bool factors_found(const uint64_t *n, size_t count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
    uint32_t last = bound(count);
    uint32_t prime = 0;
    for (size_t i = 0; i < product_count && products[i].largest <= last; i++) {
        uint64_t rest = mpn_mod_1(n, (mp_size_t)count, products[i].value);
        bool found = false;
        for (; prime < products[i].end; prime++)
            found |= rest * primes[prime].inverse <= primes[prime].limit;
        if (found)
            return true;
    }
    return false;
}
