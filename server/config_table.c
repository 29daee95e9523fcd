/* config_table - the readers of the options, and the table. See config_table.h. */
#include "server/config_table.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

#include "common/clock.h"
#include "server/config_value.h"
#include "server/quota.h"

/* --- one reader an option --------------------------------------------------------------------- */

static const char *read_listen(struct config *config, const char *text)
{
    static const char expected[] = "ADDRESS:PORT, [IPV6]:PORT, :PORT for every address";
    const char *colon = strrchr(text, ':');
    if (!colon || colon[1] == '\0' || strlen(colon + 1) >= sizeof config->listen_port)
        return expected;
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return expected;
    }
    if (length >= sizeof config->listen_host)
        return expected;
    memcpy(config->listen_host, text, length);
    config->listen_host[length] = '\0';
    strcpy(config->listen_port, colon + 1);
    return NULL;
}

/* Processors this process may run on: what a container's CPU set leaves, too. */
static unsigned usable_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < CONFIG_MAX_WORKERS ? (unsigned)count : CONFIG_MAX_WORKERS;
}

static const char *read_token_file(struct config *config, const char *text)
{
    if (strlen(text) >= sizeof config->token_file)
        return "the path of a file";
    strcpy(config->token_file, text);
    return NULL;
}

static const char *read_insecure(struct config *config, const char *text)
{
    static const char *const yes[] = {"yes", "true", "1"};
    static const char *const no[] = {"no", "false", "0"};
    bool known = *text == '\0';
    config->insecure = false;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        config->insecure |= strcmp(text, yes[i]) == 0;
        known |= strcmp(text, no[i]) == 0;
    }
    return known || config->insecure ? NULL : "yes or no";
}

static const char *read_quota_requests(struct config *config, const char *text)
{
    return quota_read(&config->quota, "requests", text);
}

static const char *read_quota_numbers(struct config *config, const char *text)
{
    return quota_read(&config->quota, "numbers", text);
}

static const char *read_quota_cost(struct config *config, const char *text)
{
    return quota_read(&config->quota, "cost", text);
}

static const char *read_workers(struct config *config, const char *text)
{
    uint64_t value = usable_processors();
    if (*text && !config_value_number(text, 1, CONFIG_MAX_WORKERS, &value))
        return "a number from 1 to 1024";
    config->workers = (unsigned)value;
    return NULL;
}

static const char *read_store(struct config *config, const char *text)
{
    bool memory = strcmp(text, "memory") == 0;
    if (!memory && strcmp(text, "sqlite") != 0)
        return "sqlite or memory";
    config->store = memory ? CONFIG_MEMORY : CONFIG_SQLITE;
    return NULL;
}

static const char *read_data_dir(struct config *config, const char *text)
{
    if (*text == '\0' || strlen(text) >= sizeof config->data_dir)
        return "the path of a directory";
    strcpy(config->data_dir, text);
    return NULL;
}

static const char *read_max_store(struct config *config, const char *text)
{
    if (*text == '\0')
        return NULL;
    return config_value_bytes(text, 1 << 20, &config->max_store) ? NULL : "bytes, at least 1M";
}

static const char *read_max_body(struct config *config, const char *text)
{
    return config_value_bytes(text, 1 << 10, &config->max_body) ? NULL : "bytes, at least 1K";
}

static const char *read_max_digits(struct config *config, const char *text)
{
    return config_value_number(text, 20, 100000, &config->max_digits)
               ? NULL
               : "a number from 20 to 100000";
}

static const char *read_max_connections(struct config *config, const char *text)
{
    uint64_t value;
    if (!config_value_number(text, 1, 65536, &value))
        return "a number from 1 to 65536";
    config->max_connections = (unsigned)value;
    return NULL;
}

static const char *read_max_connections_per_address(struct config *config, const char *text)
{
    uint64_t value;
    if (!config_value_number(text, 0, 65536, &value))
        return "a number up to 65536, 0 for no limit";
    config->max_connections_per_address = (unsigned)value;
    return NULL;
}

static const char *read_ttl(struct config *config, const char *text)
{
    int64_t ns;
    if (!config_value_time(text, NS_PER_S, &ns) || ns > 365 * 86400 * NS_PER_S)
        return "a time from 1s to 365d";
    config->ttl_s = ns / NS_PER_S;
    return NULL;
}

static const char *read_number_timeout(struct config *config, const char *text)
{
    return config_value_time(text, 0, &config->number_timeout_ns) ? NULL : "a time, 0 for no limit";
}

static const char *read_idle_timeout(struct config *config, const char *text)
{
    int64_t ns;
    if (!config_value_time(text, NS_PER_S, &ns) || ns > 86400 * NS_PER_S)
        return "a time from 1s to 1d";
    config->idle_timeout_s = ns / NS_PER_S;
    return NULL;
}

