/*
 * lanes_steps - the arithmetic of lanes.h and the tests made of it, for any vector. Included once by
 * each kernel, after it has defined what its processor offers:
 *
 *   vector         WIDTH 64-bit integers
 *   operand        WIDTH digits in the form the multiplication takes
 *   mask           WIDTH choices
 *   lo, hi         acc + the low, or the high, 52 bits of the product of two digits
 *   bias           makes up, in a column, for what `los` calls of lo() and `his` of hi() add to it
 *                  beyond that (see lanes_avx2.c); nothing with IFMA
 *   to_operand     the low 52 bits of each integer; to_digits, back
 *   add, and, shift_left, shift_right, choose, permute, ...
 *
 * Bounds. n < R / 16, R = 2^(52 D), D digits. A product is summed by columns, t = sum of t[k] 2^(52 k),
 * without carries: a column receives at most D low and D high halves from the product and as many
 * from the reduction, each below 2^52, and a carry: less than (4 D + 1) 2^52 < 2^61, D being at most
 * LANES_DIGITS = 79. In a squaring the cross products are summed once and doubled, which is the same
 * sum. The reduction (P. L. Montgomery, "Modular multiplication without trial division", Math. Comp.
 * 44, 1985) adds q n, q < R, that clears the D low columns, so that
 *
 *     r = (a b + q n) / R < a b / R + n,
 *
 * and for a, b < 4 n that is below 16 n^2 / R + n < 2 n: no comparison with n is needed. The carries
 * of the upper columns are only then let run through them, and on that way the result is doubled
 * (below 4 n, columns below 2^62) where a bit of the exponent asks for it, or some n - k is added
 * (below 3 n). All of these may be factors again, and r < 16 n < R has D digits. A factor of one
 * digit, which is taken with a reduction by one digit, gives (x a + q n) / 2^52 < 3 n for x < 2 n. A
 * small factor, up to 41, is taken without reduction: below 82 n, so that the next square is below
 * 6724 n^2 / R + n < 2 n if n < R / 6724, which two digits for n < 2^82 grant.
 *
 * Leaving Montgomery form is a reduction of x < 4 n alone: (x + q n) / R < n + 1, at most n.
 */

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE LANES_TARGET static inline __attribute__((always_inline))

enum { ROWS = 4, COLUMNS = 2 * LANES_DIGITS + ROWS };

struct modulus {
    operand n[LANES_DIGITS];
    operand inverse;
};

/* --- columns ---------------------------------------------------------------------------------- */

/*
 * t += a * b, by `rows` digits of a and the digits from..to-1 of b; t[0] is the column of a[0] * b[0].
 * The columns in reach are held in registers, one moves out and one in with each digit of b.
 */
INLINE void add_rows(vector *t, const operand *a, const operand *b, int from, int to, int rows)
{
    vector window[ROWS + 1];
    operand row[ROWS];
    UNROLL for (int r = 0; r < rows; r++) row[r] = a[r];
    UNROLL for (int c = 0; c <= rows; c++) window[c] =
        bias(t[from + c], c < rows ? c + 1 : rows, c);
    for (int j = from; j < to; j++) {
        operand digit = b[j];
        UNROLL for (int r = 0; r < rows; r++) window[r] = lo(window[r], row[r], digit);
        UNROLL for (int r = 0; r < rows; r++) window[r + 1] = hi(window[r + 1], row[r], digit);
        t[j] = window[0];
        UNROLL for (int c = 0; c < rows; c++) window[c] = window[c + 1];
        window[rows] = bias(t[j + rows + 1], rows, rows);
    }
    UNROLL for (int c = 0; c < rows; c++) t[to + c] = bias(window[c], -(c + 1), -c);
}

/* Add multiples of n that clear the columns t[0..rows-1], and their carry to the next. */
INLINE void clear_rows(vector *t, const struct modulus *m, int digits, int rows)
{
    operand q[ROWS];
    vector carry = zero();
    UNROLL for (int r = 0; r < rows; r++)
    {
        vector column = bias(add(t[r], carry), r + 1, r);
        UNROLL for (int i = 0; i < r; i++)
        {
            column = lo(column, q[i], m->n[r - i]);
            column = hi(column, q[i], m->n[r - i - 1]);
        }
        vector exact = bias(column, -1, 0);
        q[r] = to_operand(lo(bias(zero(), 1, 0), to_operand(exact), m->inverse));
        carry = shift_right(lo(column, q[r], m->n[0]), LANES_DIGIT);
    }
    t[rows] = add(t[rows], carry);
    /* What the first `rows` digits of n add to the columns after those. */
    UNROLL for (int c = 0; c < rows; c++)
    {
        vector column = bias(t[rows + c], rows - 1 - c, rows - c);
        UNROLL for (int r = c; r < rows; r++)
        {
            if (r > c)
                column = lo(column, q[r], m->n[rows + c - r]);
            column = hi(column, q[r], m->n[rows + c - 1 - r]);
        }
        t[rows + c] = column;
    }
    add_rows(t, q, m->n, rows, digits, rows);
}

