/* networks - reading, comparing and writing addresses. See networks.h. */
#include "server/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128 };

static struct in6_addr map(const void *v4)
{
    struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&address.s6_addr[12], v4, 4);
    return address;
}

bool networks_read_address(const char *text, size_t length, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr v4;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, &v4) != 1)
        return inet_pton(AF_INET6, copy, address) == 1;
    *address = map(&v4);
    return true;
}

/* One network, `length` bytes. */
static bool read_network(struct network *network, const char *text, size_t length)
{
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash ? (size_t)(slash - text) : length;
    if (!networks_read_address(text, address_length, &network->address))
        return false;
    network->bits = ALL_BITS;
    if (!slash)
        return true;
    unsigned base = memchr(text, ':', address_length) ? 0 : MAPPED_BITS;
    const char *end = text + length;
    unsigned bits = 0;
    const char *digit = slash + 1;
    for (; digit < end && *digit >= '0' && *digit <= '9' && bits <= ALL_BITS; digit++)
        bits = 10 * bits + (unsigned)(*digit - '0');
    network->bits = base + bits;
    return digit == end && digit > slash + 1 && network->bits <= ALL_BITS;
}

bool networks_read(struct networks *networks, const char *text)
{
    networks->count = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        if (networks->count == NETWORKS_MAX ||
            !read_network(&networks->list[networks->count], text, length))
            return false;
        networks->count++;
        text += length + (text[length] == ',');
    }
    return true;
}

/* Are the first bits of both the same? */
static bool agree(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
    unsigned bytes = bits / 8;
    unsigned shift = 8 - bits % 8;
    return memcmp(a, b, bytes) == 0 &&
           (shift == 8 || a->s6_addr[bytes] >> shift == b->s6_addr[bytes] >> shift);
}

bool networks_have(const struct networks *networks, const struct in6_addr *address)
{
    for (unsigned i = 0; i < networks->count; i++)
        if (agree(&networks->list[i].address, address, networks->list[i].bits))
            return true;
    return false;
}

bool networks_take_address(const struct sockaddr *socket, struct in6_addr *address)
{
    if (socket->sa_family == AF_INET)
        *address = map(&((const struct sockaddr_in *)(const void *)socket)->sin_addr);
    else if (socket->sa_family == AF_INET6)
        *address = ((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr;
    return socket->sa_family == AF_INET || socket->sa_family == AF_INET6;
}

void networks_write_address(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, &address->s6_addr[12], text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

bool networks_is_loopback(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) ||
           (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == IN_LOOPBACKNET);
}
