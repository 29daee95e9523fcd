/* tally - the sums of the metrics. */
#include "server/dispatcher/parts.h"

double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count)
{
    uint64_t counts[VERDICTS] = {0};
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        counts[verdicts[i] < VERDICTS ? verdicts[i] : VERDICT_FAILED]++;
        sum += (double)seconds[i];
    }
    pthread_mutex_lock(&d->stats_lock);
    for (int i = 0; i < VERDICTS; i++)
        d->stats.verdicts[i] += counts[i];
    d->stats.compute_seconds += sum;
    pthread_mutex_unlock(&d->stats_lock);
    return sum;
}
