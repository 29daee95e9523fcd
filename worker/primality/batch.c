/*
 * batch - verdicts for an array of integers of any size.
 *
 * In groups, on the stack. Numbers below 2^64 go to the 64-bit core together. The others are sorted
 * by size, and those of as many limbs take each test in turn, the cheap ones first: trial division;
 * a strong test to base 2, which next to no composite passes; then up to psi_13 (u128.h) the other
 * bases of a proof, beyond it the rest of Baillie-PSW and a Miller-Rabin round. Whoever fails is out,
 * and those left close up, so that each test runs in full lanes (lanes.h) but for its last ones.
 */
#include "worker/primality/factors.h"
#include "worker/primality/kernel.h"
#include "worker/primality/lanes.h"
#include "worker/primality/large.h"
#include "worker/primality/limbs.h"
#include "worker/primality/primality.h"
#include "worker/primality/stopwatch.h"

#include <gmp.h>

enum { GROUP = 256 };

struct candidate {
    const uint64_t *n;
    size_t count;   /* limbs, the highest not 0 */
    uint32_t p;     /* the parameter of the Lucas test */
    uint32_t index; /* in the group */
};

/* A group at work. `seconds` is NULL when nobody asked. */
struct group {
    const struct kernel *kernel;
    uint8_t *verdicts;
    float *seconds;
    uint64_t mark; /* the time is accounted for up to here */
    size_t count;  /* candidates */
    struct candidate candidates[GROUP];
};

/* Those candidates share the time since the last call evenly. */
static void charge(struct group *g, const struct candidate *c, size_t count)
{
    if (g->seconds == NULL || count == 0)
        return;
    uint64_t now = stopwatch_now();
    float share = (float)(stopwatch_tick() * (double)(now - g->mark) / (double)count);
    for (size_t i = 0; i < count; i++)
        g->seconds[c[i].index] += share;
    g->mark = now;
}

/* --- tests in lanes or one by one ------------------------------------------------------------- */

static size_t bits_of(const struct candidate *c)
{
    return 64 * c->count - (size_t)__builtin_clzll(c->n[c->count - 1]);
}

/* Test as many candidates as there are lanes at most, of as many limbs and the greatest last: bit i
   of the result says that c[i] passed. */
typedef uint32_t test_in_lanes(const struct lanes_kernel *kernel, const struct candidate *c,
                               size_t count);
typedef bool test_alone(const struct kernel *kernel, const struct candidate *c);

static uint32_t base2_in_lanes(const struct lanes_kernel *kernel, const struct candidate *c,
                               size_t count)
{
    struct lanes lanes;
    lanes_begin(&lanes, kernel->width, bits_of(&c[count - 1]));
    for (size_t i = 0; i < (size_t)kernel->width; i++) {
        const struct candidate *own = &c[i < count ? i : 0];
        lanes_set_strong(&lanes, (int)i, own->n, own->count, 0);
    }
    return kernel->strong(&lanes, LANES_BASE_2);
}

static bool base2_alone(const struct kernel *kernel, const struct candidate *c)
{
    return limbs_base2(kernel, c->n, c->count);
}

static uint32_t round_and_lucas(const struct lanes_kernel *kernel, const struct candidate *c,
                                size_t count)
{
    struct lanes lanes;
    size_t bits = bits_of(&c[count - 1]);
    lanes_begin(&lanes, kernel->width, bits);
    for (size_t i = 0; i < (size_t)kernel->width; i++) {
        const struct candidate *own = &c[i < count ? i : 0];
        lanes_set_strong(&lanes, (int)i, own->n, own->count, limbs_base(own->n, own->count));
    }
    uint32_t passed = kernel->strong(&lanes, LANES_BASE_SHIFTED);
    lanes_begin(&lanes, kernel->width, bits);
    for (size_t i = 0; i < (size_t)kernel->width; i++) {
        const struct candidate *own = &c[i < count ? i : 0];
        lanes_set_lucas(&lanes, (int)i, own->n, own->count, own->p);
    }
    return passed & kernel->lucas(&lanes);
}

