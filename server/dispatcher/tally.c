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

double tally_verdicts(struct dispatcher *d, const uint8_t *verdicts, const float *seconds,
                      uint32_t count)
{
    struct verdict_sum sum = verdict_sum(verdicts, seconds, count);
    add(d, sum.counts, sum.seconds);
    return sum.seconds;
}

double tally_seconds(struct dispatcher *d, const float *seconds, uint32_t count)
{
    static const uint64_t none[VERDICTS];
    double total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += (double)seconds[i];
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
