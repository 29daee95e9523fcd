/* Flags, variables, addresses: what is right works, and what is wrong is said to be. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/wire.h"
#include "tests/support/work.h"

TestSuite(configuration, .timeout = 120);

#define run(command, variables, ...) \
    command_run(command, (const char *const[]){__VA_ARGS__, NULL}, variables)

Test(configuration, right_values)
{
    static const char *const flags[] = {
        "--listen=127.0.0.1:0",
        "--listen=[::1]:8080",
        "--listen=:80",
        "--listen=localhost:80",
        "--workers=1",
        "--workers=1024",
        "--store=memory",
        "--max-store=1M",
        "--max-store=1T",
        "--max-body=1K",
        "--max-digits=20",
        "--max-digits=100000",
        "--max-connections=1",
        "--max-connections=9999",
        "--ttl=1s",
        "--ttl=365d",
        "--number-timeout=0",
        "--number-timeout=100ms",
        "--idle-timeout=5m",
        "--drain-timeout=0",
        "--log-format=json",
        "--log-format=text",
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct command command;
        run(&command, NULL, "--check", flags[i]);
        cr_expect_eq(command.status, 0, "%s: %s", flags[i], command.err);
        cr_expect_str_eq(command.out, "The configuration is right.\n");
        cr_expect_str_empty(command.err);
    }
}

Test(configuration, wrong_values_are_named)
{
    static const char *const flags[][2] = {
        {"--listen", "8080"},        {"--listen", "127.0.0.1:"},
        {"--listen", "::1:80"},      {"--listen", ""},
        {"--workers", "0"},          {"--workers", "-1"},
        {"--workers", "1025"},       {"--workers", "two"},
        {"--store", "paper"},        {"--max-store", "1K"},
        {"--max-store", "M"},        {"--max-store", "99999999999T"},
        {"--max-body", "1"},         {"--max-body", "1.5M"},
        {"--max-digits", "19"},      {"--max-digits", "100001"},
        {"--max-connections", "0"},  {"--ttl", "0"},
        {"--ttl", "366d"},           {"--ttl", "1y"},
        {"--number-timeout", "-1s"}, {"--number-timeout", "99999999999999999999s"},
        {"--idle-timeout", "0"},     {"--drain-timeout", "soon"},
        {"--drain-timeout", "366d"}, {"--log-format", "xml"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct command command;
        run(&command, NULL, flags[i][0], flags[i][1]);
        cr_expect_eq(command.status, 2, "%s %s: %d", flags[i][0], flags[i][1], command.status);
        cr_expect_not_null(strstr(command.err, flags[i][0]), "%s", command.err);
        cr_expect_not_null(strstr(command.err, "expected"), "%s", command.err);
        cr_expect_str_empty(command.out);

        char variable[64] = "PRIMED_";
        for (const char *c = flags[i][0] + 2; *c; c++)
            strncat(variable, &(char[]){*c == '-' ? '_' : (char)(*c - 'a' + 'A'), '\0'}[0], 1);
        if (flags[i][1][0] == '\0')
            continue; /* an empty variable counts as not set */
        char assignment[128];
        snprintf(assignment, sizeof assignment, "%s=%s", variable, flags[i][1]);
        run(&command, ((const char *const[]){assignment, NULL}), "--check");
        cr_expect_eq(command.status, 2, "%s: %d", assignment, command.status);
        cr_expect_not_null(strstr(command.err, variable), "%s", command.err);
    }
}

Test(configuration, unknown_flags_and_commands)
{
    static const char *const wrong[] = {"--no-such-flag", "--workers", "work", "-x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct command command;
        run(&command, NULL, wrong[i]);
        cr_expect_eq(command.status, 2, "%s: %d", wrong[i], command.status);
        cr_expect_str_not_empty(command.err);
    }
    struct command command;
    run(&command, NULL, "serve", "--check");
    cr_expect_eq(command.status, 0, "serve is the default command");
    run(&command, NULL, "serve", "twice");
    cr_expect_eq(command.status, 2);
}

Test(configuration, help_names_every_flag_and_version_the_version)
{
    static const char *const flags[] = {
        "--listen",        "--workers",    "--store",           "--max-store", "--max-body",
        "--max-digits",    "--ttl",        "--number-timeout",  "--check",     "--idle-timeout",
        "--drain-timeout", "--log-format", "--max-connections", "--version",   "--help",
    };
    struct command command;
    run(&command, NULL, "--help");
    cr_expect_eq(command.status, 0);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        cr_expect_not_null(strstr(command.out, flags[i]), "%s", flags[i]);
    run(&command, NULL, "--version");
    cr_expect_eq(command.status, 0);
    cr_expect_str_eq(command.out, "primed " PRIMED_VERSION "\n");
}

