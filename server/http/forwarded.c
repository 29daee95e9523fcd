/* forwarded - the two headers, from right to left. See forwarded.h. */
#include "server/http/forwarded.h"

#include <string.h>
#include <strings.h>

enum { HOPS_MAX = 64 }; /* further left than that nothing is looked at */

/* The hops a header names, each the text of one of its elements, in order over all its lines. */
struct hops {
    const char *name; /* of the header */
    bool is_forwarded;
    unsigned count; /* the last HOPS_MAX are kept, in a ring */
    struct hop {
        const char *text;
        size_t length;
    } list[HOPS_MAX];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * The length of a part of an element of Forwarded, or of its list: up to the next separator that is in
 * no quoted string. *torn is set where such a string does not end.
 */
static size_t part_length(const char *text, size_t size, char separator, bool *torn)
{
    bool quoted = false;
    size_t length = 0;
    for (; length < size && (quoted || text[length] != separator); length++)
        quoted ^= text[length] == '"';
    *torn = quoted;
    return length;
}

/* Leave out blanks around it, and quotes. */
static struct hop trim(struct hop hop)
{
    while (hop.length > 0 && (is_blank(*hop.text) || *hop.text == '"')) {
        hop.text++;
        hop.length--;
    }
    while (hop.length > 0 &&
           (is_blank(hop.text[hop.length - 1]) || hop.text[hop.length - 1] == '"'))
        hop.length--;
    return hop;
}

/* The value of `for` in an element of Forwarded; of length 0 if it has none, or several. */
static struct hop find_for(struct hop element)
{
    struct hop found = {element.text, 0};
    unsigned count = 0;
    const char *end = element.text + element.length;
    for (const char *pair = element.text; pair < end;) {
        bool torn;
        const char *stop = pair + part_length(pair, (size_t)(end - pair), ';', &torn);
        while (pair < stop && is_blank(*pair))
            pair++;
        if (stop - pair >= 4 && strncasecmp(pair, "for=", 4) == 0) {
            found = trim((struct hop){pair + 4, (size_t)(stop - pair - 4)});
            count++;
        }
        pair = stop + 1;
    }
    return count == 1 ? found : (struct hop){element.text, 0};
}

/* An MHD_KeyValueIterator: adds the hops of one line. */
static enum MHD_Result add_hops(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    (void)kind;
    struct hops *hops = context;
    if (strcasecmp(name, hops->name) != 0)
        return MHD_YES;
    while (value && *value) {
        /* A client may begin a string, and what its proxy adds is in it: then nobody is named. */
        bool torn = false;
        size_t length = hops->is_forwarded ? part_length(value, strlen(value), ',', &torn)
                                           : strcspn(value, ",");
        struct hop element = {value, torn ? 0 : length};
        struct hop hop = trim((struct hop){value, length});
        if (hop.length > 0) /* a list may have empty elements (RFC 9110, 5.6.1) */
            hops->list[hops->count++ % HOPS_MAX] = hops->is_forwarded ? find_for(element) : hop;
        value += length + (value[length] == ',');
    }
    return MHD_YES;
}

/* The address of a hop, with or without a port: 192.0.2.1:80, [2001:db8::1]:80, 2001:db8::1. */
static bool read_hop(const struct hop *hop, struct in6_addr *address)
{
    const char *text = hop->text;
    size_t length = hop->length;
    const char *colon = memchr(text, ':', length);
    if (length > 0 && *text == '[') {
        const char *bracket = memchr(text, ']', length);
        return bracket && networks_read_address(text + 1, (size_t)(bracket - text) - 1, address);
    }
    if (colon && !memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)))
        length = (size_t)(colon - text);
    return networks_read_address(text, length, address);
}

/* Who the client is by that header, if it is there; *address is the peer's, to begin with. */
static bool follow(const struct request *request, struct hops *hops, struct in6_addr *address)
{
    const struct networks *trusted = &request->http->options.config->trusted_proxies;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, add_hops, hops);
    for (unsigned left = hops->count; left > 0 && hops->count - left < HOPS_MAX; left--) {
        if (!networks_have(trusted, address))
            break;
        if (!read_hop(&hops->list[(left - 1) % HOPS_MAX], address))
            break;
    }
    return hops->count > 0;
}

static bool find_peer(const struct request *request, struct in6_addr *address)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && networks_take_address(info->client_addr, address);
}

bool forwarded_by_proxy(const struct request *request)
{
    struct in6_addr peer;
    return find_peer(request, &peer) &&
           networks_have(&request->http->options.config->trusted_proxies, &peer);
}

void forwarded_client(const struct request *request, char text[INET6_ADDRSTRLEN])
{
    struct in6_addr peer;
    text[0] = '\0';
    if (!find_peer(request, &peer))
        return;
    if (forwarded_by_proxy(request)) {
        struct hops standard = {.name = "Forwarded", .is_forwarded = true};
        struct hops common = {.name = "X-Forwarded-For"};
        struct in6_addr by_standard = peer;
        struct in6_addr by_common = peer;
        bool has_standard = follow(request, &standard, &by_standard);
        bool has_common = follow(request, &common, &by_common);
        if (has_standard && (!has_common || IN6_ARE_ADDR_EQUAL(&by_standard, &by_common)))
            peer = by_standard;
        else if (has_common && !has_standard)
            peer = by_common;
    }
    networks_write_address(&peer, text);
}
