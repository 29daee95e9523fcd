/* work - the processor, the memory, the disk. See limits.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/limits/limits.h"
#include "worker/primality/primality.h"

enum {
    COPIED = 64 << 20,
    NUMBERS = 1 << 16,
    PIECE = 4096, /* numbers the core is given at once, as in the service */
    APPENDS = 32,
};

double work_copy(void)
{
    char *from = malloc(COPIED);
    char *to = malloc(COPIED);
    double rate[LIMITS_ROUNDS];
    if (!from || !to)
        limits_fail("memory");
    memset(from, 1, COPIED);
    memset(to, 2, COPIED);
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        memcpy(to, from, COPIED);
        rate[round] = COPIED / (double)(limits_now_ns() - began);
        from[round] = to[COPIED - 1 - round]; /* or nobody would need the copy */
    }
    free(from);
    free(to);
    return limits_median(rate);
}

double work_number(size_t bits)
{
    uint64_t *numbers = malloc(NUMBERS * sizeof *numbers);
    uint8_t verdicts[PIECE];
    double ns[LIMITS_ROUNDS];
    if (!numbers)
        limits_fail("memory");
    uint64_t state = 1;
    for (size_t i = 0; i < NUMBERS; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        numbers[i] = (state ^ state >> 29) >> (64 - bits);
    }
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (size_t i = 0; i < NUMBERS; i += PIECE)
            primality_test_u64(numbers + i, PIECE, verdicts, NULL);
        ns[round] = (double)(limits_now_ns() - began) / NUMBERS;
    }
    free(numbers);
    return limits_median(ns);
}

double work_append(const char *directory, size_t size)
{
    char path[4096];
    char *bytes = calloc(1, size);
    double us[LIMITS_ROUNDS];
    snprintf(path, sizeof path, "%s/limits.XXXXXX", directory);
    int file = mkstemp(path);
    if (file < 0 || !bytes)
        limits_fail(path);
    unlink(path);
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < APPENDS; i++)
            if (write(file, bytes, size) != (ssize_t)size || fdatasync(file) < 0)
                limits_fail("disk");
        us[round] = (double)(limits_now_ns() - began) / 1e3 / APPENDS;
    }
    close(file);
    free(bytes);
    return limits_median(us);
}