static const char *read_drain_timeout(struct config *config, const char *text)
{
    int64_t ns;
    if (!config_value_time(text, 0, &ns) || ns > 365 * 86400 * NS_PER_S)
        return "a time up to 365d";
    config->drain_timeout_ns = ns; /* added to the clock, so it must not be any number */
    return NULL;
}

/* The path of a file, which may be none. */
static const char *read_pem(char *path, size_t size, const char *text)
{
    if (strlen(text) >= size)
        return "the path of a PEM file";
    strcpy(path, text);
    return NULL;
}

static const char *read_tls_cert(struct config *config, const char *text)
{
    return read_pem(config->tls_cert, sizeof config->tls_cert, text);
}

static const char *read_tls_key(struct config *config, const char *text)
{
    return read_pem(config->tls_key, sizeof config->tls_key, text);
}

static const char *read_trusted_proxy(struct config *config, const char *text)
{
    return networks_read(&config->trusted_proxies, text)
               ? NULL
               : "up to 32 addresses or networks (10.0.0.0/8,2001:db8::1)";
}

/* One origin as browsers write it: scheme, host, and port if it is not the scheme's own. */
static bool is_origin(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._:[]";
    size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
                    : strncmp(text, "http://", 7) == 0 ? 7
                                                       : 0;
    return scheme > 0 && length > scheme && scheme + strspn(text + scheme, allowed) == length;
}

static const char *read_cors_origin(struct config *config, const char *text)
{
    static const char expected[] = "origins, like https://example.org,http://localhost:3000";
    if (strlen(text) >= sizeof config->cors_origins)
        return expected;
    strcpy(config->cors_origins, text);
    while (*text) {
        size_t length = strcspn(text, ",");
        if (!is_origin(text, length))
            return expected;
        text += length + (text[length] == ',');
    }
    return NULL;
}

static const char *read_log_format(struct config *config, const char *text)
{
    bool json = strcmp(text, "json") == 0;
    if (!json && strcmp(text, "text") != 0)
        return "text or json";
    config->log_format = json ? LOG_JSON : LOG_TEXT;
    return NULL;
}

static const char *read_log_requests(struct config *config, const char *text)
{
    static const char *const names[] = {"none", "refused", "all"};
    for (int i = LOG_REQUESTS_NONE; i <= LOG_REQUESTS_ALL; i++) {
        if (strcmp(text, names[i]) == 0) {
            config->log_requests = (enum log_requests)i;
            return NULL;
        }
    }
    return "none, refused or all";
}

static const char *read_user(struct config *config, const char *text)
{
    if (strlen(text) >= sizeof config->user || *text == ':')
        return "NAME or NAME:GROUP";
    strcpy(config->user, text);
    return NULL;
}

static const char *read_sandbox(struct config *config, const char *text)
{
    static const char *const names[] = {"auto", "required", "off"};
    for (int i = CONFIG_SANDBOX_AUTO; i <= CONFIG_SANDBOX_OFF; i++) {
        if (strcmp(text, names[i]) == 0) {
            config->sandbox = (enum config_sandbox)i;
            return NULL;
        }
    }
    return "auto, required or off";
}

/* --- the table -------------------------------------------------------------------------------- */

