/* schedule - the two rounds. See schedule.h. */
#include "server/schedule.h"

/* What a priority of weight 1, and a batch, may get in one round: about one chunk. */
static const int64_t quantum_ns = CHUNK_MAX_COST_NS;

/* With more jobs than that an estimate is not worth looking at each of them. */
enum { ESTIMATE_MAX_JOBS = 256 };

static int64_t weight_of(int priority)
{
    return priority + 1;
}

void schedule_init(struct schedule *schedule)
{
    *schedule = (struct schedule){.current = SCHEDULE_PRIORITIES - 1};
    for (int i = 0; i < SCHEDULE_PRIORITIES; i++)
        TAILQ_INIT(&schedule->levels[i].jobs);
}

void schedule_add(struct schedule *schedule, struct job *job)
{
    TAILQ_INSERT_TAIL(&schedule->levels[job->priority].jobs, job, turn);
    schedule->levels[job->priority].count++;
    schedule->count++;
    schedule->cost_ns += job->cost_ns;
    job->balance_ns = quantum_ns;
    job->listed = true;
}

void schedule_remove(struct schedule *schedule, struct job *job)
{
    if (!job->listed)
        return;
    TAILQ_REMOVE(&schedule->levels[job->priority].jobs, job, turn);
    if (--schedule->levels[job->priority].count == 0)
        schedule->levels[job->priority].balance_ns = 0;
    schedule->count--;
    schedule->cost_ns -= job->cost_ns;
    job->listed = false;
}

struct job *schedule_next(struct schedule *schedule)
{
    if (schedule->count == 0)
        return NULL;
    while (schedule->levels[schedule->current].balance_ns <= 0) {
        schedule->current = (schedule->current + SCHEDULE_PRIORITIES - 1) % SCHEDULE_PRIORITIES;
        if (schedule->levels[schedule->current].count > 0)
            schedule->levels[schedule->current].balance_ns +=
                weight_of(schedule->current) * quantum_ns;
    }
    struct job_list *jobs = &schedule->levels[schedule->current].jobs;
    struct job *job = TAILQ_FIRST(jobs);
    while (job->balance_ns <= 0) {
        job->balance_ns += quantum_ns;
        TAILQ_REMOVE(jobs, job, turn);
        TAILQ_INSERT_TAIL(jobs, job, turn);
        job = TAILQ_FIRST(jobs);
    }
    return job;
}

void schedule_charge(struct schedule *schedule, struct job *job, uint64_t cost_ns)
{
    job->next_chunk++;
    uint64_t known = cost_ns < job->cost_ns ? cost_ns : job->cost_ns;
    job->cost_ns -= known;
    if (!job->listed)
        return;
    schedule->cost_ns -= known;
    job->balance_ns -= (int64_t)cost_ns;
    schedule->levels[job->priority].balance_ns -= (int64_t)cost_ns;
    if (job->next_chunk == job->chunk_count)
        schedule_remove(schedule, job);
}

uint64_t schedule_cost_until_done(const struct schedule *schedule, const struct job *job)
{
    /* While the job gets its work, every other gets at most its own, and its share by weight. */
    uint64_t own = job->cost_ns;
    if (schedule->count > ESTIMATE_MAX_JOBS)
        return schedule->cost_ns;
    uint64_t sum = own;
    uint64_t siblings = schedule->levels[job->priority].count;
    for (int i = 0; i < SCHEDULE_PRIORITIES; i++) {
        const struct job *other;
        uint64_t peers = schedule->levels[i].count;
        TAILQ_FOREACH(other, &schedule->levels[i].jobs, turn)
        {
            if (other == job)
                continue;
            double ratio = (double)weight_of(i) * (double)siblings /
                           ((double)weight_of(job->priority) * (double)peers);
            uint64_t share = (uint64_t)((double)own * ratio);
            sum += share < other->cost_ns ? share : other->cost_ns;
        }
    }
    return sum;
}
