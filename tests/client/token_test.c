/* prime and a service that wants a token. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/cli.h"
#include "tests/support/passes.h"
#include "tests/support/prime.h"

TestSuite(token, .timeout = 120);

Test(token, from_a_variable_or_a_file)
{
    struct passes passes = passes_make();
    const char *alice = passes_add(&passes, "alice", NULL);
    struct primed service = primed_start(passes.flag, "--store=memory");
    const char *const submit[] = {"submit", "-", "--wait", NULL};
    char variable[256], others[256], path[128], flag[256];
    struct command command;

    prime_run_with(&command, service.address, "2\n3\n4\n", submit, NULL);
    cr_expect_neq(command.status, 0);
    cr_expect_not_null(strstr(command.err, "token"), "%s", command.err);

    /* Where the service runs there may be its variables as well. */
    snprintf(variable, sizeof variable, "PRIMED_TOKEN=%s", passes_token(alice));
    snprintf(others, sizeof others, "PRIMED_TOKEN_FILE=%s", passes.path);
    prime_run_with(&command, service.address, "2\n3\n4\n", submit,
                   (const char *const[]){variable, others, NULL});
    cr_expect_eq(command.status, 0, "%s", command.err);

    snprintf(path, sizeof path, "%s/secret", passes.directory);
    FILE *file = fopen(path, "w");
    fchmod(fileno(file), 0600);
    fprintf(file, "%s\n", passes_token(alice));
    fchmod(fileno(file), 0600);
    fclose(file);
    snprintf(flag, sizeof flag, "--token-file=%s", path);
    prime_run(&command, service.address, "2\n3\n4\n", "submit", "-", "--wait", flag);
    cr_expect_eq(command.status, 0, "%s", command.err);
    primed_stop(&service);
    passes_destroy(&passes);
}
