/* avx2 - the kernel for x86-64 processors with AVX2, FMA, BMI2 and ADX. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx2.h"

const struct kernel kernel_avx2 = {
    .name = "avx2",
    .wheel = avx2_wheel,
    .sift = avx2_sift,
    .euler = {avx2_small_euler, avx2_small_euler, avx2_wide_euler},
    .lucas = {NULL, avx2_small_lucas, avx2_wide_lucas},
    .multiply = rows_multiply_adx,
    .reduce = rows_reduce_adx,
    .lanes = &lanes_avx2,
};

#endif
