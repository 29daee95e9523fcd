/* schedule_test - who gets how much, counted in work handed out. */
#include "server/dispatcher/schedule.h"

#include <criterion/criterion.h>

TestSuite(schedule, .timeout = 20);

enum { MS = 1000000 };

static struct job make_job(int priority, uint32_t chunks, uint64_t chunk_cost_ns)
{
    return (struct job){
        .priority = priority, .chunk_count = chunks, .cost_ns = chunks * chunk_cost_ns, .pace = 1};
}

/* Hand out the next chunk, of that cost; whose it was. */
static struct job *step(struct schedule *schedule, uint64_t cost_ns)
{
    struct job *job = schedule_next(schedule);
    if (job)
        schedule_charge(schedule, job, cost_ns);
    return job;
}

Test(schedule, is_empty_at_first)
{
    struct schedule schedule;
    schedule_init(&schedule);
    cr_expect_null(schedule_next(&schedule));
    struct job job = make_job(5, 1, MS);
    schedule_remove(&schedule, &job);
    cr_expect_eq(schedule.count, 0);
}

Test(schedule, one_job_gets_everything_and_leaves_with_its_last_chunk)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job job = make_job(0, 1000, 5 * MS);
    schedule_add(&schedule, &job);
    cr_expect_eq(schedule.cost_ns, UINT64_C(5000) * MS);
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert(job.listed);
        cr_assert_eq(job.next_chunk, i);
        cr_assert_eq(step(&schedule, 5 * MS), &job);
    }
    cr_expect_not(job.listed);
    cr_expect_null(schedule_next(&schedule));
    cr_expect_eq(schedule.cost_ns, 0);
}

Test(schedule, a_job_that_grows_gets_turns_again_unless_it_waits)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job job = make_job(0, 0, 0);
    schedule_grow(&schedule, &job, 1, MS);
    schedule_grow(&schedule, &job, 2, 2 * MS);
    cr_expect_eq(schedule.count, 1);
    cr_expect_eq(schedule.cost_ns, 3 * MS);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(step(&schedule, MS), &job);
    cr_expect_null(schedule_next(&schedule), "it has caught up");
    schedule_grow(&schedule, &job, 1, MS);
    cr_assert_eq(step(&schedule, MS), &job);
    job.waits = true;
    schedule_grow(&schedule, &job, 1, MS);
    cr_expect_null(schedule_next(&schedule));
    cr_expect_eq(schedule.cost_ns, 0);
    cr_expect_eq(job.chunk_count, 5);
    cr_expect_eq(job.cost_ns, MS);
}

Test(schedule, whose_turn_it_is_does_not_change_by_asking)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job jobs[2] = {make_job(5, 9, 5 * MS), make_job(5, 9, 5 * MS)};
    schedule_add(&schedule, &jobs[0]);
    schedule_add(&schedule, &jobs[1]);
    for (int i = 0; i < 18; i++) {
        struct job *next = schedule_next(&schedule);
        cr_assert_eq(schedule_next(&schedule), next);
        schedule_charge(&schedule, next, 5 * MS);
    }
}

Test(schedule, equals_share_equally_whatever_their_chunks_cost)
{
    /* Small chunks, whole ones, and a number that is ten times a chunk. */
    static const uint64_t costs[] = {MS / 2, 5 * MS, 50 * MS};
    struct schedule schedule;
    schedule_init(&schedule);
    struct job jobs[3];
    uint64_t got[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        jobs[i] = make_job(5, UINT32_MAX, 1);
        schedule_add(&schedule, &jobs[i]);
    }
    for (int i = 0; i < 100000; i++) {
        size_t who = (size_t)(schedule_next(&schedule) - jobs);
        schedule_charge(&schedule, &jobs[who], costs[who]);
        got[who] += costs[who];
    }
    for (size_t i = 1; i < 3; i++) {
        uint64_t apart = got[i] > got[0] ? got[i] - got[0] : got[0] - got[i];
        cr_expect_leq(apart, 60 * MS, "job %zu: %llu and %llu", i, (unsigned long long)got[i],
                      (unsigned long long)got[0]);
    }
}

Test(schedule, priorities_share_by_their_weights)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job jobs[SCHEDULE_PRIORITIES];
    unsigned turns[SCHEDULE_PRIORITIES] = {0};
    for (int i = 0; i < SCHEDULE_PRIORITIES; i++) {
        jobs[i] = make_job(i, UINT32_MAX, 1);
        schedule_add(&schedule, &jobs[i]);
    }
    for (int i = 0; i < 55 * 100; i++)
        turns[step(&schedule, 5 * MS) - jobs]++;
    for (unsigned i = 0; i < SCHEDULE_PRIORITIES; i++)
        cr_expect(turns[i] >= 99 * (i + 1) && turns[i] <= 101 * (i + 1), "priority %u: %u", i,
                  turns[i]);
}

