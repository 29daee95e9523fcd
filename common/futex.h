/*
 * futex - sleep until a shared word changes, wake who sleeps on it.
 *
 * The words live in memory shared between processes. Unlike a process-shared condition variable, a
 * futex word holds no state of its waiters: one that is killed asleep leaves nothing behind.
 */
#ifndef COMMON_FUTEX_H
#define COMMON_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Sleep while *word == expected, at most until timeout_ns from now (negative: for ever). Returns
 * when woken, when the word differs, at the timeout, after a signal or spuriously: the caller looks
 * again at what it waits for.
 */
void futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns);

/* Wake at most `count` sleepers on the word. */
void futex_wake(_Atomic uint32_t *word, int count);

#endif
