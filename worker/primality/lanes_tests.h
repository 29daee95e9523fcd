/*
 * lanes_tests - the tests of lanes.h, made of the arithmetic of lanes_steps.h. Included once by each
 * kernel, after that.
 */

/* --- tests ------------------------------------------------------------------------------------ */

INLINE void load_operands(operand *x, const struct lanes_numbers *numbers, int digits)
{
    for (int i = 0; i < digits; i++)
        x[i] = to_operand(load(numbers->digits + i * WIDTH));
}

INLINE void load_modulus(struct modulus *m, const struct lanes *lanes, int digits)
{
    load_operands(m->n, &lanes->n, digits);
    m->inverse = to_operand(load(lanes->inverse));
}

/* A bit of the exponent of each lane, as 0 or 1. */
INLINE vector bit_at(const struct lanes *lanes, int position)
{
    vector word = load(lanes->exponent.digits + position / LANES_DIGIT * WIDTH);
    return and(shift_right(word, position % LANES_DIGIT), ones());
}

typedef bool lanes_passes(const struct lanes *lanes, const struct lanes_numbers *x, int lane,
                          int position);

/* Which lanes have passed, as x says? Out of line: it is called a few times a test. */
LANES_TARGET static __attribute__((noinline)) uint32_t
look_at(const struct lanes *lanes, const operand *x, int position, lanes_passes *passes)
{
    struct lanes_numbers plain;
    struct modulus m;
    uint32_t passed = 0;
    load_modulus(&m, lanes, lanes->digits);
    leave(&plain, x, &m, lanes->digits);
    for (int lane = 0; lane < WIDTH; lane++)
        if (passes(lanes, &plain, lane, position))
            passed |= UINT32_C(1) << lane;
    return passed;
}

/* The same for where x is y, or z where the mask says so; what is copied may stay in registers. */
INLINE uint32_t look(const struct lanes *lanes, const operand *y, const operand *z, mask which,
                     int digits, int position, lanes_passes *passes)
{
    operand x[LANES_DIGITS];
    UNROLL for (int i = 0; i < digits; i++) x[i] = choose(y[i], z[i], which);
    return look_at(lanes, x, position, passes);
}

INLINE uint32_t test_strong(const struct lanes *lanes, enum lanes_base base, int digits, bool fixed)
{
    struct modulus m;
    operand x[LANES_DIGITS];
    uint32_t passed = 0;
    load_modulus(&m, lanes, digits);
    load_operands(x, &lanes->start[0], digits);
    operand a = to_operand(load(lanes->base));
    for (int position = lanes->bits; position-- > 1;) {
        vector bit = bit_at(lanes, position);
        square(x, x, base == LANES_BASE_2 ? bit : zero(), NULL, &m, digits, fixed);
        if (base == LANES_BASE_SHIFTED)
            multiply_digit(x, a, mask_of(bit), &m, digits);
        if (base == LANES_BASE_SMALL)
            multiply_small(x, a, mask_of(bit), digits);
        if (position <= lanes->tail)
            passed |= look(lanes, x, x, mask_of(bit), digits, position, lanes_strong_passes);
    }
    return passed;
}

/*
 * A ladder goes from (V_k, V_(k+1)), k being the leading bits of the exponent, to V_(2k+1) and one of
 * V_2k and V_(2k+2): a product and a square. Kept are the square and the product, of which V_k is
 * the square after a 0 and the product after a 1, and what is to be squared next is the square where
 * the next bit is the same, and the product where it differs. Leading zeros leave (V_0, V_1) as it is.
 */
INLINE uint32_t test_lucas(const struct lanes *lanes, int digits, bool fixed)
{
    struct modulus m;
    operand squared[LANES_DIGITS];
    operand product[LANES_DIGITS];
    operand next[LANES_DIGITS];
    vector last = zero();
    uint32_t passed = 0;
    load_modulus(&m, lanes, digits);
    load_operands(squared, &lanes->start[0], digits);
    load_operands(product, &lanes->start[1], digits);
    for (int position = lanes->bits; position-- > 1;) {
        vector bit = bit_at(lanes, position);
        mask differs = mask_of(xor(bit, last));
        UNROLL for (int i = 0; i < digits; i++) next[i] = choose(squared[i], product[i], differs);
        multiply(product, squared, product, &lanes->addend[1], &m, digits, fixed);
        square(squared, next, zero(), &lanes->addend[0], &m, digits, fixed);
        last = bit;
        if (position <= lanes->tail)
            passed |=
                look(lanes, squared, product, mask_of(last), digits, position, lanes_lucas_passes);
    }
    return passed;
}

/*
 * The strong test in the lanes 3k, and the square and the product of the ladder in the two after it:
 * all three are products, of factors from other lanes.
 */
