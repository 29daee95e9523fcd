/*
 * primality - the core side by side with other libraries.
 *
 *     primality DIRECTORY [ROUNDS]
 *
 * For each class of input, every peer tests the same numbers, in turn, ROUNDS times; what is
 * printed is the median time a number, and how many times faster the core is than FLINT. DIRECTORY
 * is this one.
 */
#include "worker/primality/primality.h"
#include "bench/primality/peers.h"
#include "worker/primality/kernel.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 16384, MAX_ROUNDS = 1001, MAX_PEERS = 8, LIMBS = 64 };

static uint64_t state = 20260103;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_prime(uint64_t n)
{
    uint8_t verdict;
    primality_test_u64(&n, 1, &verdict, NULL);
    return verdict == PRIMALITY_PRIME;
}

/* A prime of exactly `bits` bits. */
static uint64_t draw_prime(int bits)
{
    for (;;) {
        uint64_t n = (draw() | UINT64_C(1) << 63) >> (64 - bits) | 1;
        if (is_prime(n))
            return n;
    }
}

/* (k + 1)(2k + 1), both prime, near 2^63. */
static uint64_t draw_semiprime(void)
{
    for (;;) {
        uint64_t k = (UINT64_C(1) << 31) - 2 * (draw() % 50000000);
        if (is_prime(k + 1) && is_prime(2 * k + 1))
            return (k + 1) * (2 * k + 1);
    }
}

static uint64_t draw_from(char class)
{
    static uint64_t next = UINT64_C(1000000000000000000);
    switch (class) {
    case 'A':
        return draw();
    case 'B':
        return draw() | 1;
    case 'C':
        return draw_prime(64);
    case 'D':
        return draw() >> 32;
    case 'd':
        return draw_prime(32);
    case 'E':
        return draw_semiprime();
    case 'F':
        return next++;
    case 'G':
        return (draw() | UINT64_C(1) << 63) >> (11 + draw() % 53);
    default:
        return draw_prime(50);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[count / 2];
}

static void print_header(const char *unit)
{
    printf("%-40s", unit);
    for (const struct peer *p = peers; p->name != NULL; p++)
        printf("%10s", p->name);
    printf("%10s%10s\n", "ratio", "of best");
}

static void print_row(const char *label, double times[][MAX_ROUNDS], int rounds)
{
    double medians[MAX_PEERS];
    for (int i = 0; peers[i].name != NULL; i++)
        medians[i] = median(times[i], rounds); /* sorts */
    printf("%-40s", label);
    for (int i = 0; peers[i].name != NULL; i++)
        medians[i] > 0 ? printf("%10.1f", medians[i]) : printf("%10s", "-");
    if (strcmp(peers[1].name, "FLINT") == 0)
        printf("%9.1fx%9.1fx", medians[1] / medians[0], times[1][0] / times[0][0]);
    putchar('\n');
}

static void bench_class(char class, const char *label, int rounds)
{
    static uint64_t numbers[COUNT];
    static double times[MAX_PEERS][MAX_ROUNDS];
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = draw_from(class);
    size_t expected = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; peers[i].name != NULL; i++) {
            size_t primes = 0;
            times[i][round] = peers[i].run(numbers, COUNT, &primes) / COUNT;
            if (i == 0)
                expected = primes;
            else if (times[i][round] > 0 && primes != expected)
                printf("%s finds %zu primes, not %zu\n", peers[i].name, primes, expected);
        }
    }
    print_row(label, times, rounds);
}

static void bench_bits(unsigned bits, int rounds)
{
    static double times[MAX_PEERS][MAX_ROUNDS];
    uint64_t limbs[LIMBS];
    char label[64];
    mpz_t n;
    mpz_init(n);
    for (int round = 0; round < rounds; round++) {
        do {
            for (size_t i = 0; i < LIMBS; i++)
                limbs[i] = draw();
            mpz_import(n, (bits + 63) / 64, -1, sizeof *limbs, 0, 0, limbs);
            mpz_fdiv_r_2exp(n, n, bits);
            mpz_setbit(n, bits - 1);
            mpz_nextprime(n, n);
        } while (mpz_sizeinbase(n, 2) != bits);
        for (int i = 0; peers[i].name != NULL; i++)
            for (int warm = 0; warm < 2 && peers[i].run_limbs != NULL; warm++)
                times[i][round] = 1e-3 * peers[i].run_limbs(mpz_limbs_read(n), mpz_size(n));
    }
    snprintf(label, sizeof label, "primes of %u bits", bits);
    print_row(label, times, rounds);
    mpz_clear(n);
}

/* What the machine allows: independent 64-bit multiplications, three of which make a squaring. */
static void print_bound(void)
{
    enum { STEPS = 1 << 22, CHAINS = 8 };
    uint64_t x[CHAINS] = {3, 5, 7, 9, 11, 13, 15, 17};
    double start = peers_clock();
    for (int i = 0; i < STEPS; i++)
        _Pragma("GCC unroll 8") for (int k = 0; k < CHAINS; k++) x[k] *= x[k];
    double ns = (peers_clock() - start) / STEPS / CHAINS;
    uint64_t sum = 0;
    for (int k = 0; k < CHAINS; k++)
        sum += x[k];
    printf("a 64-bit multiplication takes %.2f ns, so 64 squarings of three each %.0f ns%s\n", ns,
           ns * 3 * 64, sum == 0 ? "!" : "");
}

int main(int argc, char **argv)
{
    static const struct {
        char class;
        const char *label;
    } classes[] = {{'A', "A  random 64-bit"},          {'B', "B  random odd 64-bit"},
                   {'C', "C  random 64-bit primes"},   {'D', "D  random 32-bit"},
                   {'d', "D2 32-bit primes"},          {'E', "E  semiprimes (k+1)(2k+1) near 2^63"},
                   {'F', "F  consecutive from 10^18"}, {'G', "G  bit length uniform 1..53"},
                   {'H', "H  50-bit primes"}};
    static const unsigned sizes[] = {82, 96, 128, 192, 256, 512, 1024, 2048, 4096};
    if (argc < 2)
        return 2;
    int rounds = argc > 2 ? atoi(argv[2]) : 21;
    if (rounds < 1 || rounds > MAX_ROUNDS)
        rounds = 21;
    setvbuf(stdout, NULL, _IOLBF, 0);
    peers_start(argv[1]);
    printf("kernel %s, medians of %d interleaved runs of %d numbers\n", primality_kernel(), rounds,
           COUNT);
    print_bound();
    print_header("ns a number");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        bench_class(classes[i].class, classes[i].label, rounds);
    print_header("us a number");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        bench_bits(sizes[i], sizes[i] <= 1024 ? rounds : rounds / 4 + 1);
    return 0;
}
