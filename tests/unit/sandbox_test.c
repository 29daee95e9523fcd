/* What a worker in its sandbox can do, and that it dies of everything else. */
#include "worker/sandbox.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/forked.h"

TestSuite(sandbox, .timeout = 60);

enum { SURVIVED = 42, REFUSED = 43 };

/* --- what kills -------------------------------------------------------------------------------- */

static char here[] = "/proc/self/status", there[] = "/nonexistent";
static char *nothing[] = {NULL};
static char octets[64];
static struct iovec piece = {.iov_base = octets, .iov_len = sizeof octets};
static struct sockaddr_un address = {.sun_family = AF_UNIX};

#define POINTER(object) (long)(uintptr_t)(object)

/* A system call with arguments that would mean something. PARENT is filled in by the child. */
enum { PARENT = -4711 };
struct attempt {
    const char *name;
    long call;
    long arguments[6];
    bool instrumented; /* a build with such a run-time library lets it pass */
};

static const struct attempt attempts[] = {
    {"a socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}, false},
    {"a pair of sockets", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, POINTER(octets)}, false},
    {"a connection", SYS_connect, {0, POINTER(&address), sizeof address}, false},
    {"listening", SYS_bind, {0, POINTER(&address), sizeof address}, false},
    {"accepting", SYS_accept4, {0, 0, 0, 0}, false},
    {"sending", SYS_sendto, {0, POINTER(octets), 1, 0, 0, 0}, false},
    {"receiving", SYS_recvmsg, {0, POINTER(octets), 0}, false},
    {"a pipe", SYS_pipe2, {POINTER(octets), 0}, false},
    {"a file by openat", SYS_openat, {AT_FDCWD, POINTER(here), O_RDONLY}, true},
    {"a file by openat2", SYS_openat2, {AT_FDCWD, POINTER(here), POINTER(octets), 24}, false},
    {"a memfd", SYS_memfd_create, {POINTER(there), 0}, false},
    {"reading", SYS_read, {0, POINTER(octets), 0}, true},
    {"another descriptor", SYS_dup, {0}, false},
    {"removing a file", SYS_unlinkat, {AT_FDCWD, POINTER(there), 0}, false},
    {"renaming a file",
     SYS_renameat2,
     {AT_FDCWD, POINTER(there), AT_FDCWD, POINTER(here), 0},
     false},
    {"a directory", SYS_mkdirat, {AT_FDCWD, POINTER(there), 0700}, false},
    {"another root", SYS_chroot, {POINTER(there)}, false},
    {"a mount", SYS_mount, {POINTER(there), POINTER(there), POINTER(there), 0, 0}, false},
    {"execve", SYS_execve, {POINTER(here), POINTER(nothing), POINTER(nothing)}, false},
    {"execveat",
     SYS_execveat,
     {AT_FDCWD, POINTER(here), POINTER(nothing), POINTER(nothing), 0},
     false},
    {"a child by clone", SYS_clone, {SIGCHLD, 0, 0, 0, 0}, false},
    {"a child by clone3", SYS_clone3, {POINTER(octets), sizeof octets}, false},
    {"namespaces", SYS_unshare, {CLONE_NEWUSER}, false},
    {"ptrace", SYS_ptrace, {16 /* PTRACE_ATTACH */, PARENT, 0, 0}, false},
    {"writing to another's memory",
     SYS_process_vm_writev,
     {PARENT, POINTER(&piece), 1, POINTER(&piece), 1, 0},
     false},
    {"reading another's memory",
     SYS_process_vm_readv,
     {PARENT, POINTER(&piece), 1, POINTER(&piece), 1, 0},
     false},
    {"a signal to its parent", SYS_kill, {PARENT, SIGKILL}, false},
    {"a signal to a thread of its parent", SYS_tgkill, {PARENT, PARENT, SIGKILL}, false},
    {"a handle on its parent", SYS_pidfd_open, {PARENT, 0}, false},
    {"executable memory",
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
     true},
    {"memory shared with others",
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0},
     true},
    {"taking a mapping away", SYS_munmap, {POINTER(octets), 0}, true},
    {"moving a mapping", SYS_mremap, {POINTER(octets), 0, 4096, MREMAP_MAYMOVE, 0}, true},
    {"making memory writable", SYS_mprotect, {POINTER(octets), 0, PROT_READ | PROT_WRITE}, true},
    {"making memory executable", SYS_mprotect, {POINTER(octets), 0, PROT_READ | PROT_EXEC}, true},
    {"another futex operation", SYS_futex, {POINTER(octets), FUTEX_LOCK_PI, 0, 0, 0, 0}, false},
    {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}, false},
    {"another filter", SYS_seccomp, {1, 0, POINTER(octets)}, false},
    {"higher limits", SYS_setrlimit, {RLIMIT_NOFILE, POINTER(octets)}, false},
    {"another user", SYS_setuid, {0}, false},
    {"capabilities", SYS_capset, {POINTER(octets), 0}, false},
    {"another priority", SYS_setpriority, {PRIO_PROCESS, 0, 0}, false},
    {"an io_uring", SYS_io_uring_setup, {1, POINTER(octets)}, false},
    {"bpf", SYS_bpf, {0, POINTER(octets), sizeof octets}, false},
    {"the clock", SYS_clock_settime, {0, POINTER(octets)}, false},
    {"a call there is not", 100000, {0}, false},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static long or_parent(long argument)
{
    return argument == PARENT ? (long)getppid() : argument;
}

