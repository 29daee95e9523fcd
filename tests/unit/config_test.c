/* config_test - what flags and variables come to. */
#include "server/config.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

static void forget_environment(void)
{
    static const char *const variables[] = {"PRIMED_LISTEN", "PRIMED_WORKERS", "PRIMED_TTL",
                                            "PRIMED_MAX_BODY"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    cr_redirect_stderr();
}

TestSuite(config, .init = forget_environment, .timeout = 20);

/* Read one flag, or none. */
static enum config_result read_flag(struct config *config, char *flag)
{
    char name[] = "primed";
    char *arguments[] = {name, flag, NULL};
    optind = 0; /* getopt starts afresh */
    return config_read(config, flag ? 2 : 1, arguments);
}

#define read_string(config, flag) read_flag(config, (char[]){flag})

Test(config, the_defaults)
{
    struct config config;
    cr_assert_eq(read_flag(&config, NULL), CONFIG_RUN);
    cr_expect_str_eq(config.listen_host, "127.0.0.1");
    cr_expect_str_eq(config.listen_port, "8080");
    cr_expect_geq(config.workers, 1);
    cr_expect_eq(config.store, CONFIG_SQLITE);
    cr_expect_str_eq(config.data_dir, "./primed-data");
    cr_expect_eq(config.max_store, 0);
    cr_expect_eq(config.max_body, UINT64_C(1) << 30);
    cr_expect_eq(config.max_digits, 10000);
    cr_expect_eq(config.ttl_s, 86400);
    cr_expect_eq(config.number_timeout_ns, 60 * NS_PER_S);
    cr_expect_eq(config.drain_timeout_ns, 25 * NS_PER_S);
    cr_expect_eq(config.log_format, LOG_TEXT);
}

Test(config, addresses)
{
    struct config config;
    cr_assert_eq(read_string(&config, "--listen=[::1]:80"), CONFIG_RUN);
    cr_expect_str_eq(config.listen_host, "::1");
    cr_expect_str_eq(config.listen_port, "80");
    cr_assert_eq(read_string(&config, "--listen=:0"), CONFIG_RUN);
    cr_expect_str_eq(config.listen_host, "");
    cr_expect_str_eq(config.listen_port, "0");
    cr_assert_eq(read_string(&config, "--listen=some.host:http"), CONFIG_RUN);
    cr_expect_str_eq(config.listen_host, "some.host");
    cr_expect_str_eq(config.listen_port, "http");
    cr_expect_eq(read_string(&config, "--listen=::1:80"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--listen=[::1]"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--listen=host"), CONFIG_WRONG);
}

Test(config, bytes)
{
    struct config config;
    cr_assert_eq(read_string(&config, "--max-body=1024"), CONFIG_RUN);
    cr_expect_eq(config.max_body, 1024);
    cr_assert_eq(read_string(&config, "--max-body=3K"), CONFIG_RUN);
    cr_expect_eq(config.max_body, 3 * 1024);
    cr_assert_eq(read_string(&config, "--max-body=5M"), CONFIG_RUN);
    cr_expect_eq(config.max_body, 5 << 20);
    cr_assert_eq(read_string(&config, "--max-body=2T"), CONFIG_RUN);
    cr_expect_eq(config.max_body, UINT64_C(2) << 40);
    cr_expect_eq(read_string(&config, "--max-body=1023"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--max-body=K"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--max-body=1k"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--max-body=8388608T"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--max-body=18446744073709551616"), CONFIG_WRONG);
}

Test(config, times)
{
    struct config config;
    cr_assert_eq(read_string(&config, "--number-timeout=1500ms"), CONFIG_RUN);
    cr_expect_eq(config.number_timeout_ns, 1500 * NS_PER_MS);
    cr_assert_eq(read_string(&config, "--number-timeout=2"), CONFIG_RUN);
    cr_expect_eq(config.number_timeout_ns, 2 * NS_PER_S);
    cr_assert_eq(read_string(&config, "--number-timeout=3m"), CONFIG_RUN);
    cr_expect_eq(config.number_timeout_ns, 180 * NS_PER_S);
    cr_assert_eq(read_string(&config, "--number-timeout=0"), CONFIG_RUN);
    cr_expect_eq(config.number_timeout_ns, 0);
    cr_assert_eq(read_string(&config, "--ttl=2d"), CONFIG_RUN);
    cr_expect_eq(config.ttl_s, 2 * 86400);
    cr_expect_eq(read_string(&config, "--ttl=999ms"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--ttl=1.5s"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--ttl=s"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--ttl=106752d"), CONFIG_WRONG);
}

Test(config, a_flag_beats_its_variable_beats_the_default)
{
    struct config config;
    setenv("PRIMED_WORKERS", "7", 1);
    setenv("PRIMED_TTL", "", 1);
    cr_assert_eq(read_flag(&config, NULL), CONFIG_RUN);
    cr_expect_eq(config.workers, 7);
    cr_expect_eq(config.ttl_s, 86400, "an empty variable is none");
    cr_assert_eq(read_string(&config, "--workers=3"), CONFIG_RUN);
    cr_expect_eq(config.workers, 3);
    setenv("PRIMED_WORKERS", "many", 1);
    cr_expect_eq(read_flag(&config, NULL), CONFIG_WRONG);
}

Test(config, check_and_mistakes)
{
    struct config config;
    cr_expect_eq(read_string(&config, "--check"), CONFIG_CHECK);
    cr_expect_eq(read_string(&config, "serve"), CONFIG_RUN);
    cr_expect_eq(read_string(&config, "sing"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--sing"), CONFIG_WRONG);
    cr_expect_eq(read_string(&config, "--workers"), CONFIG_WRONG);
}

/* --- what is said of a mistake ---------------------------------------------------------------- */

/* That value of that option is refused, in one line that tells what would be right. */
static void expect_refused(const char *option, const char *value, const char *expected)
{
    static char flag[8192], wanted[8192], said[8192];
    struct config config;
    snprintf(flag, sizeof flag, "--%s=%s", option, value);
    cr_expect_eq(read_flag(&config, flag), CONFIG_WRONG, "%.100s", flag);
    snprintf(wanted, sizeof wanted, "primed: --%s: '%s' is not right; expected %s\n", option, value,
             expected);
    cr_assert_not_null(fgets(said, sizeof said, cr_get_redirected_stderr()));
    cr_expect_str_eq(said, wanted);
}

Test(config, a_wrong_value_is_told_what_is_right)
{
    static const char *const wrong[][3] = {
        {"workers", "0", "a number from 1 to 1024"},
        {"max-connections", "0", "a number from 1 to 65536"},
        {"max-connections-per-address", "65537", "a number up to 65536, 0 for no limit"},
        {"max-digits", "19", "a number from 20 to 100000"},
        {"store", "disk", "sqlite or memory"},
        {"data-dir", "", "the path of a directory"},
        {"log-format", "xml", "text or json"},
        {"log-requests", "some", "none, refused or all"},
        {"sandbox", "on", "auto, required or off"},
        {"user", ":daemon", "NAME or NAME:GROUP"},
        {"listen", "::1:80", "ADDRESS:PORT, [IPV6]:PORT, :PORT for every address"},
        {"cors-origin", "example.org", "origins, like https://example.org,http://localhost:3000"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refused(wrong[i][0], wrong[i][1], wrong[i][2]);
}

/* What fills its room is refused, not cut off. */
Test(config, what_is_too_long_is_refused)
{
    static const struct {
        const char *option;
        size_t room;
        const char *expected;
    } rooms[] = {
        {"token-file", sizeof((struct config *)0)->token_file, "the path of a file"},
        {"data-dir", sizeof((struct config *)0)->data_dir, "the path of a directory"},
        {"tls-cert", sizeof((struct config *)0)->tls_cert, "the path of a PEM file"},
        {"tls-key", sizeof((struct config *)0)->tls_key, "the path of a PEM file"},
        {"user", sizeof((struct config *)0)->user, "NAME or NAME:GROUP"},
        {"cors-origin", sizeof((struct config *)0)->cors_origins,
         "origins, like https://example.org,http://localhost:3000"},
    };
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        static char text[8192];
        memset(text, 'x', rooms[i].room);
        text[rooms[i].room] = '\0';
        expect_refused(rooms[i].option, text, rooms[i].expected);
    }
    /* and an address whose host does */
    enum { HOST = sizeof((struct config *)0)->listen_host };
    char address[HOST + 4];
    memset(address, 'x', HOST);
    strcpy(address + HOST, ":80");
    expect_refused("listen", address, "ADDRESS:PORT, [IPV6]:PORT, :PORT for every address");
}

/* The longest there is room for is kept whole. */
Test(config, what_just_fits_is_kept)
{
    struct config config;
    static char flag[8192] = "--data-dir=";
    size_t name = strlen(flag);
    memset(flag + name, 'x', sizeof config.data_dir - 1);
    cr_assert_eq(read_flag(&config, flag), CONFIG_RUN);
    cr_expect_str_eq(config.data_dir, flag + name);
}
