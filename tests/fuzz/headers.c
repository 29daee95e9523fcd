/*
 * headers - heads of requests, before the parts that judge them: framing, Host and Origin, whom
 * proxies speak for, traces, and lists of addresses. What is let through has what it needs and nothing
 * that another reader reads otherwise; and no client can be somebody else behind a proxy.
 *
 * An input is headers, one a line, `Name: value`; a first line `1.0` is the version of HTTP.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/http/forwarded.h"
#include "server/http/framing.h"
#include "server/http/origin.h"
#include "tests/fuzz/support/exchange.h"
#include "tests/fuzz/support/fuzz.h"

/* A service that only its own machine reaches, and one behind a proxy, who is the client. */
static struct config local_config = {.cors_origins = "https://numbers.example"};
static struct config proxied_config;
static struct http local = {.options.config = &local_config, .is_local = true};
static struct http proxied = {.options.config = &proxied_config};

/* --- values -------------------------------------------------------------------------------------- */

static void check_trace(const char *value)
{
    static regex_t form;
    static bool compiled;
    if (!compiled)
        regcomp(&form,
                "^[ \t]*([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?[ \t]*$",
                REG_EXTENDED);
    compiled = true;

    static const char zeros[] = "00000000000000000000000000000000";
    struct trace trace;
    regmatch_t part[5];
    bool wanted = regexec(&form, value, 5, part, 0) == 0;
    const char *version = value + part[1].rm_so;
    wanted = wanted && strncmp(version, "ff", 2) != 0 &&
             strncmp(value + part[2].rm_so, zeros, 32) != 0 &&
             strncmp(value + part[3].rm_so, zeros, 16) != 0 &&
             (part[4].rm_so < 0 || strncmp(version, "00", 2) != 0);
    fuzz_expect(trace_parse(value, &trace) == wanted, "the traceparent %s", value);
    fuzz_expect(strlen(trace.id) == (wanted ? 32 : 0), "%s of %s", trace.id, value);
    fuzz_expect(!wanted || strncmp(value + part[2].rm_so, trace.id, 32) == 0, "%s", value);
}

static void flip(struct in6_addr *address, unsigned bit)
{
    address->s6_addr[bit / 8] = (uint8_t)(address->s6_addr[bit / 8] ^ (0x80 >> bit % 8));
}

/* Each network has its own address, and those that differ from it further on, and no others. */
static void check_networks(const char *value)
{
    struct networks networks;
    if (!networks_read(&networks, value))
        return;
    fuzz_expect(networks.count <= NETWORKS_MAX, "%u networks", networks.count);
    for (unsigned i = 0; i < networks.count; i++) {
        struct networks one = {.count = 1, .list = {networks.list[i]}};
        unsigned bits = one.list[0].bits;
        struct in6_addr address = one.list[0].address, again;
        char text[INET6_ADDRSTRLEN];
        networks_write_address(&address, text);
        fuzz_expect(networks_read_address(text, strlen(text), &again) &&
                        memcmp(&again, &address, sizeof again) == 0,
                    "%s is another", text);
        fuzz_expect(bits <= 128 && networks_have(&networks, &address), "%s/%u", text, bits);
        if (bits < 128)
            flip(&address, bits);
        fuzz_expect(networks_have(&one, &address), "%s/%u", text, bits);
        if (bits > 0)
            flip(&address, bits - 1);
        fuzz_expect(bits == 0 || !networks_have(&one, &address), "%s/%u", text, bits);
    }
}

static void client_of(const struct exchange_request *head, char address[INET6_ADDRSTRLEN])
{
    struct request request = {.http = &proxied, .connection = exchange_connection(head)};
    struct in6_addr read;
    forwarded_client(&request, address);
    fuzz_expect(networks_read_address(address, strlen(address), &read), "%s", address);
    exchange_hang_up(request.connection);
}

/*
 * Whatever a client sends, in the line its proxy adds to, it is who the proxy says, or (what it sent
 * spoils the line) the proxy.
 */
static void check_client(const char *name, const char *value, const char *added)
{
    char address[INET6_ADDRSTRLEN], header[32];
    char *line = malloc(strlen(value) + strlen(added) + 1);
    strcat(strcpy(line, value), added);
    strcpy(header, name);
    struct exchange_request head = {.headers = {{header, line}}, .header_count = 1};
    client_of(&head, address);
    fuzz_expect(strcmp(address, "192.0.2.1") == 0 || strcmp(address, "127.0.0.1") == 0,
                "%s: %s makes it %s", name, line, address);
    free(line);
}

/* --- the head as a whole ------------------------------------------------------------------------- */