static int attempt(void *data)
{
    const struct attempt *tried = data;
    const long *a = tried->arguments;
    long b[6];
    for (int i = 0; i < 6; i++)
        b[i] = or_parent(a[i]);
    if (sandbox_enter(NULL, true) < 0)
        return REFUSED;
    syscall(tried->call, b[0], b[1], b[2], b[3], b[4], b[5]);
    return SURVIVED;
}

Test(sandbox, every_other_system_call_kills)
{
    cr_assert_eq(sandbox_probe(), 0, "the kernel takes no filter");
    for (size_t i = 0; i < ATTEMPTS; i++) {
        struct attempt tried = attempts[i];
        int end = forked_wait(forked_start(attempt, &tried));
        bool passes = INSTRUMENTED && tried.instrumented;
        cr_expect(end == -SIGSYS || (passes && end == SURVIVED), "%s: %d", tried.name, end);
    }
}

/* --- windows ----------------------------------------------------------------------------------- */

enum { BLOCKS = 3 };
static struct arena arena;

/* A call of mprotect() by a worker in its sandbox: where, of how much, and how. */
struct window {
    const char *name;
    void *at;
    size_t size;
    int protection;
    int end;
};

static int move_window(void *data)
{
    const struct window *window = data;
    arena_confine(&arena, 0);
    if (sandbox_enter(&arena, true) < 0)
        return REFUSED;
    mprotect(window->at, window->size, window->protection);
    return SURVIVED;
}

Test(sandbox, mprotect_moves_windows_and_nothing_else)
{
    cr_assert_eq(arena_create(&arena, 2, BLOCKS), 0);
    enum { OPEN = PROT_READ | PROT_WRITE, SIZE = sizeof(struct results) };
    char *results = (char *)arena.results, *end = results + arena.results_span;
    const struct window windows[] = {
        {"opened", arena_results(&arena, 1), SIZE, OPEN, SURVIVED},
        {"closed", arena_results(&arena, 1), SIZE, PROT_READ, SURVIVED},
        {"where a block would be", end - ARENA_PLACE, SIZE, OPEN, SURVIVED},
        {"at the last page", end - ARENA_PAGE, SIZE, OPEN, -SIGSYS},
        {"a page further", results + ARENA_PAGE, SIZE, OPEN, -SIGSYS},
        {"larger", results, SIZE + ARENA_PAGE, OPEN, -SIGSYS},
        {"smaller", results, ARENA_PAGE, OPEN, -SIGSYS},
        {"without size", results, 0, OPEN, -SIGSYS},
        {"of 2^32 octets more", results, SIZE + ((size_t)1 << 32), OPEN, -SIGSYS},
        {"before the results", results - ARENA_PAGE, SIZE, OPEN, -SIGSYS},
        {"behind them", end, SIZE, OPEN, -SIGSYS},
        {"on papers", arena_block(&arena, 0), SIZE, OPEN, -SIGSYS},
        {"on the header", arena.base, SIZE, OPEN, -SIGSYS},
        {"far below", (char *)((uintptr_t)results & UINT32_MAX), SIZE, OPEN, -SIGSYS},
        {"executable", results, SIZE, OPEN | PROT_EXEC, -SIGSYS},
        {"of nothing", results, SIZE, PROT_NONE, -SIGSYS},
        {"write-only", results, SIZE, PROT_WRITE, -SIGSYS},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct window window = windows[i];
        int ended = forked_wait(forked_start(move_window, &window));
        cr_expect(ended == window.end || (INSTRUMENTED && ended == SURVIVED), "%s: %d", window.name,
                  ended);
    }
    arena_destroy(&arena);
}

#ifdef __x86_64__
/* The call numbers of another ABI must not pass for ours: 20 is getpid in that of 32 bits. */
static int attempt_32_bit(void *unused)
{
    (void)unused;
    long result = 20;
    if (sandbox_enter(NULL, true) < 0)
        return REFUSED;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return SURVIVED;
}

Test(sandbox, system_calls_of_another_abi_kill)
{
    int end = forked_wait(forked_start(attempt_32_bit, NULL));
    cr_expect(end == -SIGSYS || end == -SIGSEGV, "%d", end); /* there may be no such ABI at all */
}
#endif

/* --- what lives -------------------------------------------------------------------------------- */

static int abort_inside(void *unused)
{
    (void)unused;
    if (sandbox_enter(NULL, true) < 0)
        return REFUSED;
    abort();
}

Test(sandbox, what_aborts_dies_of_that)
{
    cr_expect_eq(forked_wait(forked_start(abort_inside, NULL)), -SIGABRT);
}

static int take_memory(void *data)
{
    const size_t *size = data;
    if (sandbox_enter(NULL, true) < 0)
        return REFUSED;
    char *volatile memory = malloc(*size); /* volatile, or a compiler knows how to do without */
    if (!memory)
        return 1;
    memset(memory, 1, *size);
    free(memory);
    return 0;
}

Test(sandbox, memory_there_is_and_not_without_end)
{
    size_t enough = 16 << 20, too_much = SANDBOX_MEMORY_BYTES;
    cr_expect_eq(forked_wait(forked_start(take_memory, &enough)), 0);
    cr_expect(INSTRUMENTED || forked_wait(forked_start(take_memory, &too_much)) == 1);
}

/* --- what is given up even without the filter -------------------------------------------------- */

static int look_around(void *unused)
{
    (void)unused;
    sandbox_enter(NULL, false);
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0 ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 1;
    if (INSTRUMENTED)
        return 0;
    for (int fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 2;
    return open("/dev/null", O_RDONLY) < 0 ? 0 : 3;
}

Test(sandbox, descriptors_limits_and_rights_are_gone_without_the_filter_too)
{
    cr_expect_eq(forked_wait(forked_start(look_around, NULL)), 0);
}
