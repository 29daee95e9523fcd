/* gearman_worker HOST PORT - tests packed numbers for gearmand, for ever. */
#include <libgearman/gearman.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/end_to_end/work.h"

static gearman_return_t test(gearman_job_st *job, void *context)
{
    (void)context;
    size_t count = gearman_job_workload_size(job) / 8;
    uint8_t *verdicts = malloc(count + 1);
    work_test_octets(gearman_job_workload(job), count, verdicts);
    gearman_return_t code = gearman_job_send_complete(job, verdicts, count);
    free(verdicts);
    return code;
}

int main(int argc, char **argv)
{
    gearman_worker_st *worker = gearman_worker_create(NULL);
    if (argc < 3 || !worker ||
        gearman_worker_add_server(worker, argv[1], (in_port_t)atoi(argv[2])) != GEARMAN_SUCCESS)
        return 2;
    gearman_worker_define_function(worker, "prime", 5, gearman_function_create(test), 0, NULL);
    for (;;)
        if (gearman_worker_work(worker) != GEARMAN_SUCCESS)
            fprintf(stderr, "%s\n", gearman_worker_error(worker));
}
