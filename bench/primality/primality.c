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

enum { COUNT = 16384, MAX_ROUNDS = 1001, MAX_PEERS = 8, LIMBS = 64, MOST_ODD = 128 };

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
    printf("%10s%10s%8s\n", "ratio", "of best", "goal");
}

static void print_row(const char *label, double times[][MAX_ROUNDS], int rounds, const char *goal)
{
    double medians[MAX_PEERS];
    for (int i = 0; peers[i].name != NULL; i++)
        medians[i] = median(times[i], rounds); /* sorts */
    printf("%-40s", label);
    for (int i = 0; peers[i].name != NULL; i++)
        medians[i] > 0 ? printf("%10.1f", medians[i]) : printf("%10s", "-");
    if (strcmp(peers[1].name, "FLINT") == 0)
        printf("%9.1fx%9.1fx", medians[1] / medians[0], times[1][0] / times[0][0]);
    printf("%8s", goal);
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
    print_row(label, times, rounds, "");
}

/* A random odd number of exactly `bits` bits, or the prime after one. */
static void draw_big(mpz_t n, unsigned bits, bool prime)
{
    uint64_t limbs[LIMBS];
    do {
        for (size_t i = 0; i < LIMBS; i++)
            limbs[i] = draw();
        mpz_import(n, (bits + 63) / 64, -1, sizeof *limbs, 0, 0, limbs);
        mpz_fdiv_r_2exp(n, n, bits);
        mpz_setbit(n, bits - 1);
        mpz_setbit(n, 0);
        if (prime)
            mpz_nextprime(n, n);
    } while (mpz_sizeinbase(n, 2) != bits);
}

/* Primes: as many as the service puts into one chunk. Odd numbers: more, as they differ so much. */
static void bench_bits(unsigned bits, bool prime, const char *goal, int rounds)
{
    static double times[MAX_PEERS][MAX_ROUNDS];
    mpz_t n[PEERS_BATCH];
    struct primality_integer numbers[PEERS_BATCH];
    char label[64];
    size_t piece = peers_piece((bits + 63) / 64);
    size_t count = prime || piece > MOST_ODD ? piece : MOST_ODD;
    for (size_t i = 0; i < count; i++) {
        mpz_init(n[i]);
        draw_big(n[i], bits, prime);
        numbers[i] = (struct primality_integer){mpz_limbs_read(n[i]), mpz_size(n[i])};
    }
    size_t expected = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; peers[i].name != NULL; i++) {
            size_t primes = 0;
            if (peers[i].run_limbs == NULL)
                continue;
            double ns = peers[i].run_limbs(numbers, count, &primes);
            times[i][round] = 1e-3 * ns / (double)count;
            if (i == 0)
                expected = primes;
            else if (primes != expected)
                printf("%s finds %zu primes, not %zu\n", peers[i].name, primes, expected);
        }
    }
    snprintf(label, sizeof label, "%s of %u bits, by %zu", prime ? "primes" : "odd", bits, piece);
    print_row(label, times, rounds, goal);
    for (size_t i = 0; i < count; i++)
        mpz_clear(n[i]);
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
    static const struct {
        unsigned bits;
        const char *goal; /* for primes */
    } sizes[] = {{82, "4 us"},  {96, "4 us"},  {128, "4 us"}, {192, "1.5"},  {256, "1.5"},
                 {384, "1.5"},  {512, "1.5"},  {768, "1.5"},  {1024, "1.5"}, {1536, "1.2"},
                 {2048, "1.2"}, {3072, "1.2"}, {4096, "1.2"}};
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
    for (int prime = 1; prime >= 0; prime--)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            bench_bits(sizes[i].bits, prime, prime ? sizes[i].goal : "",
                       sizes[i].bits <= 512 ? rounds : rounds / 4 + 1);
    return 0;
}
