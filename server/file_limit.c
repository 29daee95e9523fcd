/* file_limit - by setrlimit(). See file_limit.h. */
#include "server/file_limit.h"

#include <stddef.h>
#include <sys/resource.h>

#include "common/log.h"

enum {
    OWN_FILES = 128
}; /* the database and its readers, epoll, pipes, the log; with room to spare */

void file_limit_raise(unsigned connections)
{
    rlim_t wanted = (rlim_t)connections + OWN_FILES;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted)
        log_warning("fewer files may be open than connections need",
                    log_int("limit", (int64_t)limit.rlim_cur), log_int("wanted", (int64_t)wanted));
}
