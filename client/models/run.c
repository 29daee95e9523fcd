/* run - the job, the spinner and what is measured; the same for all models. See model.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/models/model.h"
#include "common/clock.h"

enum { DIVISIONS_A_BREATH = 1 << 16 };

bool job_is_prime(uint64_t n, job_breath *breathe, void *context)
{
    if (n < 4 || n % 2 == 0)
        return n == 2 || n == 3;
    uint64_t left = DIVISIONS_A_BREATH;
    for (uint64_t d = 3; d <= n / d; d += 2) {
        if (n % d == 0)
            return false;
        if (--left == 0) {
            if (!breathe(context))
                return false;
            left = DIVISIONS_A_BREATH;
        }
    }
    return true;
}

void run_heed_signals(struct run *run)
{
    int signal = terminal_take_signal(&run->client->terminal);
    if (terminal_is_end(signal)) {
        run->client->signal = signal;
        atomic_store(&run->stop, true);
    } else if (signal == SIGTSTP) {
        progress_clear(&run->client->progress);
        terminal_suspend(&run->client->terminal);
    }
}

void run_turn_spinner(struct run *run)
{
    int64_t now = clock_monotonic_ns();
    if (now - run->drawn_ns > run->longest_ns)
        run->longest_ns = now - run->drawn_ns;
    run->drawn_ns = now;
    run->frames++;
    progress_tick(&run->client->progress);
    run_heed_signals(run);
}

void run_leave_mark(const struct probe *probe)
{
    atomic_store(probe->raw, 1);
    __atomic_store_n(probe->object, 1, __ATOMIC_RELAXED); /* from several threads */
}

long memory_of(pid_t pid)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Pss_Anon:", 9) == 0 || strncmp(line, "Pss_Shmem:", 10) == 0)
            kib = (kib < 0 ? 0 : kib) + strtol(strchr(line, ':') + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return kib;
}

void run_measure_memory(struct run *run, const pid_t *children, size_t count)
{
    if (!run->spins)
        return; /* the run of empty jobs, whose time counts */
    long sum = memory_of(getpid());
    for (size_t i = 0; i < count && sum >= 0; i++) {
        long kib = children[i] ? memory_of(children[i]) : 0;
        sum = kib < 0 ? -1 : sum + kib;
    }
    run->memory_kib = sum;
}
