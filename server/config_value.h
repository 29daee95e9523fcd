/*
 * config_value - the kinds of values an option may have, out of their text.
 *
 * Each returns whether the text is of its kind and in its range; *value is only then written.
 */
#ifndef SERVER_CONFIG_VALUE_H
#define SERVER_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number of low .. high. */
bool config_value_number(const char *text, uint64_t low, uint64_t high, uint64_t *value);

/* Bytes, at least low: a number with an optional K, M, G or T, the powers of 1,024. */
bool config_value_bytes(const char *text, uint64_t low, uint64_t *value);

/* A time, at least low_ns: a number with ms, s, m, h or d behind it; seconds if it has none. */
bool config_value_time(const char *text, int64_t low_ns, int64_t *ns);

#endif
