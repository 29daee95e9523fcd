/* scarce_memory - what a test tells the library of that name. */
#ifndef TESTS_SHIMS_SCARCE_MEMORY_H
#define TESTS_SHIMS_SCARCE_MEMORY_H

#include <stdatomic.h>
#include <stdint.h>

struct scarce_memory {
    _Atomic int64_t pid;  /* of the process that is short of it */
    _Atomic int64_t left; /* its allocation of that number from here on fails, counted down to 0 */
};

#endif
