/*
 * child - what every process the supervisor forks does first.
 */
#ifndef COMMON_CHILD_H
#define COMMON_CHILD_H

#include <sys/types.h>

/*
 * Settle in a freshly forked child of `parent`: die when it dies, take a name of at most 15
 * characters that tools show, and leave every signal a terminal or a service manager may send to
 * the whole group to the supervisor. Exits 1 if the parent is dead already.
 */
void child_settle(pid_t parent, const char *name);

#endif
