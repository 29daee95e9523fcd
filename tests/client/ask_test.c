/* Numbers alone, and the command line: answers, exit statuses, what is said of mistakes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli.h"
#include "tests/support/prime.h"

TestSuite(ask, .timeout = 60);

#define expect_in(text, part) \
    cr_expect_not_null(strstr(text, part), "'%s' is not in: %s", part, text)

Test(ask, one_number)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    prime_run(&command, service.address, "", "97");
    cr_expect_eq(command.status, EXIT_ANSWERED);
    expect_in(command.out, "{\"n\":\"97\",\"prime\":true,\"certainty\":\"proven\",\"elapsed\":");
    expect_in(command.out, "\"source\":\"service\"}\n");
    cr_expect_str_empty(command.err);
    prime_run(&command, service.address, "", "91");
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
    prime_run(&command, service.address, "", "-7");
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
    expect_in(command.out, "{\"n\":\"-7\",\"prime\":false");
    primed_stop(&service);
}

Test(ask, several_numbers_in_their_order)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    prime_run(&command, service.address, "", "--format", "csv", "97", "2^89-1", "1000000007", "4");
    cr_expect_eq(command.status, EXIT_ANSWERED);
    expect_in(command.out, "n,prime,certainty,elapsed\n97,true,proven,");
    expect_in(command.out, "\n618970019642690137449562111,true,probable,");
    expect_in(command.out, "\n1000000007,true,proven,");
    expect_in(command.out, "\n4,false,proven,");
    prime_run(&command, service.address, "", "4", "2^4423-1", "--format=table");
    cr_expect_eq(command.status, EXIT_ANSWERED);
    expect_in(command.out, "4  composite");
    expect_in(command.out, "probable prime");
    expect_in(command.out, "  2^4423-1\n");
    cr_expect_gt(strlen(command.out), 1332); /* never shortened on a pipe */
    prime_run(&command, service.address, "", "--format", "json", "4", "6");
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
    json_t *array = json_loads(command.out, 0, NULL);
    cr_expect_eq(json_array_size(array), 2);
    json_decref(array);
    primed_stop(&service);
}

Test(ask, a_number_too_long_for_a_path_goes_as_a_batch)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    prime_run(&command, service.address, "", "10^2500", "--json");
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
    expect_in(command.out, "{\"expression\":\"10^2500\",\"n\":\"1000");
    primed_stop(&service);
}

Test(ask, refused_in_words)
{
    struct primed service = primed_start("--store=memory", "--workers=1", "--max-digits=20");
    struct command command;
    prime_run(&command, service.address, "", "2^89-1");
    cr_expect_eq(command.status, EXIT_REFUSED);
    expect_in(command.err, "prime: 2^89-1: Too many digits: the limit is 20 digits\n");
    primed_stop(&service);
}

Test(ask, a_number_without_a_verdict)
{
    struct primed service = primed_start("--store=memory", "--workers=2", "--number-timeout=1ms");
    struct command command;
    prime_run(&command, service.address, "", "2^9689-1", "7");
    cr_expect_eq(command.status, EXIT_UNANSWERED, "%d: %s%s", command.status, command.out,
                 command.err);
    expect_in(command.out, "\"prime\":null,\"error\":\"timeout\"");
    primed_stop(&service);
}

Test(ask, offline)
{
    struct command command;
    prime_run(&command, NULL, "", "--offline", "97", "2^89-1", "7!+1", "-3", "0");
    cr_expect_eq(command.status, EXIT_ANSWERED);
    expect_in(command.out, "{\"n\":\"97\",\"prime\":true,\"certainty\":\"proven\",\"elapsed\":");
    expect_in(command.out, "\"n\":\"5041\",\"prime\":false");
    expect_in(command.out, "\"source\":\"local\"}\n");
    cr_expect_null(strstr(command.out, "service"));
    prime_run(&command, NULL, "", "--offline", "4");
    cr_expect_eq(command.status, EXIT_NONE_PRIME);
}

Test(ask, nobody_answers)
{
    struct command command;
    prime_run(&command, "127.0.0.1:1", "", "97", "--timeout", "0");
    cr_expect_eq(command.status, EXIT_UNREACHABLE);
    expect_in(command.err, "prime: no answer from http://127.0.0.1:1: ");
    expect_in(command.err, "prime --offline");
    cr_expect_str_empty(command.out);
    prime_run(&command, NULL, "", "97", "--url", "gopher://127.0.0.1/");
    cr_expect_eq(command.status, EXIT_USAGE);
}

