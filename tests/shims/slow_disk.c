/*
 * slow_disk - a disk that is busy with others, or dying: for LD_PRELOAD. While the file SLOW_DISK
 * names is there, every flush takes SLOW_DISK_MS more, or where that is not set until it is gone.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int flush_slowly(const char *name, int fd)
{
    const char *sign = getenv("SLOW_DISK");
    const char *delay = getenv("SLOW_DISK_MS");
    long ms = delay ? atol(delay) : 1;
    while (sign && access(sign, F_OK) == 0) {
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
        if (delay)
            break;
    }
    int (*flush)(int);
    *(void **)&flush = dlsym(RTLD_NEXT, name);
    return flush(fd);
}

int fdatasync(int fd)
{
    return flush_slowly("fdatasync", fd);
}

int fsync(int fd)
{
    return flush_slowly("fsync", fd);
}