/* Clear t[0..digits-1]. */
INLINE void reduce(vector *t, const struct modulus *m, int digits)
{
    int done = 0;
    for (; done + ROWS <= digits; done += ROWS)
        clear_rows(t + done, m, digits, ROWS);
    if (digits & 2) {
        clear_rows(t + done, m, digits, 2);
        done += 2;
    }
    if (digits & 1)
        clear_rows(t + done, m, digits, 1);
}

INLINE void clear_columns(vector *t, int digits)
{
    for (int i = 0; i < 2 * digits + ROWS; i++)
        t[i] = zero();
}

INLINE void sum_product(vector *t, const operand *a, const operand *b, int digits)
{
    int i = 0;
    clear_columns(t, digits);
    for (; i + ROWS <= digits; i += ROWS)
        add_rows(t + i, a + i, b, 0, digits, ROWS);
    for (; i < digits; i++)
        add_rows(t + i, a + i, b, 0, digits, 1);
}

/* The products of different digits among a[i..i+rows-1], and of those with all that follow. */
INLINE void add_cross_rows(vector *t, const operand *a, int i, int digits, int rows)
{
    UNROLL for (int r = 0; r < rows; r++)
    {
        UNROLL for (int k = r + 1; k < rows; k++)
        {
            vector *column = t + 2 * i + r + k;
            column[0] = lo(bias(column[0], 1, 0), a[i + r], a[i + k]);
            column[1] = hi(bias(column[1], 0, 1), a[i + r], a[i + k]);
        }
    }
    add_rows(t + i, a + i, a, i + rows, digits, rows);
}

INLINE void sum_square(vector *t, const operand *a, int digits)
{
    int i = 0;
    clear_columns(t, digits);
    for (; i + ROWS <= digits; i += ROWS)
        add_cross_rows(t, a, i, digits, ROWS);
    if (digits & 2)
        add_cross_rows(t, a, i, digits, 2);
    for (i = 0; i < digits; i++) {
        vector *column = t + 2 * i;
        column[0] = lo(bias(add(column[0], column[0]), 1, 0), a[i], a[i]);
        column[1] = hi(bias(add(column[1], column[1]), 0, 1), a[i], a[i]);
    }
}

/* The same two for a few digits, unrolled: the columns stay in registers. */
INLINE void sum_product_short(vector *t, const operand *a, const operand *b, int digits)
{
    UNROLL for (int i = 0; i < 2 * digits; i++) t[i] = zero();
    UNROLL for (int i = 0; i < digits; i++)
    {
        UNROLL for (int j = 0; j < digits; j++)
        {
            t[i + j] = lo(bias(t[i + j], 1, 0), a[i], b[j]);
            t[i + j + 1] = hi(bias(t[i + j + 1], 0, 1), a[i], b[j]);
        }
    }
}

INLINE void sum_square_short(vector *t, const operand *a, int digits)
{
    UNROLL for (int i = 0; i < 2 * digits; i++) t[i] = zero();
    UNROLL for (int i = 0; i < digits; i++)
    {
        UNROLL for (int j = i + 1; j < digits; j++)
        {
            t[i + j] = lo(bias(t[i + j], 1, 0), a[i], a[j]);
            t[i + j + 1] = hi(bias(t[i + j + 1], 0, 1), a[i], a[j]);
        }
    }
    UNROLL for (int i = 0; i < digits; i++)
    {
        t[2 * i] = lo(bias(add(t[2 * i], t[2 * i]), 1, 0), a[i], a[i]);
        t[2 * i + 1] = hi(bias(add(t[2 * i + 1], t[2 * i + 1]), 0, 1), a[i], a[i]);
    }
}