/* What is typed wrong, and what must be said of it. */
static const struct {
    const char *arguments[5];
    const char *said;
} mistakes[] = {
    {{"sumbit", "x"}, "there is no command 'sumbit'; did you mean 'submit'?"},
    {{"submit", "--prioritty", "3", "x"},
     "there is no option '--prioritty'; did you mean '--priority'?"},
    {{"ls", "--priority", "3"}, "'--priority' is an option of 'prime submit', not of 'prime ls'"},
    {{"ls", "--frobnicate"}, "there is no option '--frobnicate'\n"},
    {{"submit"}, "It wants FILE|-"},
    {{"ls", "x"}, "'x' is too much"},
    {{"get", "x", "--limit", "0"}, "'0' is not a whole number from 1 up"},
    {{"get", "x", "--only", "odd"}, "'odd' is not one of prime|composite|failed"},
    {{"get", "x", "--limit"}, "'--limit' wants a value: --limit N"},
    {{"ls", "--json=yes"}, "'--json' takes no value"},
    {{"wait", "x"}, "'x' is not the id of a batch"},
    {{"2^^3"}, "'2^^3' is not an integer: this is not a number at '^3'"},
    {{"97", "ls"}, "'ls' is not an integer"},
    {{"submit", "/nowhere/at/all"}, "/nowhere/at/all: No such file"},
    {{"submit", "-", "--metadata", "[1]"}, "is not a JSON object"},
    {{"97", "--token-file", "/nowhere"}, "/nowhere: No such file"},
};

Test(ask, wrong_usage_is_explained)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct command command;
        prime_run_with(&command, "127.0.0.1:1", "", mistakes[i].arguments, NULL);
        cr_expect_eq(command.status, EXIT_USAGE, "%s: %d", mistakes[i].said, command.status);
        expect_in(command.err, mistakes[i].said);
        cr_expect_str_empty(command.out);
    }
    struct command command;
    prime_run_with(&command, NULL, "", (const char *[]){"97", NULL},
                   (const char *[]){"PRIMED_TIMEOUT=soon", NULL});
    cr_expect_eq(command.status, EXIT_USAGE);
    expect_in(command.err, "PRIMED_TIMEOUT: 'soon' is not a whole number");
}

Test(ask, help_fits_a_screen_and_every_command_has_its_own)
{
    struct command command;
    prime_run(&command, NULL, "", "--help");
    cr_expect_eq(command.status, 0);
    size_t lines = 0;
    for (const char *line = command.out; *line; line += strcspn(line, "\n") + 1, lines++)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.100s", line);
    cr_expect_leq(lines, 40);
    for (int i = COMMAND_ASK + 1; i < COMMANDS; i++) {
        struct command same;
        prime_run(&command, NULL, "", cli_commands[i].name, "--help");
        prime_run(&same, NULL, "", "help", cli_commands[i].name);
        cr_expect_eq(same.status, 0);
        cr_expect_str_eq(same.out, command.out);
        cr_expect_eq(command.status, 0);
        expect_in(command.out, cli_commands[i].summary);
        expect_in(command.out, "Examples:\n");
        expect_in(command.out, "-h, --help");
    }
}

Test(ask, the_manual_and_the_completions_know_every_option)
{
    static const char *const kinds[] = {"man", "bash", "zsh", "fish"};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        char argument[32];
        snprintf(argument, sizeof argument, "--generate=%s", kinds[kind]);
        struct prime prime = prime_start(NULL, (const char *[]){argument, NULL}, NULL);
        cr_expect_eq(prime_end(&prime), 0);
        char *text = calloc(1, 1 << 16);
        cr_assert_gt(pread(prime.out, text, (1 << 16) - 1, 0), 0);
        for (int i = 0; i < OPTIONS; i++) {
            char name[64] = "";
            for (const char *c = cli_options[i].name; *c; c++) /* roff escapes hyphens */
                snprintf(name + strlen(name), sizeof name - strlen(name),
                         *c == '-' && kind == 0 ? "\\%c" : "%c", *c);
            cr_expect_eq(strstr(text, name) != NULL, cli_options[i].commands != 0, "%s: %s",
                         kinds[kind], name);
        }
        for (int i = COMMAND_ASK + 1; i < COMMANDS; i++)
            expect_in(text, cli_commands[i].name);
        free(text);
        struct command command;
        prime_read(&prime, &command);
    }
}

Test(ask, the_token_is_sent_and_kept_in_one_line)
{
    struct primed service = primed_start("--store=memory", "--workers=1");
    struct command command;
    const char *const arguments[] = {"97", NULL};
    prime_run_with(&command, service.address, "", arguments,
                   (const char *[]){"PRIMED_TOKEN= secret-1 ", NULL});
    cr_expect_eq(command.status, EXIT_ANSWERED);
    prime_run_with(&command, service.address, "", arguments,
                   (const char *[]){"PRIMED_TOKEN=a\r\nX-Evil: 1", NULL});
    cr_expect_eq(command.status, EXIT_USAGE);
    expect_in(command.err, "PRIMED_TOKEN: holds no bearer token");
    primed_stop(&service);
}

Test(ask, the_trace_of_the_environment_is_handed_on)
{
    struct primed service = primed_start("--store=memory", "--workers=1", "--log-requests=all");
    struct command command;
    const char *const arguments[] = {"97", NULL};
    static const char trace[] = "trace_id=0af7651916cd43dd8448eb211c80319c";
    prime_run_with(
        &command, service.address, "", arguments,
        (const char *[]){"TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                         NULL});
    cr_expect_eq(command.status, EXIT_ANSWERED);
    primed_await_log(&service, trace);
    prime_run_with(&command, service.address, "", arguments,
                   (const char *[]){"TRACEPARENT=a\r\nX-Evil: 1", NULL});
    cr_expect_eq(command.status, EXIT_ANSWERED, "it is no reason to fail");
    primed_stop(&service);
}
