/*
 * hup - a thread that does one thing each time the process is sent SIGHUP: reading files anew.
 *
 * Not a signal handler: what it does may lock, allocate and log.
 */
#ifndef SERVER_HUP_H
#define SERVER_HUP_H

struct hup;

/* Keep SIGHUP for the thread that hup_start() will start. Before the process has other threads. */
void hup_block(void);

/*
 * Call act(context) from a thread of its own after each SIGHUP, those since hup_block() included;
 * several that come together may count as one. NULL without memory or threads.
 */
struct hup *hup_start(void (*act)(void *context), void *context);

/* End the thread; act() is not running any more when this returns. NULL is harmless. */
void hup_stop(struct hup *hup);

#endif
