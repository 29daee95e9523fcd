/* Offline: the process pool, its workers that die, and the concurrency models. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli.h"
#include "client/crew.h"
#include "client/models/model.h"
#include "common/board.h"
#include "common/clock.h"
#include "common/ring.h"
#include "common/verdict.h"
#include "tests/support/prime.h"
#include "worker/primality/primality.h"

TestSuite(pool, .timeout = 120);

static const char *const demo_primes[] = {
    "2",
    "142702110479723",
    "299593572317531",
    "3333333333333301",
    "4444444444444423",
    "5555555555555503",
    "6666666666666719",
    "7777777777777753",
    "9999999999999917",
};
enum { DEMO_PRIMES = sizeof demo_primes / sizeof *demo_primes };

Test(pool, the_twenty_numbers)
{
    struct command command;
    prime_run(&command, NULL, "", "pool", "-w", "3");
    cr_expect_eq(command.status, 0);
    cr_expect_eq(strncmp(command.out, "Checking 20 numbers with 3 processes:\n", 38), 0, "%s",
                 command.out);
    int lines = 0, primes = 0;
    const char *line = strchr(command.out, '\n') + 1;
    for (; *line && strncmp(line, "Total", 5) != 0; line += strcspn(line, "\n") + 1, lines++) {
        unsigned long long number;
        char mark;
        double seconds;
        cr_assert_eq(sscanf(line, "%llu%*2c%c %lfs", &number, &mark, &seconds), 3, "%s", line);
        cr_expect(seconds >= 0 && (mark == 'P' || mark == ' '), "%s", line);
        primes += mark == 'P';
    }
    cr_expect_eq(lines, 20);
    cr_expect_eq(primes, DEMO_PRIMES);
    cr_expect_eq(strncmp(line, "Total time: ", 12), 0, "%s", line);
    for (int i = 0; i < DEMO_PRIMES; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n%16s  P ", demo_primes[i]);
        cr_expect_not_null(strstr(command.out, row), "%s", row);
    }
}

Test(pool, numbers_of_all_sizes_from_a_pipe)
{
    struct command command;
    prime_run(&command, NULL, "2^89-1\n-7\n0\n97\n2^521\n", "pool", "-", "--json");
    cr_expect_eq(command.status, 0);
    static const char *const parts[] = {
        "\"n\":\"618970019642690137449562111\",\"prime\":true,\"certainty\":\"probable\"",
        "\"n\":\"-7\",\"prime\":false",
        "\"n\":\"0\",\"prime\":false",
        "\"n\":\"97\",\"prime\":true",
        "\"n\":\"6864797660130609714981900799081393217269",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(command.out, parts[i]), "%s not in %s", parts[i], command.out);
}

Test(pool, many_numbers_from_a_file)
{
    enum { COUNT = 100000, PRIMES = 9592 };
    char path[] = "/tmp/prime-test.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    for (int i = 0; i < COUNT; i++)
        fprintf(file, "%d\n", i);
    fclose(file);
    struct prime prime = prime_start(NULL, (const char *[]){"pool", path, NULL}, NULL);
    cr_expect_eq(prime_end(&prime), 0);
    remove(path);
    FILE *out = fdopen(dup(prime.out), "r");
    rewind(out);
    char line[128];
    int lines = 0, primes = 0;
    while (fgets(line, sizeof line, out)) {
        lines++;
        primes += strstr(line, "  P ") != NULL;
    }
    fclose(out);
    cr_expect_eq(lines, COUNT + 2);
    cr_expect_eq(primes, PRIMES);
    struct command command;
    prime_read(&prime, &command);
}

Test(pool, mistakes_come_before_any_verdict)
{
    char path[] = "/tmp/prime-test.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("2\nx\n", file);
    fclose(file);
    struct command command;
    prime_run(&command, NULL, "", "pool", path);
    remove(path);
    cr_expect_eq(command.status, EXIT_USAGE);
    cr_expect_str_empty(command.out);
    cr_expect_not_null(strstr(command.err, "line 2 of "));
}

/* A worker that dies on the number 13, and calls all others prime. */
static void die_on_13(struct arena *arena, unsigned slot, void *context)
{
    (void)context;
    for (int32_t index;;) {
        if ((index = ring_pop(arena, slot)) == RING_EMPTY) {
            ring_wait(arena, slot);
            continue;
        }
        const struct block *block = arena_block(arena, (uint32_t)index);
        struct results *results = arena_results(arena, (uint32_t)index);
        bool is_sentinel = block->kind == BLOCK_SENTINEL;
        struct chunk chunk = block_chunk(block);
        for (uint32_t i = atomic_load(&results->done); i < chunk.count; i++) {
            if (block->words[i] == 13)
                raise(SIGKILL);
            results->verdicts[i] = VERDICT_PRIME;
            atomic_store(&results->done, i + 1);
        }
        board_finish(arena, (uint32_t)index);
        if (is_sentinel)
            return;
    }
}

