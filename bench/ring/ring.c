/*
 * ring - the ring and the board beside Concurrency Kit's rings, between processes.
 *
 *     ring [ROUNDS [ITEMS]]
 *
 * One process hands ITEMS numbers to others and receives each back, answered, by way of 1, 8 or 64
 * places; the contenders take turns, ROUNDS times, and the table has the medians, in nanoseconds an
 * item. Then the consumers are killed again and again. Every item must come exactly once, or the
 * program ends with status 1.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/ring/contender.h"
#include "bench/ring/deaths.h"
#include "common/futex.h"

enum { ROUNDS_MAX = 1001, KILLS = 500, FEW_KILLS = 20, ASLEEP_SHARE = 20 };

static const struct contender *const contenders[] = {
    &contender_primed, &contender_spsc, &contender_spmc, &contender_mpmc, &contender_primed_asleep,
};
enum { CONTENDERS = sizeof contenders / sizeof *contenders };

static const struct {
    unsigned consumers, places;
} games[] = {{1, 1}, {1, 8}, {1, 64}, {2, 1}, {2, 8}, {2, 64}};
enum { GAMES = sizeof games / sizeof *games };

void contender_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void *contender_share(size_t size)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        contender_fail("there is no memory");
    return memory;
}

/* One game of one contender: nanoseconds an item. */
static double play(const struct contender *contender, unsigned consumers, unsigned places,
                   uint64_t items)
{
    struct ground *ground = contender_share(sizeof *ground);
    uint8_t *seen = contender_share(items);
    contender->open(consumers, places);
    pid_t pids[CONSUMERS_MAX];
    for (unsigned i = 0; i < consumers; i++)
        pids[i] = deaths_fork_consumer(contender, ground, i, 0);
    for (uint32_t ready; (ready = atomic_load(&ground->ready)) < consumers;)
        futex_wait(&ground->ready, ready, -1);
    int64_t took_ns = contender->produce(ground, places, items, seen);
    atomic_store(&ground->over, 1);
    if (contender->end)
        contender->end(consumers);
    for (unsigned i = 0; i < consumers; i++) {
        int status;
        if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
            contender_fail("%s: a consumer ended with %d", contender->name, status);
    }
    contender->close();
    for (uint64_t i = 0; i < items; i++)
        if (!seen[i])
            contender_fail("%s: number %llu never came", contender->name, (unsigned long long)i);
    munmap(seen, items);
    munmap(ground, sizeof *ground);
    return (double)took_ns / (double)items;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void print_times(double times[GAMES][CONTENDERS][ROUNDS_MAX], unsigned rounds)
{
    printf("\nNanoseconds an item, there and back, medians of %u rounds:\n\n", rounds);
    printf("| consumers | under way |");
    for (unsigned c = 0; c < CONTENDERS; c++)
        printf(" %s |", contenders[c]->name);
    printf(" primed to the best ck_ring | to spmc + mpsc |\n| ---: | ---: |");
    for (unsigned c = 0; c < CONTENDERS + 2; c++)
        printf(" ---: |");
    for (unsigned g = 0; g < GAMES; g++) {
        double ours = 0;
        double spmc = 0;
        double best = 1e300;
        printf("\n| %u | %u |", games[g].consumers, games[g].places);
        for (unsigned c = 0; c < CONTENDERS; c++) {
            if (games[g].consumers > contenders[c]->consumers_max) {
                printf(" |");
                continue;
            }
            double ns = median(times[g][c], rounds);
            printf(" %.0f |", ns);
            if (contenders[c] == &contender_primed)
                ours = ns;
            else if (contenders[c] != &contender_primed_asleep && ns < best)
                best = ns;
            if (contenders[c] == &contender_spmc)
                spmc = ns;
        }
        printf(" %.2f | %.2f |", ours / best, ours / spmc);
    }
    puts("");
}

static void print_deaths(unsigned kills)
{
    printf("\nTwo consumers, %d items under way; each consumer dies after 1 to 2 ms:\n\n",
           PLACES_MAX);
    puts(
        "| queue | consumers that died | items | of them lost | stood still for good from death |\n"
        "| --- | ---: | ---: | ---: | ---: |");
    const struct contender *const mortals[] = {&contender_primed, &contender_primed_asleep,
                                               &contender_spmc, &contender_mpmc};
    for (size_t i = 0; i < sizeof mortals / sizeof *mortals; i++) {
        struct deaths deaths = deaths_count(mortals[i], 2, PLACES_MAX, kills);
        printf("| %s | %u | %llu | %llu | ", mortals[i]->name, deaths.kills,
               (unsigned long long)deaths.items, (unsigned long long)deaths.lost);
        deaths.wedged ? printf("%u |\n", deaths.wedged_at) : puts("never |");
        if (mortals[i]->reap && (deaths.lost || deaths.wedged))
            contender_fail("%s must not lose any", mortals[i]->name);
    }
}

int main(int argc, char **argv)
{
    static double times[GAMES][CONTENDERS][ROUNDS_MAX];
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 11;
    uint64_t items = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    if (rounds < 1 || rounds > ROUNDS_MAX || items < 1000)
        contender_fail("usage: ring [ROUNDS (at most %d) [ITEMS (at least 1000)]]", ROUNDS_MAX);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned r = 0; r < rounds; r++)
        for (unsigned g = 0; g < GAMES; g++)
            for (unsigned c = 0; c < CONTENDERS; c++) {
                bool asleep = contenders[c] == &contender_primed_asleep;
                if (games[g].consumers <= contenders[c]->consumers_max)
                    times[g][c][r] = play(contenders[c], games[g].consumers, games[g].places,
                                          asleep ? items / ASLEEP_SHARE : items);
            }
    print_times(times, rounds);
    print_deaths(items < 100000 ? FEW_KILLS : KILLS);
}
