/* config - the table of options, and reading it. See config.h. */
#include "server/config.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

/* Set one option from its text; NULL, or what the text should have been. */
typedef const char *option_reader(struct config *config, const char *text);

struct option_row {
    const char *name; /* the flag; its variable is PRIMED_NAME */
    const char *argument;
    const char *standard; /* the default, as text; NULL: worked out by the reader from "" */
    option_reader *read;
    const char *help;
};

/* --- values ----------------------------------------------------------------------------------- */

/* A whole number of low .. high. */
static bool read_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end != '\0' || number < low || number > high)
        return false;
    *value = number;
    return true;
}

/* Bytes: a number with an optional K, M, G or T, the powers of 1,024. */
static bool read_bytes(const char *text, uint64_t low, uint64_t *value)
{
    static const char units[] = "KMGT";
    char digits[24];
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    length -= unit != NULL;
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!read_number(digits, 0, UINT64_MAX >> shift, value))
        return false;
    *value <<= shift;
    return *value >= low && *value <= INT64_MAX;
}

/* A time: a number with ms, s, m, h or d behind it; seconds if it has none. */
static bool read_time(const char *text, int64_t low_ns, int64_t *ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", NS_PER_MS},      {"s", NS_PER_S},         {"m", 60 * NS_PER_S},
                 {"h", 3600 * NS_PER_S}, {"d", 86400 * NS_PER_S}, {"", NS_PER_S}};
    char digits[24];
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + length, units[i].unit) != 0)
            continue;
        uint64_t number;
        if (!read_number(digits, 0, (uint64_t)(INT64_MAX / units[i].ns), &number))
            return false;
        *ns = (int64_t)number * units[i].ns;
        return *ns >= low_ns;
    }
    return false;
}

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
    if (*text && !read_number(text, 1, CONFIG_MAX_WORKERS, &value))
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
    return read_bytes(text, 1 << 20, &config->max_store) ? NULL : "bytes, at least 1M";
}

static const char *read_max_body(struct config *config, const char *text)
{
    return read_bytes(text, 1 << 10, &config->max_body) ? NULL : "bytes, at least 1K";
}

static const char *read_max_digits(struct config *config, const char *text)
{
    return read_number(text, 20, 100000, &config->max_digits) ? NULL : "a number from 20 to 100000";
}

static const char *read_max_connections(struct config *config, const char *text)
{
    uint64_t value;
    if (!read_number(text, 1, 65536, &value))
        return "a number from 1 to 65536";
    config->max_connections = (unsigned)value;
    return NULL;
}

static const char *read_ttl(struct config *config, const char *text)
{
    int64_t ns;
    if (!read_time(text, NS_PER_S, &ns) || ns > 365 * 86400 * NS_PER_S)
        return "a time from 1s to 365d";
    config->ttl_s = ns / NS_PER_S;
    return NULL;
}

static const char *read_number_timeout(struct config *config, const char *text)
{
    return read_time(text, 0, &config->number_timeout_ns) ? NULL : "a time, 0 for no limit";
}

static const char *read_idle_timeout(struct config *config, const char *text)
{
    int64_t ns;
    if (!read_time(text, NS_PER_S, &ns) || ns > 86400 * NS_PER_S)
        return "a time from 1s to 1d";
    config->idle_timeout_s = ns / NS_PER_S;
    return NULL;
}

