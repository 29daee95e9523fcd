/* processes - a process that is killed and one that is confined, for tests/coverage/check to see that both count. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox.h"

static volatile int ran;

static void before_a_kill(void)
{
    ran = 1;
}

static void in_the_sandbox(void)
{
    ran = 1;
}

static void not_at_all(void)
{
    ran = 1;
}

static _Noreturn void be_killed(void)
{
    before_a_kill();
    raise(SIGKILL);
    abort();
}

static _Noreturn void be_confined(void)
{
    if (sandbox_enter(NULL, true) < 0)
        _exit(1);
    in_the_sandbox();
    _exit(0);
}

/* Fork a child that does that; how it ended. */
static int end_of(void (*body)(void))
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        body();
    waitpid(child, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        not_at_all();
    int killed = end_of(be_killed);
    int confined = end_of(be_confined);
    return WIFSIGNALED(killed) && confined == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
