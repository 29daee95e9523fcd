/* body_octets - a body of packed little-endian 64-bit integers. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "server/intake/parts.h"

static void accept(struct intake *intake, const void *bytes)
{
    uint64_t integer;
    memcpy(&integer, bytes, sizeof integer);
    intake_accept_u64(intake, le64toh(integer), false);
}

void body_octets_feed(struct intake *intake, const char *p, const char *end)
{
    struct body_octets *octets = &intake->octets;
    while (p < end && intake->status == INTAKE_OK) {
        if (octets->count == 0 && end - p >= (ptrdiff_t)sizeof octets->bytes) {
            accept(intake, p);
            p += sizeof octets->bytes;
            continue;
        }
        octets->bytes[octets->count++] = (unsigned char)*p++;
        if (octets->count == sizeof octets->bytes) {
            octets->count = 0;
            accept(intake, octets->bytes);
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
