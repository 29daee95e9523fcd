/* origin - Origin, Host and CORS (WHATWG Fetch, 3.2). See origin.h. */
#include "server/http/origin.h"

#include <string.h>
#include <strings.h>

#include "server/http/forwarded.h"
#include "server/http/problem.h"

static const char expose[] = "Location, X-Request-Id, Retry-After, Idempotency-Replayed, "
                             "Preference-Applied, Link, ETag, Allow";

/* --- Origin ----------------------------------------------------------------------------------- */

/* Is it one of a list with commas? */
static bool is_listed(const char *list, const char *origin)
{
    size_t length = strlen(origin);
    while (*list) {
        size_t item = strcspn(list, ",");
        if (item == length && strncmp(list, origin, length) == 0)
            return true;
        list += item + (list[item] == ',');
    }
    return false;
}

static bool is_other_but_listed(const struct request *request, const char *origin)
{
    return origin && is_listed(request->http->options.config->cors_origins, origin);
}

/*
 * The same host and port as those that were asked. The scheme may be another where a proxy speaks
 * TLS for the service.
 */
static bool is_own(const struct request *request, const char *origin)
{
    const char *host = request_header(request, "Host");
    const char *authority = strstr(origin, "://");
    return host && authority && strcasecmp(authority + strlen("://"), host) == 0;
}

/* --- Host ------------------------------------------------------------------------------------- */

/* Is it an address, localhost or below it, or a name without a dot; with or without a port? */
static bool is_local_name(const char *host)
{
    static const char localhost[] = ".localhost";
    struct in6_addr address;
    size_t length = strcspn(host, ":");
    if (*host == '[') {
        const char *bracket = strchr(host, ']');
        return bracket && (bracket[1] == '\0' || bracket[1] == ':') &&
               networks_read_address(host + 1, (size_t)(bracket - host) - 1, &address);
    }
    size_t suffix = strlen(localhost);
    return !memchr(host, '.', length) || networks_read_address(host, length, &address) ||
           (length > suffix && strncasecmp(host + length - suffix, localhost, suffix) == 0);
}

/* --- both ------------------------------------------------------------------------------------- */

bool origin_check(struct request *request)
{
    const char *origin = request_header(request, "Origin");
    const char *host = request_header(request, "Host");
    if (request->http->is_local && host && !is_local_name(host) && !forwarded_by_proxy(request)) {
        problem_reply(request, PROBLEM_FOREIGN_HOST,
                      "\"%.100s\" is no name of a service that listens on the loopback address",
                      host);
        return false;
    }
    if (origin && !is_own(request, origin) && !is_other_but_listed(request, origin)) {
        problem_reply(request, PROBLEM_FOREIGN_ORIGIN,
                      "pages of \"%.100s\" may not ask; see --cors-origin", origin);
        return false;
    }
    return true;
}

bool origin_is_preflight(const struct request *request)
{
    return is_other_but_listed(request, request_header(request, "Origin")) &&
           request_header(request, "Access-Control-Request-Method");
}

bool origin_mark(const struct request *request, struct MHD_Response *response)
{
    if (!*request->http->options.config->cors_origins)
        return true;
    const char *origin = request_header(request, "Origin");
    if (!MHD_add_response_header(response, "Vary", "Origin"))
        return false;
    return !is_other_but_listed(request, origin) ||
           (MHD_add_response_header(response, "Access-Control-Allow-Origin", origin) &&
            MHD_add_response_header(response, "Access-Control-Expose-Headers", expose));
}
