/* forked - processes forked inside a test: they never return into it and never outlive it. */
#ifndef TESTS_SUPPORT_FORKED_H
#define TESTS_SUPPORT_FORKED_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* Fork a child that runs body(data) and exits with what it returns. Assert in the parent only. */
pid_t forked_start(int (*body)(void *data), void *data);

/* Wait for its end: the exit code, or minus the signal that killed it. */
int forked_wait(pid_t pid);

/* Kill it (SIGKILL) and wait for its end. */
void forked_kill(pid_t pid);

/* Wait until it has stopped itself (SIGSTOP); then forked_continue() lets it run on. */
void forked_await_stop(pid_t pid);
void forked_continue(pid_t pid);

/*
 * Wait until the child, which sets *flag to 1 just before it sleeps on it and blocks nowhere else,
 * is asleep.
 */
void forked_await_sleep(pid_t pid, const _Atomic uint32_t *flag);

#endif
