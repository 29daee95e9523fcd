/* batch_test - ids that sort by age, their text, and the names of states. */
#include "server/batch.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"

TestSuite(batch, .timeout = 20);

static const int64_t some_time_ns = INT64_C(1767225600123) * NS_PER_MS;

Test(batch, ids_grow_strictly_whatever_the_clock_does)
{
    struct batch_id_source source = {0};
    struct batch_id last = batch_id_next(&source, some_time_ns);
    for (int i = 0; i < 1000000; i++) {
        /* Within a millisecond, forward, and back by up to a second. */
        int64_t now = some_time_ns + (i / 1000 - i % 1000) * NS_PER_MS;
        struct batch_id next = batch_id_next(&source, i % 3 ? now : some_time_ns);
        cr_assert_gt(batch_id_compare(&next, &last), 0, "id %d", i);
        last = next;
    }
}

Test(batch, an_id_is_a_uuid_of_version_7_with_its_time)
{
    struct batch_id_source source = {0};
    for (int i = 0; i < 1000; i++) {
        struct batch_id id = batch_id_next(&source, some_time_ns + i * NS_PER_MS);
        uint64_t ms = 0;
        for (int byte = 0; byte < 6; byte++)
            ms = ms << 8 | id.bytes[byte];
        cr_assert_eq(ms, (uint64_t)(some_time_ns / NS_PER_MS + i));
        cr_assert_eq(id.bytes[6] >> 4, 7);
        cr_assert_eq(id.bytes[8] >> 6, 2);
    }
}

Test(batch, ids_of_two_sources_differ)
{
    struct batch_id_source one = {0};
    struct batch_id_source other = {0};
    struct batch_id a = batch_id_next(&one, some_time_ns);
    struct batch_id b = batch_id_next(&other, some_time_ns);
    cr_assert_neq(batch_id_compare(&a, &b), 0);
}

Test(batch, text_and_back)
{
    struct batch_id_source source = {0};
    for (int i = 0; i < 1000; i++) {
        struct batch_id id = batch_id_next(&source, some_time_ns);
        struct batch_id back;
        char text[BATCH_ID_TEXT_SIZE];
        cr_assert_eq(batch_id_format(text, &id), text);
        cr_assert_eq(strlen(text), BATCH_ID_TEXT_SIZE - 1);
        cr_assert(batch_id_parse(text, &back));
        cr_assert_eq(batch_id_compare(&id, &back), 0);
        for (char *c = text; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        cr_assert(batch_id_parse(text, &back));
        cr_assert_eq(batch_id_compare(&id, &back), 0);
    }
}

Test(batch, what_is_no_id)
{
    static const char right[] = "01234567-89ab-7def-8123-456789abcdef";
    struct batch_id id;
    cr_assert(batch_id_parse(right, &id));
    for (size_t i = 0; i < sizeof right - 1; i++) {
        char wrong[sizeof right + 1];
        strcpy(wrong, right);
        wrong[i] = 'g';
        cr_expect_not(batch_id_parse(wrong, &id), "%s", wrong);
        wrong[i] = '\0';
        cr_expect_not(batch_id_parse(wrong, &id), "%s", wrong);
    }
    cr_expect_not(batch_id_parse("01234567-89ab-7def-8123-456789abcdef0", &id));
    cr_expect_not(batch_id_parse("0123456789ab7def8123456789abcdef", &id));
    cr_expect_not(batch_id_parse("", &id));
}

Test(batch, states_have_names)
{
    for (int i = 0; i < BATCH_STATUSES; i++)
        cr_expect_eq(batch_status_parse(batch_status_name((enum batch_status)i)), i);
    cr_expect_lt(batch_status_parse("ended"), 0);
    cr_expect_lt(batch_status_parse(""), 0);
    cr_expect_lt(batch_status_parse("Queued"), 0);
}

Test(batch, finished_is_the_sum_of_all_verdicts)
{
    struct batch batch = {.total = 30};
    for (int i = 0; i < VERDICTS; i++)
        batch.counts[i] = (uint64_t)i + 1;
    cr_expect_eq(batch_finished(&batch), VERDICTS * (VERDICTS + 1) / 2);
    for (int i = 0; i < BATCH_STATUSES; i++) {
        batch.status = (enum batch_status)i;
        cr_expect_eq(batch_has_ended(&batch), i == BATCH_COMPLETED || i == BATCH_CANCELED);
    }
}

Test(batch, a_time_that_is_none_does_not_spoil_the_sum)
{
    static const uint8_t verdicts[4] = {VERDICT_PRIME};
    static const float seconds[4] = {0.5F, NAN, INFINITY, -1};
    struct batch batch = {.total = 4};
    cr_expect(batch_count(&batch, verdicts, seconds, 4));
    cr_expect_eq(batch.compute_seconds, 0.5);
}
