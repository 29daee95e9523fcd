/*
 * coroutine - functions that take turns on one thread, and the loop that gives them their turns.
 *
 * A coroutine runs until it yields, sleeps or returns: nobody can take its turn away, so nothing it
 * does in between needs a lock, and one that does not yield holds up all the others. Canceling is a
 * request: the sleep or yield the coroutine is in returns false, and the coroutine tidies up and
 * returns.
 *
 * Made of ucontext(3): each coroutine has a stack of its own, so it can yield from within any
 * function, and reads like ordinary code. (Stackless coroutines would cost less memory and turn the
 * job inside out.) Time is the only event here, so the loop sleeps by nanosleep; with descriptors to
 * watch it would be an epoll with a timeout, and nothing else would change.
 */
#ifndef CLIENT_MODELS_COROUTINE_H
#define CLIENT_MODELS_COROUTINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <ucontext.h>

struct loop;
struct coroutine;

typedef void coroutine_body(struct loop *loop, void *argument);

TAILQ_HEAD(coroutine_list, coroutine);

struct loop {
    ucontext_t context; /* of the loop itself, while a coroutine runs */
    struct coroutine *current;
    struct coroutine_list ready;    /* in the order of their turns */
    struct coroutine_list sleeping; /* in no order */
};

/* An empty loop. */
void loop_init(struct loop *loop);

/* Run until every coroutine has returned. */
void loop_run(struct loop *loop);

/*
 * A new coroutine, which has its first turn after those that are ready. NULL without memory. It
 * frees itself when its body returns: from then on it must not be canceled.
 */
struct coroutine *loop_spawn(struct loop *loop, coroutine_body *body, void *argument);

/* Within a coroutine: let the others have their turns; false: it has been canceled. */
bool coroutine_yield(struct loop *loop);

/* Likewise, and come back after that time; false, and at once: it has been canceled. */
bool coroutine_sleep(struct loop *loop, int64_t ns);

/* Ask a coroutine to end. */
void coroutine_cancel(struct loop *loop, struct coroutine *coroutine);

#endif
