/* tally - the sums of the metrics. */
#include "server/dispatcher/parts.h"

static void add(struct dispatcher *d, const uint64_t counts[VERDICTS], double seconds)
{
    pthread_mutex_lock(&d->stats_lock);
    for (int i = 0; i < VERDICTS; i++)
        d->stats.verdicts[i] += counts[i];
    d->stats.compute_seconds += seconds;
    pthread_mutex_unlock(&d->stats_lock);
}

static double sum(const float *seconds, uint32_t count)
{
    double total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += (double)seconds[i];
    return total;
}

double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count)
{
    uint64_t counts[VERDICTS] = {0};
    for (uint32_t i = 0; i < count; i++)
        counts[verdicts[i] < VERDICTS ? verdicts[i] : VERDICT_FAILED]++;
    double total = sum(seconds, count);
    add(d, counts, total);
    return total;
}

double tally_seconds(struct dispatcher *d, const float *seconds, uint32_t count)
{
    static const uint64_t none[VERDICTS];
    double total = sum(seconds, count);
    add(d, none, total);
    return total;
}

void tally_batch(struct dispatcher *d, const struct batch *batch)
{
    add(d, batch->counts, 0);
}

void tally_discarded(struct dispatcher *d, uint64_t numbers)
{
    pthread_mutex_lock(&d->stats_lock);
    d->stats.discarded += numbers;
    pthread_mutex_unlock(&d->stats_lock);
}
