/*
 * memory_look - what the memory store is asked: the operations of store.h that change nothing, but that
 * batches which have expired are forgotten on the way. Private to the store.
 */
#ifndef SERVER_STORE_MEMORY_LOOK_H
#define SERVER_STORE_MEMORY_LOOK_H

#include "server/store/store.h"

enum store_result memory_look_get(struct store *store, const struct batch_id *id,
                                  struct batch *batch);
enum store_result memory_look_metadata(struct store *store, const struct batch_id *id,
                                       char **metadata);
size_t memory_look_list(struct store *store, const char *owner, const struct batch_id *after,
                        int status, struct batch *batches, size_t max);
size_t memory_look_unfinished(struct store *store, const struct batch_id *after,
                              struct batch *batches, size_t max);
enum store_result memory_look_numbers(struct store *store, const struct batch_id *id,
                                      uint32_t index, struct chunk *chunk, uint64_t *words);
enum store_result memory_look_verdicts(struct store *store, const struct batch_id *id,
                                       uint32_t index, uint8_t *verdicts, float *seconds);
enum store_result memory_look_locate(struct store *store, const struct batch_id *id,
                                     uint64_t number, uint32_t *index, uint64_t *first);
void memory_look_stats(struct store *store, struct store_stats *stats);
void memory_look_usage(struct store *store, const char *name, struct store_usage *usage);

#endif
