/*
 * arena_check - walk over a whole arena and say in words what is wrong with it.
 *
 * The protocol (claim.h, ring.h, board.h) leaves every word of the arena few values it can have. An
 * arena that breaks one of these rules has lost a block, or is about to: it was written to by
 * somebody who should not have, or the protocol has an error. Looks only; whatever the arena holds,
 * nothing outside it is read.
 */
#ifndef COMMON_ARENA_CHECK_H
#define COMMON_ARENA_CHECK_H

#include "common/arena.h"

/* What may be asked of the arena: each asks for all that the one before does. */
enum arena_check {
    /*
     * Others use it, or were killed in the middle of that. What holds at every moment:
     *   the header is as it was made; every flag is 0 or 1, every state one there is;
     *   FREE is the claim word 0; who has claimed a block is a slot, and was counted;
     *   no two blocks bear the same ticket; a QUEUED block's ticket lies between tail and head;
     *   tail is not ahead of head, nor further behind than there are blocks, and one;
     *   cells and board name blocks there are
     */
    ARENA_IN_USE,
    /*
     * Nobody else uses it, and every worker that has died was reaped:
     *   RUNNING blocks are at slots that have a process; a QUEUED block is in its cell; no ticket
     *   is that of the next push;
     *   DONE and ORPHANED blocks are on the board, or the dispatcher would never look at them;
     *   no more numbers are done than there are
     */
    ARENA_AT_REST,
    /*
     * At rest after a drain, front and workers gone:
     *   every block is FREE, or a sentinel left over; no slot has a process, or sleeps
     */
    ARENA_DRAINED,
};

/* Told of each violation, in words, one line without its end. */
typedef void arena_check_report(void *context, const char *violation);

/* Check the arena; returns the number of violations, each of them reported. */
unsigned arena_check(const struct arena *arena, enum arena_check what, arena_check_report *report,
                     void *context);

#endif
