/*
 * result_format - one result in each of the formats there are. Private to server/http; no HTTP in
 * it.
 */
#ifndef SERVER_HTTP_RESULT_FORMAT_H
#define SERVER_HTTP_RESULT_FORMAT_H

#include <stdint.h>

#include "common/chunk.h"
#include "common/text.h"
#include "common/verdict.h"

enum result_format {
    RESULT_JSON, /* a page; its items are as those of NDJSON, without the line end */
    RESULT_NDJSON,
    RESULT_CSV,
    RESULT_TEXT,
    RESULT_OCTETS,
};
enum { RESULT_FORMATS = RESULT_OCTETS + 1 };

/* The short name ("ndjson") and the media type of a format. */
const char *result_format_name(enum result_format format);
const char *result_format_type(enum result_format format);

/* What comes before the first result: the header line of CSV, nothing for the others. */
void result_format_begin(struct text *text, enum result_format format);

/* One result; index is its place in the batch. */
void result_format_item(struct text *text, enum result_format format, uint64_t index,
                        const struct number *number, enum verdict verdict, float seconds);

/* The members of a result item from "n" on, without braces: `"n":"97","prime":true,...`. */
void result_format_members(struct text *text, const struct number *number, enum verdict verdict,
                           float seconds);

#endif
