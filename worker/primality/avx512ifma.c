/* avx512ifma - the kernel for x86-64 processors with AVX-512 IFMA: see avx512.h. */
#include "worker/primality/kernel.h"

#if defined(__x86_64__)

#include "worker/primality/avx512.h"

const struct kernel kernel_avx512ifma = {
    .name = "avx512ifma",
    .wheel = avx512_wheel,
    .sift = avx512_sift,
    .euler = {avx512_small_euler, avx512_small_euler, avx512_wide_euler},
    .lucas = {NULL, avx512_small_lucas, avx512_wide_lucas},
    .multiply = rows_multiply_adx,
    .reduce = rows_reduce_adx,
    .lanes = &lanes_ifma,
};

#endif