static const char *read_drain_timeout(struct config *config, const char *text)
{
    int64_t ns;
    if (!read_time(text, 0, &ns) || ns > 365 * 86400 * NS_PER_S)
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

static const struct option_row options[] = {
    {"listen", "ADDR:PORT", "127.0.0.1:8080", read_listen,
     "where to listen; port 0 picks a free one and logs it"},
    {"workers", "N", "", read_workers, "worker processes; by default one a processor"},
    {"store", "KIND", "sqlite", read_store,
     "where batches live: sqlite (on disk) or memory (gone with the service)"},
    {"data-dir", "DIR", "./primed-data", read_data_dir, "where sqlite keeps its files"},
    {"max-store", "BYTES", "", read_max_store,
     "what the store may take; by default 16G on disk, 1G in memory"},
    {"max-body", "BYTES", "1G", read_max_body, "the longest request body"},
    {"max-digits", "N", "10000", read_max_digits, "the most decimal digits of one number"},
    {"max-connections", "N", "4096", read_max_connections, "client connections at once"},
    {"ttl", "TIME", "24h", read_ttl, "how long ended batches are kept"},
    {"number-timeout", "TIME", "60s", read_number_timeout, "what one number may take; 0: any time"},
    {"idle-timeout", "TIME", "60s", read_idle_timeout,
     "when a connection without traffic is closed"},
    {"drain-timeout", "TIME", "25s", read_drain_timeout, "what a graceful stop may take"},
    {"user", "NAME[:GROUP]", "", read_user,
     "whom to become once started as root; its data directory goes along"},
    {"sandbox", "MODE", "auto", read_sandbox,
     "filter the workers' system calls: auto (where the kernel can), required, off"},
    {"log-format", "FORMAT", "text", read_log_format, "text or json, a line an event, to stderr"},
    {"log-requests", "WHICH", "refused", read_log_requests,
     "requests that get a line in the log: none, refused, all"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

/* --- reading them all ------------------------------------------------------------------------- */

/* "max-body" to "PRIMED_MAX_BODY". */
static void variable_name(char out[64], const char *option)
{
    strcpy(out, "PRIMED_");
    size_t length = strlen(out);
    for (const char *c = option; *c && length < 63; c++)
        out[length++] = (char)(*c == '-' ? '_' : *c - 'a' + 'A');
    out[length] = '\0';
}

static void show_help(void)
{
    printf("Usage: primed [serve] [OPTION]...\n"
           "       primed health [OPTION]...\n"
           "\n"
           "An HTTP job queue for primality: POST a batch of integers to /v1/batches, read the\n"
           "verdicts from /v1/batches/ID/results. The contract is served at /openapi.yaml.\n"
           "'health' asks the service at --listen whether it is alive: status 0 if so, else 1.\n"
           "\n"
           "Options, each also as PRIMED_NAME in the environment (PRIMED_MAX_BODY=1M):\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &options[i];
        char flag[64];
        snprintf(flag, sizeof flag, "--%s %s", row->name, row->argument);
        printf("  %-24s %s", flag, row->help);
        printf(*row->standard ? " [%s]\n" : "%s\n", row->standard);
    }
    printf("  %-24s %s\n", "--check", "check the configuration and exit");
    printf("  %-24s %s\n", "--version", "show the version and exit");
    printf("  %-24s %s\n", "--help", "show this and exit");
    printf(
        "\n"
        "BYTES take K, M, G or T; TIMEs take ms, s, m, h or d, and are seconds otherwise.\n"
        "\n"
        "Signals: TERM and INT drain and stop (a second one stops at once); QUIT stops at once;\n"
        "HUP replaces the workers one by one; TTIN and TTOU start and end a worker.\n");
}

static bool set_option(struct config *config, const struct option_row *row, const char *source,
                       const char *text)
{
    const char *expected = row->read(config, text);
    if (expected)
        fprintf(stderr, "primed: %s: '%s' is not right; expected %s\n", source, text, expected);
    return !expected;
}

static bool read_environment(struct config *config)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[64];
        variable_name(name, options[i].name);
        const char *text = getenv(name);
        bool given = text && *text;
        if (!set_option(config, &options[i], given ? name : options[i].name,
                        given ? text : options[i].standard))
            return false;
    }
    return true;
}

enum config_result config_read(struct config *config, int argc, char **argv)
{
    enum { CHECK = OPTION_COUNT, VERSION, HELP };
    struct option flags[OPTION_COUNT + 4] = {{.name = NULL}};
    for (int i = 0; i < OPTION_COUNT; i++)
        flags[i] = (struct option){.name = options[i].name, .has_arg = required_argument, .val = i};
    flags[CHECK] = (struct option){.name = "check", .val = CHECK};
    flags[VERSION] = (struct option){.name = "version", .val = VERSION};
    flags[HELP] = (struct option){.name = "help", .val = HELP};

    *config = (struct config){.workers = 1};
    bool check = false;
    if (!read_environment(config))
        return CONFIG_WRONG;
    for (int flag; (flag = getopt_long(argc, argv, "", flags, NULL)) != -1;) {
        if (flag == CHECK) {
            check = true;
        } else if (flag == VERSION) {
            printf("primed %s\n", PRIMED_VERSION);
            return CONFIG_SHOWN;
        } else if (flag == HELP) {
            show_help();
            return CONFIG_SHOWN;
        } else if (flag < 0 || flag >= OPTION_COUNT) {
            fprintf(stderr, "Try 'primed --help'.\n");
            return CONFIG_WRONG;
        } else {
            char source[64];
            snprintf(source, sizeof source, "--%s", options[flag].name);
            if (!set_option(config, &options[flag], source, optarg))
                return CONFIG_WRONG;
        }
    }
    const char *command = optind < argc ? argv[optind++] : "serve";
    bool health = strcmp(command, "health") == 0;
    if (optind < argc || (!health && strcmp(command, "serve") != 0)) {
        fprintf(stderr,
                "primed: '%s' is no command; there are 'serve', the default, and 'health'\n",
                argv[optind < argc ? optind : optind - 1]);
        return CONFIG_WRONG;
    }
    if (check)
        return CONFIG_CHECK;
    return health ? CONFIG_HEALTH : CONFIG_RUN;
}
