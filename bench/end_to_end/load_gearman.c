/*
 * load_gearman - a client of gearmand, by libgearman: packed numbers in, an octet a number out, no
 * HTTP and no JSON. A big batch is cut into jobs that run at the same time.
 */
#include <libgearman/gearman.h>
#include <stdlib.h>
#include <string.h>

#include "bench/end_to_end/load.h"

enum { JOB = 10000 }; /* numbers in a job */

static void *connect_gearman(const char *host, const char *port)
{
    gearman_client_st *client = gearman_client_create(NULL);
    if (!client ||
        gearman_client_add_server(client, host, (in_port_t)atoi(port)) != GEARMAN_SUCCESS)
        load_fail("libgearman has no memory");
    return client;
}

static size_t small_gearman(void *connection, const struct batch *batch)
{
    size_t size;
    gearman_return_t code;
    uint8_t *verdicts = gearman_client_do(connection, "prime", NULL, batch->numbers,
                                          batch->count * sizeof *batch->numbers, &size, &code);
    if (code != GEARMAN_SUCCESS || size != batch->count)
        load_fail("gearman: %s", gearman_client_error(connection));
    size_t primes = 0;
    for (size_t i = 0; i < size; i++)
        primes += verdicts[i];
    free(verdicts);
    return primes;
}

static gearman_return_t completed(gearman_task_st *task)
{
    memcpy(gearman_task_context(task), gearman_task_data(task), gearman_task_data_size(task));
    return GEARMAN_SUCCESS;
}

static void big_gearman(void *connection, const struct batch *batch)
{
    gearman_client_set_complete_fn(connection, completed);
    for (size_t i = 0; i < batch->count; i += JOB) {
        size_t count = batch->count - i < JOB ? batch->count - i : JOB;
        gearman_return_t code;
        gearman_client_add_task(connection, NULL, batch->verdicts + i, "prime", NULL,
                                batch->numbers + i, count * sizeof *batch->numbers, &code);
        if (code != GEARMAN_SUCCESS)
            load_fail("gearman: %s", gearman_client_error(connection));
    }
    if (gearman_client_run_tasks(connection) != GEARMAN_SUCCESS)
        load_fail("gearman: %s", gearman_client_error(connection));
}

const struct contender load_gearman = {"gearman", connect_gearman, small_gearman, big_gearman,
                                       NULL};
