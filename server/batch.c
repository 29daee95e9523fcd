/* batch - ids, names of states, and sums. See batch.h. */
#include "server/batch.h"

#include <string.h>
#include <sys/random.h>

#include "common/clock.h"

/* Bytes 6..8 and the low bits around them: version 7, a 12-bit and a 6-bit field, the variant. */
enum { SEQUENCE_BITS = 18, UUID_VERSION = 0x70, UUID_VARIANT = 0x80 };

/*
 * Random octets, from a supply: a system call for each id would cost as much as all the rest of it. Where
 * there are none, `out` stays as it is.
 */
static void take_random(struct batch_id_source *source, uint8_t *out, size_t size)
{
    /* The kernel's pool; for so few it fails only before the machine is up. */
    if (source->unused < size &&
        getrandom(source->random, sizeof source->random, 0) == (ssize_t)sizeof source->random)
        source->unused = sizeof source->random;
    if (source->unused < size)
        return;
    memcpy(out, source->random + sizeof source->random - source->unused, size);
    source->unused -= size;
}

struct batch_id batch_id_next(struct batch_id_source *source, int64_t wall_ns)
{
    struct batch_id id = {{0}};
    take_random(source, id.bytes, sizeof id.bytes);

    uint64_t now_ms = (uint64_t)(wall_ns / NS_PER_MS);
    if (now_ms > source->last_ms) {
        source->last_ms = now_ms;
        /* Begin in the lower half, so that there is room to count. */
        source->sequence = (id.bytes[6] | (unsigned)id.bytes[7] << 8) & 0x1ffff;
    } else if (++source->sequence >> SEQUENCE_BITS) {
        source->last_ms++;
        source->sequence = 0;
    }

    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(source->last_ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(UUID_VERSION | source->sequence >> 14);
    id.bytes[7] = (uint8_t)(source->sequence >> 6);
    id.bytes[8] = (uint8_t)(UUID_VARIANT | (source->sequence & 0x3f));
    return id;
}

/* Is there a hyphen before byte i of the text form? */
static bool hyphen_before(int i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

char *batch_id_format(char out[BATCH_ID_TEXT_SIZE], const struct batch_id *id)
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (hyphen_before(i))
            *p++ = '-';
        *p++ = digits[id->bytes[i] >> 4];
        *p++ = digits[id->bytes[i] & 15];
    }
    *p = '\0';
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool batch_id_parse(const char *text, struct batch_id *id)
{
    const char *p = text;
    for (int i = 0; i < 16; i++) {
        if (hyphen_before(i) && *p++ != '-')
            return false;
        int high = hex_value(p[0]);
        int low = high < 0 ? -1 : hex_value(p[1]);
        if (low < 0)
            return false;
        id->bytes[i] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    return *p == '\0';
}

int batch_id_compare(const struct batch_id *a, const struct batch_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static const char *const status_names[BATCH_STATUSES] = {
    [BATCH_QUEUED] = "queued",       [BATCH_RUNNING] = "running",   [BATCH_CANCELING] = "canceling",
    [BATCH_COMPLETED] = "completed", [BATCH_CANCELED] = "canceled",
};

const char *batch_status_name(enum batch_status status)
{
    return status_names[status];
}

int batch_status_parse(const char *name)
{
    for (int i = 0; i < BATCH_STATUSES; i++)
        if (strcmp(name, status_names[i]) == 0)
            return i;
    return -1;
}

uint64_t batch_finished(const struct batch *batch)
{
    uint64_t finished = 0;
    for (int i = 0; i < VERDICTS; i++)
        finished += batch->counts[i];
    return finished;
}

void batch_enter(struct batch *batch, enum batch_status status)
{
    batch->status = status;
    if (status == BATCH_RUNNING) {
        batch->started_ns = clock_wall_ns();
    } else if (batch_has_ended(batch)) {
        batch->ended_ns = clock_wall_ns();
        batch->expires_ns = batch->ended_ns + batch->ttl_s * NS_PER_S;
    }
}

bool batch_count(struct batch *batch, const uint8_t *verdicts, const float *seconds, uint32_t count)
{
    struct verdict_sum sum = verdict_sum(verdicts, seconds, count);
    for (int i = 0; i < VERDICTS; i++)
        batch->counts[i] += sum.counts[i];
    batch->compute_seconds += sum.seconds;
    return batch_finished(batch) == batch->total;
}
