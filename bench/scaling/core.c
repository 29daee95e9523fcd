/*
 * core - how long the primality core alone takes for the numbers that stream sends.
 *
 *     core COUNT BITS PROCESSES REPEATS
 *
 * So many processes test equal shares at the same time, cut into pieces as the service cuts them. Prints the
 * seconds of each repeat, from the first start to the last end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/end_to_end/load.h"
#include "bench/scaling/numbers.h"
#include "common/block.h"
#include "common/clock.h"
#include "worker/primality/primality.h"

/* Numbers the service tests at once. */
static size_t piece_of(unsigned bits)
{
    if (bits <= 64)
        return BLOCK_GROUP_MAX;
    uint64_t fit = CHUNK_MAX_COST_NS / primality_cost_ns(bits);
    return fit < 1 ? 1 : fit > BLOCK_WIDE_GROUP_MAX ? BLOCK_WIDE_GROUP_MAX : fit;
}

static void test_piece(const struct numbers *numbers, size_t from, size_t count, uint8_t *verdicts)
{
    static float seconds[BLOCK_GROUP_MAX];
    struct primality_integer integers[BLOCK_WIDE_GROUP_MAX];
    if (numbers->limbs == 1) {
        primality_test_u64(numbers->words + from, count, verdicts, seconds);
        return;
    }
    for (size_t i = 0; i < count; i++)
        integers[i] = (struct primality_integer){numbers->words + (from + i) * numbers->limbs,
                                                 numbers->limbs};
    primality_test_limbs_batch(integers, count, verdicts, seconds);
}

/* Test from .. end-1; the exit status. */
static int test(const struct numbers *numbers, size_t from, size_t end, size_t piece)
{
    uint8_t verdicts[BLOCK_GROUP_MAX];
    while (from < end) {
        size_t count = end - from < piece ? end - from : piece;
        test_piece(numbers, from, count, verdicts);
        for (size_t i = 0; i < count; i++)
            if ((verdicts[i] != PRIMALITY_COMPOSITE) != numbers->primes[from + i])
                return 1;
        from += count;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        load_fail("usage: core COUNT BITS PROCESSES REPEATS");
    size_t count = strtoull(argv[1], NULL, 10);
    unsigned bits = (unsigned)atoi(argv[2]);
    size_t processes = strtoull(argv[3], NULL, 10);
    struct numbers numbers = numbers_make(count, bits);
    test(&numbers, 0, count < BLOCK_GROUP_MAX ? count : BLOCK_GROUP_MAX, piece_of(bits));
    for (int repeats = atoi(argv[4]); repeats > 0; repeats--) {
        int64_t began_ns = clock_monotonic_ns();
        for (size_t i = 0; i < processes; i++)
            if (fork() == 0)
                _exit(test(&numbers, count * i / processes, count * (i + 1) / processes,
                           piece_of(bits)));
        for (size_t i = 0; i < processes; i++) {
            int status;
            if (wait(&status) < 0 || status != 0)
                load_fail("a verdict is wrong");
        }
        printf("%.9f\n", (double)(clock_monotonic_ns() - began_ns) / 1e9);
    }
}
