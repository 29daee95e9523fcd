/* lucas64 - the Lucas test for one 64-bit number: see lucas64.h. */
#include "worker/primality/lucas64.h"

#include "worker/primality/mont64.h"

/* The Jacobi symbol (a/n) for odd n. */
static int jacobi(uint64_t a, uint64_t n)
{
    int symbol = 1;
    while (a != 0) {
        int twos = __builtin_ctzll(a);
        a >>= twos;
        if ((twos & 1) && ((n & 7) == 3 || (n & 7) == 5))
            symbol = -symbol;
        if ((a & n & 3) == 3)
            symbol = -symbol;
        uint64_t rest = n % a;
        n = a;
        a = rest;
    }
    return n == 1 ? symbol : 0;
}

/* Digit by digit, base 2: rarely needed, so simple. */
static bool is_square(uint64_t n)
{
    uint64_t root = 0;
    for (int bit = 31; bit >= 0; bit--) {
        uint64_t trial = root | UINT64_C(1) << bit;
        if (trial * trial <= n)
            root = trial;
    }
    return root * root == n;
}

uint32_t lucas64_parameter(uint64_t n, uint32_t first)
{
    for (uint32_t p = first;; p++) {
        uint32_t discriminant = p * p - 4;
        int symbol = jacobi(discriminant, n);
        if (symbol < 0)
            return p;
        if (symbol == 0 && discriminant % n != 0)
            return 0;
        /* Only a square has no non-residue at all: look once, where few others come by. */
        if (p == 16 && is_square(n))
            return 0;
    }
}

bool lucas64_end(uint64_t v, int s, uint64_t two, uint64_t n, uint64_t inverse)
{
    if (v == two || v == n - two)
        return true;
    for (; s > 1; s--) {
        if (v == 0)
            return true;
        v = mont64_sub(mont64_mul(v, v, n, inverse), two, n);
    }
    return false;
}
