/*
 * work - the numbers every contender is given, and what they are.
 *
 * The peers' primality test is here as well: what a competent C programmer writes without a
 * library, seven Miller-Rabin bases over Montgomery products after a few trial divisions.
 */
#ifndef BENCH_END_TO_END_WORK_H
#define BENCH_END_TO_END_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The i-th random number of 63 bits: always the same (SplitMix64, Steele et al., 2014). */
uint64_t work_number(uint64_t i);

/* Is it prime? Proven by the bases of J. Sinclair (2011). */
bool work_is_prime(uint64_t n);

/* Test `count` little-endian numbers of 8 bytes: an octet each, 1 for a prime. */
void work_test_octets(const void *numbers, size_t count, uint8_t *verdicts);

/*
 * Read integers in decimal out of any JSON or text: the next one from *p on, which moves behind it.
 * False at the end.
 */
bool work_scan(const char **p, const char *end, uint64_t *number);

#endif
