/*
 * encode - content codings from the other side: what the service is to undo.
 */
#ifndef TESTS_SUPPORT_ENCODE_H
#define TESTS_SUPPORT_ENCODE_H

#include "common/text.h"

/* Add the bytes as one gzip member. */
void encode_gzip(struct text *out, const char *bytes, size_t size);

/* Add them as one Zstandard frame. */
void encode_zstd(struct text *out, const char *bytes, size_t size);

#endif
