/*
 * negotiate - Accept headers of all kinds: an answer there is, whatever the header; one without any
 * range of ours is refused; and what it names alone, it gets.
 */
#include "server/http/negotiate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fuzz/support/fuzz.h"

/* Does the text have that, in letters of either case? */
static bool has(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *accept = fuzz_string(bytes, size);
    int format = negotiate_format(accept);
    fuzz_expect(format >= -1 && format < RESULT_FORMATS, "%d", format);
    fuzz_expect(format == negotiate_format(accept), "not the same again");
    if (format > 0 || (format == 0 && accept[strspn(accept, " \t")]))
        fuzz_expect(has(accept, result_format_type((enum result_format)format)) ||
                        has(accept, "/*"),
                    "%s for %s", result_format_type((enum result_format)format), accept);

    /* One of ours before all others, refused or not, decides. */
    char *first = malloc(size + 64);
    for (int i = 0; i < RESULT_FORMATS; i++) {
        const char *type = result_format_type((enum result_format)i);
        snprintf(first, size + 64, "%s;q=0,%s", type, accept);
        fuzz_expect(has(accept, type) || negotiate_format(first) != i, "%s for %s", type, first);
        snprintf(first, size + 64, "%s", type);
        fuzz_expect(negotiate_format(first) == i, "%s", type);
    }
    free(first);
    free(accept);
    return 0;
}
