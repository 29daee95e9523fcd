/* cost - how long a number takes: see primality_cost_ns(). */
#include "worker/primality/primality.h"

/*
 * The times of primes in bench/README.md, in batches as the service makes them: so many numbers as
 * chunks of 5 ms hold, which from 3,072 bits on is one. Where the 13 bases of a proof are needed, up
 * to 81 bits, is what counts up to 128. Between two rows above that the time grows evenly, and past
 * the last like the cube.
 */
static const struct row {
    size_t bits;
    uint64_t cost_ns;
} rows[] = {{16, 2},         {32, 20},         {50, 50},         {64, 210},
            {128, 3500},     {256, 7000},      {512, 50000},     {1024, 280000},
            {2048, 2400000}, {3072, 13000000}, {4096, 30000000}, {8192, 430000000}};

enum {
    ROWS = sizeof rows / sizeof *rows,
    STEPS = 5 /* rows that hold for all sizes up to theirs */
};

uint64_t primality_cost_ns(size_t bits)
{
    size_t i = 0;
    while (i < ROWS && bits > rows[i].bits)
        i++;
    if (i < STEPS)
        return rows[i].cost_ns;
    if (i == ROWS) {
        uint64_t limbs = (bits + 63) / 64;
        return bits * limbs * limbs * 16 / 5;
    }
    const struct row *from = &rows[i - 1];
    return from->cost_ns +
           (rows[i].cost_ns - from->cost_ns) * (bits - from->bits) / (rows[i].bits - from->bits);
}
