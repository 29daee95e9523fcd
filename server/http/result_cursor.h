/*
 * result_cursor - walks over the finished results of a batch, in input order. Private to
 * server/http.
 *
 * It keeps one chunk of the batch (64 KiB) and formats from it; the store is asked for the next
 * when that is used up. One thread at a time.
 */
#ifndef SERVER_HTTP_RESULT_CURSOR_H
#define SERVER_HTTP_RESULT_CURSOR_H

#include "server/http/result_format.h"
#include "server/store/store.h"

/* Which results: all, or those with these verdicts. */
enum result_filter { RESULT_ALL, RESULT_PRIME, RESULT_COMPOSITE, RESULT_FAILED };

struct result_cursor {
    struct store *store;
    struct batch_id id;
    enum result_format format;
    enum result_filter filter;
    uint64_t position; /* index of the number to look at next */
    uint64_t left;     /* results that may still be written */
    uint64_t written;

    /* the chunk `position` lies in, once loaded */
    bool loaded;
    uint32_t chunk_index;
    uint64_t chunk_first;
    struct chunk chunk;
    struct chunk_reader reader;
    uint8_t verdicts[CHUNK_MAX_NUMBERS];
    float seconds[CHUNK_MAX_NUMBERS];
    uint64_t words[CHUNK_MAX_WORDS];
};

/* Why result_cursor_write() returned. */
enum result_stop {
    RESULT_STOP_SIZE,  /* enough was written */
    RESULT_STOP_LIMIT, /* `left` is used up */
    RESULT_STOP_END,   /* all numbers below `end` have been looked at */
    RESULT_STOP_GONE,  /* the batch is not there any more */
};

/* Set a cursor on the number `position`, to write at most `limit` results. It owns nothing. */
void result_cursor_set(struct result_cursor *cursor, struct store *store, const struct batch_id *id,
                       enum result_format format, enum result_filter filter, uint64_t position,
                       uint64_t limit);

/*
 * Add results to text, of numbers below `end` (at most the batch's prefix), until text holds `size`
 * bytes or more, or something else stops it. `separator` goes between two results ("" for all but
 * JSON).
 */
enum result_stop result_cursor_write(struct result_cursor *cursor, struct text *text, size_t size,
                                     uint64_t end, const char *separator);

#endif