INLINE void reduce_short(vector *t, const struct modulus *m, int digits)
{
    UNROLL for (int i = 0; i < digits; i++)
    {
        operand q = to_operand(lo(bias(zero(), 1, 0), to_operand(t[i]), m->inverse));
        t[i + 1] = add(t[i + 1], shift_right(lo(bias(t[i], 1, 0), q, m->n[0]), LANES_DIGIT));
        UNROLL for (int j = 1; j < digits; j++)
        {
            t[i + j] = hi(lo(bias(t[i + j], 1, 1), q, m->n[j]), q, m->n[j - 1]);
        }
        t[i + digits] = hi(bias(t[i + digits], 0, 1), q, m->n[digits - 1]);
    }
}

/* --- residues --------------------------------------------------------------------------------- */

/* r = the upper columns, doubled where `twice` is 1, plus the addend if there is one. */
INLINE void let_carries_run(operand *r, const vector *t, vector twice,
                            const struct lanes_numbers *addend, int digits)
{
    vector carry = zero();
    for (int i = 0; i < digits; i++) {
        carry = add(carry, shift_left(t[i], twice));
        if (addend != NULL)
            carry = add(carry, load(addend->digits + i * WIDTH));
        r[i] = to_operand(carry);
        carry = shift_right(carry, LANES_DIGIT);
    }
}

/* `fixed`: digits is a constant of a few. */
INLINE void square(operand *r, const operand *a, vector twice, const struct lanes_numbers *addend,
                   const struct modulus *m, int digits, bool fixed)
{
    vector t[COLUMNS];
    if (fixed) {
        sum_square_short(t, a, digits);
        reduce_short(t, m, digits);
    } else {
        sum_square(t, a, digits);
        reduce(t, m, digits);
    }
    let_carries_run(r, t + digits, twice, addend, digits);
}

INLINE void multiply(operand *r, const operand *a, const operand *b,
                     const struct lanes_numbers *addend, const struct modulus *m, int digits,
                     bool fixed)
{
    vector t[COLUMNS];
    if (fixed) {
        sum_product_short(t, a, b, digits);
        reduce_short(t, m, digits);
    } else {
        sum_product(t, a, b, digits);
        reduce(t, m, digits);
    }
    let_carries_run(r, t + digits, zero(), addend, digits);
}

/* x = x * a / 2^52 where the mask says so. */
INLINE void multiply_digit(operand *x, operand a, mask which, const struct modulus *m, int digits)
{
    operand before = x[0];
    vector column = lo(bias(zero(), 1, 0), before, a);
    operand q = to_operand(lo(bias(zero(), 1, 0), to_operand(column), m->inverse));
    vector carry = shift_right(lo(bias(column, 1, 0), q, m->n[0]), LANES_DIGIT);
    for (int i = 1; i < digits; i++) {
        column = hi(lo(bias(zero(), 2, 2), x[i], a), before, a);
        column = hi(lo(column, q, m->n[i]), q, m->n[i - 1]);
        carry = add(carry, column);
        x[i - 1] = choose(before, to_operand(carry), which);
        carry = shift_right(carry, LANES_DIGIT);
        before = x[i];
    }
    carry = add(carry, hi(hi(bias(zero(), 0, 2), before, a), q, m->n[digits - 1]));
    x[digits - 1] = choose(before, to_operand(carry), which);
}

/* x = x * a where the mask says so. */
INLINE void multiply_small(operand *x, operand a, mask which, int digits)
{
    operand before = x[0];
    vector column = lo(bias(zero(), 1, 0), before, a);
    x[0] = choose(before, to_operand(column), which);
    vector carry = shift_right(column, LANES_DIGIT);
    for (int i = 1; i < digits; i++) {
        carry = add(carry, hi(lo(bias(zero(), 1, 1), x[i], a), before, a));
        before = x[i];
        x[i] = choose(before, to_operand(carry), which);
        carry = shift_right(carry, LANES_DIGIT);
    }
}

/* The numbers x out of Montgomery form, at most n. */
INLINE void leave(struct lanes_numbers *r, const operand *x, const struct modulus *m, int digits)
{
    vector t[COLUMNS];
    operand plain[LANES_DIGITS];
    clear_columns(t, digits);
    for (int i = 0; i < digits; i++)
        t[i] = to_digits(x[i]);
    reduce(t, m, digits);
    let_carries_run(plain, t + digits, zero(), NULL, digits);
    for (int i = 0; i < digits; i++)
        store(r->digits + i * WIDTH, to_digits(plain[i]));
}

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
