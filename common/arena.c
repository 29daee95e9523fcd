/* arena - laying out, resetting and reaping the shared memory. See arena.h for how it is used. */
#include "common/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/board.h"
#include "common/busy.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/futex.h"
#include "common/ring.h"

/* Who the mapping is and how it is laid out: for a person with a core dump or /proc/PID/map_files.
 */
struct arena_header {
    char magic[8];
    uint32_t version;
    uint32_t slot_count;
    uint32_t block_count;
    uint32_t block_size;
    uint32_t results_size;
};

static const char arena_magic[8] = "primed\0";
enum { ARENA_VERSION = 2 };

static size_t round_up(size_t size, size_t multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

static size_t power_of_two_from(size_t n)
{
    size_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

/* Where each part begins, and where the last one ends. */
struct layout {
    size_t control, slots, desks, claims, board, ring, blocks, results, end;
};

static struct layout lay_out(unsigned slots, unsigned blocks, size_t cells)
{
    struct layout at;
    at.control = round_up(sizeof(struct arena_header), CACHE_LINE);
    at.slots = at.control + sizeof(struct control);
    at.desks = round_up(at.slots + slots * sizeof(struct worker_slot), ARENA_PAGE);
    at.claims = at.desks + slots * sizeof(struct worker_desk);
    at.board = at.claims + blocks * sizeof(struct claim_line);
    at.ring = round_up(at.board + sizeof(struct board) + (blocks + 63) / 64 * sizeof(uint64_t),
                       ARENA_PAGE);
    at.blocks = round_up(at.ring + sizeof(struct ring) + cells * sizeof(uint32_t), ARENA_PAGE);
    at.results = round_up(at.blocks + blocks * sizeof(struct block), (size_t)sysconf(_SC_PAGESIZE));
    at.end = at.results + (size_t)blocks * ARENA_PLACE;
    return at;
}

/* Reserve all that is not left free between results. 0, or an errno. */
static int reserve_parts(int fd, const struct layout *at)
{
    int error = posix_fallocate(fd, 0, (off_t)at->results);
    for (size_t place = at->results; place < at->end && !error; place += ARENA_PLACE)
        error = posix_fallocate(fd, (off_t)place, sizeof(struct results));
    return error;
}

/* Anonymous shared memory, reserved and of fixed size. Never /dev/shm: containers keep that small.
 * Returns its descriptor, or a negative errno. */
static int reserve_memory(const struct layout *at)
{
    int fd = memfd_create("primed-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    int error = 0;
    if (ftruncate(fd, (off_t)at->end) < 0)
        error = -errno;
    else
        error = -reserve_parts(fd, at);
    if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        error = -errno;
    if (!error)
        return fd;
    close(fd);
    return error;
}

/*
 * Map it so that the results begin at a multiple of their span: then their addresses can be told from all
 * others by a mask. The rest of the span is kept free.
 */
static int map_shared(struct arena *arena, const struct layout *at)
{
    size_t span = arena->results_span;
    size_t reserved_size = span + at->results + span;
    int fd = reserve_memory(at);
    if (fd < 0)
        return fd;
    int error = 0;
    char *reserved = mmap(NULL, reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (reserved == MAP_FAILED) {
        error = -errno;
        close(fd);
        return error;
    }
    char *base = reserved + (span - ((uintptr_t)reserved + at->results) % span) % span;
    // cppcheck-suppress leakReturnValNotUsed ; with MAP_FIXED it is where it was asked for, or nowhere
    if (mmap(base, at->end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        error = -errno;
        munmap(reserved, reserved_size);
    }
    close(fd);
    arena->base = base;
    arena->reserved = reserved;
    arena->reserved_size = reserved_size;
    return error;
}

static struct arena_header header_of(const struct arena *arena)
{
    struct arena_header header = {
        .version = ARENA_VERSION,
        .slot_count = arena->slot_count,
        .block_count = arena->block_count,
        .block_size = sizeof(struct block),
        .results_size = sizeof(struct results),
    };
    memcpy(header.magic, arena_magic, sizeof header.magic);
    return header;
}

int arena_create(struct arena *arena, unsigned slots, unsigned blocks)
{
    if (slots < 1 || slots > CLAIM_MAX_OWNERS || blocks < 1 || blocks > ARENA_MAX_BLOCKS)
        return -EINVAL;
    size_t cells = power_of_two_from(blocks);
    struct layout at = lay_out(slots, blocks, cells);
    *arena = (struct arena){
        .size = at.end,
        .results_span = power_of_two_from(at.end - at.results),
        .slot_count = slots,
        .block_count = blocks,
        .ring_mask = (uint32_t)cells - 1,
    };
    int error = map_shared(arena, &at);
    if (error)
        return error == -ENOSPC ? -ENOMEM : error;

    uint8_t *start = arena->base;
    arena->control = (struct control *)(void *)(start + at.control);
    arena->slots = (struct worker_slot *)(void *)(start + at.slots);
    arena->desks = (struct worker_desk *)(void *)(start + at.desks);
    arena->claims = (struct claim_line *)(void *)(start + at.claims);
    arena->board = (struct board *)(void *)(start + at.board);
    arena->ring = (struct ring *)(void *)(start + at.ring);
    arena->blocks = (struct block *)(void *)(start + at.blocks);
    arena->results = start + at.results;
    struct arena_header header = header_of(arena);
    memcpy(arena->base, &header, sizeof header);
    return 0;
}

void arena_confine(struct arena *arena, unsigned slot)
{
    if (sysconf(_SC_PAGESIZE) > ARENA_PAGE)
        return;
    char *base = arena->base, *claims = (char *)arena->claims, *head = (char *)&arena->ring->head;
    struct worker_desk *desk = &arena->desks[slot];
    mprotect(base, (size_t)(claims - base), PROT_READ);
    mprotect(desk, sizeof *desk, PROT_READ | PROT_WRITE);
    mprotect(head, (size_t)(base + arena->size - head), PROT_READ);
    for (uint32_t i = 0; i < arena->block_count; i++)
        mprotect(arena_results(arena, i) + 1, ARENA_PLACE - sizeof(struct results), PROT_NONE);
    arena->confined = true;
}

static bool protect_results(const struct arena *arena, uint32_t block, int protection)
{
    struct results *results = arena_results(arena, block);
    return !arena->confined || mprotect(results, sizeof *results, protection) == 0;
}

bool arena_open_results(const struct arena *arena, uint32_t block)
{
    return protect_results(arena, block, PROT_READ | PROT_WRITE);
}

bool arena_close_results(const struct arena *arena, uint32_t block)
{
    return protect_results(arena, block, PROT_READ);
}

bool arena_is_intact(const struct arena *arena)
{
    struct arena_header header = header_of(arena);
    return memcmp(arena->base, &header, sizeof header) == 0;
}

void arena_reset(struct arena *arena)
{
    /* Zero is what a new mapping holds, and FREE is zero. The figures outlive the reset. */
    struct control *control = arena->control;
    uint32_t workers_wanted = atomic_load(&control->workers_wanted);
    uint32_t front_restarts = atomic_load(&control->front_restarts);
    uint32_t worker_restarts[RESTART_CAUSES];
    for (int i = 0; i < RESTART_CAUSES; i++)
        worker_restarts[i] = atomic_load(&control->worker_restarts[i]);
    memset(control, 0, sizeof *control);
    for (unsigned i = 0; i < arena->slot_count; i++) {
        uint32_t restarts = atomic_load(&arena->slots[i].restarts);
        memset(&arena->slots[i], 0, sizeof arena->slots[i]);
        atomic_store(&arena->slots[i].restarts, restarts);
    }
    memset(arena->desks, 0, (size_t)((char *)arena->blocks - (char *)arena->desks));
    atomic_store(&control->workers_wanted, workers_wanted);
    atomic_store(&control->front_restarts, front_restarts);
    for (int i = 0; i < RESTART_CAUSES; i++)
        atomic_store(&control->worker_restarts[i], worker_restarts[i]);
}

void arena_destroy(struct arena *arena)
{
    munmap(arena->reserved, arena->reserved_size);
}

unsigned arena_reap(struct arena *arena, unsigned slot)
{
    unsigned orphaned = 0;
    for (uint32_t i = 0; i < arena->block_count; i++) {
        _Atomic uint64_t *word = arena_claim(arena, i);
        struct claim claim = claim_unpack(atomic_load_explicit(word, memory_order_acquire));
        if (claim.owner != slot || (claim.state != CLAIM_RUNNING && claim.state != CLAIM_DONE))
            continue;
        if (claim.state == CLAIM_RUNNING) {
            /* A plain store: its owner is dead, and nobody else moves a RUNNING block. */
            claim.state = CLAIM_ORPHANED;
            atomic_store_explicit(word, claim_pack(claim), memory_order_release);
            orphaned++;
            FAULT_POINT("arena_reap.orphaned");
        }
        board_post(arena, i);
        FAULT_POINT("arena_reap.posted");
    }
    struct worker_desk *desk = &arena->desks[slot];
    atomic_store_explicit(&desk->began_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&desk->block_began_ns, 0, memory_order_relaxed);
    busy_end(&desk->busy, clock_monotonic_ns());
    atomic_store_explicit(&arena->slots[slot].dismissed, 0, memory_order_relaxed);
    /* First keep the dead worker from taking wakes meant for others, then make up for those it
     * took: seq_cst, or a wake in between could be lost. See "Sleeping" in arena.h. */
    atomic_store_explicit(&desk->sleeping, 0, memory_order_seq_cst);
    FAULT_POINT("arena_reap.flag_cleared");
    arena_wake_all(arena);
    return orphaned;
}

void arena_wake_all(struct arena *arena)
{
    ring_wake(arena, arena->slot_count);
    board_ring_bell(arena);
    /* A worker killed inside board_ring_bell() may have cleared the flag and woken nobody. */
    futex_wake(&arena->board->sleeping, 1);
}

void arena_want_sentinel(struct arena *arena)
{
    atomic_fetch_add_explicit(&arena->control->sentinels_wanted, 1, memory_order_seq_cst);
    board_ring_bell(arena);
}

void arena_dismiss(struct arena *arena, unsigned slot)
{
    atomic_store_explicit(&arena->slots[slot].dismissed, 1, memory_order_seq_cst);
    ring_wake_worker(arena, slot);
}

void arena_set_state(struct arena *arena, enum control_state state)
{
    atomic_store_explicit(&arena->control->state, state, memory_order_seq_cst);
    futex_wake(&arena->control->state, INT32_MAX);
    board_ring_bell(arena);
}

void arena_census(const struct arena *arena, unsigned counts[CLAIM_STATES])
{
    memset(counts, 0, CLAIM_STATES * sizeof *counts);
    for (uint32_t i = 0; i < arena->block_count; i++) {
        uint64_t word = atomic_load_explicit(arena_claim(arena, i), memory_order_relaxed);
        unsigned state = claim_unpack(word).state;
        if (state < CLAIM_STATES)
            counts[state]++;
    }
}
