/* hup - one thread in sigwait(). See hup.h. */
#include "server/hup.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct hup {
    pthread_t thread;
    _Atomic bool stopping;
    void (*act)(void *context);
    void *context;
};

static sigset_t hup_alone(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    return set;
}

void hup_block(void)
{
    sigset_t set = hup_alone();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGHUP, SIG_DFL); /* one that is ignored need not stay pending */
}

static void *hup_main(void *argument)
{
    struct hup *hup = argument;
    sigset_t set = hup_alone();
    for (int number;;) {
        sigwait(&set, &number);
        if (atomic_load(&hup->stopping))
            return NULL;
        hup->act(hup->context);
    }
}

struct hup *hup_start(void (*act)(void *context), void *context)
{
    struct hup *hup = calloc(1, sizeof *hup);
    if (!hup)
        return NULL;
    hup->act = act;
    hup->context = context;
    if (pthread_create(&hup->thread, NULL, hup_main, hup) != 0) {
        free(hup);
        return NULL;
    }
    return hup;
}

void hup_stop(struct hup *hup)
{
    if (!hup)
        return;
    atomic_store(&hup->stopping, true);
    pthread_kill(hup->thread, SIGHUP);
    pthread_join(hup->thread, NULL);
    free(hup);
}
