/*
 * input - files that the client reads numbers from, of every format: each number in canonical
 * digits, each mistake with its line, and the same from a pipe, and read again from the start.
 */
#include "client/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/text.h"
#include "tests/fuzz/support/fuzz.h"

enum { NUMBERS_MAX = 64, SIZE_MAX_HERE = 1000 };

/* Read what there is: the numbers, a LF behind each, and the mistake that ends it, if one does. */
static struct text read_all(struct input *input)
{
    struct text text = {.data = NULL};
    const char *digits;
    size_t length;
    enum input_result result = INPUT_NUMBER;
    uint64_t line = 0;
    for (int i = 0; i < NUMBERS_MAX && result == INPUT_NUMBER; i++) {
        result = input_next(input, &digits, &length);
        if (result != INPUT_NUMBER)
            break;
        size_t sign = length > 0 && *digits == '-';
        fuzz_expect(length > sign, "no digits");
        for (size_t j = sign; j < length; j++)
            fuzz_expect(digits[j] >= '0' && digits[j] <= '9', "%.*s", (int)length, digits);
        fuzz_expect(length == 1 || digits[sign] != '0', "%.*s", (int)length, digits);
        text_add(&text, digits, length);
        text_add(&text, "\n", 1);
        fuzz_expect(input->line >= line && input->count == (uint64_t)i + 1, "number %d", i);
        line = input->line;
        char place[64];
        input_place(input, (uint64_t)i, place, sizeof place);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "line %llu of ", (unsigned long long)line);
        fuzz_expect(strncmp(place, wanted, strlen(wanted)) == 0, "%s, not %s", place, wanted);
    }
    fuzz_expect(result != INPUT_LATER, "it is all there");
    if (result == INPUT_WRONG) {
        fuzz_expect(*input->error, "no reason");
        text_add_string(&text, input->error);
    }
    text_add(&text, "", 1);
    return text;
}

/* A file that has those bytes, as standard input. */
static void put_at_standard_input(const uint8_t *bytes, size_t size, bool pipe_it)
{
    int ends[2];
    if (pipe_it) {
        fuzz_expect(pipe(ends) == 0, "no pipe");
    } else {
        ends[0] = memfd_create("input", 0);
        ends[1] = dup(ends[0]);
    }
    fuzz_expect(write(ends[1], bytes, size) == (ssize_t)size, "not written");
    close(ends[1]);
    if (!pipe_it)
        lseek(ends[0], 0, SEEK_SET);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
}

static struct text read_input(const uint8_t *bytes, size_t size, const char *format,
                              const char *column, bool pipe_it)
{
    struct input input;
    put_at_standard_input(bytes, size, pipe_it);
    fuzz_expect(input_open(&input, "-", format, column) == 0, "%s", input.error);
    enum input_result result = input_find_format(&input);
    fuzz_expect(result == INPUT_NUMBER && input.format != INPUT_UNKNOWN, "no format");
    struct text text = {.data = NULL};
    if (input.format == INPUT_JSON) {
        text_add(&text, "", 1);
    } else {
        text = read_all(&input);
        fuzz_expect(input_rewind(&input), "not from the start again");
        struct text again = read_all(&input);
        fuzz_expect(strcmp(text.data, again.data) == 0, "%s, then %s", text.data, again.data);
        text_destroy(&again);
    }
    input_close(&input);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const formats[] = {NULL, "text", "ndjson", "csv", "csv"};
    static const char *const columns[] = {NULL, NULL, NULL, NULL, "n"};
    if (size > SIZE_MAX_HERE)
        return 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct text file = read_input(bytes, size, formats[i], columns[i], false);
        struct text pipe = read_input(bytes, size, formats[i], columns[i], true);
        fuzz_expect(strcmp(file.data, pipe.data) == 0, "%s of a file, %s of a pipe", file.data,
                    pipe.data);
        text_destroy(&file);
        text_destroy(&pipe);
    }
    return 0;
}
