/*
 * forwarded - who a request is from where proxies stand between. Private to server/http.
 *
 * A proxy says whom it speaks for in Forwarded (RFC 7239) or X-Forwarded-For, and so can everybody
 * else. So these headers count only where the one who is connected is a trusted proxy, and are read
 * from the right: each trusted proxy vouches for the one before it, and the first that is not
 * trusted is the client. What stands further left is what that client has claimed.
 */
#ifndef SERVER_HTTP_FORWARDED_H
#define SERVER_HTTP_FORWARDED_H

#include <netinet/in.h>

#include "server/http/request.h"

/* Is whoever is connected one of the trusted proxies? */
bool forwarded_by_proxy(const struct request *request);

/*
 * The address of the client as text, "" if it has none. It is the proxy's own where that does not
 * say, says it in both headers differently (it sets one, and passes the other on as it came), or
 * says what is no address (an obfuscated identifier, or "unknown").
 */
void forwarded_client(const struct request *request, char text[INET6_ADDRSTRLEN]);

#endif
