/* tally - the sums of the metrics. */
#include "server/dispatcher/parts.h"

double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count)
{
    struct verdict_sum sum = verdict_sum(verdicts, seconds, count);
    pthread_mutex_lock(&d->stats_lock);
    for (int i = 0; i < VERDICTS; i++)
        d->stats.verdicts[i] += sum.counts[i];
    d->stats.compute_seconds += sum.seconds;
    pthread_mutex_unlock(&d->stats_lock);
    return sum.seconds;
}
