/*
 * passes - a file of tokens for a service, made by `primed token`, and what lets its clients in.
 *
 *     struct passes passes = passes_make();
 *     const char *alice = passes_add(&passes, "alice", "requests=5/s");
 *     struct primed service = primed_start(passes.flag);
 *     client_send(&service, .method = "GET", .path = "/v1/batches", .headers = {alice});
 *     primed_stop(&service);
 *     passes_destroy(&passes);
 */
#ifndef TESTS_SUPPORT_PASSES_H
#define TESTS_SUPPORT_PASSES_H

#include <stddef.h>

enum { PASSES_MAX = 8 };

struct passes {
    char directory[64];
    char path[96];
    char flag[128]; /* --token-file=path */
    size_t count;
    char names[PASSES_MAX][32];
    char headers[PASSES_MAX][128];
    char lines[PASSES_MAX][256];
};

/* An empty file, in a directory of its own. */
struct passes passes_make(void);

/* Make a token with those words (may be NULL), and add it: the header of a request that shows it. */
const char *passes_add(struct passes *passes, const char *name, const char *words);

/* The token alone, of a header. */
const char *passes_token(const char *header);

/* Take the tokens of that name out of the file; they can be put back. */
void passes_withdraw(const struct passes *passes, const char *name);
void passes_restore(const struct passes *passes);

/* Remove the directory. */
void passes_destroy(const struct passes *passes);

#endif
