/*
 * networks - IP addresses and networks of them, IPv4 and IPv6 alike: an IPv4 address is held as the
 * IPv6 address it is mapped to (RFC 4291, 2.5.5.2), which is how a socket of both families sees it.
 */
#ifndef SERVER_NETWORKS_H
#define SERVER_NETWORKS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { NETWORKS_MAX = 32 };

/* A list of networks; all zero: none. */
struct networks {
    unsigned count;
    struct network {
        struct in6_addr address;
        unsigned bits; /* how many of the address count; 96 more than an IPv4 prefix says */
    } list[NETWORKS_MAX];
};

/* Read "10.0.0.0/8,192.0.2.1,2001:db8::/32"; "" is none. False if it is no such list. */
bool networks_read(struct networks *networks, const char *text);

bool networks_have(const struct networks *networks, const struct in6_addr *address);

/* Read the text of an address of either family, `length` bytes. False if it is none. */
bool networks_read_address(const char *text, size_t length, struct in6_addr *address);

/* The address in a socket's; false if it is of another family. */
bool networks_take_address(const struct sockaddr *socket, struct in6_addr *address);

/* Its usual text, the IPv4 one where there is that. */
void networks_write_address(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

/* Is it one of the loopback's, which no other machine can reach? */
bool networks_is_loopback(const struct in6_addr *address);

#endif
