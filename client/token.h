/* token - the secret the client shows the service. */
#ifndef CLIENT_TOKEN_H
#define CLIENT_TOKEN_H

enum { TOKEN_MAX = 4096 };

/*
 * Read the token from that file, or where that is NULL from the variable PRIMED_TOKEN; "" if there
 * is none. Blanks and line ends around it are not part of it. 0, or -1 with a word on standard
 * error: no such file, one that everybody on the machine may read or write, too long, or not a
 * token (RFC 6750).
 */
int token_read(const char *file, char out[TOKEN_MAX]);

#endif
