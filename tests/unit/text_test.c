/* text_test - a text that grows. */
#include "common/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(text, .timeout = 20);

Test(text, is_empty_at_first_and_after_its_end)
{
    struct text text = {.data = NULL};
    text_destroy(&text);
    cr_expect_eq(text.length, 0);
    text_add(&text, "abc", 3);
    text_destroy(&text);
    cr_expect_null(text.data);
    cr_expect_eq(text.length, 0);
    cr_expect_eq(text.capacity, 0);
}

Test(text, keeps_all_that_is_added)
{
    enum { COUNT = 20000 };
    struct text text = {.data = NULL};
    for (int i = 0; i < COUNT; i++) {
        char number[16];
        snprintf(number, sizeof number, "%06d", i);
        switch (i % 3) {
        case 0:
            text_add(&text, number, 6);
            break;
        case 1:
            text_add_string(&text, number);
            break;
        default:
            text_printf(&text, "%06d", i);
            break;
        }
    }
    cr_assert_eq(text.length, 6 * COUNT);
    cr_assert_not(text.failed);
    for (int i = 0; i < COUNT; i++) {
        char number[8] = "";
        memcpy(number, text.data + 6 * i, 6);
        cr_assert_eq(atoi(number), i);
    }
    text_destroy(&text);
}

Test(text, reserves_room_behind_what_is_there)
{
    struct text text = {.data = NULL};
    text_add_string(&text, "abc");
    char *place = text_reserve(&text, 100000);
    cr_assert_not_null(place);
    cr_expect_eq(place, text.data + 3);
    cr_expect_eq(text.length, 3, "reserving adds nothing");
    memset(place, 'x', 100000);
    text.length += 100000;
    cr_expect_eq(memcmp(text.data, "abcx", 4), 0);
    text_destroy(&text);
}

Test(text, takes_printed_texts_of_any_length)
{
    for (size_t length = 1000; length < 1050; length++) {
        struct text text = {.data = NULL};
        text_printf(&text, "%0*d", (int)length, 7);
        cr_expect_eq(text.length, length);
        cr_expect_eq(text.data[length - 1], '7');
        text_destroy(&text);
    }
}

Test(text, writes_numbers_and_fractions_as_printf_would)
{
    static const struct {
        uint64_t number;
        unsigned decimals;
        const char *expected;
    } cases[] = {
        {0, 0, "0"},
        {0, 6, "0"},
        {1, 6, "0.000001"},
        {999999, 6, "0.999999"},
        {1000000, 6, "1"},
        {1500, 3, "1.5"},
        {1050, 3, "1.05"},
        {UINT64_MAX, 0, "18446744073709551615"},
        {UINT64_MAX, 18, "18.446744073709551615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {.data = NULL};
        text_add_fraction(&text, cases[i].number, cases[i].decimals);
        text_add(&text, "", 1);
        cr_expect_str_eq(text.data, cases[i].expected);
        text.length = 0;
        text_add_u64(&text, cases[i].number);
        text_add(&text, "", 1);
        char printed[32];
        snprintf(printed, sizeof printed, "%llu", (unsigned long long)cases[i].number);
        cr_expect_str_eq(text.data, printed);
        text_destroy(&text);
    }
}

Test(text, takes_no_more_once_memory_ran_out)
{
    struct text text = {.data = NULL};
    text_add_string(&text, "abc");
    text.failed = true;
    cr_expect_null(text_reserve(&text, 1));
    text_add_string(&text, "def");
    text_printf(&text, "%d", 7);
    cr_expect_eq(text.length, 3);
    text_destroy(&text);
    cr_expect_not(text.failed);
}
