/* prime - a real prime, the command-line client, on pipes or on a terminal of its own. */
#ifndef TESTS_SUPPORT_PRIME_H
#define TESTS_SUPPORT_PRIME_H

#include "common/text.h"
#include "tests/support/primed.h"

/* It runs with these variables alone, and "NAME=VALUE" of the test's, which beat them. */
#define PRIME_VARIABLES "TERM=xterm", "LC_ALL=C.UTF-8", "no_proxy=*"

/* A prime that runs. Whatever goes wrong with it fails the test. */
struct prime {
    pid_t pid;
    int in;           /* what it reads: write here, and close it for the end; -1: closed */
    int out, err;     /* memfds with what it has written; on a terminal, -1 */
    int terminal;     /* the other end of its terminal, -1: it is on pipes */
    struct text seen; /* what came on the terminal */
};

/*
 * Start prime for a service ("127.0.0.1:4711"; NULL: there is none) with these arguments and
 * variables, which may be NULL.
 */
struct prime prime_start(const char *address, const char *const *arguments,
                         const char *const *variables);

/* The same on a terminal of 100 columns and 30 lines, its input and output. */
struct prime prime_start_on_terminal(const char *address, const char *const *arguments,
                                     const char *const *variables);

/* Give it that to read, or to type. */
void prime_send(struct prime *prime, const char *text);

/* Wait until that came on the terminal, at any time. */
void prime_await(struct prime *prime, const char *text);

/* Close its input and wait for its end: the exit status, or minus the signal. */
int prime_end(struct prime *prime);

/* What it wrote on pipes, or all that came on the terminal in `out`; after its end. */
void prime_read(struct prime *prime, struct command *command);

/*
 * Run it on pipes with that to read, to its end. Arguments as one list, "submit", "-".
 */
#define prime_run(command, address, input, ...) \
    prime_run_with(command, address, input, (const char *const[]){__VA_ARGS__, NULL}, NULL)
void prime_run_with(struct command *command, const char *address, const char *input,
                    const char *const *arguments, const char *const *variables);

#endif
