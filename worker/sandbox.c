/* sandbox - descriptors, limits and the filter. See sandbox.h. */
#include "worker/sandbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <malloc.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/futex.h"

/* --- the filter ------------------------------------------------------------------------------- */

enum { ARGUMENTS_MAX = 3 };

/* A system call that does not kill, whatever its arguments beside those that are named. */
struct rule {
    int call;
    unsigned count; /* of arguments */
    struct scmp_arg_cmp arguments[ARGUMENTS_MAX];
    uint16_t error; /* it fails with that; 0: it passes */
};

/* An int whose bits in a mask are those: a caller may leave anything in the register's upper half. */
#define INT_BITS(position, mask, value)                                                            \
    {                                                                                              \
        .arg = position, .op = SCMP_CMP_MASKED_EQ, .datum_a = (uint32_t)(mask), .datum_b = (value) \
    }
#define INT_IS(position, value) INT_BITS(position, ~0, value)

static const struct rule rules[] = {
    {.call = SCMP_SYS(futex),
     .count = 1,
     .arguments = {INT_BITS(1, ~FUTEX_PRIVATE_FLAG, FUTEX_WAIT)}},
    {.call = SCMP_SYS(futex),
     .count = 1,
     .arguments = {INT_BITS(1, ~FUTEX_PRIVATE_FLAG, FUTEX_WAKE)}},
    {.call = SCMP_SYS(brk)},
    {.call = SCMP_SYS(mmap),
     .count = 2,
     .arguments = {INT_IS(2, PROT_READ | PROT_WRITE), INT_IS(3, MAP_PRIVATE | MAP_ANONYMOUS)}},
    {.call = SCMP_SYS(clock_gettime)},
    {.call = SCMP_SYS(restart_syscall)},
    {.call = SCMP_SYS(rt_sigreturn)},
    {.call = SCMP_SYS(exit)},
    {.call = SCMP_SYS(exit_group)},
    /* abort(), beside a signal to oneself */
    {.call = SCMP_SYS(rt_sigprocmask)},
    {.call = SCMP_SYS(getpid)},
    {.call = SCMP_SYS(gettid)},
#if FAULT_POINTS
    {.call = SCMP_SYS(unlink)}, /* the token of common/fault.h */
#endif
#if INSTRUMENTED
    {.call = SCMP_SYS(clock_nanosleep)},
    {.call = SCMP_SYS(close)},
    {.call = SCMP_SYS(fcntl)},
    {.call = SCMP_SYS(fstat)},
    {.call = SCMP_SYS(getrandom)},
    {.call = SCMP_SYS(lseek)},
    {.call = SCMP_SYS(madvise)},
    {.call = SCMP_SYS(mmap)},
    {.call = SCMP_SYS(mprotect)},
    {.call = SCMP_SYS(mremap)},
    {.call = SCMP_SYS(munmap)},
    {.call = SCMP_SYS(newfstatat)},
    {.call = SCMP_SYS(open)},
    {.call = SCMP_SYS(openat)},
    {.call = SCMP_SYS(prlimit64)},
    {.call = SCMP_SYS(read)},
    {.call = SCMP_SYS(readlink)},
    {.call = SCMP_SYS(rt_sigaction)},
    {.call = SCMP_SYS(sched_yield)},
    {.call = SCMP_SYS(sigaltstack)},
    {.call = SCMP_SYS(write)},
    {.call = SCMP_SYS(writev)},
#else
    /* The last words of abort(): nothing is open. They must not hide what it dies of. */
    {.call = SCMP_SYS(write), .error = EBADF},
    {.call = SCMP_SYS(writev), .error = EBADF},
#endif
};

static int add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
    return seccomp_rule_add_array(filter,
                                  rule->error ? SCMP_ACT_ERRNO(rule->error) : SCMP_ACT_ALLOW,
                                  rule->call, rule->count, rule->arguments);
}