/* The same, three lanes a number. */
static uint32_t round_beside_lucas(const struct lanes_kernel *kernel, const struct candidate *c,
                                   size_t count)
{
    struct lanes lanes;
    int side_by_side = lanes_of_both(kernel->width);
    uint32_t passed = 0;
    for (size_t first = 0; first < count; first += (size_t)side_by_side) {
        lanes_begin(&lanes, kernel->width, bits_of(&c[count - 1]));
        for (int k = 0; k < kernel->width; k++) {
            size_t i = first + (size_t)(k % side_by_side);
            const struct candidate *own = &c[i < count ? i : first];
            if (k < side_by_side)
                lanes_set_both(&lanes, k, own->n, own->count, limbs_base(own->n, own->count),
                               own->p);
            else if (k >= 3 * side_by_side)
                lanes_set_strong(&lanes, k, own->n, own->count, 1);
        }
        passed |= kernel->both(&lanes) << first;
    }
    return passed;
}

static uint32_t last_in_lanes(const struct lanes_kernel *kernel, const struct candidate *c,
                              size_t count)
{
    bool few = count <= (size_t)kernel->width / 2 && c->count > 2;
    uint32_t passed =
        few ? round_beside_lucas(kernel, c, count) : round_and_lucas(kernel, c, count);
    return passed & ((UINT32_C(1) << count) - 1);
}

static bool last_alone(const struct kernel *kernel, const struct candidate *c)
{
    return limbs_last(kernel, c->n, c->count, c->p);
}

/* From how many numbers of a size on lanes pay. */
static size_t least_in_lanes(const struct group *g, size_t limbs)
{
    const struct lanes_kernel *lanes = g->kernel->lanes;
    return lanes != NULL && limbs <= LANES_LIMBS ? lanes->worth(limbs) : SIZE_MAX;
}

/*
 * The numbers of a stage have as many limbs; what is kept of them closes up. `least` or more are
 * tested in lanes. Returns how many are kept.
 */
static size_t keep(struct group *g, struct candidate *c, size_t count, size_t least,
                   test_in_lanes *in_lanes, test_alone *alone)
{
    const struct lanes_kernel *lanes = g->kernel->lanes;
    size_t kept = 0;
    for (size_t i = 0, part; i < count; i += part) {
        uint32_t passed;
        size_t left = count - i;
        if (left >= least) {
            part = left < (size_t)lanes->width ? left : (size_t)lanes->width;
            passed = in_lanes(lanes, c + i, part);
        } else {
            part = 1;
            passed = alone(g->kernel, c + i);
        }
        charge(g, c + i, part);
        for (size_t k = 0; k < part; k++)
            if (passed >> k & 1)
                c[kept++] = c[i + k];
    }
    return kept;
}

/* --- the stages ------------------------------------------------------------------------------- */

enum { BASES = 12 }; /* of a proof, besides 2 */

/* The bases of a proof are independent as well: a lane is one base of one number. */
static void prove_in_lanes(struct group *g, const struct candidate *c, size_t count)
{
    static const uint8_t bases[BASES] = {3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41};
    const struct lanes_kernel *kernel = g->kernel->lanes;
    size_t width = (size_t)kernel->width;
    for (size_t i = 0; i < count; i++)
        g->verdicts[c[i].index] = PRIMALITY_PRIME;
    for (size_t job = 0; job < count * BASES; job += width) {
        struct lanes lanes;
        size_t left = count * BASES - job;
        lanes_begin(&lanes, kernel->width, bits_of(&c[count - 1]));
        for (size_t k = 0; k < width; k++) {
            size_t own = job + (k < left ? k : 0);
            const struct candidate *number = &c[own / BASES];
            lanes_set_strong(&lanes, (int)k, number->n, number->count, bases[own % BASES]);
        }
        uint32_t passed = kernel->strong(&lanes, LANES_BASE_SMALL);
        for (size_t k = 0; k < width && k < left; k++)
            if ((passed >> k & 1) == 0)
                g->verdicts[c[(job + k) / BASES].index] = PRIMALITY_COMPOSITE;
    }
    charge(g, c, count);
}

static void prove(struct group *g, const struct candidate *c, size_t count)
{
    if (count > 0 && BASES * count >= least_in_lanes(g, c->count)) {
        prove_in_lanes(g, c, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (limbs_first_bases(c[i].n, c[i].count))
            g->verdicts[c[i].index] = PRIMALITY_PRIME;
        charge(g, c + i, 1);
    }
}

static void test_last(struct group *g, struct candidate *c, size_t count)
{
    if (count == 0)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        c[i].p = limbs_lucas_parameter(c[i].n, c[i].count);
        charge(g, c + i, 1);
        if (c[i].p != 0)
            c[kept++] = c[i];
    }
    size_t least = least_in_lanes(g, c->count);
    if (least != SIZE_MAX && c->count >= g->kernel->lanes->alone_limbs)
        least = 1;
    kept = keep(g, c, kept, least, last_in_lanes, last_alone);
    for (size_t i = 0; i < kept; i++)
        g->verdicts[c[i].index] = PRIMALITY_PROBABLE_PRIME;
}

