/* peers - the libraries the core is compared with: see peers.h. */
#include "bench/primality/peers.h"

#include "common/chunk.h"
#include "worker/primality/kernel.h"
#include "worker/primality/primality.h"

#include <gmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(HAVE_FLINT)
#include <flint/fmpz.h>
#include <flint/ulong_extras.h>
#endif
#if defined(HAVE_PARI)
#include <pari/pari.h>
#endif

enum { GMP_ROUNDS = 25, PATH_SIZE = 4096 };

double peers_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/* In pieces as long as those the service works on. */
static double run_kernel(const struct peer *peer, const uint64_t *numbers, size_t count,
                         size_t *primes)
{
    enum { PIECE = 4096 };
    uint8_t verdicts[PIECE];
    double elapsed = 0;
    *primes = 0;
    for (size_t done = 0; done < count; done += PIECE) {
        size_t part = count - done < PIECE ? count - done : PIECE;
        double start = peers_clock();
        kernel_test_u64(peer->kernel, numbers + done, part, verdicts, NULL);
        elapsed += peers_clock() - start;
        for (size_t i = 0; i < part; i++)
            *primes += verdicts[i] == PRIMALITY_PRIME;
    }
    return elapsed;
}

size_t peers_piece(size_t limbs)
{
    size_t piece = CHUNK_MAX_COST_NS / primality_cost_ns(64 * limbs);
    return piece < 1 ? 1 : piece < PEERS_BATCH ? piece : PEERS_BATCH;
}

/* In pieces as long as the service's chunks. */
static double run_kernel_limbs(const struct peer *peer, const struct primality_integer *numbers,
                               size_t count, size_t *primes)
{
    uint8_t verdicts[PEERS_BATCH];
    size_t piece = peers_piece(numbers[0].count);
    double start = peers_clock();
    for (size_t done = 0; done < count; done += piece)
        kernel_test_limbs(peer->kernel, numbers + done, count - done < piece ? count - done : piece,
                          verdicts + done, NULL);
    double elapsed = peers_clock() - start;
    *primes = 0;
    for (size_t i = 0; i < count; i++)
        *primes += verdicts[i] != PRIMALITY_COMPOSITE;
    return elapsed;
}

static double run_gmp(const struct peer *peer, const uint64_t *numbers, size_t count,
                      size_t *primes)
{
    (void)peer;
    *primes = 0;
    double start = peers_clock();
    for (size_t i = 0; i < count; i++) {
        mpz_t n;
        mpz_roinit_n(n, numbers + i, numbers[i] != 0);
        *primes += mpz_probab_prime_p(n, GMP_ROUNDS) != 0;
    }
    return peers_clock() - start;
}

static double run_gmp_limbs(const struct peer *peer, const struct primality_integer *numbers,
                            size_t count, size_t *primes)
{
    (void)peer;
    *primes = 0;
    double start = peers_clock();
    for (size_t i = 0; i < count; i++) {
        mpz_t n;
        mpz_roinit_n(n, numbers[i].limbs, (mp_size_t)numbers[i].count);
        *primes += mpz_probab_prime_p(n, GMP_ROUNDS) != 0;
    }
    return peers_clock() - start;
}

#if defined(HAVE_FLINT)

static double run_flint(const struct peer *peer, const uint64_t *numbers, size_t count,
                        size_t *primes)
{
    (void)peer;
    *primes = 0;
    double start = peers_clock();
    for (size_t i = 0; i < count; i++)
        *primes += n_is_prime(numbers[i]) != 0;
    return peers_clock() - start;
}

static double run_flint_limbs(const struct peer *peer, const struct primality_integer *numbers,
                              size_t count, size_t *primes)
{
    (void)peer;
    double elapsed = 0;
    *primes = 0;
    for (size_t i = 0; i < count; i++) {
        mpz_t n;
        fmpz_t f;
        fmpz_init(f);
        fmpz_set_mpz(f, mpz_roinit_n(n, numbers[i].limbs, (mp_size_t)numbers[i].count));
        double start = peers_clock();
        *primes += fmpz_is_probabprime(f) != 0;
        elapsed += peers_clock() - start;
        fmpz_clear(f);
    }
    return elapsed;
}

#endif

#if defined(HAVE_PARI)

static double run_pari(const struct peer *peer, const uint64_t *numbers, size_t count,
                       size_t *primes)
{
    (void)peer;
    *primes = 0;
    double start = peers_clock();
    for (size_t i = 0; i < count; i++)
        *primes += uisprime(numbers[i]) != 0;
    return peers_clock() - start;
}

static double run_pari_limbs(const struct peer *peer, const struct primality_integer *numbers,
                             size_t count, size_t *primes)
{
    (void)peer;
    double elapsed = 0;
    *primes = 0;
    for (size_t k = 0; k < count; k++) {
        pari_sp before = avma;
        GEN n = cgetipos((long)numbers[k].count + 2);
        for (size_t i = 0; i < numbers[k].count; i++)
            *int_W(n, (long)i) = (long)numbers[k].limbs[i];
        double start = peers_clock();
        *primes += BPSW_psp(n) != 0;
        elapsed += peers_clock() - start;
        avma = before;
    }
    return elapsed;
}

#endif

static FILE *to_mpu;
static FILE *from_mpu;

static void start_mpu(const char *directory)
{
    char script[PATH_SIZE];
    int in[2];
    int out[2];
    snprintf(script, sizeof script, "%s/mpu.pl", directory);
    if (pipe(in) != 0 || pipe(out) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execlp("perl", "perl", script, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_mpu = fdopen(in[1], "w");
    from_mpu = fdopen(out[0], "r");
}

/* Below 0 when there is no Math::Prime::Util. */
static double run_mpu(const struct peer *peer, const uint64_t *numbers, size_t count,
                      size_t *primes)
{
    (void)peer;
    double elapsed = -1;
    if (to_mpu == NULL || from_mpu == NULL)
        return elapsed;
    for (size_t i = 0; i < count; i++)
        fprintf(to_mpu, "%llu ", (unsigned long long)numbers[i]);
    fputc('\n', to_mpu);
    fflush(to_mpu);
    if (fscanf(from_mpu, "%lf %zu", &elapsed, primes) != 2) {
        to_mpu = NULL;
        return -1;
    }
    return elapsed;
}

static void add(struct peer peer)
{
    size_t count = 0;
    while (peers[count].name != NULL)
        count++;
    if (count < PEERS_MAX)
        peers[count] = peer;
}

struct peer peers[PEERS_MAX + 1];

void peers_start(const char *directory)
{
    signal(SIGPIPE, SIG_IGN);
    start_mpu(directory);
    const struct kernel *kernel;
    for (size_t i = 0; (kernel = kernel_available(i)) != NULL; i++)
        add((struct peer){.name = kernel->name,
                          .run = run_kernel,
                          .run_limbs = run_kernel_limbs,
                          .kernel = kernel});
#if defined(HAVE_FLINT)
    add((struct peer){.name = "FLINT", .run = run_flint, .run_limbs = run_flint_limbs});
#endif
#if defined(HAVE_PARI)
    pari_init(64 << 20, 1 << 16);
    add((struct peer){.name = "PARI", .run = run_pari, .run_limbs = run_pari_limbs});
#endif
    if (to_mpu != NULL)
        add((struct peer){.name = "MPU", .run = run_mpu});
    add((struct peer){.name = "GMP", .run = run_gmp, .run_limbs = run_gmp_limbs});
}
