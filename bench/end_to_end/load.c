/* load - see load.h. */
#include "bench/end_to_end/load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/end_to_end/work.h"
#include "common/text.h"

enum {
    SMALL = 20,       /* numbers a batch */
    SMALL_KINDS = 64, /* different batches */
    LATENCIES_MAX = 1 << 22,
};

static const struct contender *const contenders[] = {
    &load_primed, &load_primed_ndjson, &load_http, &load_gearman, &load_beanstalkd,
};

/* --- the batches ------------------------------------------------------------------------------ */

/* Numbers first .. first+count-1 of the sequence, with room for their verdicts. */
static struct batch make_batch(uint64_t first, size_t count)
{
    uint64_t *numbers = malloc(count * sizeof *numbers);
    struct text body = {.data = NULL};
    for (size_t i = 0; i < count; i++) {
        numbers[i] = work_number(first + i);
        text_printf(&body, "%c%llu", i ? ',' : '[', (unsigned long long)numbers[i]);
    }
    text_add(&body, "]", 1);
    return (struct batch){.numbers = numbers,
                          .count = count,
                          .body = body.data,
                          .body_size = body.length,
                          .verdicts = calloc(count, 1)};
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void run_big(const struct contender *contender, const char *host, const char *port,
                    size_t count)
{
    struct batch batch = make_batch(0, count);
    void *connection = contender->connect(host, port);
    int64_t began_ns = now_ns();
    contender->big(connection, &batch);
    double ms = (double)(now_ns() - began_ns) / 1e6;
    if (contender->forget)
        contender->forget(connection);
    for (size_t i = 0; i < count; i++)
        if (batch.verdicts[i] != work_is_prime(batch.numbers[i]))
            load_fail("number %zu has the wrong verdict", i);
    printf("%.3f\n", ms);
}

/* --- many small ones -------------------------------------------------------------------------- */

struct client {
    const struct contender *contender;
    const char *host;
    const char *port;
    const struct batch *batches;
    const size_t *primes; /* of each batch */
    int64_t until_ns;
    int64_t *latencies_ns;
    size_t count;
    size_t max;
    pthread_t thread;
};

static void *run_client(void *argument)
{
    struct client *client = argument;
    void *connection = client->contender->connect(client->host, client->port);
    for (int64_t began_ns = now_ns(); began_ns < client->until_ns && client->count < client->max;) {
        size_t which = client->count % SMALL_KINDS;
        if (client->contender->small(connection, &client->batches[which]) != client->primes[which])
            load_fail("a batch has the wrong number of primes");
        int64_t ended_ns = now_ns();
        client->latencies_ns[client->count++] = ended_ns - began_ns;
        began_ns = ended_ns;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void run_small(const struct contender *contender, const char *host, const char *port,
                      size_t clients, double seconds)
{
    struct batch batches[SMALL_KINDS];
    size_t primes[SMALL_KINDS] = {0};
    for (size_t i = 0; i < SMALL_KINDS; i++) {
        batches[i] = make_batch(SMALL * i, SMALL);
        for (size_t j = 0; j < SMALL; j++)
            primes[i] += work_is_prime(batches[i].numbers[j]);
    }
    int64_t *latencies_ns = malloc(LATENCIES_MAX * sizeof *latencies_ns);
    struct client *list = calloc(clients, sizeof *list);
    int64_t began_ns = now_ns();
    for (size_t i = 0; i < clients; i++) {
        list[i] = (struct client){.contender = contender,
                                  .host = host,
                                  .port = port,
                                  .batches = batches,
                                  .primes = primes,
                                  .until_ns = began_ns + (int64_t)(seconds * 1e9),
                                  .latencies_ns = latencies_ns + i * (LATENCIES_MAX / clients),
                                  .max = LATENCIES_MAX / clients};
        pthread_create(&list[i].thread, NULL, run_client, &list[i]);
    }
    size_t total = 0;
    for (size_t i = 0; i < clients; i++) {
        pthread_join(list[i].thread, NULL);
        memmove(latencies_ns + total, list[i].latencies_ns, list[i].count * sizeof *latencies_ns);
        total += list[i].count;
    }
    double took_s = (double)(now_ns() - began_ns) / 1e9;
    qsort(latencies_ns, total, sizeof *latencies_ns, compare);
    printf("%.1f %.4f %.4f\n", (double)total / took_s, (double)latencies_ns[total / 2] / 1e6,
           (double)latencies_ns[total - 1 - total / 100] / 1e6);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        load_fail("usage: load KIND HOST:PORT big COUNT | small CLIENTS SECONDS");
    const struct contender *contender = NULL;
    for (size_t i = 0; i < sizeof contenders / sizeof *contenders; i++)
        if (strcmp(contenders[i]->kind, argv[1]) == 0)
            contender = contenders[i];
    char *port = strrchr(argv[2], ':');
    if (!contender || !port)
        load_fail("load: %s at %s?", argv[1], argv[2]);
    *port++ = '\0';
    if (strcmp(argv[3], "big") == 0)
        run_big(contender, argv[2], port, strtoull(argv[4], NULL, 10));
    else
        run_small(contender, argv[2], port, strtoull(argv[4], NULL, 10),
                  argc > 5 ? atof(argv[5]) : 3);
    return 0;
}
