/* Every kernel of the core, in every lane and with every length of batch. */
#include "tests/support/primality_reference.h"
#include "worker/primality/kernel.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/primality.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CAPACITY = 20000, LONGEST = 70, GUARD = 0xee };

static uint64_t numbers[CAPACITY + LONGEST];
static uint8_t expected[CAPACITY + LONGEST];
static size_t total;

static void prepare(void)
{
    total = reference_families(numbers, CAPACITY);
    cr_assert_lt(total, CAPACITY, "the families are cut short");
    for (size_t i = 0; i < total; i++)
        expected[i] = reference_is_prime(numbers[i]) ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    memcpy(numbers + total, numbers, LONGEST * sizeof *numbers);
    memcpy(expected + total, expected, LONGEST);
}

static void check(const struct kernel *kernel, size_t first, size_t count)
{
    uint8_t verdicts[CAPACITY + 1];
    memset(verdicts, GUARD, count + 1);
    kernel_test_u64(kernel, numbers + first, count, verdicts, NULL);
    cr_assert_eq(verdicts[count], GUARD, "%s wrote past %zu verdicts", kernel->name, count);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(verdicts[i], expected[first + i], "%s: %lu at %zu of %zu", kernel->name,
                     numbers[first + i], i, count);
}

Test(primality_kernels, families, .init = prepare)
{
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
        check(kernel, 0, total);
}

/* Windows of each length slide over the families, so that every number meets every place. */
Test(primality_kernels, every_length_of_batch, .init = prepare)
{
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++)
        for (size_t count = 0; count <= LONGEST; count++)
            for (size_t first = 0; first < total; first += 1 + count / 2)
                check(kernel, first, count);
}

/* The odd numbers of the families that belong to a class, without factors below 17. */
static size_t collect(enum kernel_class size, uint64_t *n)
{
    static const uint64_t bounds[] = {UINT64_C(1) << 16, UINT64_C(1) << 32, UINT64_C(1) << 50,
                                      UINT64_MAX};
    size_t count = 0;
    for (size_t i = 0; i < total; i++)
        if (numbers[i] > bounds[size] && numbers[i] < bounds[size + 1] && numbers[i] % 2 &&
            numbers[i] % 3 && numbers[i] % 5 && numbers[i] % 7 && numbers[i] % 11 &&
            numbers[i] % 13)
            n[count++] = numbers[i];
    return count;
}

Test(primality_kernels, euler_in_every_lane, .init = prepare)
{
    static uint64_t n[CAPACITY];
    uint8_t passed[2 * KERNEL_PAD];
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        for (enum kernel_class size = KERNEL_NARROW; size < KERNEL_CLASSES; size++) {
            size_t count = collect(size, n);
            cr_assert_gt(count, 2 * KERNEL_PAD);
            for (size_t first = 0; first + 2 * KERNEL_PAD <= count; first++) {
                kernel->euler[size](n + first, KERNEL_PAD, passed);
                for (size_t i = 0; i < KERNEL_PAD; i++)
                    cr_assert_eq(passed[i], reference_is_euler(n[first + i]), "%s: %lu in lane %zu",
                                 kernel->name, n[first + i], i);
            }
        }
    }
}

Test(primality_kernels, lucas_in_every_lane, .init = prepare)
{
    static uint64_t n[CAPACITY];
    static uint32_t p[CAPACITY];
    uint8_t passed[2 * KERNEL_PAD];
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        for (enum kernel_class size = KERNEL_MIDDLE; size < KERNEL_CLASSES; size++) {
            size_t count = 0;
            size_t candidates = collect(size, n);
            for (size_t i = 0; i < candidates; i++) {
                p[count] = lucas64_parameter(n[i], 3);
                n[count] = n[i];
                count += p[count] != 0;
            }
            for (size_t first = 0; first + 2 * KERNEL_PAD <= count; first++) {
                kernel->lucas[size](n + first, p + first, KERNEL_PAD, passed);
                for (size_t i = 0; i < KERNEL_PAD; i++)
                    cr_assert_eq(passed[i], reference_is_lucas(n[first + i], p[first + i]),
                                 "%s: %lu in lane %zu", kernel->name, n[first + i], i);
            }
        }
    }
}

static void turn(const struct kernel *kernel, const uint64_t *n, size_t count,
                 struct kernel_candidates *classes, uint16_t *small, size_t *small_count)
{
    for (int size = 0; size < KERNEL_CLASSES; size++)
        classes[size].count = 0;
    *small_count = kernel->wheel(n, count, classes, small);
}

/* All wheels sort numbers alike, also where the last vector is not full. */
Test(primality_kernels, wheels_agree, .init = prepare)
{
    static struct kernel_candidates expected_classes[KERNEL_CLASSES];
    static struct kernel_candidates classes[KERNEL_CLASSES];
    static uint16_t expected_small[KERNEL_GROUP + KERNEL_PAD];
    static uint16_t small[KERNEL_GROUP + KERNEL_PAD];
    size_t expected_count;
    size_t small_count;
    const struct kernel *kernel;
    for (size_t k = 1; (kernel = kernel_available(k)) != NULL; k++) {
        for (size_t first = 0; first + KERNEL_GROUP <= total; first += 97) {
            size_t count = first % 2 ? KERNEL_GROUP : first % KERNEL_GROUP;
            turn(kernel_available(0), numbers + first, count, expected_classes, expected_small,
                 &expected_count);
            turn(kernel, numbers + first, count, classes, small, &small_count);
            cr_assert_eq(small_count, expected_count);
            cr_assert_arr_eq(small, expected_small, small_count * sizeof *small);
            for (int size = 0; size < KERNEL_CLASSES; size++) {
                const struct kernel_candidates *c = &classes[size];
                const struct kernel_candidates *e = &expected_classes[size];
                cr_assert_eq(c->count, e->count, "%s", kernel->name);
                cr_assert_arr_eq(c->n, e->n, c->count * sizeof *c->n);
                cr_assert_arr_eq(c->index, e->index, c->count * sizeof *c->index);
            }
        }
    }
}

/* A prime is never sifted out, and what is left is left in order. */
Test(primality_kernels, sift_keeps_primes, .init = prepare)
{
    static uint64_t n[CAPACITY];
    static uint16_t index[CAPACITY];
    const struct kernel *kernel;
    for (size_t k = 0; (kernel = kernel_available(k)) != NULL; k++) {
        for (enum kernel_class size = KERNEL_NARROW; size < KERNEL_CLASSES; size++) {
            static uint64_t all[CAPACITY];
            size_t count = collect(size, all);
            memcpy(n, all, count * sizeof *n);
            for (size_t i = 0; i < count; i++)
                index[i] = (uint16_t)i;
            size_t kept = kernel->sift(size, n, index, count);
            size_t next = 0;
            for (size_t i = 0; i < count; i++) {
                bool stays = next < kept && index[next] == i;
                cr_assert(stays || !reference_is_prime(all[i]), "%lu", all[i]);
                if (stays)
                    cr_assert_eq(n[next++], all[i]);
            }
            cr_assert_eq(next, kept);
        }
    }
}
