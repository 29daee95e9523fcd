/* models - runs the same job under each concurrency model, and prints what was measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/crew.h"
#include "client/demo.h"
#include "client/figures.h"
#include "client/models/model.h"
#include "common/clock.h"

enum { EMPTY_JOBS = 5000 };

/* What is known of a model in the end. */
struct measure {
    const char *name;
    double wall_s;
    double cpu_s;
    double speed_up;
    double overhead_s; /* of a job */
    long memory_kib;   /* more than before; -1: not known */
    bool raw_shared, objects_shared;
    unsigned frames;
    double longest_s; /* the spinner stood still */
    unsigned primes;
};

static const struct {
    const char *name;
    model_run *run;
} models[] = {
    {"sequential", sequential_run},
    {"threads", threads_run},
    {"processes", processes_run},
    {"coroutines", cooperative_run},
};
enum { MODELS = sizeof models / sizeof *models };

/* --- measuring -------------------------------------------------------------------------------- */

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Processor time of this process and of the children that have ended. */
static double processor_s(void)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds_of(&self.ru_utime) + seconds_of(&self.ru_stime) +
           seconds_of(&children.ru_utime) + seconds_of(&children.ru_stime);
}

/* The slow job, with the spinner. */
static int measure_job(struct run *run, model_run *model, struct measure *measure)
{
    long before_kib = memory_of(getpid());
    double cpu_s = processor_s();
    int64_t began = clock_monotonic_ns();
    run->drawn_ns = began;
    int error = model(run);
    measure->wall_s = (double)(clock_monotonic_ns() - began) / 1e9;
    measure->cpu_s = processor_s() - cpu_s;
    measure->memory_kib = before_kib < 0 || run->memory_kib < 0 ? -1 : run->memory_kib - before_kib;
    measure->frames = run->frames;
    measure->longest_s = (double)run->longest_ns / 1e9;
    for (size_t i = 0; i < run->count; i++)
        measure->primes += run->primes[i];
    return error;
}

/* Jobs with nothing in them, one by one through the same machinery. */
static int measure_overhead(struct run *run, model_run *model, struct measure *measure)
{
    uint64_t *numbers = calloc(EMPTY_JOBS, sizeof *numbers); /* 0 is settled at once */
    bool *primes = calloc(EMPTY_JOBS, sizeof *primes);
    int error = numbers && primes ? 0 : -1;
    if (!error) {
        run->numbers = numbers;
        run->primes = primes;
        run->count = EMPTY_JOBS;
        run->spins = false;
        int64_t began = clock_monotonic_ns();
        error = model(run);
        measure->overhead_s = (double)(clock_monotonic_ns() - began) / 1e9 / EMPTY_JOBS;
    }
    free(numbers);
    free(primes);
    return error;
}

static int measure_model(struct client *client, int i, unsigned workers, struct measure *measure)
{
    uint64_t numbers[DEMO_NUMBERS];
    bool primes[DEMO_NUMBERS] = {false};
    _Atomic int *raw =
        mmap(NULL, sizeof *raw, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *object = calloc(1, sizeof *object);
    int error = -1;
    if (raw == MAP_FAILED || !object)
        goto done;
    for (int n = 0; n < DEMO_NUMBERS; n++)
        numbers[n] = strtoull(demo_numbers[n], NULL, 10);
    struct run run = {.client = client,
                      .workers = workers,
                      .numbers = numbers,
                      .count = DEMO_NUMBERS,
                      .primes = primes,
                      .spins = true,
                      .probe = {.raw = raw, .object = object}};
    progress_say(&client->progress, "%s", models[i].name);
    error = measure_job(&run, models[i].run, measure);
    progress_clear(&client->progress);
    measure->name = models[i].name;
    measure->raw_shared = atomic_load(raw) != 0;
    measure->objects_shared = *object != 0;
    if (!error && !client->signal)
        error = measure_overhead(&run, models[i].run, measure);
done:
    free(object);
    if (raw != MAP_FAILED)
        munmap(raw, sizeof *raw);
    return error;
}

/* --- telling ---------------------------------------------------------------------------------- */

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

static void print_head(const struct client *client, unsigned workers)
{
    bool colour = client->terminal.out_colour;
    printf("%d numbers by trial division, %u workers on %u processors, a spinner every %d ms.\n\n",
           DEMO_NUMBERS, workers, crew_processors(), SPINNER_PERIOD_MS);
    printf("%s%-10s  %8s  %8s  %10s  %10s  %12s  %10s  %10s  %s%s\n",
           terminal_colour(colour, COLOUR_BOLD), "model", "time", "speed-up", "processors",
           "memory", "overhead/job", "shared raw", "shared", "spinner",
           terminal_colour(colour, COLOUR_NONE));
    printf("%s%-10s  %8s  %8s  %10s  %10s  %12s  %10s  %10s  %s%s\n",
           terminal_colour(colour, COLOUR_DIM), "", "", "", "busy", "more", "", "memory", "objects",
           "stood still at most", terminal_colour(colour, COLOUR_NONE));
    fflush(stdout); /* before the forks */
}

static void print_measure(const struct measure *m, bool json)
{
    char time[FIGURE_SIZE], overhead[FIGURE_SIZE], memory[FIGURE_SIZE] = "?", still[FIGURE_SIZE];
    if (json) {
        printf("{\"model\":\"%s\",\"seconds\":%.6f,\"speed_up\":%.3f,\"processors_busy\":%.3f,"
               "\"memory_kib\":%ld,\"overhead_seconds\":%.9f,\"shared_raw_memory\":%s,"
               "\"shared_objects\":%s,\"spinner_frames\":%u,\"spinner_still_seconds\":%.6f,"
               "\"primes\":%u}\n",
               m->name, m->wall_s, m->speed_up, m->cpu_s / m->wall_s, m->memory_kib, m->overhead_s,
               m->raw_shared ? "true" : "false", m->objects_shared ? "true" : "false", m->frames,
               m->longest_s, m->primes);
    } else {
        if (m->memory_kib >= 0)
            figure_bytes(memory, (double)m->memory_kib * 1024);
        printf("%-10s  %8s  %7.2fx  %10.2f  %10s  %12s  %10s  %10s  %s\n", m->name,
               figure_seconds(time, m->wall_s), m->speed_up, m->cpu_s / m->wall_s, memory,
               figure_seconds(overhead, m->overhead_s), yes_or_no(m->raw_shared),
               yes_or_no(m->objects_shared), figure_seconds(still, m->longest_s));
    }
    fflush(stdout);
}

int models_run(struct client *client)
{
    unsigned workers = (unsigned)cli_number(client->cli, OPTION_WORKERS);
    workers = workers ? workers : crew_processors();
    bool json = client_option(client, OPTION_JSON) != NULL;
    struct measure measures[MODELS] = {{.name = NULL}};
    if (terminal_catch_signals(&client->terminal) < 0)
        return EXIT_SYSTEM;
    if (!json)
        print_head(client, workers);
    for (int i = 0; i < MODELS && !client->signal; i++) {
        struct measure *measure = &measures[i];
        if (measure_model(client, i, workers, measure) != 0) {
            progress_clear(&client->progress);
            fprintf(stderr, "prime models: %s: no memory, or no more processes\n", models[i].name);
            return EXIT_SYSTEM;
        }
        measure->speed_up = measures[0].wall_s / measure->wall_s;
        if (!client->signal)
            print_measure(measure, json);
    }
    if (!json && !client->signal)
        printf("\nEach found %u primes. docs/concurrency.md explains the columns.\n",
               measures[0].primes);
    return EXIT_ANSWERED;
}
