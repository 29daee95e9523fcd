/* primality_reference - slow and simple primality: see primality_reference.h. */
#include "tests/support/primality_reference.h"

__extension__ typedef unsigned __int128 wide;

uint64_t reference_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t n)
{
    uint64_t result = 1;
    for (base %= n; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            result = (uint64_t)((wide)result * base % n);
        base = (uint64_t)((wide)base * base % n);
    }
    return result;
}

static bool is_strong(uint64_t n, uint64_t base)
{
    int s = __builtin_ctzll(n - 1);
    uint64_t x = power(base, (n - 1) >> s, n);
    if (x == 1)
        return true;
    for (; s > 0; s--) {
        if (x == n - 1)
            return true;
        x = (uint64_t)((wide)x * x % n);
    }
    return false;
}

bool reference_is_prime(uint64_t n)
{
    static const uint8_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
    for (size_t i = 0; i < sizeof bases; i++)
        if (n % bases[i] == 0)
            return n == bases[i];
    if (n < 2)
        return false;
    for (size_t i = 0; i < sizeof bases; i++)
        if (!is_strong(n, bases[i]))
            return false;
    return true;
}

bool reference_is_euler(uint64_t n)
{
    return power(2, (n - 1) / 2, n) == (n % 8 == 1 || n % 8 == 7 ? 1 : n - 1);
}

/* a * b - c modulo n. */
static uint64_t product_less(uint64_t a, uint64_t b, uint64_t c, uint64_t n)
{
    return (uint64_t)(((wide)a * b + n - c % n) % n);
}

bool reference_is_lucas(uint64_t n, uint32_t p)
{
    int s = __builtin_ctzll(n + 1);
    uint64_t d = (n + 1) >> s;
    uint64_t v = 2; /* V_k and V_(k+1), k the leading bits of d */
    uint64_t w = p % n;
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t product = product_less(v, w, p, n);
        if (d >> bit & 1) {
            w = product_less(w, w, 2, n);
            v = product;
        } else {
            v = product_less(v, v, 2, n);
            w = product;
        }
    }
    if (v == 2 || v == n - 2)
        return true;
    for (; s > 1; s--) {
        if (v == 0)
            return true;
        v = product_less(v, v, 2, n);
    }
    return false;
}

struct list {
    uint64_t *numbers;
    size_t count;
    size_t capacity;
};

static void add(struct list *list, wide n)
{
    if (list->count < list->capacity && n <= UINT64_MAX)
        list->numbers[list->count++] = (uint64_t)n;
}

/* The first k from `from` on, in steps of 2, that makes k * r + 1 prime for each of the factors. */
static uint64_t next_all_prime(uint64_t from, const uint64_t *factors, int count)
{
    for (uint64_t k = from + (from & 1);; k += 2) {
        int i = 0;
        while (i < count && reference_is_prime(k * factors[i] + 1))
            i++;
        if (i == count)
            return k;
    }
}

static void add_semiprimes(struct list *list)
{
    for (uint64_t r = 2; r <= 12; r++) {
        for (int bits = 8; bits < 32; bits++) {
            uint64_t k = next_all_prime(UINT64_C(1) << bits, (uint64_t[]){1, r}, 2);
            add(list, (wide)(k + 1) * (r * k + 1));
        }
    }
}

/* (6k + 1)(12k + 1)(18k + 1) with all three prime: J. Chernick, 1939. */
static void add_carmichael(struct list *list)
{
    for (int bits = 4; bits < 18; bits++) {
        uint64_t k = next_all_prime(UINT64_C(1) << bits, (uint64_t[]){6, 12, 18}, 3);
        add(list, (wide)(6 * k + 1) * (12 * k + 1) * (18 * k + 1));
    }
}

static void add_pseudoprimes(struct list *list)
{
    static const uint64_t known[] = {
        /* the least strong pseudoprimes to the first n prime bases, n = 1 to 11, OEIS A014233 */
        2047, 1373653, 25326001, 3215031751, 2152302898747, 3474749660383, 341550071728321,
        3825123056546413051,
        /* Lucas pseudoprimes: strong ones to Selfridge's parameters, OEIS A217255 */
        5459, 5777, 10877, 16109, 18971, 22499, 24569, 25199, 40309, 58519, 75077, 97439, 100127,
        113573, 115639, 130139,
        /* and extra strong ones to the parameters of this project, OEIS A217719 */
        989, 3239, 27971, 29681, 30739, 31631, 39059, 72389, 73919, 125249, 137549, 137801, 153931,
        155819, 161027, 162133, 189419, 218321, 231703,
        /* Carmichael numbers */
        561, 1105, 1729, 2465, 2821, 6601, 8911, 10585, 15841, 29341, 410041, 825265, 321197185};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        add(list, known[i]);
}

static void add_squares_and_products(struct list *list)
{
    static const uint64_t roots[] = {251,   257,      1093,     3511,       65521,
                                     65537, 33554393, 67108859, 4294967291, 4294967279};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        add(list, (wide)roots[i] * roots[i]);
    uint64_t primes[24];
    int count = 0;
    for (uint64_t n = (UINT64_C(1) << 32) - 151; count < 24; n += 2)
        if (reference_is_prime(n))
            primes[count++] = n;
    for (int i = 0; i < count; i++)
        for (int j = i; j < count; j++)
            add(list, (wide)primes[i] * primes[j]);
}

size_t reference_families(uint64_t *numbers, size_t capacity)
{
    struct list list = {numbers, 0, capacity};
    uint64_t state = 20260101;
    for (uint64_t n = 0; n < 300; n++)
        add(&list, n);
    add_semiprimes(&list);
    add_carmichael(&list);
    add_pseudoprimes(&list);
    add_squares_and_products(&list);
    for (int bits = 8; bits <= 64; bits++)
        for (int distance = -70; distance <= 70; distance++)
            add(&list, ((wide)1 << bits) + (wide)distance);
    for (int i = 0; i < 2000; i++)
        add(&list, reference_random(&state) | 1 | UINT64_C(1) << 63);
    for (int i = 0; i < 2000; i++)
        add(&list, reference_random(&state) >> (reference_random(&state) % 64));
    return list.count;
}
