/* stopwatch - cheap time stamps: see stopwatch.h. */
#include "worker/primality/stopwatch.h"

#include <pthread.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#if !defined(__aarch64__)
static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
#endif

uint64_t stopwatch_now(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return monotonic_ns();
#endif
}

static double tick;

static void calibrate(void)
{
#if defined(__x86_64__)
    const uint64_t span_ns = 200000;
    uint64_t start_ns = monotonic_ns();
    uint64_t start = stopwatch_now();
    uint64_t end_ns;
    do
        end_ns = monotonic_ns();
    while (end_ns - start_ns < span_ns);
    tick = 1e-9 * (double)(end_ns - start_ns) / (double)(stopwatch_now() - start);
#elif defined(__aarch64__)
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    tick = 1.0 / (double)frequency;
#else
    tick = 1e-9;
#endif
}

double stopwatch_tick(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, calibrate);
    return tick;
}
