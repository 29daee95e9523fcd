/*
 * shim - preloaded into a service by the tests: a wall clock that jumps, and calls that fail.
 *
 * SHIM names a file of three little-endian 64-bit integers, which the test writes at any time:
 * seconds to add to the wall clock; the errno of every fork(), 0 for none; the errno of every write
 * to the database, 0 for none.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const volatile struct {
    int64_t clock_s;
    int64_t fork_errno;
    int64_t write_errno;
} * asked;

__attribute__((constructor)) static void map_file(void)
{
    const char *path = getenv("SHIM");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd >= 0 ? mmap(NULL, sizeof *asked, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED)
        abort();
    close(fd);
    asked = mapped;
}

/* Does the call fail? Then with errno set. */
static int fails(int64_t error)
{
    errno = error ? (int)error : errno;
    return error != 0;
}

/* Point a function pointer to the function of that name which ours hides. */
static void find(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*hidden)(clockid_t, struct timespec *);
    if (!hidden)
        find("clock_gettime", &hidden);
    int result = hidden(clock, time);
    if (clock == CLOCK_REALTIME && asked)
        time->tv_sec += asked->clock_s;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

pid_t fork(void)
{
    pid_t (*hidden)(void);
    find("fork", &hidden);
    return fails(asked->fork_errno) ? -1 : hidden();
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t (*hidden)(int, const void *, size_t, off_t);
    find("pwrite", &hidden);
    return fails(asked->write_errno) ? -1 : hidden(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    ssize_t (*hidden)(int, const void *, size_t, off64_t);
    find("pwrite64", &hidden);
    return fails(asked->write_errno) ? -1 : hidden(fd, bytes, size, at);
}
