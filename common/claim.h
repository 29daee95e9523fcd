/*
 * claim - the 64-bit word that says who has a block.
 *
 * The claim lives on the block, not in the ring: one compare-and-swap of this word moves a block
 * from "waiting under ticket t" to "running at worker w", and a process can die before it or after
 * it, but not inside it.
 *
 *            push                  pop                   finish
 *   FREE ──────────► QUEUED ──────────────► RUNNING ──────────────► DONE
 *    ▲   dispatcher     ▲     any worker       │      that worker     │
 *    │                  │                      │ reap: supervisor     │
 *    │                  └───────── ORPHANED ◄──┘                      │
 *    │                  push again     │                              │
 *    └──────────────── harvest ◄───────┴──────────────────────────────┘
 *                      dispatcher
 *
 * Fields, from the lowest bit: state 4, attempts 8, owner 12, ticket 40. The ticket is the low 40
 * bits of the ring position the block was pushed at. It makes a stale read harmless: a worker that
 * slept between reading the cell and claiming the block fails unless the block waits under the very
 * same ticket, and 2^40 pushes lie between two equal ones (127 days at 100,000 a second).
 */
#ifndef COMMON_CLAIM_H
#define COMMON_CLAIM_H

#include <stdint.h>

enum claim_state {
    CLAIM_FREE,     /* private to the dispatcher */
    CLAIM_QUEUED,   /* in the ring */
    CLAIM_RUNNING,  /* at the worker `owner` */
    CLAIM_DONE,     /* finished by `owner`, waits for the dispatcher */
    CLAIM_ORPHANED, /* `owner` died with it, waits for the dispatcher */
};
enum { CLAIM_STATES = CLAIM_ORPHANED + 1 };

enum {
    CLAIM_MAX_ATTEMPTS = 255,
    CLAIM_MAX_OWNERS = 4096,
};
#define CLAIM_TICKET_MASK ((UINT64_C(1) << 40) - 1)

/* The word, unpacked. */
struct claim {
    uint64_t ticket; /* 0 .. CLAIM_TICKET_MASK */
    unsigned owner;  /* a worker slot, 0 .. CLAIM_MAX_OWNERS - 1; no meaning while FREE or QUEUED */
    unsigned attempts; /* times it was claimed since the last push that reset it, saturating */
    enum claim_state state;
};

static inline uint64_t claim_pack(struct claim claim)
{
    return (claim.ticket & CLAIM_TICKET_MASK) << 24 | (uint64_t)(claim.owner & 0xfff) << 12 |
           (uint64_t)(claim.attempts & 0xff) << 4 | (uint64_t)(claim.state & 0xf);
}

static inline struct claim claim_unpack(uint64_t word)
{
    return (struct claim){
        .ticket = word >> 24,
        .owner = (unsigned)(word >> 12) & 0xfff,
        .attempts = (unsigned)(word >> 4) & 0xff,
        .state = (enum claim_state)(word & 0xf),
    };
}

#endif
