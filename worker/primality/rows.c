/*
 * rows - the two loops of multiple precision that tests of big integers spend their time in: see
 * struct kernel. Each adds the multiples of one number, row by row.
 */
#include "worker/primality/kernel.h"

#include "worker/primality/mont64.h"

#include <gmp.h>

void rows_multiply_portable(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size)
{
    mpn_mul_n(t, a, b, (mp_size_t)size);
}

void rows_reduce_portable(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse)
{
    for (size_t i = 0; i < size; i++)
        t[i] = mpn_addmul_1(t + i, n, (mp_size_t)size, t[i] * inverse);
}

#if defined(__x86_64__)

/* One limb of addmul(): `in` is the high half of the product before, `out` that of this one. */
#define LIMB(offset, in, out)                         \
    "mulx " #offset "(%[a]), %[low], %[" #out "]\n\t" \
    "adcx %[" #in "], %[low]\n\t"                     \
    "adox " #offset "(%[r]), %[low]\n\t"              \
    "mov %[low], " #offset "(%[r])\n\t"

/*
 * r[0..size-1] += a[0..size-1] * b; returns the limb carried out. Two carry chains run side by
 * side, the sums of the products in the carry flag and the sums with r in the overflow flag, so the
 * loop counts with instructions that touch neither.
 */
static inline uint64_t addmul(uint64_t *r, const uint64_t *a, size_t size, uint64_t b)
{
    uint64_t carry = 0;
    for (; size % 4 != 0; size--) {
        mont64_wide sum = (mont64_wide)*a++ * b + *r + carry;
        *r++ = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    if (size == 0)
        return carry;
    uint64_t groups = size / 4;
    uint64_t low;
    uint64_t high;
    __asm__ volatile(
        "xor %k[low], %k[low]\n"                  /* clears both flags */
        "0:\n\t"                                  /* */
        LIMB(0, carry, high) LIMB(8, high, carry) /* */
        LIMB(16, carry, high) LIMB(24, high, carry) "lea 32(%[a]), %[a]\n\t"
                                                    "lea 32(%[r]), %[r]\n\t"
                                                    "lea -1(%%rcx), %%rcx\n\t"
                                                    "jrcxz 1f\n\t"
                                                    "jmp 0b\n"
                                                    "1:\n\t"
                                                    "mov $0, %k[low]\n\t"
                                                    "adcx %[low], %[carry]\n\t"
                                                    "adox %[low], %[carry]\n\t"
        : [low] "=&r"(low), [high] "=&r"(high), [carry] "+&r"(carry), [a] "+&r"(a), [r] "+&r"(r),
          "+&c"(groups)
        : "d"(b)
        : "cc", "memory");
    return carry;
}

void rows_multiply_adx(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t size)
{
    /* From here on GMP's multiplication, which is subquadratic, is the faster one; measured. */
    enum { QUADRATIC_LIMBS = 48 };
    if (size >= QUADRATIC_LIMBS) {
        mpn_mul_n(t, a, b, (mp_size_t)size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        t[i] = 0;
    for (size_t i = 0; i < size; i++)
        t[i + size] = addmul(t + i, a, size, b[i]);
}

void rows_reduce_adx(uint64_t *t, const uint64_t *n, size_t size, uint64_t inverse)
{
    for (size_t i = 0; i < size; i++)
        t[i] = addmul(t + i, n, size, t[i] * inverse);
}

#endif
