/* kernel - which kernel this process uses: see kernel.h. */
#include "worker/primality/kernel.h"

#include "worker/primality/primality.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct kernel *chosen;

static const struct kernel *fastest(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return &kernel_avx2;
#endif
    return &kernel_portable;
}

/* A kernel this processor cannot run is never forced on it. */
static void choose(void)
{
    const char *wanted = getenv("PRIMED_CPU");
    bool portable = wanted != NULL && strcmp(wanted, kernel_portable.name) == 0;
    chosen = portable ? &kernel_portable : fastest();
}

const struct kernel *kernel_chosen(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return chosen;
}

const char *primality_kernel(void)
{
    return kernel_chosen()->name;
}
