/* forked - forking, killing, and seeing how a child stands. See forked.h. */
#include "tests/support/forked.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t forked_start(int (*body)(void *data), void *data)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        abort();
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    _exit(body(data));
}

int forked_wait(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid)
        abort();
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void forked_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    forked_wait(pid);
}

void forked_await_stop(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
        abort();
}

void forked_continue(pid_t pid)
{
    kill(pid, SIGCONT);
}

/* The letter of the process's state in /proc: S is asleep in a system call. */
static char state_of(pid_t pid)
{
    char text[512];
    snprintf(text, sizeof text, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(text, "r");
    if (!file)
        abort();
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    char *name_end = strrchr(text, ')');
    return name_end ? name_end[2] : '?';
}

void forked_await_sleep(pid_t pid, const _Atomic uint32_t *flag)
{
    while (atomic_load(flag) == 0 || state_of(pid) != 'S')
        sched_yield();
}
