/* intake_octets - bodies of packed integers: each comes out as it was packed, or none does. */
#include <inttypes.h>
#include <stdlib.h>

#include "tests/fuzz/support/body.h"
#include "tests/fuzz/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct body_outcome outcome = body_run(INTAKE_OCTETS, bytes, size);
    size_t count = size / 8;
    if (count > body_limits.max_numbers) {
        fuzz_expect(outcome.status == INTAKE_TOO_LARGE, "%zu numbers", count);
    } else if (size % 8 != 0) {
        fuzz_expect(outcome.status == INTAKE_MALFORMED, "%zu bytes", size);
    } else {
        fuzz_expect(outcome.status == INTAKE_OK && outcome.received == count, "%zu numbers", count);
        struct fuzz_input input = {bytes, size};
        char *digits = outcome.numbers.data;
        for (size_t i = 0; i < count; i++) {
            while (*digits == '\n')
                digits++;
            uint64_t packed = fuzz_take(&input, 8);
            uint64_t taken = strtoull(digits, &digits, 10);
            fuzz_expect(packed == taken, "%" PRIu64 " became %" PRIu64, packed, taken);
        }
    }
    body_free(&outcome);
    return 0;
}