static unsigned count_of(const struct exchange_request *head, const char *name)
{
    unsigned count = 0;
    for (size_t i = 0; i < head->header_count; i++)
        count += strcasecmp(head->headers[i].name, name) == 0;
    return count;
}

static const char *value_of(const struct exchange_request *head, const char *name)
{
    for (size_t i = 0; i < head->header_count; i++)
        if (strcasecmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    return NULL;
}

/* What goes on has one host and at most one way to tell its length, and nothing odd in it. */
static void check_framing(struct request *request, const struct exchange_request *head,
                          const char *version)
{
    unsigned refusal = framing_check(request, version);
    fuzz_expect(refusal == 0 || refusal == 400 || refusal == 501, "%u", refusal);
    if (refusal != 0)
        return;
    bool is_old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    const char *coding = value_of(head, "Transfer-Encoding");
    unsigned hosts = count_of(head, "Host");
    fuzz_expect(hosts == 1 || (hosts == 0 && is_old), "%u hosts", hosts);
    fuzz_expect(count_of(head, "Content-Length") + count_of(head, "Transfer-Encoding") <= 1,
                "more than one length");
    fuzz_expect(!coding || (strcasecmp(coding, "chunked") == 0 && !is_old), "coding %s", coding);
    for (size_t i = 0; i < head->header_count; i++) {
        for (const char *c = head->headers[i].name; *c; c++)
            fuzz_expect(*c > ' ' && *c <= '~' && !strchr("()<>@,;:\\\"/[]?={}", *c), "a name: %s",
                        head->headers[i].name);
        for (const char *c = head->headers[i].value; *c; c++)
            fuzz_expect((unsigned char)*c >= ' ' || *c == '\t', "a value: %s",
                        head->headers[i].value);
    }
}

/* A name that somebody may have registered is none of a service on the loopback. */
static bool may_be_registered(const char *host)
{
    char name[256];
    struct in6_addr address;
    size_t length = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
    snprintf(name, sizeof name, "%.*s", (int)length, host);
    length = strlen(name);
    return strchr(name, '.') && inet_pton(AF_INET, name, &address) != 1 && *name != '[' &&
           !(length > 10 && strcasecmp(name + length - 10, ".localhost") == 0);
}

static void check_origin(const struct exchange_request *head)
{
    char uri[] = "/", id[] = "id";
    struct request request = {
        .http = &local, .connection = exchange_connection(head), .method = "GET", .uri = uri};
    strcpy(request.id, id);
    const char *host = value_of(head, "Host");
    const char *origin = value_of(head, "Origin");
    bool goes_on = origin_check(&request);
    unsigned status = exchange_hang_up(request.connection);
    fuzz_expect(status == (goes_on ? 0 : status == 421 ? 421 : 403), "%u", status);
    fuzz_expect(!goes_on || !host || strlen(host) > 200 || !may_be_registered(host), "host %s",
                host);
    fuzz_expect(!goes_on || !origin || strcmp(origin, local_config.cors_origins) == 0 ||
                    (host && strlen(origin) > strlen(host) &&
                     strcasecmp(origin + strlen(origin) - strlen(host), host) == 0),
                "origin %s", origin);
}

/* --- an input ------------------------------------------------------------------------------------ */

/* Cut a line into name and value; false if it is none. */
static bool read_header(struct exchange_request *head, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon || head->header_count == EXCHANGE_HEADERS_MAX)
        return false;
    *colon = '\0';
    head->headers[head->header_count++] =
        (struct exchange_header){line, colon + 1 + strspn(colon + 1, " \t")};
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (proxied_config.trusted_proxies.count == 0)
        networks_read(&proxied_config.trusted_proxies, "127.0.0.1");
    struct exchange_request head = {.method = "GET", .target = "/"};
    const char *version = MHD_HTTP_VERSION_1_1;
    char *text = fuzz_string(bytes, size);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strcmp(line, "1.0") == 0)
            version = MHD_HTTP_VERSION_1_0;
        else if (!read_header(&head, line))
            continue;
    }
    for (size_t i = 0; i < head.header_count; i++) {
        const char *value = head.headers[i].value;
        check_trace(value);
        check_networks(value);
        check_client("X-Forwarded-For", value, ", 192.0.2.1");
        check_client("Forwarded", value, ", for=192.0.2.1");
        check_client("Forwarded", value, ", for=\"192.0.2.1:80\";proto=http");
    }
    char address[INET6_ADDRSTRLEN];
    client_of(&head, address);
    struct request request = {.http = &local, .connection = exchange_connection(&head)};
    check_framing(&request, &head, version);
    exchange_hang_up(request.connection);
    check_origin(&head);
    free(text);
    return 0;
}
