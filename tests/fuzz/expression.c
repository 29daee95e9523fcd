/*
 * expression - what people write for integers: a value in canonical digits, or a reason in words;
 * plain digits are themselves, and brackets, blanks and a double sign around it change nothing.
 */
#include "client/expression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/support/fuzz.h"

enum { LENGTH_MAX = 200 };

static void check_value(const char *value)
{
    const char *digits = value + (*value == '-');
    size_t count = strspn(digits, "0123456789");
    fuzz_expect(count > 0 && digits[count] == '\0', "%s", value);
    fuzz_expect(*digits != '0' || (count == 1 && digits == value), "%s", value);
    fuzz_expect(count <= EXPRESSION_MAX_BITS, "%zu digits", count);
}

/* The same with something before and behind it, unless that nests it too deeply. */
static void expect_same(const char *before, const uint8_t *bytes, size_t size, const char *behind,
                        const char *value)
{
    char error[EXPRESSION_ERROR_SIZE];
    char *text = malloc(size + 8);
    size_t length = (size_t)snprintf(text, size + 8, "%s", before);
    memcpy(text + length, bytes, size);
    memcpy(text + length + size, behind, strlen(behind));
    char *again = expression_evaluate(text, length + size + strlen(behind), error);
    fuzz_expect(again ? strcmp(again, value) == 0 : strstr(error, "nested too deeply") != NULL,
                "%s became %s", value, again ? again : error);
    free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char error[EXPRESSION_ERROR_SIZE] = "";
    if (size > LENGTH_MAX)
        return 0;
    char *text = fuzz_copy(bytes, size);
    char *value = expression_evaluate(text, size, error);
    free(text);
    if (!value) {
        fuzz_expect(*error && memchr(error, '\0', sizeof error), "no reason");
        for (const char *c = error; *c; c++)
            fuzz_expect((*c >= ' ' && *c != 0x7f) || *c < 0, "the byte %d in %s", *c, error);
        return 0;
    }
    check_value(value);
    if (strlen(value) < 1000) {
        expect_same("(", bytes, size, ")", value);
        expect_same(" ", bytes, size, " ", value);
        expect_same("-(-(", bytes, size, "))", value);
        expect_same("", (const uint8_t *)value, strlen(value), "", value);
    }
    free(value);
    return 0;
}
