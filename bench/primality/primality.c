/*
 * primality - the core side by side with other libraries.
 *
 *     primality DIRECTORY [ROUNDS]
 *
 * For each class of input, every peer tests the same numbers, in turn, ROUNDS times; what is
 * printed is the median time a number, and how many times faster each kernel is than FLINT.
 * DIRECTORY is this one.
 */
#include "worker/primality/primality.h"
#include "bench/primality/peers.h"
#include "worker/primality/kernel.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 16384, MAX_ROUNDS = 1001, LIMBS = 64, MOST_ODD = 128 };

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

/* The median time of each peer, 0 where it has none. */
struct row {
    double ns[PEERS_MAX];
};

static double time_of(const struct row *row, const char *name)
{
    for (int i = 0; peers[i].name != NULL; i++)
        if (strcmp(peers[i].name, name) == 0)
            return row->ns[i];
    return 0;
}

static bool is_shown(const struct peer *peer, bool big)
{
    return big ? peer->run_limbs != NULL : peer->run != NULL;
}

static void print_header(const char *unit, bool big)
{
    unsigned columns = 1;
    printf("\n%s, medians:\n\n| input |", unit);
    for (const struct peer *p = peers; p->name != NULL; p++)
        if (is_shown(p, big))
            columns += (unsigned)printf(" %s |", p->name) > 0;
    for (const struct peer *p = peers; p->name != NULL; p++)
        if (p->kernel != NULL)
            columns += (unsigned)printf(" %s, times FLINT |", p->name) > 0;
    printf(" goal |\n| --- |");
    for (; columns > 0; columns--)
        printf(" ---: |");
    puts("");
}

static void print_row(const char *label, const struct row *row, bool big, double goal)
{
    printf("| %s |", label);
    for (int i = 0; peers[i].name != NULL; i++)
        if (is_shown(&peers[i], big))
            row->ns[i] > 0 ? printf(" %.1f |", row->ns[i]) : printf(" |");
    for (int i = 0; peers[i].name != NULL; i++)
        if (peers[i].kernel != NULL)
            row->ns[i] > 0 ? printf(" %.1f |", time_of(row, "FLINT") / row->ns[i]) : printf(" |");
    goal > 0 ? printf(" %.1f |\n", goal) : puts(" |");
}

/* A peer that finds other primes than the first one ends the program. */
static void expect_primes(const struct peer *peer, size_t primes, size_t expected)
{
    if (primes == expected)
        return;
    fprintf(stderr, "%s finds %zu primes, not %zu\n", peer->name, primes, expected);
    exit(1);
}

static void bench_class(char class, const char *label, double goal, int rounds)
{
    static uint64_t numbers[COUNT];
    static double times[PEERS_MAX][MAX_ROUNDS];
    struct row row = {{0}};
    for (size_t i = 0; i < COUNT; i++)
        numbers[i] = draw_from(class);
    size_t expected = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; peers[i].name != NULL; i++) {
            if (peers[i].run == NULL)
                continue;
            size_t primes = 0;
            times[i][round] = peers[i].run(&peers[i], numbers, COUNT, &primes) / COUNT;
            if (i == 0)
                expected = primes;
            else if (times[i][round] > 0)
                expect_primes(&peers[i], primes, expected);
        }
    }
    for (int i = 0; peers[i].name != NULL; i++)
        row.ns[i] = peers[i].run != NULL ? median(times[i], rounds) : 0;
    print_row(label, &row, false, goal);
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
static void bench_bits(unsigned bits, bool prime, double goal, int rounds)
{
    static double times[PEERS_MAX][MAX_ROUNDS];
    struct row row = {{0}};
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
            double ns = peers[i].run_limbs(&peers[i], numbers, count, &primes);
            times[i][round] = 1e-3 * ns / (double)count;
            if (i == 0)
                expected = primes;
            else
                expect_primes(&peers[i], primes, expected);
        }
    }
    snprintf(label, sizeof label, "%s of %u bits, by %zu", prime ? "primes" : "odd", bits, piece);
    for (int i = 0; peers[i].name != NULL; i++)
        row.ns[i] = peers[i].run_limbs != NULL ? median(times[i], rounds) : 0;
    print_row(label, &row, true, goal);
    for (size_t i = 0; i < count; i++)
        mpz_clear(n[i]);
}

/*
 * What the machine allows: independent 64 x 64-bit multiplications in general registers, three of
 * which make a squaring (two with their high halves, which are what is measured).
 */
static void print_bound(void)
{
    enum { STEPS = 1 << 22, CHAINS = 8 };
    __extension__ typedef unsigned __int128 wide;
    uint64_t x[CHAINS] = {3, 5, 7, 9, 11, 13, 15, 17};
    double start = peers_clock();
    for (int i = 0; i < STEPS; i++)
        _Pragma("GCC unroll 8") for (int k = 0; k < CHAINS; k++) x[k] =
            (uint64_t)((wide)x[k] * UINT64_C(0x9e3779b97f4a7c15) >> 64);
    double ns = (peers_clock() - start) / STEPS / CHAINS;
    uint64_t sum = 0;
    for (int k = 0; k < CHAINS; k++)
        sum += x[k];
    printf("a 64-bit multiplication takes %.2f ns, so 64 squarings of three each %.0f ns%s\n", ns,
           ns * 3 * 64, sum == 0 ? "." : "");
}

int main(int argc, char **argv)
{
    static const struct {
        char class;
        const char *label;
        double goal;
    } classes[] = {
        {'A', "A  random 64-bit", 6},          {'B', "B  random odd 64-bit", 6},
        {'C', "C  random 64-bit primes", 8},   {'D', "D  random 32-bit", 10},
        {'d', "D2 32-bit primes", 30},         {'E', "E  semiprimes (k+1)(2k+1) near 2^63", 8},
        {'F', "F  consecutive from 10^18", 7}, {'G', "G  bit length uniform 1..53", 7},
        {'H', "H  50-bit primes", 30}};
    static const struct {
        unsigned bits;
        double goal; /* for primes */
    } sizes[] = {{82, 0},     {96, 0},     {128, 0},   {192, 1.5},  {256, 1.5},
                 {384, 1.5},  {512, 1.5},  {768, 1.5}, {1024, 1.5}, {1536, 1.2},
                 {2048, 1.2}, {3072, 1.2}, {4096, 1.2}};
    if (argc < 2)
        return 2;
    int rounds = argc > 2 ? atoi(argv[2]) : 21;
    if (rounds < 1 || rounds > MAX_ROUNDS)
        rounds = 21;
    setvbuf(stdout, NULL, _IOLBF, 0);
    peers_start(argv[1]);
    printf("kernel in use %s, medians of %d interleaved runs of %d numbers\n", primality_kernel(),
           rounds, COUNT);
    print_bound();
    print_header("Nanoseconds a number", false);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        bench_class(classes[i].class, classes[i].label, classes[i].goal, rounds);
    print_header("Microseconds a number", true);
    for (int prime = 1; prime >= 0; prime--)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            bench_bits(sizes[i].bits, prime, prime ? sizes[i].goal : 0,
                       sizes[i].bits <= 512 ? rounds : rounds / 4 + 1);
    return 0;
}
