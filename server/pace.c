/* pace - how fast processes that die may be replaced. See pace.h. */
#include "server/pace.h"

void pace_note(struct pace *pace, int64_t now_ns)
{
    if (pace->used_until_ns < now_ns)
        pace->used_until_ns = now_ns;
    pace->used_until_ns += pace->interval_ns;
}

int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns)
{
    return pace->used_until_ns - pace->burst_ns - now_ns;
}