/* Does the generated text have the option, as its kind writes it? */
static bool has_option(const char *text, const char *kind, const char *name, int length)
{
    char written[80] = "";
    if (strcmp(kind, "man") == 0) {
        strcpy(written, "\\fB\\-\\-");
        for (const char *c = name; c < name + length; c++)
            snprintf(written + strlen(written), 3, *c == '-' ? "\\%c" : "%c", *c);
        strcat(written, "\\fR");
    } else {
        snprintf(written, sizeof written, strcmp(kind, "fish") == 0 ? " -l %.*s " : "--%.*s",
                 length, name);
    }
    return strstr(text, written) != NULL;
}

Test(configuration, the_manual_and_the_completions_know_every_flag)
{
    static const char *const kinds[] = {"man", "bash", "zsh", "fish"};
    struct command help;
    run(&help, NULL, "--help");
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        struct command command;
        run(&command, NULL, "--generate", kinds[kind]);
        cr_expect_eq(command.status, 0);
        size_t flags = 0;
        for (const char *at = help.out; (at = strstr(at, "\n  --")); flags++) {
            at += strlen("\n  --");
            int length = (int)strcspn(at, " \n");
            cr_expect(has_option(command.out, kinds[kind], at, length), "%s: %.*s", kinds[kind],
                      length, at);
        }
        cr_expect_geq(flags, 17);
        cr_expect_not(has_option(command.out, kinds[kind], "generate", 8), "%s", kinds[kind]);
    }
    struct command command;
    run(&command, NULL, "--generate=env");
    cr_expect_not_null(strstr(command.out, "\n#PRIMED_MAX_BODY=1G\n"), "%s", command.out);
    cr_expect_not_null(strstr(command.out, "none|refused|all\n#PRIMED_LOG_REQUESTS=refused\n"));
    run(&command, NULL, "--generate=html");
    cr_expect_eq(command.status, 2);
    cr_expect_not_null(strstr(command.err, "'html'"), "%s", command.err);
    run(&command, NULL, "--generate=");
    cr_expect_eq(command.status, 2);
}

Test(configuration, variables_are_heard_and_flags_beat_them)
{
    setenv("PRIMED_WORKERS", "3", 1);
    setenv("PRIMED_LOG_FORMAT", "json", 1);
    setenv("PRIMED_MAX_BODY", "", 1);
    struct primed service = primed_start("--log-format=text");
    primed_await_workers(&service, 3);
    work_post_lines(&service, "?wait=60", "7", 200);
    primed_stop(&service);
}

Test(configuration, a_port_in_use_is_said_to_be)
{
    struct primed service = primed_start("--workers=1");
    struct command command;
    run(&command, NULL, "--listen", service.address);
    cr_expect_eq(command.status, 1);
    cr_expect_not_null(strstr(command.err, "cannot listen"), "%s", command.err);
    cr_expect_not_null(strstr(command.err, "Address already in use"), "%s", command.err);
    cr_expect_not_null(strstr(command.err, strrchr(service.address, ':') + 1), "%s", command.err);
    primed_stop(&service);
}

Test(configuration, an_address_that_is_not_there)
{
    struct command command;
    run(&command, NULL, "--listen=192.0.2.1:0");
    cr_expect_eq(command.status, 1);
    cr_expect_not_null(strstr(command.err, "cannot listen"), "%s", command.err);
    run(&command, NULL, "--listen=no-such-host.invalid:0");
    cr_expect_eq(command.status, 1);
    cr_expect_not_null(strstr(command.err, "no-such-host.invalid"), "%s", command.err);
}

Test(configuration, ipv6_and_every_address)
{
    static const char *const listens[] = {"--listen=[::1]:0", "--listen=:0"};
    for (size_t i = 0; i < sizeof listens / sizeof *listens; i++) {
        struct primed service = primed_start(listens[i]);
        json_t *batch = work_post_lines(&service, "?wait=60", "2\n3\n4\n", 200);
        work_expect(&service, batch, "completed", (struct work_counts){.prime = 2, .composite = 1});
        primed_stop(&service);
    }
}

Test(configuration, logs_are_json_where_that_is_wanted)
{
    struct primed service = primed_start("--log-format=json");
    const char *line = primed_log(&service);
    for (; *line; line = strchr(line, '\n') + 1) {
        json_t *event = json_loadb(line, strcspn(line, "\n"), 0, NULL);
        cr_assert_not_null(event, "%s", line);
        cr_expect(json_is_string(json_object_get(event, "time")));
        cr_expect(json_is_string(json_object_get(event, "level")));
        cr_expect(json_is_string(json_object_get(event, "event")));
        json_decref(event);
    }
    primed_stop(&service);
}

Test(configuration, the_limit_of_digits_holds)
{
    struct primed service = primed_start("--max-digits=20");
    work_post_lines(&service, "?wait=60", "00000000000000000000000099999999999999999999", 200);
    struct client_answer answer =
        client_send(&service, .method = "POST", .path = "/v1/batches", .type = "text/plain",
                    .body = "100000000000000000000");
    client_expect_problem(&service, &answer, 422, "invalid-batch");
    answer = client_get(&service, "/v1/numbers/100000000000000000000");
    client_expect_problem(&service, &answer, 422, "too-many-digits");
    primed_stop(&service);
}
