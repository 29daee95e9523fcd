/*
 * Writes exceptions_table.c, by its own sieve and arithmetic, in about three minutes:
 *
 *     cc -O2 -I. -o exceptions worker/primality/generate/exceptions.c
 *     ./exceptions > worker/primality/exceptions_table.c
 */
#include "worker/primality/exceptions.h"
#include "worker/primality/small.h"

#include <stdio.h>
#include <string.h>

enum { SEGMENT = 1 << 20, LAST_TRIAL_PRIME = 61, FACTORED = 1, COMPOSITE = 2 };

static uint8_t marks[SEGMENT / 2]; /* of the odd numbers of a segment */
static uint32_t primes[6541];      /* the odd primes below 2^16 */
static uint32_t found[EXCEPTIONS];
static uint64_t filter[EXCEPTIONS_FILTER_WORDS];

static void find_primes(void)
{
    size_t count = 0;
    for (uint32_t n = 3; n < 1 << 16; n += 2) {
        uint32_t d = 3;
        while (d * d <= n && n % d != 0)
            d += 2;
        if (d * d > n)
            primes[count++] = n;
    }
}

/* Mark what a prime up to LAST_TRIAL_PRIME divides, and the other composites. */
static void sieve(uint64_t base)
{
    memset(marks, 0, sizeof marks);
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++) {
        uint64_t p = primes[i];
        uint64_t first = p * p >= base ? p * p : (base + p - 1) / p * p;
        uint8_t mark = p <= LAST_TRIAL_PRIME ? FACTORED : COMPOSITE;
        for (uint64_t n = first % 2 ? first : first + p; n < base + SEGMENT; n += 2 * p)
            if (marks[(n - base) / 2] != FACTORED)
                marks[(n - base) / 2] = mark;
    }
}

/* Is 2^((n - 1) / 2) = (2/n) modulo n? */
static bool passes_euler(uint64_t n)
{
    uint64_t x = 1;
    for (int bit = 31; bit > 0; bit--)
        x = x * x % n * (1 + (n >> bit & 1)) % n;
    return x == (n % 8 == 1 || n % 8 == 7 ? 1 : n - 1);
}

int main(void)
{
    size_t count = 0;
    find_primes();
    for (uint64_t base = 0; base < UINT64_C(1) << 32; base += SEGMENT) {
        sieve(base);
        for (uint64_t i = 0; i < SEGMENT / 2; i++) {
            uint64_t n = base + 2 * i + 1;
            if (n < SMALL_BOUND || marks[i] != COMPOSITE || !passes_euler(n))
                continue;
            if (count == EXCEPTIONS)
                return 1;
            found[count++] = (uint32_t)n;
            uint32_t bit = exceptions_hash((uint32_t)n);
            filter[bit / 64] |= UINT64_C(1) << (bit % 64);
        }
    }
    puts("/* exceptions - tables written by generate/exceptions.c: see exceptions.h. */\n"
         "#include \"worker/primality/exceptions.h\"\n\n/* clang-format off */");
    printf("const uint32_t exceptions[EXCEPTIONS] = {");
    for (size_t i = 0; i < count; i++)
        printf("%s%uu,", i % 8 == 0 ? "\n    " : " ", found[i]);
    printf("\n};\n\nconst uint64_t exceptions_filter[EXCEPTIONS_FILTER_WORDS] = {");
    for (size_t i = 0; i < EXCEPTIONS_FILTER_WORDS; i++)
        printf("%s0x%016llx,", i % 5 == 0 ? "\n    " : " ", (unsigned long long)filter[i]);
    puts("\n};");
    return count == EXCEPTIONS ? 0 : 1;
}
