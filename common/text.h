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
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);

/* Free the data; the text is as at the start. */
void text_destroy(struct text *text);

#endif
