/* offline - the primality core in this process, and a spinner beside it. */
#ifndef CLIENT_OFFLINE_H
#define CLIENT_OFFLINE_H

#include "client/client.h"

/*
 * Test one integer in canonical digits, on a thread of its own, so that the spinner turns and
 * signals are heard. 0, or an exit status; a signal that came first is in client->signal, and then
 * there is no outcome: the thread works on, and the process should end.
 */
int offline_test(struct client *client, const char *digits, struct outcome *outcome);

#endif
