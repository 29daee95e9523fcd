/*
 * spot - a small batch, tested on the spot by the thread that submits it.
 *
 * To wake a worker and be woken by it costs more than twenty numbers of one word do, and while
 * others keep all workers busy, a turn at the processor on top. Only numbers of one word: these
 * need neither memory nor time. And only batches that have just come: should one ever bring the
 * front down, it is for the workers when it is recovered, who may die of it.
 */
#include "server/dispatcher/parts.h"
#include "worker/primality/primality.h"

enum { SPOT_COST_NS = 50000 }; /* about what it costs to have a worker do it */

bool spot_test(struct dispatcher *d, struct store *store, const struct batch *batch,
               struct news *news)
{
    struct chunk chunk;
    uint64_t words[CHUNK_MAX_WORDS];
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    if (batch->status != BATCH_QUEUED || batch->chunk_count != 1 || batch->cost_ns > SPOT_COST_NS ||
        store_numbers(store, &batch->id, 0, &chunk, words) != STORE_OK ||
        chunk.kind != CHUNK_NARROW || store_start(store, &batch->id, &news->batch) != STORE_OK)
        return false;

    primality_test_u64(words, chunk.count, verdicts, seconds);
    if (store_post(store, &batch->id, 0, verdicts, seconds, &news->batch) != STORE_OK)
        return false;
    news->store = store;
    tally_verdicts(d, verdicts, seconds, chunk.count);
    return true;
}
