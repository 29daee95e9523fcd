/*
 * formats - how fast results are written: GB/s and ns a result of each format, for 63-bit numbers, in
 * processor time of one thread; medians of 15 rounds over the same million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/end_to_end/work.h"
#include "server/http/result_format.h"

enum { COUNT = 1000000, PIECE = 64 * 1024, ROUNDS = 15 };

static double thread_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(void)
{
    uint64_t *numbers = malloc(COUNT * sizeof *numbers);
    uint8_t *verdicts = malloc(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i] = work_number(i);
        verdicts[i] = work_is_prime(numbers[i]) ? VERDICT_PRIME : VERDICT_COMPOSITE;
    }
    printf(
        "\nWriting a million results, medians:\n\n| format | GB/s | ns a result | bytes a result |\n| --- | ---: | ---: | ---: |\n");
    for (int format = 0; format < RESULT_FORMATS; format++) {
        double seconds[ROUNDS];
        size_t bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            struct text text = {.data = NULL};
            double began = thread_s();
            bytes = 0;
            for (size_t i = 0; i < COUNT; i++) {
                struct number number = {&numbers[i], 1, false};
                /* Those of a group, 64 here, took the same time. */
                float elapsed = 5.6e-9F * (float)(1 + (i >> 6) % 50);
                result_format_item(&text, (enum result_format)format, i, &number,
                                   (enum verdict)verdicts[i], elapsed);
                if (text.length > PIECE) {
                    bytes += text.length;
                    text.length = 0;
                }
            }
            bytes += text.length;
            seconds[round] = thread_s() - began;
            text_destroy(&text);
        }
        qsort(seconds, ROUNDS, sizeof *seconds, compare);
        double s = seconds[ROUNDS / 2];
        printf("| %s | %.2f | %.1f | %.1f |\n", result_format_name((enum result_format)format),
               (double)bytes / s / 1e9, s / COUNT * 1e9, (double)bytes / COUNT);
    }
    free(numbers);
    free(verdicts);
    return 0;
}
