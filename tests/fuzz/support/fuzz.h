/*
 * fuzz - what the targets share: failing, and taking an input apart.
 *
 * A target is one file, tests/fuzz/NAME.c, with LLVMFuzzerTestOneInput(): it gets an input and
 * checks what must hold for every input. No crash is the least of it; fuzz_expect() says the rest.
 * A target that reads text takes the input as it is, so that its corpus is text.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls it with each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* End the process, as a sanitizer does, unless it holds; says the rest, a printf format. */
#define fuzz_expect(condition, ...)                                 \
    do {                                                            \
        if (!(condition))                                           \
            fuzz_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
    } while (0)

__attribute__((format(printf, 4, 5))) _Noreturn void
fuzz_fail(const char *file, int line, const char *condition, const char *format, ...);

/* What is left of an input that is taken apart. When it is used up, zeros come. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t size;
};

/* The next `size` <= 8 bytes as a number, the least significant first. */
uint64_t fuzz_take(struct fuzz_input *input, size_t size);

/* Numbers that look random and depend on nothing but *state, which begins as any number. */
uint64_t fuzz_random(uint64_t *state);

/* A number that depends on all bytes of an input: what to begin fuzz_random() with. */
uint64_t fuzz_hash(const uint8_t *bytes, size_t size);

/* A copy of bytes of exactly that size, so that AddressSanitizer sees one too far; free() it. */
char *fuzz_copy(const void *bytes, size_t size);

/* The same with a NUL behind it, and NULs within made blanks. */
char *fuzz_string(const void *bytes, size_t size);

#endif
