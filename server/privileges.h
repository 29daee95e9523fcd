/*
 * privileges - the rights the service gives up before it forks anybody: so nobody in it has any.
 *
 * The supervisor needs none but to bind a port below 1024, which is done before. It drops
 *
 *   the user       if it is root and was told whom to become (--user); its data go along
 *   capabilities   all of them, from every set; root without them is only the owner of root's files
 *   the way back   no_new_privs: no program brings rights with it
 *   core dumps     memory may hold what clients keep secret
 *
 * and its files are for nobody else's eyes (umask 077, the data directory 0700).
 */
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include "server/config.h"

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
