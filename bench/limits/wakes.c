/* wakes - one wakes another, and is woken by it. See limits.h. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/limits/limits.h"
#include "common/arena.h"
#include "common/board.h"
#include "common/claim.h"
#include "common/futex.h"
#include "common/ring.h"
#include "worker/worker.h"

enum { TRIPS = 2000 };

/* The two parties' words, each counting what it was told. */
struct words {
    alignas(CACHE_LINE) _Atomic uint32_t there;
    alignas(CACHE_LINE) _Atomic uint32_t back;
    bool spins;
};

static void await(struct words *words, _Atomic uint32_t *word, uint32_t count)
{
    for (uint32_t now; (now = atomic_load(word)) != count;)
        if (!words->spins)
            futex_wait(word, now, -1);
}

static void tell(struct words *words, _Atomic uint32_t *word, uint32_t count)
{
    atomic_store(word, count);
    if (!words->spins)
        futex_wake(word, 1);
}

static void *answer(void *argument)
{
    struct words *words = argument;
    for (uint32_t i = 1; i <= LIMITS_ROUNDS * TRIPS; i++) {
        await(words, &words->there, i);
        tell(words, &words->back, i);
    }
    return NULL;
}

static double ask(struct words *words)
{
    double us[LIMITS_ROUNDS];
    uint32_t count = 0;
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < TRIPS; i++) {
            tell(words, &words->there, ++count);
            await(words, &words->back, count);
        }
        us[round] = (double)(limits_now_ns() - began) / 1e3 / TRIPS;
    }
    return limits_median(us);
}

static double between_threads(bool spins)
{
    struct words words = {.spins = spins};
    pthread_t other;
    if (pthread_create(&other, NULL, answer, &words) != 0)
        limits_fail("thread");
    double us = ask(&words);
    pthread_join(other, NULL);
    return us;
}

double wakes_threads(void)
{
    return between_threads(false);
}

double wakes_spinning(void)
{
    return between_threads(true);
}

double wakes_processes(void)
{
    struct words *words =
        mmap(NULL, sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED)
        limits_fail("mmap");
    pid_t other = fork();
    if (other < 0)
        limits_fail("fork");
    if (other == 0) {
        answer(words);
        _exit(0);
    }
    double us = ask(words);
    waitpid(other, NULL, 0);
    munmap(words, sizeof *words);
    return us;
}

/* --- as an event loop is woken ---------------------------------------------------------------- */

struct loop {
    int bell;
    int epoll;
};

static struct loop make_loop(void)
{
    struct loop loop = {eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (loop.bell < 0 || loop.epoll < 0 ||
        epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.bell, &event) < 0)
        limits_fail("epoll");
    return loop;
}

static void ring_bell(const struct loop *loop)
{
    if (eventfd_write(loop->bell, 1) < 0)
        limits_fail("eventfd");
}

static void await_bell(const struct loop *loop)
{
    struct epoll_event event;
    eventfd_t count;
    while (epoll_wait(loop->epoll, &event, 1, -1) != 1 || eventfd_read(loop->bell, &count) < 0)
        ;
}

static void *answer_bells(void *argument)
{
    const struct loop *loops = argument;
    for (int i = 0; i < LIMITS_ROUNDS * TRIPS; i++) {
        await_bell(&loops[0]);
        ring_bell(&loops[1]);
    }
    return NULL;
}

double wakes_eventfd(void)
{
    struct loop loops[] = {make_loop(), make_loop()};
    double us[LIMITS_ROUNDS];
    pthread_t other;
    if (pthread_create(&other, NULL, answer_bells, loops) != 0)
        limits_fail("thread");
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < TRIPS; i++) {
            ring_bell(&loops[0]);
            await_bell(&loops[1]);
        }
        us[round] = (double)(limits_now_ns() - began) / 1e3 / TRIPS;
    }
    pthread_join(other, NULL);
    for (int i = 0; i < 2; i++) {
        close(loops[i].bell);
        close(loops[i].epoll);
    }
    return limits_median(us);
}

/* --- through the arena ------------------------------------------------------------------------ */

/* Give block 0, with one number, to the worker, and take it back. */
static void send_block(struct arena *arena)
{
    static const uint64_t number = 4;
    const struct chunk chunk = {.kind = CHUNK_NARROW, .count = 1, .words = 1, .data = &number};
    block_fill(arena_block(arena, 0), arena_results(arena, 0), &chunk);
    ring_push(arena, 0, 0);
    ring_wake(arena, 1);
    while (board_take(arena) == BOARD_EMPTY) {
        board_prepare_wait(arena);
        board_wait(arena, -1);
    }
}

double wakes_ring(void)
{
    struct arena arena;
    if (arena_create(&arena, 1, 1) < 0)
        limits_fail("arena");
    pid_t worker = fork();
    if (worker < 0)
        limits_fail("fork");
    if (worker == 0) {
        worker_loop(&arena, 0);
        _exit(0);
    }
    atomic_store(&arena.slots[0].pid, worker);
    double us[LIMITS_ROUNDS];
    for (int round = 0; round < LIMITS_ROUNDS; round++) {
        int64_t began = limits_now_ns();
        for (int i = 0; i < TRIPS; i++)
            send_block(&arena);
        us[round] = (double)(limits_now_ns() - began) / 1e3 / TRIPS;
    }
    arena_dismiss(&arena, 0);
    waitpid(worker, NULL, 0);
    arena_destroy(&arena);
    return limits_median(us);
}
