/* deaths - see deaths.h. */
#include "bench/ring/deaths.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

enum {
    PATIENCE_MS = 500, /* an item takes microseconds */
    CHECK_EACH = 256,  /* items, between two looks at who has died */
};

struct game {
    const struct contender *contender;
    struct ground *ground;
    unsigned consumers, places;
    pid_t pids[CONSUMERS_MAX];
    uint64_t at[PLACES_MAX]; /* the number each place was given with */
    bool under_way[PLACES_MAX];
    uint64_t sent;
    unsigned kills; /* how often somebody shall die */
    struct deaths deaths;
};

static unsigned random_life_us(void)
{
    return 1000 + (unsigned)rand() % 1000;
}

pid_t deaths_fork_consumer(const struct contender *contender, struct ground *ground, unsigned me,
                           unsigned life_us)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        contender_fail("cannot fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /* It goes off between any two instructions, and ends the process. */
    if (life_us > 0)
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = life_us}, NULL);
    contender->consume(ground, me);
    _exit(0);
}

static void give(struct game *game, uint32_t place, uint64_t number)
{
    struct place *p = &game->ground->places[place];
    p->number = game->at[place] = number;
    p->takes = 0;
    game->under_way[place] = true;
    game->contender->give(place);
    game->contender->given(1);
}

/* Whoever has died is replaced; the last ones live on. */
static void replace_dead(struct game *game)
{
    for (unsigned i = 0; i < game->consumers; i++) {
        if (waitpid(game->pids[i], NULL, WNOHANG) != game->pids[i])
            continue;
        if (game->contender->reap)
            game->contender->reap(i);
        unsigned life_us = ++game->deaths.kills < game->kills ? random_life_us() : 0;
        game->pids[i] = deaths_fork_consumer(game->contender, game->ground, i, life_us);
    }
}

/* Nothing has come for long: what is still under way went with a consumer. Give it anew. */
static unsigned give_anew(struct game *game)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < game->places; i++)
        if (game->under_way[i]) {
            give(game, i, game->at[i]);
            count++;
        }
    return count;
}

/* Wait for a place, with patience; false if none comes. */
static bool await_place(struct game *game, uint32_t *place)
{
    int64_t until_ns = clock_monotonic_ns() + PATIENCE_MS * NS_PER_MS;
    while (!game->contender->take_back(place)) {
        replace_dead(game);
        if (clock_monotonic_ns() > until_ns)
            return false;
        sched_yield(); /* never asleep for good: it is the patience that is watched */
    }
    return true;
}

/* A place came back: is it what was given there? */
static void check(const struct game *game, uint32_t place)
{
    const struct place *p = &game->ground->places[place];
    if (!game->under_way[place] || p->number != game->at[place] ||
        p->answer != contender_answer(p->number))
        contender_fail("%s: number %llu came back wrong", game->contender->name,
                       (unsigned long long)p->number);
}

/* Until all deaths were died and nothing is under way any more. */
static void run(struct game *game)
{
    unsigned under_way = game->places;
    for (uint32_t i = 0; i < game->places; i++)
        give(game, i, game->sent++);
    for (bool anew = false; under_way > 0;) {
        uint32_t place;
        if (await_place(game, &place)) {
            anew = false;
            game->deaths.wedged_at = game->deaths.kills + 1;
            check(game, place);
            game->under_way[place] = false;
            under_way--;
            if (game->sent % CHECK_EACH == 0)
                replace_dead(game);
            if (game->deaths.kills < game->kills) {
                give(game, place, game->sent++);
                under_way++;
            }
        } else if (anew) {
            game->deaths.wedged = true;
            return;
        } else {
            game->deaths.lost += give_anew(game);
            anew = true;
        }
    }
}

struct deaths deaths_count(const struct contender *contender, unsigned consumers, unsigned places,
                           unsigned kills)
{
    struct game game = {.contender = contender,
                        .ground = contender_share(sizeof *game.ground),
                        .consumers = consumers,
                        .places = places,
                        .kills = kills};
    srand(1);
    contender->open(consumers, places);
    for (unsigned i = 0; i < consumers; i++)
        game.pids[i] = deaths_fork_consumer(contender, game.ground, i, random_life_us());
    run(&game);
    for (unsigned i = 0; i < consumers; i++) {
        kill(game.pids[i], SIGKILL);
        waitpid(game.pids[i], NULL, 0);
    }
    contender->close();
    munmap(game.ground, sizeof *game.ground);
    game.deaths.items = game.sent;
    return game.deaths;
}
