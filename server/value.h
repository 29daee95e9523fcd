/* value - numbers, bytes and times as people write them, in options and in the file of tokens. */
#ifndef SERVER_VALUE_H
#define SERVER_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number of low .. high; false, without touching *value, if the text is none. */
bool value_read_number(const char *text, uint64_t low, uint64_t high, uint64_t *value);

/* Bytes, low at least: a number with an optional K, M, G or T, the powers of 1,024. */
bool value_read_bytes(const char *text, uint64_t low, uint64_t *value);

/* A time, low_ns at least: a number with ms, s, m, h or d behind it; seconds if it has none. */
bool value_read_time(const char *text, int64_t low_ns, int64_t *ns);

#endif
