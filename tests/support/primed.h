/*
 * service - a real primed, started for one test and never outliving it.
 *
 *     struct primed service = primed_start("--workers=2");
 *     ... client.h, work.h, wire.h ...
 *     primed_stop(&service);
 *
 * It keeps its batches in a directory of its own, unless a flag names another --data-dir or
 * --store. It is build/primed beside the test program, or what the variable PRIMED names; it
 * listens on a free port of 127.0.0.1 and is ready when primed_start() returns. It leads a process
 * group of its own and is killed when the test's process dies. Whatever goes wrong here fails the
 * test, with the service's log.
 *
 * Nothing waits for a fixed time: soon() waits for a condition, and gives up only after a time no
 * machine should need.
 */
#ifndef TESTS_SUPPORT_PRIMED_H
#define TESTS_SUPPORT_PRIMED_H

#include <curl/curl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct primed {
    pid_t pid;         /* of the supervisor; also the process group */
    char address[64];  /* "127.0.0.1:4711" */
    char data_dir[64]; /* made for it and removed after it; "" if a flag names another */
    int log;           /* a memfd: what it has written to standard error */
    CURL *curl;        /* of client.h */
    json_t *documents; /* those handed out, freed at the end */
    struct kept *kept; /* likewise for other memory */
};

enum { PRIMED_PATIENCE_S = 60 };

/* Start it with these flags, at least one, behind --listen=127.0.0.1:0. */
#define primed_start(...) primed_start_with((const char *const[]){__VA_ARGS__, NULL})
struct primed primed_start_with(const char *const *flags);

/* Drain it by SIGTERM, which must end it with status 0. */
void primed_stop(struct primed *service);

/*
 * Wait for its end: the exit status must be that one, or minus the signal that killed it. None of
 * its processes may stay, nor may a sanitizer have found anything. Frees all that was handed out.
 */
void primed_expect_end(struct primed *service, int status);

/* Kill every process of it at once, and free all that was handed out. */
void primed_kill_all(struct primed *service);

/* Send its supervisor a signal. */
void primed_signal(const struct primed *service, int signal);

/* What it has logged so far; lives until the end. */
const char *primed_log(struct primed *service);

/* Wait until it has logged that. */
void primed_await_log(struct primed *service, const char *text);

/* The pids of its processes of that name ("primed-worker", "primed-front"), up to max; how many. */
size_t primed_processes(const struct primed *service, const char *name, pid_t *pids, size_t max);

enum { PRIMED_WORKERS_MAX = 64 };

struct primed_workers {
    pid_t pids[PRIMED_WORKERS_MAX];
    size_t count;
};

struct primed_workers primed_workers(const struct primed *service);

/* Wait until there are that many workers, all of them named and counted by the service. */
struct primed_workers primed_await_workers(struct primed *service, size_t count);

/* The front, once there is one. */
pid_t primed_front(struct primed *service);

/* Does that process exist, other than as a zombie? */
bool primed_is_alive(pid_t pid);

/* Remove a directory and all that is in it. */
void primed_remove_directory(const char *path);

/* Free that at the end. Returns it. */
void *primed_keep(struct primed *service, void *memory);

/* Fail the test, showing the log. */
__attribute__((format(printf, 2, 3))) void primed_fail(struct primed *service, const char *format,
                                                       ...);

/* Wait until a condition holds. */
#define soon(service, condition)                       \
    for (int64_t soon_deadline_ns_ = 0; !(condition);) \
    primed_wait_for(service, &soon_deadline_ns_, #condition)
void primed_wait_for(struct primed *service, int64_t *deadline_ns, const char *condition);

/* --- programs that end by themselves ---------------------------------------------------------- */

/*
 * The path of a program of ours: what that variable names, or the name in the directory above that
 * of the test program.
 */
void program_find(const char *name, const char *variable, char path[PATH_MAX]);

struct command {
    int status; /* minus the signal that ended it */
    char out[16384];
    char err[16384];
};

/*
 * Become primed with these arguments: for the body of a forked child. Returns only if it cannot:
 * 127.
 */
int command_exec(const char *const *arguments);

/* Run primed with these arguments, beside the variables "NAME=VALUE" (may be NULL), to its end. */
void command_run(struct command *command, const char *const *arguments,
                 const char *const *variables);

#endif
