/* child - the first steps of a forked process. See child.h. */
#include "common/child.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int ignored_signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                      SIGUSR2, SIGTTIN, SIGTTOU, SIGPIPE};

void child_settle(pid_t parent, const char *name)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before the line above */
    prctl(PR_SET_NAME, name);
    for (size_t i = 0; i < sizeof ignored_signals / sizeof *ignored_signals; i++)
        signal(ignored_signals[i], SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
