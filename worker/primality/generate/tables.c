/* Writes small.c: cc -I. -o tables worker/primality/generate/tables.c && ./tables > .../small.c */
#include "worker/primality/small.h"

#include <stdio.h>
#include <string.h>

static bool is_prime(unsigned n)
{
    for (unsigned d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

static bool passes_wheel(unsigned n)
{
    return n % 2 && n % 3 && n % 5 && n % 7 && n % 11 && n % 13;
}

/* The Jacobi symbol (a/n) for odd n, by the rules for 2 and for reciprocity. */
static int jacobi(unsigned a, unsigned n)
{
    if (a == 0)
        return n == 1;
    if (a % 2 == 0)
        return (n % 8 == 3 || n % 8 == 5 ? -1 : 1) * jacobi(a / 2, n);
    return (a % 4 == 3 && n % 4 == 3 ? -1 : 1) * jacobi(n % a, a);
}

static unsigned lucas_parameter(unsigned n)
{
    for (unsigned p = 3; n % 2 && n % 3 && n % 5 && n % 7 && p <= 6; p++)
        if (jacobi(p * p - 4, n) < 0)
            return p;
    return 0;
}

static void print_table(const char *declaration, const uint64_t *words, size_t count)
{
    printf("\nconst uint64_t %s = {", declaration);
    for (size_t i = 0; i < count; i++)
        printf("%s0x%016llx,", i % 5 == 0 ? "\n    " : " ", (unsigned long long)words[i]);
    puts("\n};");
}

int main(void)
{
    static uint64_t primes[SMALL_BOUND / 128];
    static uint64_t wheel[SMALL_WHEEL / 64 + 1];
    for (unsigned n = 1; n < SMALL_BOUND; n += 2)
        primes[n / 128] |= (uint64_t)is_prime(n) << (n / 2 % 64);
    for (unsigned n = 0; n < SMALL_WHEEL; n++)
        wheel[n / 64] |= (uint64_t)passes_wheel(n) << (n % 64);
    puts("/* small - tables written by generate/tables.c: see small.h. */\n"
         "#include \"worker/primality/small.h\"\n\n/* clang-format off */");
    print_table("small_odd_primes[SMALL_BOUND / 128]", primes, sizeof primes / sizeof *primes);
    print_table("small_wheel[SMALL_WHEEL / 64 + 1]", wheel, sizeof wheel / sizeof *wheel);
    puts("\nconst uint8_t small_lucas[SMALL_LUCAS] = {");
    for (unsigned n = 0; n < SMALL_LUCAS; n++)
        printf("%s%u,%s", n % 28 ? " " : "    ", lucas_parameter(n), n % 28 == 27 ? "\n" : "");
    puts("};");
    return 0;
}
