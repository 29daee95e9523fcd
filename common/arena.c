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
};

static const char arena_magic[8] = "primed\0";
enum { ARENA_VERSION = 1 };

static size_t round_up(size_t size, size_t multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

static uint32_t power_of_two_from(uint32_t n)
{
    uint32_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

/* Where each part begins, and where the last one ends. */
struct layout {
    size_t control, slots, ring, board, blocks, end;
};

static struct layout lay_out(unsigned slots, unsigned blocks, uint32_t cells)
{
    struct layout at;
    at.control = round_up(sizeof(struct arena_header), CACHE_LINE);
    at.slots = round_up(at.control + sizeof(struct control), ARENA_PAGE);
    at.ring = round_up(at.slots + slots * sizeof(struct worker_slot), ARENA_PAGE);
    at.board = round_up(at.ring + sizeof(struct ring) + cells * sizeof(uint32_t), ARENA_PAGE);
    at.blocks = round_up(at.board + sizeof(struct board) + (blocks + 63) / 64 * sizeof(uint64_t),
                         (size_t)sysconf(_SC_PAGESIZE));
    at.end = at.blocks + (size_t)blocks * BLOCK_SIZE;
    return at;
}

/* Anonymous shared memory, reserved in full and of fixed size. Never /dev/shm: containers keep that
 * small. */
static int map_shared(size_t size, void **base)
{
    int fd = memfd_create("primed-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;
    int error = 0;
    if (ftruncate(fd, (off_t)size) < 0)
        error = -errno;
    else
        error = -posix_fallocate(fd, 0, (off_t)size);
    if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        error = -errno;
    if (!error) {
        void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mapped == MAP_FAILED)
            error = -errno;
        else
            *base = mapped;
    }
    close(fd);
    return error;
}

static struct arena_header header_of(const struct arena *arena)
{
    struct arena_header header = {
        .version = ARENA_VERSION,
        .slot_count = arena->slot_count,
        .block_count = arena->block_count,
        .block_size = BLOCK_SIZE,
    };
    memcpy(header.magic, arena_magic, sizeof header.magic);
    return header;
}

int arena_create(struct arena *arena, unsigned slots, unsigned blocks)
{
    if (slots < 1 || slots > CLAIM_MAX_OWNERS || blocks < 1 || blocks > ARENA_MAX_BLOCKS)
        return -EINVAL;
    uint32_t cells = power_of_two_from(blocks);
    struct layout at = lay_out(slots, blocks, cells);

    void *base = NULL;
    int error = map_shared(at.end, &base);
    if (!base)
        return error == -ENOSPC ? -ENOMEM : error;

    uint8_t *start = base;
    *arena = (struct arena){
        .base = base,
        .size = at.end,
        .control = (struct control *)(void *)(start + at.control),
        .slots = (struct worker_slot *)(void *)(start + at.slots),
        .ring = (struct ring *)(void *)(start + at.ring),
        .board = (struct board *)(void *)(start + at.board),
        .blocks = start + at.blocks,
        .slot_count = slots,
        .block_count = blocks,
        .ring_mask = cells - 1,
    };
    struct arena_header header = header_of(arena);
    memcpy(base, &header, sizeof header);
    return 0;
}

void arena_confine(const struct arena *arena)
{
    char *base = arena->base;
    char *head = (char *)&arena->ring->head;
    mprotect(base, (size_t)((char *)arena->slots - base), PROT_READ);
    mprotect(head, (size_t)((char *)arena->board - head), PROT_READ);
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
    memset(arena->ring, 0, (size_t)(arena->blocks - (uint8_t *)arena->ring));
    atomic_store(&control->workers_wanted, workers_wanted);
    atomic_store(&control->front_restarts, front_restarts);
    for (int i = 0; i < RESTART_CAUSES; i++)
        atomic_store(&control->worker_restarts[i], worker_restarts[i]);
    for (uint32_t i = 0; i < arena->block_count; i++)
        atomic_store(&arena_block(arena, i)->claim, 0);
}

void arena_destroy(struct arena *arena)
{
    munmap(arena->base, arena->size);
}

unsigned arena_reap(struct arena *arena, unsigned slot)
{
    unsigned orphaned = 0;
    for (uint32_t i = 0; i < arena->block_count; i++) {
        _Atomic uint64_t *word = &arena_block(arena, i)->claim;
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
    atomic_store_explicit(&arena->slots[slot].began_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&arena->slots[slot].block_began_ns, 0, memory_order_relaxed);
    busy_end(&arena->slots[slot].busy, clock_monotonic_ns());
    atomic_store_explicit(&arena->slots[slot].dismissed, 0, memory_order_relaxed);
    /* First keep the dead worker from taking wakes meant for others, then make up for those it
     * took: seq_cst, or a wake in between could be lost. See "Sleeping" in arena.h. */
    atomic_store_explicit(&arena->slots[slot].sleeping, 0, memory_order_seq_cst);
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
        uint64_t word = atomic_load_explicit(&arena_block(arena, i)->claim, memory_order_relaxed);
        unsigned state = claim_unpack(word).state;
        if (state < CLAIM_STATES)
            counts[state]++;
    }
}