Test(schedule, a_newcomer_is_not_kept_waiting_by_the_crowd)
{
    enum { CROWD = 50 };
    struct schedule schedule;
    schedule_init(&schedule);
    struct job crowd[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = make_job(5, UINT32_MAX, 1);
        schedule_add(&schedule, &crowd[i]);
    }
    for (int i = 0; i < 1000; i++)
        step(&schedule, 5 * MS);
    struct job small = make_job(5, 1, MS);
    schedule_add(&schedule, &small);
    int turns = 0;
    while (step(&schedule, 5 * MS) != &small)
        turns++;
    cr_expect_leq(turns, 2 * CROWD, "it waited %d turns", turns);
}

Test(schedule, nobody_starves_beside_the_most_urgent)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job urgent = make_job(9, UINT32_MAX, 1);
    struct job patient = make_job(0, 100, 5 * MS);
    schedule_add(&schedule, &urgent);
    schedule_add(&schedule, &patient);
    for (int i = 0; i < 100 * 11 + 11; i++)
        step(&schedule, 5 * MS);
    cr_expect_not(patient.listed, "it had %u of its chunks", patient.next_chunk);
}

Test(schedule, removing_anywhere_leaves_the_others_their_turns)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job jobs[3];
    for (size_t i = 0; i < 3; i++) {
        jobs[i] = make_job(3, 100, 5 * MS);
        schedule_add(&schedule, &jobs[i]);
    }
    step(&schedule, 5 * MS);
    schedule_remove(&schedule, schedule_next(&schedule));
    cr_expect_eq(schedule.count, 2);
    unsigned steps = 0;
    while (step(&schedule, 5 * MS))
        steps++;
    cr_expect_geq(steps, 199);
    cr_expect_leq(steps, 200);
    cr_expect_eq(schedule.count, 0);
    cr_expect_eq(schedule.cost_ns, 0);
}

Test(schedule, the_estimate_counts_its_own_work_and_the_shares_of_others)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job small = make_job(5, 2, 5 * MS);
    struct job big = make_job(5, 2000, 5 * MS);
    schedule_add(&schedule, &small);
    cr_expect_eq(schedule_time_until_done(&schedule, &small), 10 * MS);
    schedule_add(&schedule, &big);
    cr_expect_eq(schedule_time_until_done(&schedule, &small), 20 * MS);
    cr_expect_eq(schedule_time_until_done(&schedule, &big), UINT64_C(10010) * MS);
}

/* Round by round, paying off a century of work would take the dispatcher hours. */
Test(schedule, a_debt_of_many_rounds_is_paid_off_at_once)
{
    struct schedule schedule;
    schedule_init(&schedule);
    uint64_t century_ns = UINT64_C(3155760000) * 1000 * MS;
    struct job jobs[2] = {make_job(0, 9, century_ns), make_job(9, 9, century_ns)};
    schedule_add(&schedule, &jobs[0]);
    schedule_add(&schedule, &jobs[1]);
    unsigned turns[2] = {0};
    for (int i = 0; i < 6; i++)
        turns[step(&schedule, century_ns / 4) == &jobs[1]]++;
    cr_expect_geq(turns[0], 1);
    cr_expect_gt(turns[1], turns[0]);

    schedule_remove(&schedule, &jobs[0]);
    cr_expect_eq(step(&schedule, century_ns / 4), &jobs[1]);
}

Test(schedule, a_pace_is_the_mean_of_the_work_so_far)
{
    struct job job = make_job(5, 9, 5 * MS);
    schedule_guess_pace(&job, 1);
    for (int i = 0; i < 1000; i++)
        schedule_measure(&job, 5 * MS, i % 2 ? 0.001 : 0.002);
    cr_expect_float_eq(job.pace, 0.3, 0.01);
}

/* Composites take a fraction of what is estimated: who has them gets more chunks, not less time. */
Test(schedule, a_turn_is_paid_in_time)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job jobs[2] = {make_job(5, UINT32_MAX, 1), make_job(5, UINT32_MAX, 1)};
    jobs[0].pace = 0.25;
    for (size_t i = 0; i < 2; i++)
        schedule_add(&schedule, &jobs[i]);
    unsigned turns[2] = {0};
    for (int i = 0; i < 5000; i++)
        turns[step(&schedule, 5 * MS) - jobs]++;
    cr_expect(turns[0] >= 3990 && turns[0] <= 4010, "%u", turns[0]);
}

Test(schedule, the_estimate_takes_each_job_at_its_pace)
{
    struct schedule schedule;
    schedule_init(&schedule);
    struct job fast = make_job(5, 2000, 5 * MS);
    struct job slow = make_job(5, 2000, 5 * MS);
    fast.pace = 0.5;
    schedule_add(&schedule, &fast);
    schedule_add(&schedule, &slow);
    cr_expect_float_eq(schedule_time_until_done(&schedule, &fast), 10000.0 * MS, 1.0);
    cr_expect_float_eq(schedule_time_until_done(&schedule, &slow), 15000.0 * MS, 1.0);
}