/* Those with as many limbs, smallest first. */
static void test_size(struct group *g, struct candidate *c, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool found = factors_found(c[i].n, c[i].count);
        charge(g, c + i, 1);
        if (!found)
            c[kept++] = c[i];
    }
    if (c->count > LARGE_LIMBS) {
        for (size_t i = 0; i < kept; i++) {
            if (limbs_probable_prime(c[i].n, c[i].count))
                g->verdicts[c[i].index] = PRIMALITY_PROBABLE_PRIME;
            charge(g, c + i, 1);
        }
        return;
    }
    kept = keep(g, c, kept, least_in_lanes(g, c->count), base2_in_lanes, base2_alone);
    size_t provable = 0;
    while (provable < kept && limbs_provable(c[provable].n, c[provable].count))
        provable++;
    prove(g, c, provable);
    test_last(g, c + provable, kept - provable);
}

/* --- groups ----------------------------------------------------------------------------------- */

static bool is_less(const struct candidate *a, const struct candidate *b)
{
    return a->count != b->count ? a->count < b->count
                                : mpn_cmp(a->n, b->n, (mp_size_t)a->count) < 0;
}

static void insert(struct group *g, const struct candidate *c)
{
    size_t place = g->count++;
    for (; place > 0 && is_less(c, &g->candidates[place - 1]); place--)
        g->candidates[place] = g->candidates[place - 1];
    g->candidates[place] = *c;
}

static void test_words(struct group *g, const uint64_t *words, const uint16_t *index, size_t count)
{
    uint8_t verdicts[GROUP];
    float seconds[GROUP];
    kernel_test_u64(g->kernel, words, count, verdicts, g->seconds != NULL ? seconds : NULL);
    for (size_t i = 0; i < count; i++) {
        g->verdicts[index[i]] = verdicts[i];
        if (g->seconds != NULL)
            g->seconds[index[i]] += seconds[i];
    }
    g->mark = stopwatch_now();
}

static void test_group(struct group *g, const struct primality_integer *numbers, size_t count)
{
    uint64_t words[GROUP];
    uint16_t index[GROUP];
    size_t word_count = 0;
    g->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct candidate c = {.n = numbers[i].limbs, .count = numbers[i].count};
        while (c.count > 0 && c.n[c.count - 1] == 0)
            c.count--;
        c.index = (uint32_t)i;
        g->verdicts[i] = PRIMALITY_COMPOSITE;
        if (c.count <= 1) {
            index[word_count] = (uint16_t)i;
            words[word_count++] = c.count == 0 ? 0 : c.n[0];
        } else if (c.n[0] & 1) {
            insert(g, &c);
        }
    }
    if (g->seconds != NULL) {
        uint64_t now = stopwatch_now();
        for (size_t i = 0; i < count; i++)
            g->seconds[i] = (float)(stopwatch_tick() * (double)(now - g->mark) / (double)count);
        g->mark = now;
    }
    test_words(g, words, index, word_count);
    for (size_t first = 0, end; first < g->count; first = end) {
        end = first;
        while (end < g->count && g->candidates[end].count == g->candidates[first].count)
            end++;
        test_size(g, g->candidates + first, end - first);
    }
}

void kernel_test_limbs(const struct kernel *kernel, const struct primality_integer *numbers,
                       size_t count, uint8_t *verdicts, float *seconds)
{
    struct group g = {.kernel = kernel, .mark = stopwatch_now()};
    for (size_t done = 0; done < count; done += GROUP) {
        size_t part = count - done < GROUP ? count - done : GROUP;
        g.verdicts = verdicts + done;
        g.seconds = seconds != NULL ? seconds + done : NULL;
        test_group(&g, numbers + done, part);
    }
}

void primality_test_limbs_batch(const struct primality_integer *numbers, size_t count,
                                uint8_t *verdicts, float *seconds)
{
    kernel_test_limbs(kernel_chosen(), numbers, count, verdicts, seconds);
}

enum primality_verdict primality_test_limbs(const uint64_t *limbs, size_t count, float *seconds)
{
    uint8_t verdict;
    primality_test_limbs_batch(&(struct primality_integer){limbs, count}, 1, &verdict, seconds);
    return verdict;
}