/* Windows on the results in the arena: all of one block's, or what is reserved behind the last one's. */
static int add_window(scmp_filter_ctx filter, const struct arena *arena, uint32_t protection)
{
    const struct rule rule = {
        .call = SCMP_SYS(mprotect),
        .count = 3,
        .arguments = {{.arg = 0,
                       .op = SCMP_CMP_MASKED_EQ,
                       .datum_a = ~(uint64_t)(arena->results_span - ARENA_PLACE),
                       .datum_b = (uintptr_t)arena->results},
                      {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = sizeof(struct results)},
                      INT_IS(2, protection)},
    };
    return add_rule(filter, &rule);
}

static int add_rules(scmp_filter_ctx filter, const struct arena *arena)
{
    const struct rule itself = {
        .call = SCMP_SYS(tgkill), .count = 1, .arguments = {INT_IS(0, (uint32_t)getpid())}};
    int error = add_rule(filter, &itself);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !error; i++)
        error = add_rule(filter, &rules[i]);
    if (!error && arena && !INSTRUMENTED)
        error = add_window(filter, arena, PROT_READ);
    if (!error && arena && !INSTRUMENTED)
        error = add_window(filter, arena, PROT_READ | PROT_WRITE);
    return error;
}

static int load_filter(const struct arena *arena)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -ENOMEM;
    /*
     * Speculative store bypass is for sandboxes with secrets inside the process. A worker has none,
     * and its prevention, which kernels before 5.16 couple with a filter, would slow it down. Kernels
     * before 4.17 do not know it.
     */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    int error = add_rules(filter, arena);
    if (!error)
        error = seccomp_syscall_priority(filter, SCMP_SYS(futex), UINT8_MAX);
    if (!error)
        error = seccomp_syscall_priority(filter, SCMP_SYS(mprotect), UINT8_MAX - 1);
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

/* --- limits ----------------------------------------------------------------------------------- */

static const struct {
    __rlimit_resource_t resource;
    rlim_t limit;
} limits[] = {
    {RLIMIT_CORE, 0},   {RLIMIT_NPROC, 0},
#if !INSTRUMENTED
    {RLIMIT_NOFILE, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_MEMLOCK, 0}, {RLIMIT_DATA, SANDBOX_MEMORY_BYTES},
#endif
};

static void lower_limits(void)
{
    /* Lowering one never fails; where it is lower already, it stays. */
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;
        getrlimit(limits[i].resource, &limit);
        rlim_t lower = limits[i].limit < limit.rlim_max ? limits[i].limit : limit.rlim_max;
        setrlimit(limits[i].resource, &(struct rlimit){.rlim_cur = lower, .rlim_max = lower});
    }
}

/* Memory comes from the heap, which is never given back: neither takes more calls than brk(). */
static void keep_to_heap(void)
{
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, SANDBOX_MEMORY_BYTES);
}

int sandbox_enter(const struct arena *arena, bool filtered)
{
    close_range(INSTRUMENTED ? STDERR_FILENO + 1 : 0, ~0U, 0);
    lower_limits();
    keep_to_heap();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return filtered ? load_filter(arena) : 0;
}

/* --- the probe -------------------------------------------------------------------------------- */

/* What a worker does, as far as the kernel sees it. */
static void live(const struct arena *arena)
{
    enum { SMALL = 1 << 10, LARGE = 1 << 20 };
    _Atomic uint32_t word = 0;
    futex_wait(&word, 1, -1);
    futex_wake(&word, 1);
    void *small = malloc(SMALL);
    void *large = malloc(LARGE);
    void *larger = realloc(large, 8 * LARGE);
    free(small);
    free(larger ? larger : large);
    clock_monotonic_ns();
    arena_open_results(arena, 0);
    atomic_store(&arena_results(arena, 0)->done, 1);
    arena_close_results(arena, 0);
}

/* Enter and live; a negative errno where that cannot be. */
static int try_it(void)
{
    struct arena arena;
    int error = arena_create(&arena, 1, 1);
    if (error)
        return error;
    arena_confine(&arena, 0);
    error = sandbox_enter(&arena, true);
    if (!error)
        live(&arena);
    return error;
}

int sandbox_probe(void)
{
    pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child == 0)
        _exit(-try_it());
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}
