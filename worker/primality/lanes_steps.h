/*
 * lanes_steps - the arithmetic of lanes.h, for any vector. Included once by
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