INLINE uint32_t test_both(const struct lanes *lanes, int digits)
{
    alignas(64) static const uint64_t strong_lanes[LANES_WIDTH] = {1, 0, 0, 1, 0, 0, 0, 0};
    alignas(64) static const uint64_t square_lanes[LANES_WIDTH] = {0, 1, 0, 0, 1, 0, 0, 0};
    alignas(64) static const uint64_t left_factors[LANES_WIDTH] = {0, 1, 1, 3, 4, 4, 6, 7};
    alignas(64) static const uint64_t right_factors[LANES_WIDTH] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct modulus m;
    operand x[LANES_DIGITS];
    operand left[LANES_DIGITS];
    operand right[LANES_DIGITS];
    uint32_t strong = 0;
    uint32_t lucas = 0;
    vector last = zero();
    load_modulus(&m, lanes, digits);
    load_operands(x, &lanes->start[0], digits);
    operand a = to_operand(load(lanes->base));
    for (int position = lanes->bits; position-- > 1;) {
        vector bit = bit_at(lanes, position);
        vector swap = and(xor(bit, last), load(square_lanes));
        vector from_left = add(load(left_factors), swap);
        vector from_right = add(load(right_factors), swap);
        for (int i = 0; i < digits; i++) {
            left[i] = permute(x[i], from_left);
            right[i] = permute(x[i], from_right);
        }
        multiply(x, left, right, &lanes->addend[0], &m, digits, false);
        multiply_digit(x, a, mask_of(and(bit, load(strong_lanes))), &m, digits);
        last = bit;
        if (position > lanes->tail)
            continue;
        strong |= look_at(lanes, x, position, lanes_strong_passes);
        vector from = add(load(right_factors), and(last, load(square_lanes)));
        for (int i = 0; i < digits; i++)
            left[i] = permute(x[i], from);
        lucas |= look_at(lanes, left, position, lanes_lucas_passes);
    }
    uint32_t passed = 0;
    for (int k = 0; k < lanes_of_both(WIDTH); k++)
        passed |= (strong >> 3 * k & lucas >> (3 * k + 1) & 1) << k;
    return passed;
}

/* --- the kernel's functions, by the number of digits ------------------------------------------ */

#define BY_DIGITS(function, ...)                            \
    switch (lanes->digits) {                                \
    case 2:                                                 \
        return function(__VA_ARGS__, 2, true);              \
    case 3:                                                 \
        return function(__VA_ARGS__, 3, true);              \
    case 4:                                                 \
        return function(__VA_ARGS__, 4, true);              \
    case 5:                                                 \
        return function(__VA_ARGS__, 5, true);              \
    default:                                                \
        return function(__VA_ARGS__, lanes->digits, false); \
    }

#define OUT_OF_LINE LANES_TARGET static __attribute__((noinline))

OUT_OF_LINE uint32_t strong_base_2(const struct lanes *lanes)
{
    BY_DIGITS(test_strong, lanes, LANES_BASE_2);
}

OUT_OF_LINE uint32_t strong_base_shifted(const struct lanes *lanes)
{
    BY_DIGITS(test_strong, lanes, LANES_BASE_SHIFTED);
}

OUT_OF_LINE uint32_t strong_base_small(const struct lanes *lanes)
{
    return test_strong(lanes, LANES_BASE_SMALL, 2, true);
}

OUT_OF_LINE uint32_t lucas_inside(const struct lanes *lanes)
{
    BY_DIGITS(test_lucas, lanes);
}

OUT_OF_LINE uint32_t both_inside(const struct lanes *lanes)
{
    return test_both(lanes, lanes->digits);
}

INLINE int multiply_numbers(const struct lanes *lanes, struct lanes_numbers *r,
                            const struct lanes_numbers *a, const struct lanes_numbers *b,
                            int digits, bool fixed)
{
    struct modulus m;
    operand x[LANES_DIGITS];
    operand y[LANES_DIGITS];
    load_modulus(&m, lanes, digits);
    load_operands(x, a, digits);
    load_operands(y, b != NULL ? b : a, digits);
    if (b != NULL)
        multiply(x, x, y, NULL, &m, digits, fixed);
    else
        square(x, x, zero(), NULL, &m, digits, fixed);
    for (int i = 0; i < digits; i++)
        store(r->digits + i * WIDTH, to_digits(x[i]));
    return 0;
}

OUT_OF_LINE int multiply_inside(const struct lanes *lanes, struct lanes_numbers *r,
                                const struct lanes_numbers *a, const struct lanes_numbers *b)
{
    BY_DIGITS(multiply_numbers, lanes, r, a, b);
}

/* What happens inside begin() and end() is out of line, so that no instruction leaves their span. */
LANES_TARGET static uint32_t run_strong(const struct lanes *lanes, enum lanes_base base)
{
    unsigned saved = begin();
    uint32_t passed = base == LANES_BASE_2         ? strong_base_2(lanes)
                      : base == LANES_BASE_SHIFTED ? strong_base_shifted(lanes)
                                                   : strong_base_small(lanes);
    end(saved);
    return passed;
}

LANES_TARGET static uint32_t run_lucas(const struct lanes *lanes)
{
    unsigned saved = begin();
    uint32_t passed = lucas_inside(lanes);
    end(saved);
    return passed;
}

LANES_TARGET static uint32_t run_both(const struct lanes *lanes)
{
    unsigned saved = begin();
    uint32_t passed = both_inside(lanes);
    end(saved);
    return passed;
}

LANES_TARGET static void run_multiply(const struct lanes *lanes, struct lanes_numbers *r,
                                      const struct lanes_numbers *a, const struct lanes_numbers *b)
{
    unsigned saved = begin();
    multiply_inside(lanes, r, a, b);
    end(saved);
}
