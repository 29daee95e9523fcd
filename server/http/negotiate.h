/* negotiate - which result format a client wants. Private to server/http; no HTTP library in it. */
#ifndef SERVER_HTTP_NEGOTIATE_H
#define SERVER_HTTP_NEGOTIATE_H

#include "server/http/result_format.h"

/*
 * The format an Accept header (RFC 9110, 12.5.1) prefers: the one with the greatest weight, by its
 * most specific range; among equals JSON first, then in the order of enum result_format. A NULL
 * header accepts everything. Negative: none is acceptable.
 */
int negotiate_format(const char *accept);

#endif
