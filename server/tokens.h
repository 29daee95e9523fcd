/*
 * tokens - who may use the service: bearer tokens (RFC 6750), read from a file that has their
 * hashes.
 *
 *     # one token a line; what follows a word that begins with # is a comment
 *     alice  sha256:9f86d081884c7d65...  requests=100/s numbers=10000000 cost=1h
 *     alice  sha256:60303ae22b998861...  requests=100/s numbers=10000000 cost=1h
 *     grafana sha256:fd61a03af4f77d87... metrics numbers=0
 *     ops    sha256:a4e624d686e03ed2...  admin
 *
 * A name is 1 to 32 letters, digits, '.', '_' and '-'; batches belong to names. Several lines may
 * have one, so that a token can be changed for another without a gap; then all they say of rights
 * and quotas must be the same. What a line does not say of quotas (server/quota.h) is as the options
 * of the service have it. Rights:
 *
 *   admin     sees, and may do everything to, the batches of all, and those that are nobody's
 *   metrics   may read /metrics, which has figures of all
 *
 * The hash is the SHA-256 of the token. No slow hash is needed: tokens_make() takes 256 random bits,
 * of which nobody tries a noticeable part at any speed. That is why short tokens, which people make
 * up, are never right (TOKEN_MIN).
 *
 * A set of tokens is a plain value without pointers.
 */
#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/batch.h"
#include "server/quota.h"

enum {
    TOKENS_MAX = 1000,
    TOKEN_MIN = 32, /* characters of a token */
    TOKEN_MAX = 512,
    TOKEN_HASH_SIZE = 32,                        /* SHA-256 */
    TOKEN_MADE_SIZE = sizeof "primed_" + 2 * 32, /* of those we make, with its NUL */
    TOKENS_MISTAKE_SIZE = 4096 + 256,
};

enum { TOKEN_ADMIN = 1 << 0, TOKEN_METRICS = 1 << 1 };

/* Who asks, as far as a token tells. */
struct client {
    char name[BATCH_OWNER_SIZE];
    uint32_t rights; /* TOKEN_ADMIN, TOKEN_METRICS */
    struct quota quota;
};

struct token {
    uint8_t hash[TOKEN_HASH_SIZE];
    struct client client;
};

struct tokens {
    uint64_t count;
    struct token tokens[TOKENS_MAX];
};

/*
 * Read the file into *tokens, one at least; `standard` is the quota of lines that say nothing of
 * it. 0, or -1 with a sentence in `mistake` that begins with the file, and the line where there is
 * one. The sentence never has a word of the file in it, which could be a token put in the wrong
 * place. A file that everybody may write is a mistake; *exposed says whether everybody may read it,
 * which tells them names and quotas but no token.
 */
int tokens_read(struct tokens *tokens, const char *path, const struct quota *standard,
                bool *exposed, char mistake[TOKENS_MISTAKE_SIZE]);

/*
 * The entry of a token, or NULL if it is none. Takes as long whichever token it is, and whether it
 * is one.
 */
const struct token *tokens_find(const struct tokens *tokens, const char *token, size_t length);

/*
 * Read a line that has a token; it is cut into its words on the way. NULL, or what is wrong with
 * it, in words that have none of the line's.
 */
const char *tokens_read_line(struct token *token, char *line, const struct quota *standard);

/* Make a token of 256 random bits, and its hash. 0, or -1 with errno: there is no randomness. */
int tokens_make(char token[TOKEN_MADE_SIZE], uint8_t hash[TOKEN_HASH_SIZE]);

#endif
