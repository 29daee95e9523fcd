/*
 * sequential - one thing after another.
 *
 * Nothing turns the spinner while a number is being tested: it stands still until the end.
 */
#include "client/models/model.h"
#include "common/clock.h"

/* The job could turn the spinner itself, here; then it would have to know about spinners. */
static bool breathe(void *context)
{
    struct run *run = context;
    run_heed_signals(run);
    return !atomic_load(&run->stop);
}

int sequential_run(struct run *run)
{
    if (run->spins)
        run_turn_spinner(run);
    run_leave_mark(&run->probe);
    for (size_t i = 0; i < run->count && !atomic_load(&run->stop); i++)
        run->primes[i] = job_is_prime(run->numbers[i], breathe, run);
    if (run->spins)
        run_turn_spinner(run);
    run_measure_memory(run, NULL, 0);
    return 0;
}