const struct config_row config_table[] = {
    {"listen", "ADDR:PORT", "127.0.0.1:8080", read_listen,
     "where to listen; port 0 picks a free one and logs it",
     "An empty ADDR means every address, of IPv4 and of IPv6. An IPv6 address is put in brackets."},
    {"token-file", "FILE", "", read_token_file, "let in who has a token of that file",
     "See TOKENS. It is read anew on HUP; where it is malformed then, the tokens stay as they "
     "were."},
    {"insecure", NULL, "", read_insecure,
     "without tokens, let in other machines: listen on any address",
     "Otherwise a service without tokens listens where only its own machine can reach it."},
    {"quota-requests", "RATE", "any", read_quota_requests,
     "requests of one client: N/s, N/m, N/h, N/d or any",
     "So many may come at once; beyond them the answer is 429, with the time to wait. This and "
     "the other quotas are of clients whose token says nothing else. Without tokens all clients "
     "are one."},
    {"quota-numbers", "N", "any", read_quota_numbers, "numbers one client may have queued, or any",
     "Those accepted, or being received, that have no verdict yet."},
    {"quota-cost", "TIME", "30d", read_quota_cost,
     "estimated work one client may have queued, or any",
     "What those numbers would take one worker if all of them were prime: a number of 64 bits "
     "about 0.2 us, of 1,000 digits 0.02 s, of 10,000 digits 30 s."},
    {"workers", "N", "", read_workers, "worker processes; by default one a processor",
     "Processors are those it may run on: the CPU set of a container counts, its CPU quota does "
     "not. The signals TTIN and TTOU change the number while it runs."},
    {"store", "sqlite|memory", "sqlite", read_store, "where batches live: on disk, or in memory",
     "With sqlite an accepted batch outlives every process, and unfinished ones go on at the next "
     "start; with memory all batches are gone with the service, and none waits for a disk."},
    {"data-dir", "DIR", "./primed-data", read_data_dir, "where sqlite keeps its files",
     "The directory is made if it is not there, readable by its user alone; one instance uses it "
     "at a time."},
    {"max-store", "BYTES", "", read_max_store,
     "what the store may take; by default 16G on disk, 1G in memory",
     "What counts is numbers and verdicts. When it is full, new batches are refused with 503 "
     "until others have expired or were deleted; in memory, batches that ended a minute ago or "
     "earlier make room first, the longest ended first."},
    {"max-body", "BYTES", "1G", read_max_body, "the longest request body",
     "A longer one is refused with 413, where its length is told before any of it is read."},
    {"max-digits", "N", "10000", read_max_digits, "the most decimal digits of one number",
     "Leading zeros do not count. The time a number takes grows faster than the square of its "
     "digits."},
    {"max-connections", "N", "4096", read_max_connections, "client connections at once",
     "Each takes 64 KiB for its buffers at most, or 16 KiB and --max-digits, if that is more. Three quarters of them may wait for a batch."},
    {"max-connections-per-address", "N", "0", read_max_connections_per_address,
     "how many of them one address may have; 0: all",
     "Leave it at 0 behind a proxy, which is one address. An IPv6 client may have many addresses."},
    {"ttl", "TIME", "24h", read_ttl, "how long ended batches are kept",
     "A batch may ask for another time of its own. After it, the batch answers 410."},
    {"number-timeout", "TIME", "60s", read_number_timeout, "what one number may take; 0: any time",
     "A number that takes longer gets the verdict timeout; the rest of its batch goes on."},
    {"idle-timeout", "TIME", "60s", read_idle_timeout,
     "when a connection without traffic is closed",
     "A body may take that long, and a second more for each 500 bytes. The head of a request, or "
     "a TLS handshake before it, may take that long and as much again, but at most 10s of that. Of "
     "a long answer a client has to read 64 KiB in that time."},
    {"drain-timeout", "TIME", "25s", read_drain_timeout, "what a graceful stop may take",
     "At its end the service stops at once, with exit status 1. Whoever stops it from outside "
     "should wait a little longer than that."},
    {"tls-cert", "FILE", "", read_tls_cert, "speak HTTPS with this certificate chain (PEM)",
     "The chain begins with the service's own certificate. TLS 1.3 and 1.2 are spoken. On HUP "
     "both files are read anew; what is not right changes nothing and is logged."},
    {"tls-key", "FILE", "", read_tls_key, "the private key of that certificate (PEM)",
     "It has no password. Only the front ever reads it."},
    {"trusted-proxy", "ADDR,...", "", read_trusted_proxy,
     "proxies whose word on their clients' addresses is taken",
     "Addresses, or networks as 10.0.0.0/8. Of those in Forwarded or X-Forwarded-For, the last "
     "that is no trusted proxy is the client's, which the log names. What comes from a trusted "
     "proxy may have any Host."},
    {"cors-origin", "ORIGIN,...", "", read_cors_origin, "origins whose pages may use the service",
     "As https://example.org or http://localhost:3000. Pages of all other origins but the "
     "service's own are refused with 403."},
    {"user", "NAME[:GROUP]", "", read_user, "whom to become; root has to say",
     "The socket is bound first, and a data directory that is still root's goes to the user with "
     "the files in it. Started as root, the service wants to be told, if only --user root: then it "
     "stays the owner of root's files. Nobody in the service keeps a capability, with this or "
     "without."},
    {"sandbox", "auto|required|off", "auto", read_sandbox,
     "whether the workers' system calls are filtered",
     "By default they are, and where the kernel cannot do it there is a warning. With required "
     "the service does not start there."},
    {"log-format", "text|json", "text", read_log_format, "a line an event, to standard error", ""},
    {"log-requests", "none|refused|all", "refused", read_log_requests,
     "which requests get a line in the log",
     "Refused are those with a status of 400 and above, and those broken off. With all, each "
     "batch has a line as well when it is accepted and when it ends."},
    {"check", NULL, NULL, NULL, "check the configuration and exit", ""},
    {"version", NULL, NULL, NULL, "show the version and exit", ""},
    {"help", NULL, NULL, NULL, "show this and exit", ""},
    {"generate", "man|env|bash|zsh|fish", NULL, NULL, NULL, ""},
    {.name = NULL},
};

_Static_assert(sizeof config_table / sizeof *config_table <= CONFIG_ROWS_MAX, "too many rows");

void config_table_variable(const struct config_row *row, char out[CONFIG_NAME_MAX + 8])
{
    size_t length = strlen(strcpy(out, "PRIMED_"));
    for (const char *c = row->name; *c && c < row->name + CONFIG_NAME_MAX; c++)
        out[length++] = (char)(*c == '-' ? '_' : *c - 'a' + 'A');
    out[length] = '\0';
}
