/* prime - see prime.h. */
#include "tests/support/prime.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/forked.h"

enum { ARGUMENTS_MAX = 32, VARIABLES_MAX = 16 };

/* Become prime; in a forked child. */
static int exec_prime(const char *address, const char *const *arguments,
                      const char *const *variables)
{
    char path[PATH_MAX], url[128];
    char *argv[ARGUMENTS_MAX + 2] = {path};
    static const char *const standard[] = {PRIME_VARIABLES};
    program_find("prime", "PRIME", path);
    signal(SIGPIPE, SIG_DFL);
    clearenv();
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        putenv(strdup(standard[i]));
    if (address) {
        snprintf(url, sizeof url, "PRIMED_URL=http://%s", address);
        putenv(url);
    }
    for (size_t i = 0; variables && variables[i]; i++)
        putenv(strdup(variables[i]));
    for (size_t i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
        argv[i + 1] = strdup(arguments[i]);
    execv(path, argv);
    perror(path);
    return 127;
}

struct launch {
    const char *address;
    const char *const *arguments;
    const char *const *variables;
    int in, out, err;
};

static int exec_on_pipes(void *data)
{
    const struct launch *launch = data;
    dup2(launch->in, STDIN_FILENO);
    dup2(launch->out, STDOUT_FILENO);
    dup2(launch->err, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0); /* else it would hold its own input open */
    return exec_prime(launch->address, launch->arguments, launch->variables);
}

struct prime prime_start(const char *address, const char *const *arguments,
                         const char *const *variables)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    struct prime prime = {.in = ends[1],
                          .out = memfd_create("prime-out", MFD_CLOEXEC),
                          .err = memfd_create("prime-err", MFD_CLOEXEC),
                          .terminal = -1};
    signal(SIGPIPE, SIG_IGN); /* it may end before it has read all */
    struct launch launch = {address, arguments, variables, ends[0], prime.out, prime.err};
    prime.pid = forked_start(exec_on_pipes, &launch);
    close(ends[0]);
    return prime;
}

struct prime prime_start_on_terminal(const char *address, const char *const *arguments,
                                     const char *const *variables)
{
    struct prime prime = {.in = -1, .out = -1, .err = -1};
    struct winsize size = {.ws_row = 30, .ws_col = 100};
    pid_t parent = getpid();
    text_reserve(&prime.seen, 1); /* so that there is something to search */
    prime.pid = forkpty(&prime.terminal, NULL, NULL, &size);
    cr_assert_geq(prime.pid, 0);
    if (prime.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        _exit(exec_prime(address, arguments, variables));
    }
    return prime;
}

void prime_send(struct prime *prime, const char *text)
{
    int descriptor = prime->terminal >= 0 ? prime->terminal : prime->in;
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(descriptor, text, left);
        if (written < 0)
            return; /* it has ended: the test will see how */
        text += written;
        left -= (size_t)written;
    }
}

/* Take what comes on the terminal within a moment; false at its end. */
static bool take_seen(struct prime *prime)
{
    char bytes[4096];
    struct pollfd ready = {.fd = prime->terminal, .events = POLLIN};
    if (poll(&ready, 1, 100) == 0)
        return true;
    ssize_t length = read(prime->terminal, bytes, sizeof bytes);
    if (length <= 0)
        return false;
    text_add(&prime->seen, bytes, (size_t)length);
    return true;
}

void prime_await(struct prime *prime, const char *text)
{
    int64_t deadline = clock_monotonic_ns() + PRIMED_PATIENCE_S * NS_PER_S;
    size_t length = strlen(text);
    bool lives = true;
    while (!memmem(prime->seen.data, prime->seen.length, text, length)) {
        if (!lives || clock_monotonic_ns() > deadline)
            cr_assert_fail("waited in vain for '%s' in:\n%.*s", text, (int)prime->seen.length,
                           prime->seen.data ? prime->seen.data : "");
        lives = take_seen(prime);
    }
}

int prime_end(struct prime *prime)
{
    if (prime->in >= 0)
        close(prime->in);
    prime->in = -1;
    while (prime->terminal >= 0 && take_seen(prime))
        ;
    return forked_wait(prime->pid);
}

static void read_all(int *descriptor, char *text, size_t size)
{
    ssize_t length = pread(*descriptor, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    close(*descriptor);
    *descriptor = -1;
}

void prime_read(struct prime *prime, struct command *command)
{
    *command->out = *command->err = '\0';
    if (prime->terminal >= 0) {
        snprintf(command->out, sizeof command->out, "%.*s", (int)prime->seen.length,
                 prime->seen.data ? prime->seen.data : "");
        close(prime->terminal);
        text_destroy(&prime->seen);
        return;
    }
    read_all(&prime->out, command->out, sizeof command->out);
    read_all(&prime->err, command->err, sizeof command->err);
}

void prime_run_with(struct command *command, const char *address, const char *input,
                    const char *const *arguments, const char *const *variables)
{
    struct prime prime = prime_start(address, arguments, variables);
    prime_send(&prime, input);
    command->status = prime_end(&prime);
    prime_read(&prime, command);
}
