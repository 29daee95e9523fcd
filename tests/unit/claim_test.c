/* claim_test - the claim word holds its four fields, at their limits and without mixing them. */
#include "common/claim.h"

#include <criterion/criterion.h>
#include <stdbool.h>

static bool same(struct claim a, struct claim b)
{
    return a.ticket == b.ticket && a.owner == b.owner && a.attempts == b.attempts &&
           a.state == b.state;
}

Test(claim, fields_survive_packing)
{
    static const uint64_t tickets[] = {0, 1, UINT32_MAX, UINT64_C(1) << 32, CLAIM_TICKET_MASK};
    static const unsigned owners[] = {0, 1, 255, 256, CLAIM_MAX_OWNERS - 1};
    static const unsigned attempts[] = {0, 1, CLAIM_MAX_ATTEMPTS};

    for (size_t t = 0; t < sizeof tickets / sizeof *tickets; t++)
        for (size_t o = 0; o < sizeof owners / sizeof *owners; o++)
            for (size_t a = 0; a < sizeof attempts / sizeof *attempts; a++)
                for (int state = 0; state < CLAIM_STATES; state++) {
                    struct claim claim = {tickets[t], owners[o], attempts[a],
                                          (enum claim_state)state};
                    cr_assert(same(claim_unpack(claim_pack(claim)), claim));
                }
}

Test(claim, fields_fill_the_word_without_overlap)
{
    uint64_t ticket = claim_pack((struct claim){.ticket = CLAIM_TICKET_MASK});
    uint64_t owner = claim_pack((struct claim){.owner = CLAIM_MAX_OWNERS - 1});
    uint64_t attempts = claim_pack((struct claim){.attempts = CLAIM_MAX_ATTEMPTS});
    uint64_t state = claim_pack((struct claim){.state = (enum claim_state)15});

    cr_assert_eq(ticket + owner + attempts + state, UINT64_MAX);
    cr_assert_eq(ticket | owner | attempts | state, UINT64_MAX);
}

Test(claim, a_position_beyond_the_ticket_is_cut_to_its_low_bits)
{
    struct claim claim = {.ticket = CLAIM_TICKET_MASK + 6, .state = CLAIM_QUEUED};
    cr_assert_eq(claim_unpack(claim_pack(claim)).ticket, 5);
    cr_assert_eq(claim_unpack(claim_pack(claim)).state, CLAIM_QUEUED);
}

Test(claim, zero_is_free)
{
    cr_assert_eq(claim_unpack(0).state, CLAIM_FREE);
    cr_assert_eq(claim_pack((struct claim){.state = CLAIM_FREE}), 0);
}
