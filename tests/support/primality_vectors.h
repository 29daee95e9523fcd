/*
 * primality_vectors - reads the primality vectors of project Wycheproof (a JSON document whose
 * tests hold a "value", the big-endian two's complement in hexadecimal, and a "result").
 */
#ifndef PRIMALITY_VECTORS_H
#define PRIMALITY_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Calls visit() for each vector that is not negative, with its limbs, least significant first, and
 * whether it is prime. Returns how many, or -1 when the file cannot be read.
 */
int primality_vectors_read(const char *path,
                           void (*visit)(const uint64_t *limbs, size_t count, bool prime, int id,
                                         void *context),
                           void *context);

#endif
