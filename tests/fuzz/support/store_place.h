/*
 * store_place - a data directory of the durable store, to be damaged: batches in every state of
 * life, some of them in the database, the last ones only in its write-ahead log, as a kill leaves
 * it.
 *
 * So that an input takes a millisecond, this process does not wait for the disk (fsync() does
 * nothing), and where the writer of the store would end the process, only its thread ends.
 */
#ifndef TESTS_FUZZ_STORE_PLACE_H
#define TESTS_FUZZ_STORE_PLACE_H

#include <stddef.h>
#include <stdint.h>

enum store_file { STORE_DATABASE, STORE_LOG, STORE_FILES };

/* The bytes of the files, a copy to be damaged. */
struct store_place {
    uint8_t *bytes[STORE_FILES];
    size_t size[STORE_FILES];
};

/* A copy of the place as it was made: each time the same. */
struct store_place store_place_new(void);
void store_place_free(struct store_place *place);

/* Put the files where a store can be opened; the path of the directory, and of the database. */
const char *store_place_write(const struct store_place *place);
const char *store_place_database(void);

/*
 * Open the store there, as after a crash. Either it refuses, or: what it says of each batch is
 * consistent, results can be read or are refused, unfinished batches can be finished, and then have
 * as many verdicts as numbers; all can be removed. Closes it.
 */
void store_place_use(void);

#endif