Test(pool, a_number_that_kills_its_workers_fails_alone)
{
    static const uint64_t numbers[] = {11, 13, 17};
    struct crew crew;
    cr_assert_eq(crew_open(&crew, 2, die_on_13, NULL), 0);
    crew_push(&crew,
              &(struct chunk){.kind = CHUNK_NARROW, .count = 3, .words = 3, .data = numbers});
    int32_t index;
    while ((index = crew_take(&crew)) == BOARD_EMPTY)
        crew_wait(&crew, 10 * NS_PER_MS);
    const uint8_t *verdicts = arena_results(&crew.arena, (uint32_t)index)->verdicts;
    cr_expect_eq(verdicts[0], VERDICT_PRIME);
    cr_expect_eq(verdicts[1], VERDICT_FAILED);
    cr_expect_eq(verdicts[2], VERDICT_PRIME);
    cr_expect_eq(crew.deaths, 3);
    crew_release(&crew, (uint32_t)index);
    crew_close(&crew);
}

static bool go_on(void *context)
{
    (void)context;
    return true;
}

Test(pool, the_slow_job_agrees_with_the_core)
{
    for (uint64_t n = 0; n < 20000; n++) {
        bool prime = primality_test_limbs(&n, 1, NULL) != PRIMALITY_COMPOSITE;
        cr_assert_eq(job_is_prime(n, go_on, NULL), prime, "%llu", (unsigned long long)n);
    }
}

Test(pool, models_are_measured)
{
    static const char *const names[] = {"sequential", "threads", "processes", "coroutines"};
    struct command command;
    prime_run(&command, NULL, "", "models", "-w", "2", "--json");
    cr_expect_eq(command.status, 0, "%s", command.err);
    const char *line = command.out;
    for (int i = 0; i < 4; i++, line += strcspn(line, "\n") + 1) {
        json_t *row = json_loadb(line, strcspn(line, "\n"), 0, NULL);
        cr_assert_not_null(row, "%s", command.out);
        cr_expect_str_eq(json_string_value(json_object_get(row, "model")), names[i]);
        cr_expect_gt(json_number_value(json_object_get(row, "seconds")), 0);
        cr_expect_gt(json_number_value(json_object_get(row, "speed_up")), 0);
        cr_expect_gt(json_number_value(json_object_get(row, "processors_busy")), 0);
        cr_expect_gt(json_number_value(json_object_get(row, "overhead_seconds")), 0);
        cr_expect_eq(json_integer_value(json_object_get(row, "primes")), DEMO_PRIMES);
        cr_expect(json_is_true(json_object_get(row, "shared_raw_memory")));
        cr_expect_eq(json_is_true(json_object_get(row, "shared_objects")), i != 2, "%s", names[i]);
        cr_expect_geq(json_integer_value(json_object_get(row, "spinner_frames")), 2);
        json_decref(row);
    }
    cr_expect_str_empty(line);
}

Test(pool, models_for_people)
{
    struct command command;
    prime_run(&command, NULL, "", "models");
    cr_expect_eq(command.status, 0, "%s", command.err);
    static const char *const parts[] = {"speed-up",  "overhead",   "sequential",          "threads",
                                        "processes", "coroutines", "Each found 9 primes."};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(command.out, parts[i]), "%s", parts[i]);
}

Test(pool, models_end_by_a_signal)
{
    struct prime prime = prime_start_on_terminal(NULL, (const char *[]){"models", NULL}, NULL);
    prime_await(&prime, "threads");
    prime_send(&prime, "\003");
    cr_expect_eq(prime_end(&prime), -SIGINT);
    struct command command;
    prime_read(&prime, &command);
}
