/* kernel - which kernel this process uses: see kernel.h. */
#include "worker/primality/kernel.h"

#include "worker/primality/primality.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const struct kernel *chosen;

#if defined(__x86_64__)

/* Not every compiler's __builtin_cpu_supports() knows this one. The others it answers for also ask
   the operating system, by XCR0, whether it keeps the registers they need. */
static bool has_adx(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_ADX) != 0;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2") && has_adx();
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma");
}

#endif

const struct kernel *kernel_available(size_t i)
{
    if (i == 0)
        return &kernel_portable;
#if defined(__x86_64__)
    if (i == 1 && has_avx2())
        return &kernel_avx2;
    if (i == 2 && has_avx512())
        return &kernel_avx512ifma;
#endif
    return NULL;
}

/* The last is the fastest, unless another is asked for by name; what cannot run is never forced. */
static void choose(void)
{
    const char *wanted = getenv("PRIMED_CPU");
    const struct kernel *kernel;
    for (size_t i = 0; (kernel = kernel_available(i)) != NULL; i++) {
        chosen = kernel;
        if (wanted != NULL && strcmp(wanted, kernel->name) == 0)
            return;
    }
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
