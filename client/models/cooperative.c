/*
 * cooperative - coroutines on one thread's event loop, and a spinner that is canceled.
 *
 * The counter of the next number needs no lock: nobody else runs between two yields. In return the
 * job has to yield by itself, five thousand times a second; one long call that does not know the
 * loop (GMP's, say) would stop the spinner as surely as in sequential.c.
 */
#include <errno.h>

#include "client/models/coroutine.h"
#include "client/models/model.h"
#include "common/clock.h"

struct shared {
    struct run *run;
    struct loop loop;
    size_t next;
    unsigned working;
    struct coroutine *spinner;
};

static bool breathe(void *context)
{
    struct shared *shared = context;
    if (!shared->run->spins)
        run_heed_signals(shared->run);
    return coroutine_yield(&shared->loop) && !atomic_load(&shared->run->stop);
}

static void work(struct loop *loop, void *argument)
{
    struct shared *shared = argument;
    struct run *run = shared->run;
    run_leave_mark(&run->probe);
    while (shared->next < run->count && !atomic_load(&run->stop)) {
        size_t i = shared->next++;
        run->primes[i] = job_is_prime(run->numbers[i], breathe, shared);
        coroutine_yield(loop);
    }
    if (--shared->working > 0)
        return;
    run_measure_memory(run, NULL, 0);
    if (shared->spinner)
        coroutine_cancel(loop, shared->spinner);
}

static void spin(struct loop *loop, void *argument)
{
    struct shared *shared = argument;
    do
        run_turn_spinner(shared->run);
    while (coroutine_sleep(loop, SPINNER_PERIOD_MS * NS_PER_MS));
    run_turn_spinner(shared->run); /* canceled: one last time, and the line is tidied up */
}

int cooperative_run(struct run *run)
{
    struct shared shared = {.run = run};
    loop_init(&shared.loop);
    if (run->spins && !(shared.spinner = loop_spawn(&shared.loop, spin, &shared)))
        return -ENOMEM;
    while (shared.working < run->workers && loop_spawn(&shared.loop, work, &shared))
        shared.working++;
    if (shared.working == 0 && shared.spinner)
        coroutine_cancel(&shared.loop, shared.spinner);
    bool none = shared.working == 0;
    loop_run(&shared.loop);
    return none ? -ENOMEM : 0;
}
