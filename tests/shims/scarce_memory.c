/*
 * scarce_memory - a machine that has no memory for one allocation: for LD_PRELOAD. The file
 * SCARCE_MEMORY names holds a struct scarce_memory, which all processes and the test map.
 */
#include "scarce_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static struct scarce_memory *scarcity;

__attribute__((constructor)) static void find(void)
{
    const char *path = getenv("SCARCE_MEMORY");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *found = fd < 0 ? MAP_FAILED
                         : mmap(NULL, sizeof *scarcity, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (found != MAP_FAILED)
        scarcity = found;
}

/* Is this the one there is no memory for? */
static int is_refused(void)
{
    if (!scarcity || atomic_load(&scarcity->left) <= 0 || atomic_load(&scarcity->pid) != getpid() ||
        atomic_fetch_sub(&scarcity->left, 1) != 1)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(memory, size);
}
