/*
 * formats - how fast numbers are read and results are written: GB/s and ns a number in each format, for
 * 63-bit numbers, in processor time of one thread; medians of 15 rounds over the same million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/end_to_end/work.h"
#include "server/http/result_format.h"
#include "server/intake/intake.h"

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

static double median(double *seconds)
{
    qsort(seconds, ROUNDS, sizeof *seconds, compare);
    return seconds[ROUNDS / 2];
}

static void print_row(const char *format, size_t bytes, double s)
{
    printf("| %s | %.2f | %.1f | %.1f |\n", format, (double)bytes / s / 1e9, s / COUNT * 1e9,
           (double)bytes / COUNT);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What bodies are made of: the form of a number, and what stands before, between and behind them. */
struct body_form {
    const char *name;
    enum intake_format format;
    const char *begin, *number, *between, *end;
};

static const struct body_form forms[] = {
    {"json", INTAKE_JSON, "{\"numbers\":[", "%llu", ",", "]}"},
    {"json, quoted and spaced", INTAKE_JSON, "[", "\"%llu\"", ", ", "]"},
    {"text", INTAKE_LINES, "", "%llu", "\n", "\n"},
};

/* An intake_sink: what the store does with a chunk, copy it. */
static int keep(void *context, const struct chunk *chunk)
{
    memcpy(context, chunk->data, chunk->words * sizeof *chunk->data);
    return 0;
}

static void read_body(const char *name, enum intake_format format, const char *body, size_t size)
{
    const struct intake_limits limits = {
        .max_digits = 100, .max_numbers = COUNT, .max_envelope = PIECE};
    double seconds[ROUNDS];
    uint64_t kept[CHUNK_MAX_WORDS];
    for (int round = 0; round < ROUNDS; round++) {
        struct intake_envelope envelope;
        struct intake *intake = intake_new(format, &limits, keep, kept);
        double began = thread_s();
        for (size_t at = 0; at < size; at += PIECE)
            intake_feed(intake, body + at, size - at < PIECE ? size - at : PIECE);
        if (intake_finish(intake, &envelope) != INTAKE_OK || envelope.received != COUNT) {
            fprintf(stderr, "the body was not read\n");
            exit(1);
        }
        seconds[round] = thread_s() - began;
        intake_free(intake);
    }
    print_row(name, size, median(seconds));
}

static void read_all(const uint64_t *numbers)
{
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        const struct body_form *form = &forms[f];
        struct text body = {.data = NULL};
        text_printf(&body, "%s", form->begin);
        for (size_t i = 0; i < COUNT; i++) {
            char number[32];
            snprintf(number, sizeof number, form->number, (unsigned long long)numbers[i]);
            text_printf(&body, "%s%s", number, i < COUNT - 1 ? form->between : form->end);
        }
        read_body(form->name, form->format, body.data, body.length);
        text_destroy(&body);
    }
    read_body("octets", INTAKE_OCTETS, (const char *)numbers, COUNT * sizeof *numbers);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_results(enum result_format format, const uint64_t *numbers,
                          const uint8_t *verdicts)
{
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
            result_format_item(&text, format, i, &number, (enum verdict)verdicts[i], elapsed);
            if (text.length > PIECE) {
                bytes += text.length;
                text.length = 0;
            }
        }
        bytes += text.length;
        seconds[round] = thread_s() - began;
        text_destroy(&text);
    }
    print_row(result_format_name(format), bytes, median(seconds));
}

int main(void)
{
    uint64_t *numbers = malloc(COUNT * sizeof *numbers);
    uint8_t *verdicts = malloc(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i] = work_number(i);
        verdicts[i] = work_is_prime(numbers[i]) ? VERDICT_PRIME : VERDICT_COMPOSITE;
    }
    static const char head[] =
        " | GB/s | ns a number | bytes a number |\n| --- | ---: | ---: | ---: |";
    printf("\nReading a million integers, medians:\n\n| read%s\n", head);
    read_all(numbers);
    printf("\nWriting a million results, medians:\n\n| written%s\n", head);
    for (int format = 0; format < RESULT_FORMATS; format++)
        write_results((enum result_format)format, numbers, verdicts);
    free(numbers);
    free(verdicts);
    return 0;
}
