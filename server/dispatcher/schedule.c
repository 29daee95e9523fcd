/* schedule - the two rounds. See schedule.h. */
#include "server/dispatcher/schedule.h"

#include <math.h>

/* What a priority of weight 1, and a batch, may get in one round: about one chunk. */
static const int64_t quantum_ns = CHUNK_MAX_COST_NS;

/* With more jobs than that an estimate is not worth looking at each of them. */
enum { ESTIMATE_MAX_JOBS = 256 };

/* How much estimated work a guess of the pace weighs as much as: two blocks for each of two workers. */
static const double guess_ns = 4.0 * CHUNK_MAX_COST_NS;

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

void schedule_guess_pace(struct job *job, double pace)
{
    job->pace = pace;
    job->paced_ns = guess_ns;
}

void schedule_measure(struct job *job, uint64_t cost_ns, double seconds)
{
    job->paced_ns += (double)cost_ns;
    job->pace += (seconds * 1e9 - job->pace * (double)cost_ns) / job->paced_ns;
}

/* The time the rest of the job should take. */
static double time_left(const struct job *job)
{
    return (double)job->cost_ns * job->pace;
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

void schedule_grow(struct schedule *schedule, struct job *job, uint32_t chunks, uint64_t cost_ns)
{
    job->chunk_count += chunks;
    job->cost_ns += cost_ns;
    if (job->listed)
        schedule->cost_ns += cost_ns;
    else if (!job->waits)
        schedule_add(schedule, job);
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

/* Whole rounds a balance lacks until it is positive, at that much a round; 0 if it is. */
static int64_t rounds_lacking(int64_t balance_ns, int64_t round_ns)
{
    return balance_ns > 0 ? 0 : -balance_ns / round_ns + 1;
}

/* Let the rounds in which no priority could get anything pass at once. */
static void skip_level_rounds(struct schedule *schedule)
{
    int64_t rounds = INT64_MAX;
    for (int i = 0; i < SCHEDULE_PRIORITIES; i++) {
        int64_t lacking = rounds_lacking(schedule->levels[i].balance_ns, weight_of(i) * quantum_ns);
        if (schedule->levels[i].count > 0 && lacking < rounds)
            rounds = lacking;
    }
    for (int i = 0; i < SCHEDULE_PRIORITIES; i++)
        if (schedule->levels[i].count > 0)
            schedule->levels[i].balance_ns += (rounds - 1) * weight_of(i) * quantum_ns;
}

/* The same within a priority. */
static void skip_job_rounds(struct job_list *jobs)
{
    struct job *job;
    int64_t rounds = INT64_MAX;
    TAILQ_FOREACH(job, jobs, turn)
    {
        int64_t lacking = rounds_lacking(job->balance_ns, quantum_ns);
        if (lacking < rounds)
            rounds = lacking;
    }
    TAILQ_FOREACH(job, jobs, turn)
    {
        job->balance_ns += (rounds - 1) * quantum_ns;
    }
}

/* The priority whose turn it is. There is one with jobs. */
static int next_level(struct schedule *schedule)
{
    for (int tried = 0; schedule->levels[schedule->current].balance_ns <= 0; tried++) {
        if (tried == SCHEDULE_PRIORITIES)
            skip_level_rounds(schedule);
        schedule->current = (schedule->current + SCHEDULE_PRIORITIES - 1) % SCHEDULE_PRIORITIES;
        if (schedule->levels[schedule->current].count > 0)
            schedule->levels[schedule->current].balance_ns +=
                weight_of(schedule->current) * quantum_ns;
    }
    return schedule->current;
}

struct job *schedule_next(struct schedule *schedule)
{
    if (schedule->count == 0)
        return NULL;
    int level = next_level(schedule);
    struct job_list *jobs = &schedule->levels[level].jobs;
    struct job *job = TAILQ_FIRST(jobs);
    for (unsigned tried = 0; job->balance_ns <= 0; tried++) {
        if (tried == schedule->levels[level].count)
            skip_job_rounds(jobs);
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
    int64_t time_ns = (int64_t)((double)cost_ns * job->pace) + 1;
    job->balance_ns -= time_ns;
    schedule->levels[job->priority].balance_ns -= time_ns;
    if (job->next_chunk == job->chunk_count)
        schedule_remove(schedule, job);
}

double schedule_time_until_done(const struct schedule *schedule, const struct job *job)
{
    /* While the job gets its work, every other gets at most its own, and its share by weight. */
    double own = time_left(job);
    if (schedule->count > ESTIMATE_MAX_JOBS)
        return (double)schedule->cost_ns * job->pace;
    double sum = own;
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
            sum += fmin(own * ratio, time_left(other));
        }
    }
    return sum;
}
