/*
 * keyring - the tokens that are right now: the supervisor reads the file, the front looks them up.
 *
 * They are in memory of their own that the two share, so that a front needs no file, and one that
 * is started anew has what the supervisor had last. The supervisor alone writes, the front makes
 * itself a copy whenever the version has changed, and neither ever waits for the other: a seqlock
 * (Boehm, "Can seqlocks get along with programming language memory models?", 2012). Workers do not
 * have the memory, see keyring_hide(): one that has gone mad can let nobody in.
 */
#ifndef SERVER_KEYRING_H
#define SERVER_KEYRING_H

#include "server/tokens.h"

struct keyring;

/* An empty one, to be shared with children; NULL without memory. */
struct keyring *keyring_new(void);

/* Unmap it; NULL is harmless. */
void keyring_free(struct keyring *keyring);

/*
 * Read the file of tokens (tokens_read()) and put them in the place of those that were there. 0
 * after logging how many there are, or -1 after logging why there are none: then those that were
 * there stay. The supervisor only.
 */
int keyring_load(struct keyring *keyring, const char *path, const struct quota *standard);

/* Are children that are forked from now on without it? At first they are not. NULL is harmless. */
void keyring_hide(struct keyring *keyring, bool hide);

/*
 * If it is not of that version any more (0 at first), copy it, and its version: true. False if it
 * is, or is just being written: the copy is as it was. Any process, one thread at a time.
 */
bool keyring_update(const struct keyring *keyring, struct tokens *copy, uint32_t *version);

#endif
