/* body_octets - a body of packed little-endian 64-bit integers. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "server/intake/parts.h"

static uint64_t load(const void *bytes)
{
    uint64_t integer;
    memcpy(&integer, bytes, sizeof integer);
    return le64toh(integer);
}

/* Read the integers that lie whole in [p, end); returns where they end. */
static const char *whole_integers(struct intake *intake, const char *p, const char *end)
{
    struct intake_run run = intake_begin_run(intake);
    while (end - p >= (ptrdiff_t)sizeof(uint64_t) && intake->status == INTAKE_OK) {
        size_t count = (size_t)(end - p) / sizeof(uint64_t);
        if (count > run.room - run.count)
            count = run.room - run.count;
        for (size_t i = 0; i < count; i++)
            run.words[run.count + i] = load(p + i * sizeof(uint64_t));
        run.count += (uint32_t)count;
        p += count * sizeof(uint64_t);
        if (end - p >= (ptrdiff_t)sizeof(uint64_t)) {
            intake_exceed_run(intake, &run, load(p), false);
            p += sizeof(uint64_t);
        }
    }
    intake_end_run(intake, &run);
    return p;
}

void body_octets_feed(struct intake *intake, const char *p, const char *end)
{
    struct body_octets *octets = &intake->octets;
    while (p < end && intake->status == INTAKE_OK) {
        if (octets->count == 0)
            p = whole_integers(intake, p, end);
        if (p == end || intake->status != INTAKE_OK)
            break;
        octets->bytes[octets->count++] = (unsigned char)*p++;
        if (octets->count == sizeof octets->bytes) {
            octets->count = 0;
            intake_accept_u64(intake, load(octets->bytes), false);
        }
    }
}

void body_octets_finish(struct intake *intake)
{
    if (intake->octets.count > 0)
        report_malformed(intake, intake->piece_offset,
                         "the body ends inside number %" PRIu64 ", with %zu of its 8 bytes",
                         intake->index, intake->octets.count);
}
