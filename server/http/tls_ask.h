/*
 * tls_ask - one question and the beginning of its answer over TLS, for server/health.c. It knows
 * nothing of the rest of server/http.
 */
#ifndef SERVER_HTTP_TLS_ASK_H
#define SERVER_HTTP_TLS_ASK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Send the question over a connected, blocking socket, which stays the caller's, and receive
 * exactly `size` bytes of the answer. Whose certificate it is is not looked at: who asks knows the
 * address, and tells no secrets. False where it fails; errno is 0 unless the socket says why.
 */
bool tls_ask(int socket, const char *question, size_t length, char *answer, size_t size);

#endif
