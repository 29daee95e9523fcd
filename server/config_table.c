/* config_table - the readers of the options, and the table. See config_table.h. */
#include "server/config_table.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

#include "common/clock.h"
#include "server/config_value.h"

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
    {"workers", "N", "", read_workers, "worker processes; by default one a processor",
     "Processors are those it may run on: the CPU set of a container counts, its CPU quota does "
     "not.\nThe signals TTIN and TTOU change the number while it runs."},
    {"store", "sqlite|memory", "sqlite", read_store, "where batches live: on disk, or in memory",
     "With sqlite an accepted batch outlives every process, and unfinished ones go on at the next\n"
     "start; with memory all batches are gone with the service, and none waits for a disk."},
    {"data-dir", "DIR", "./primed-data", read_data_dir, "where sqlite keeps its files",
     "The directory is made if it is not there, readable by its user alone; one instance uses it "
     "at\na time."},
    {"max-store", "BYTES", "", read_max_store,
     "what the store may take; by default 16G on disk, 1G in memory",
     "What counts is numbers and verdicts. When it is full, new batches are refused with 503 "
     "until\n"
     "others have expired or were deleted; in memory, batches that ended a minute ago or earlier "
     "make\nroom first, the longest ended first."},
    {"max-body", "BYTES", "1G", read_max_body, "the longest request body",
     "A longer one is refused with 413, where its length is told before any of it is read."},
    {"max-digits", "N", "10000", read_max_digits, "the most decimal digits of one number",
     "Leading zeros do not count. The time a number takes grows faster than the square of its "
     "digits."},
    {"max-connections", "N", "4096", read_max_connections, "client connections at once",
     "Each takes 128 KiB for its buffers at most. Three quarters of them may wait for a batch."},
    {"ttl", "TIME", "24h", read_ttl, "how long ended batches are kept",
     "A batch may ask for another time of its own. After it, the batch answers 410."},
    {"number-timeout", "TIME", "60s", read_number_timeout, "what one number may take; 0: any time",
     "A number that takes longer gets the verdict timeout; the rest of its batch goes on."},
    {"idle-timeout", "TIME", "60s", read_idle_timeout,
     "when a connection without traffic is closed",
     "A body may take that long, and a second more for each 500 bytes."},
    {"drain-timeout", "TIME", "25s", read_drain_timeout, "what a graceful stop may take",
     "At its end the service stops at once, with exit status 1. Whoever stops it from outside "
     "should\nwait a little longer than that."},
    {"user", "NAME[:GROUP]", "", read_user, "whom to become once started as root",
     "The socket is bound first, and a data directory that is still root's goes to the user with "
     "the "
     "files in it. Nobody in the service keeps a capability, with this or without."},
    {"sandbox", "auto|required|off", "auto", read_sandbox,
     "whether the workers' system calls are filtered",
     "By default they are, and where the kernel cannot do it there is a warning. With required the "
     "service does not start there."},
    {"log-format", "text|json", "text", read_log_format, "a line an event, to standard error", ""},
    {"log-requests", "none|refused|all", "refused", read_log_requests,
     "which requests get a line in the log",
     "Refused are those with a status of 400 and above, and those broken off. With all, each batch "
     "has a line as well when it is accepted and when it ends."},
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
