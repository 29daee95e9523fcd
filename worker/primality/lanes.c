/* lanes - filling lanes and looking at them: see lanes.h. */
#include "worker/primality/lanes.h"

#include "worker/primality/mont64.h"

#include <gmp.h>
#include <string.h>

static const uint64_t digit_mask = (UINT64_C(1) << LANES_DIGIT) - 1;

void lanes_begin(struct lanes *lanes, int width, size_t bits)
{
    lanes->width = width;
    lanes->digits = (int)((bits + 4 + LANES_DIGIT - 1) / LANES_DIGIT);
    lanes->bits = 0;
    lanes->tail = 0;
}

void lanes_put(const struct lanes *lanes, struct lanes_numbers *r, int lane, const uint64_t *x,
               size_t limbs)
{
    for (int i = 0; i < lanes->digits; i++) {
        size_t bit = (size_t)i * LANES_DIGIT;
        size_t limb = bit / 64;
        unsigned shift = bit % 64;
        uint64_t digit = limb < limbs ? x[limb] >> shift : 0;
        if (shift > 64 - LANES_DIGIT && limb + 1 < limbs)
            digit |= x[limb + 1] << (64 - shift);
        r->digits[i * lanes->width + lane] = digit & digit_mask;
    }
}

void lanes_get(const struct lanes *lanes, const struct lanes_numbers *x, int lane, uint64_t *r,
               size_t limbs)
{
    memset(r, 0, limbs * sizeof *r);
    for (int i = 0; i < lanes->digits; i++) {
        uint64_t digit = x->digits[i * lanes->width + lane];
        size_t bit = (size_t)i * LANES_DIGIT;
        size_t limb = bit / 64;
        unsigned shift = bit % 64;
        if (limb < limbs)
            r[limb] |= digit << shift;
        if (shift > 64 - LANES_DIGIT && limb + 1 < limbs)
            r[limb + 1] |= digit >> (64 - shift);
    }
}

/* --- filling ---------------------------------------------------------------------------------- */

/* The residue k * R mod n, for a small k. */
static void residue(const struct lanes *lanes, uint64_t *r, const uint64_t *n, size_t limbs,
                    uint32_t k)
{
    enum { ROOM = LANES_LIMBS + 2 };
    uint64_t power[ROOM] = {0};
    uint64_t quotient[ROOM];
    size_t bit = (size_t)lanes->digits * LANES_DIGIT;
    size_t top = bit / 64;
    mont64_wide value = (mont64_wide)k << bit % 64;
    power[top] = (uint64_t)value;
    power[top + 1] = (uint64_t)(value >> 64);
    mp_size_t size = (mp_size_t)(power[top + 1] != 0 ? top + 2 : top + 1);
    mpn_tdiv_qr(quotient, r, 0, power, size, n, (mp_size_t)limbs);
}

static void set_modulus(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs,
                        const uint64_t *exponent)
{
    int s = (int)mpn_scan1(exponent, 0);
    int bits = (int)mpn_sizeinbase(exponent, (mp_size_t)limbs, 2);
    lanes->s[lane] = s;
    lanes->tail = s > lanes->tail ? s : lanes->tail;
    lanes->bits = bits > lanes->bits ? bits : lanes->bits;
    lanes->inverse[lane] = (0 - mont64_inverse(n[0])) & digit_mask;
    lanes_put(lanes, &lanes->n, lane, n, limbs);
    lanes_put(lanes, &lanes->exponent, lane, exponent, limbs);
}

void lanes_set_strong(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs, uint64_t base)
{
    uint64_t x[LANES_LIMBS];
    mpn_sub_1(x, n, (mp_size_t)limbs, 1);
    set_modulus(lanes, lane, n, limbs, x);
    lanes->base[lane] = base & digit_mask;
    residue(lanes, x, n, limbs, 1);
    lanes_put(lanes, &lanes->start[0], lane, x, limbs);
    memset(x, 0, limbs * sizeof *x);
    lanes_put(lanes, &lanes->addend[0], lane, x, limbs);
}

/* Start of slot `slot` with k, from which each step subtracts k. */
static void set_start(struct lanes *lanes, int slot, int lane, const uint64_t *n, size_t limbs,
                      uint32_t k)
{
    uint64_t x[LANES_LIMBS];
    residue(lanes, x, n, limbs, k);
    lanes_put(lanes, &lanes->start[slot], lane, x, limbs);
    mpn_sub_n(x, n, x, (mp_size_t)limbs);
    lanes_put(lanes, &lanes->addend[slot], lane, x, limbs);
}

static void set_lucas_modulus(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs)
{
    uint64_t x[LANES_LIMBS];
    mpn_add_1(x, n, (mp_size_t)limbs, 1); /* fits: n is not all ones */
    set_modulus(lanes, lane, n, limbs, x);
    lanes->base[lane] = 0;
}

void lanes_set_lucas(struct lanes *lanes, int lane, const uint64_t *n, size_t limbs, uint32_t p)
{
    set_lucas_modulus(lanes, lane, n, limbs);
    set_start(lanes, 0, lane, n, limbs, 2);
    set_start(lanes, 1, lane, n, limbs, p);
}

void lanes_set_both(struct lanes *lanes, int k, const uint64_t *n, size_t limbs, uint64_t base,
                    uint32_t p)
{
    lanes_set_strong(lanes, 3 * k, n, limbs, base);
    for (int i = 0; i < 2; i++) {
        set_lucas_modulus(lanes, 3 * k + 1 + i, n, limbs);
        set_start(lanes, 0, 3 * k + 1 + i, n, limbs, i == 0 ? 2 : p);
    }
}

/* --- looking ---------------------------------------------------------------------------------- */

/* Is x = k? */
static bool is(const struct lanes *lanes, const struct lanes_numbers *x, int lane, uint64_t k)
{
    for (int i = 0; i < lanes->digits; i++)
        if (x->digits[i * lanes->width + lane] != (i == 0 ? k : 0))
            return false;
    return true;
}

/* Is x = n - k? */
static bool is_minus(const struct lanes *lanes, const struct lanes_numbers *x, int lane, uint64_t k)
{
    for (int i = 0; i < lanes->digits; i++) {
        int place = i * lanes->width + lane;
        uint64_t digit = lanes->n.digits[place] - k;
        if (x->digits[place] != (digit & digit_mask))
            return false;
        k = digit >> 63; /* the borrow */
    }
    return true;
}

bool lanes_strong_passes(const struct lanes *lanes, const struct lanes_numbers *x, int lane,
                         int position)
{
    if (position > lanes->s[lane])
        return false;
    return is_minus(lanes, x, lane, 1) || (position == lanes->s[lane] && is(lanes, x, lane, 1));
}

bool lanes_lucas_passes(const struct lanes *lanes, const struct lanes_numbers *x, int lane,
                        int position)
{
    if (position > lanes->s[lane])
        return false;
    if (position == lanes->s[lane] && (is(lanes, x, lane, 2) || is_minus(lanes, x, lane, 2)))
        return true;
    return position >= 2 && (is(lanes, x, lane, 0) || is_minus(lanes, x, lane, 0));
}
