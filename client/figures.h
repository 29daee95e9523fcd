/* figures - numbers, times and sizes as people read them. */
#ifndef CLIENT_FIGURES_H
#define CLIENT_FIGURES_H

#include <stdint.h>

enum { FIGURE_SIZE = 32 };

/* "1,234,567". All of these return out. */
char *figure_count(char out[FIGURE_SIZE], uint64_t count);

/* Three significant digits and a unit: "950", "1.23k", "45.6M". */
char *figure_rate(char out[FIGURE_SIZE], double rate);

/*
 * A time: "110 ns", "2.50 us", "12.3 ms", "4.56 s", and from a minute on "1:05", "2:03:04". More than
 * 10^12 s, as only a service says that lies, are cut down to that.
 */
char *figure_seconds(char out[FIGURE_SIZE], double seconds);

/* Bytes: "512 B", "1.5 MiB". */
char *figure_bytes(char out[FIGURE_SIZE], double bytes);

/*
 * The first and the last digits of an integer that is longer than `width` >= 16 characters, with
 * the count of all between: "1234567...4567 (617)". Copies shorter ones. out has room for width + 1.
 */
char *figure_shortened(char *out, const char *number, int width);

/* Seconds with six decimals and an s in nine columns, as the service's text format has them. */
char *figure_elapsed(char out[FIGURE_SIZE], double seconds);

#endif
