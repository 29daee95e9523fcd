/*
 * text - a text that grows: what documents and streams are written into.
 *
 * Running out of memory is noted, not reported at each call: the writer checks `failed` once, at
 * the end. Not thread-safe.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero it to start. */
struct text {
    char *data; /* not terminated */
    size_t length;
    size_t capacity;
    bool failed; /* memory ran out; what was to be added then is missing */
};

/* Room for `size` more bytes: where they go, or NULL (failed). Add to length what was written. */
char *text_reserve(struct text *text, size_t size);

/* Add bytes; false without memory, which a writer of many pieces may as well ask for at the end. */
bool text_add(struct text *text, const char *bytes, size_t size);

void text_add_string(struct text *text, const char *string);

/* Add a number in decimal digits: a fifth of the time of text_printf(). */
void text_add_u64(struct text *text, uint64_t number);

/*
 * Add number / 10^decimals as a decimal fraction, decimals <= 18, without zeros at its end: 1500 with
 * 3 decimals is 1.5.
 */
void text_add_fraction(struct text *text, uint64_t number, unsigned decimals);

__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);

/* Free the data; the text is as at the start. */
void text_destroy(struct text *text);

#endif
