/* fuzz - see fuzz.h. */
#include "tests/fuzz/support/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libFuzzer is told to silence what is fuzzed; this is from before it does. */
static int said_to;

__attribute__((constructor)) static void keep_standard_error(void)
{
    said_to = dup(STDERR_FILENO);
}

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    dprintf(said_to, "%s:%d: %s: ", file, line, condition);
    vdprintf(said_to, format, arguments);
    dprintf(said_to, "\n");
    va_end(arguments);
    abort();
}

uint64_t fuzz_take(struct fuzz_input *input, size_t size)
{
    uint64_t value = 0;
    size_t there = size < input->size ? size : input->size;
    for (size_t i = 0; i < there; i++)
        value |= (uint64_t)input->bytes[i] << (8 * i);
    input->bytes += there;
    input->size -= there;
    return value;
}

/* SplitMix64; it may wrap, and the sanitizer that minds is not among ours. */
uint64_t fuzz_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t fuzz_hash(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

char *fuzz_copy(const void *bytes, size_t size)
{
    char *copy = malloc(size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *fuzz_string(const void *bytes, size_t size)
{
    char *string = malloc(size + 1);
    if (size > 0)
        memcpy(string, bytes, size);
    string[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (string[i] == '\0')
            string[i] = ' ';
    return string;
}
