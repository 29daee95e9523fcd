/*
 * memory - the store that keeps everything in memory: the fastest, and gone with the process.
 *
 *   memory.c          receiving, working, opening
 *   memory_look.c     the operations that change nothing
 *   memory_records.c  the records: finding, ending, forgetting, making room
 *
 * Bounded: never more than bytes_max, counting the numbers (8 bytes each up to 64 bits), their
 * verdicts and times (5 bytes each) and each batch's own record. When it is full, batches that
 * ended at least STORE_MEMORY_KEEP_S ago make room, the longest ended first; when there are none,
 * it is STORE_FULL.
 */
#ifndef SERVER_STORE_MEMORY_H
#define SERVER_STORE_MEMORY_H

#include "server/store/store.h"

enum { STORE_MEMORY_KEEP_S = 60 };

/* Open an empty one, or NULL without memory. Close it with store_close(). */
struct store *store_memory_open(uint64_t bytes_max);

#endif
