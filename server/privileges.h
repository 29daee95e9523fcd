/*
 * privileges - the rights the service gives up before it forks anybody: so nobody in it has any.
 *
 * The supervisor needs none but to bind a port below 1024, which is done before. It drops
 *
 *   the user       root becomes whom it was told (--user); its data go along
 *   capabilities   all of them, from every set; root without them is only the owner of root's files,
 *                  which are most of the machine, so it stays root only if that is what it was told
 *   the way back   no_new_privs: no program brings rights with it
 *   core dumps     memory may hold what clients keep secret
 *
 * and its files are for nobody else's eyes (umask 077, the data directory 0700).
 */
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include <stdbool.h>

#include "server/config.h"

/*
 * Is it said whom to be? Root has to be told, if only that it stays root: a front that somebody has
 * taken over could write every file of root's.
 */
bool privileges_are_settled(const struct config *config);

/*
 * Make the data directory, if there is none and the store needs one, and drop all of the above. Call
 * once the socket listens, with a single thread. 0, or -1 after logging why not: then the service must
 * not run.
 */
int privileges_drop(const struct config *config);

/*
 * Refuse the calls no front makes: other programs, other processes' memory, mounts, modules and the
 * like fail with EPERM. For the front, before it has threads. It runs on where the kernel cannot.
 */
void privileges_filter_front(void);

#endif
