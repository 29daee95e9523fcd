/* coroutine - see coroutine.h. */
#include "client/models/coroutine.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "common/clock.h"

enum { STACK_SIZE = 64 << 10 };

struct coroutine {
    TAILQ_ENTRY(coroutine) entry; /* in ready or sleeping, unless it runs */
    ucontext_t context;
    void *stack;
    coroutine_body *body;
    void *argument;
    int64_t wake_ns; /* while it sleeps */
    bool sleeps;
    bool canceled;
    bool returned;
};

void loop_init(struct loop *loop)
{
    loop->current = NULL;
    TAILQ_INIT(&loop->ready);
    TAILQ_INIT(&loop->sleeping);
}

/* makecontext() hands on nothing wider than an int: the loop comes in two halves. */
static void enter(unsigned high, unsigned low)
{
    struct loop *loop = (struct loop *)((uintptr_t)high << 32 | low);
    struct coroutine *self = loop->current;
    self->body(loop, self->argument);
    self->returned = true;
    swapcontext(&self->context, &loop->context);
}

/* Where its first turn begins. */
static int prepare(struct coroutine *coroutine, struct loop *loop)
{
    uintptr_t word = (uintptr_t)loop;
    if (getcontext(&coroutine->context) < 0)
        return -1;
    coroutine->context.uc_stack.ss_sp = coroutine->stack;
    coroutine->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&coroutine->context, (void (*)(void))enter, 2, (unsigned)(word >> 32),
                (unsigned)word);
    return 0;
}

struct coroutine *loop_spawn(struct loop *loop, coroutine_body *body, void *argument)
{
    struct coroutine *coroutine = calloc(1, sizeof *coroutine);
    if (!coroutine)
        return NULL;
    coroutine->body = body;
    coroutine->argument = argument;
    coroutine->stack =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (coroutine->stack == MAP_FAILED)
        goto free_coroutine;
    if (prepare(coroutine, loop) < 0)
        goto unmap_stack;
    TAILQ_INSERT_TAIL(&loop->ready, coroutine, entry);
    return coroutine;

unmap_stack:
    munmap(coroutine->stack, STACK_SIZE);
free_coroutine:
    free(coroutine);
    return NULL;
}

/* --- turns ------------------------------------------------------------------------------------ */

static void give_turn(struct loop *loop, struct coroutine *coroutine)
{
    TAILQ_REMOVE(&loop->ready, coroutine, entry);
    loop->current = coroutine;
    swapcontext(&loop->context, &coroutine->context);
    loop->current = NULL;
    if (!coroutine->returned)
        return;
    munmap(coroutine->stack, STACK_SIZE);
    free(coroutine);
}

/* Whoever has slept long enough is ready; returns when the next one will be, INT64_MAX: none. */
static int64_t wake(struct loop *loop)
{
    int64_t now = clock_monotonic_ns(), next = INT64_MAX;
    struct coroutine *coroutine = TAILQ_FIRST(&loop->sleeping);
    while (coroutine) {
        struct coroutine *behind = TAILQ_NEXT(coroutine, entry);
        if (coroutine->wake_ns <= now) {
            TAILQ_REMOVE(&loop->sleeping, coroutine, entry);
            coroutine->sleeps = false;
            TAILQ_INSERT_TAIL(&loop->ready, coroutine, entry);
        } else if (coroutine->wake_ns < next) {
            next = coroutine->wake_ns;
        }
        coroutine = behind;
    }
    return next;
}

void loop_run(struct loop *loop)
{
    for (;;) {
        int64_t next = wake(loop);
        struct coroutine *first = TAILQ_FIRST(&loop->ready);
        if (first) {
            give_turn(loop, first);
        } else if (next == INT64_MAX) {
            return;
        } else {
            struct timespec until = {.tv_sec = next / NS_PER_S, .tv_nsec = next % NS_PER_S};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        }
    }
}

bool coroutine_yield(struct loop *loop)
{
    struct coroutine *self = loop->current;
    TAILQ_INSERT_TAIL(&loop->ready, self, entry);
    swapcontext(&self->context, &loop->context);
    return !self->canceled;
}

bool coroutine_sleep(struct loop *loop, int64_t ns)
{
    struct coroutine *self = loop->current;
    if (self->canceled)
        return false;
    self->wake_ns = clock_monotonic_ns() + ns;
    self->sleeps = true;
    TAILQ_INSERT_TAIL(&loop->sleeping, self, entry);
    swapcontext(&self->context, &loop->context);
    return !self->canceled;
}

void coroutine_cancel(struct loop *loop, struct coroutine *coroutine)
{
    coroutine->canceled = true;
    if (!coroutine->sleeps)
        return;
    coroutine->sleeps = false;
    TAILQ_REMOVE(&loop->sleeping, coroutine, entry);
    TAILQ_INSERT_TAIL(&loop->ready, coroutine, entry);
}
