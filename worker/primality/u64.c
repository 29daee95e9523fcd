/*
 * u64 - verdicts for arrays of 64-bit integers.
 *
 * A batch goes through ever finer and dearer sieves, each of which hands on what it could not
 * settle:
 *
 *   1. numbers below 2^16 are looked up, and so is divisibility by 2, 3, 5, 7, 11, 13;
 *   2. the survivors are sorted by size (enum kernel_class) and tried by more primes;
 *   3. an Euler test to base 2, several numbers in step;
 *   4. below 2^32, a look at the list of the composites that get this far; above, an almost extra
 *      strong Lucas test.
 *
 * Every verdict is a proof: below 2^32 because all exceptions were enumerated (exceptions.h), above
 * because no composite below 2^64 passes both tests (lucas64.h).
 */
#include "worker/primality/exceptions.h"
#include "worker/primality/kernel.h"
#include "worker/primality/lucas64.h"
#include "worker/primality/primality.h"
#include "worker/primality/small.h"
#include "worker/primality/stopwatch.h"

#include <stdbool.h>
#include <string.h>

/*
 * Where the time goes: the numbers that enter a stage share its time evenly. `seconds` is NULL when
 * nobody asked.
 */
struct account {
    float *seconds;
    uint64_t mark;
    size_t count;
    uint16_t entered[KERNEL_GROUP];
};

static void enter_stage(struct account *account, const struct kernel_candidates *c)
{
    if (account->seconds == NULL)
        return;
    account->count = c->count;
    memcpy(account->entered, c->index, c->count * sizeof *c->index);
}

static void leave_stage(struct account *account)
{
    if (account->seconds == NULL || account->count == 0)
        return;
    uint64_t now = stopwatch_now();
    double stage = stopwatch_tick() * (double)(now - account->mark);
    float share = (float)(stage / (double)account->count);
    for (size_t i = 0; i < account->count; i++)
        account->seconds[account->entered[i]] += share;
    account->mark = now;
}

/*
 * Stage 1: verdicts for the small numbers and those the wheel stops; all others are composite until
 * they prove prime, and collected by size.
 */
static void turn_wheel(const struct kernel *kernel, const uint64_t *numbers, size_t count,
                       uint8_t *verdicts, struct kernel_candidates *classes)
{
    uint16_t small[KERNEL_GROUP + KERNEL_PAD];
    size_t small_count = kernel->wheel(numbers, count, classes, small);
    memset(verdicts, PRIMALITY_COMPOSITE, count);
    for (size_t i = 0; i < small_count; i++)
        verdicts[small[i]] = small_is_prime(numbers[small[i]]); /* 0 or 1, as verdicts are */
}

/* Keep the candidates that passed. */
static void keep_passed(struct kernel_candidates *c, const uint8_t *passed)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        c->n[kept] = c->n[i];
        c->index[kept] = c->index[i];
        kept += passed[i];
    }
    c->count = kept;
}

static void pad(struct kernel_candidates *c)
{
    for (size_t i = 0; i < KERNEL_PAD; i++)
        c->n[c->count + i] = c->n[0];
}

/*
 * The parameter P of the Lucas test for n without factors below 17, where the table does not tell.
 * P = 9, 11 and 15 have the discriminants 77, 9 * 13 and 13 * 17, and the masks hold the residues of
 * n that make 7, 11, 13 and 17 non-residues of n, up to a sign that 7 and 11 share. (P = 7, 8, 10,
 * 12, 13 and 14 have discriminants made of factors that are residues by then.)
 */
static uint32_t lucas_parameter(uint64_t n)
{
    uint32_t by_7 = UINT32_C(0x68) >> (n % 7) & 1;
    uint32_t by_11 = UINT32_C(0x5c4) >> (n % 11) & 1;
    uint32_t by_13 = UINT32_C(0x9e4) >> (n % 13) & 1;
    uint32_t by_17 = UINT32_C(0x5ce8) >> (n % 17) & 1;
    if (by_7 != by_11)
        return 9;
    if (by_13)
        return 11;
    return by_17 ? 15 : lucas64_parameter(n, 16);
}

/* p[i] for every candidate: the table first, without a branch, as it tells for 15 in 16. */
static void find_parameters(const struct kernel_candidates *c, uint32_t *p)
{
    uint16_t missing[KERNEL_GROUP];
    size_t missing_count = 0;
    for (size_t i = 0; i < c->count; i++) {
        p[i] = small_lucas[c->n[i] % SMALL_LUCAS];
        missing[missing_count] = (uint16_t)i;
        missing_count += p[i] == 0;
    }
    for (size_t i = 0; i < missing_count; i++)
        p[missing[i]] = lucas_parameter(c->n[missing[i]]);
}

/* Stage 4. Is passed[i], for every candidate. */
static void test_last(const struct kernel *kernel, enum kernel_class size,
                      struct kernel_candidates *c, uint8_t *passed)
{
    if (size == KERNEL_NARROW) {
        for (size_t i = 0; i < c->count; i++)
            passed[i] = !exceptions_contain((uint32_t)c->n[i]);
        return;
    }
    uint32_t p[KERNEL_GROUP + KERNEL_PAD];
    find_parameters(c, p);
    pad(c);
    for (size_t i = 0; i < KERNEL_PAD; i++)
        p[c->count + i] = p[0];
    kernel->lucas[size](c->n, p, c->count, passed);
    for (size_t i = 0; i < c->count; i++)
        passed[i] &= p[i] != 0;
}

/* Stages 2 to 4 for one class. */
static void test_class(const struct kernel *kernel, enum kernel_class size,
                       struct kernel_candidates *c, uint8_t *verdicts, struct account *account)
{
    uint8_t passed[KERNEL_GROUP + KERNEL_PAD];
    enter_stage(account, c);
    pad(c);
    c->count = kernel->sift(size, c->n, c->index, c->count);
    leave_stage(account);

    enter_stage(account, c);
    pad(c);
    kernel->euler[size](c->n, c->count, passed);
    keep_passed(c, passed);
    leave_stage(account);

    enter_stage(account, c);
    test_last(kernel, size, c, passed);
    for (size_t i = 0; i < c->count; i++)
        verdicts[c->index[i]] = passed[i] ? PRIMALITY_PRIME : PRIMALITY_COMPOSITE;
    leave_stage(account);
}

static void test_group(const struct kernel *kernel, const uint64_t *numbers, size_t count,
                       uint8_t *verdicts, struct account *account)
{
    struct kernel_candidates classes[KERNEL_CLASSES];
    for (int size = 0; size < KERNEL_CLASSES; size++)
        classes[size].count = 0;
    turn_wheel(kernel, numbers, count, verdicts, classes);
    if (account->seconds != NULL) {
        uint64_t now = stopwatch_now();
        float share = (float)(stopwatch_tick() * (double)(now - account->mark) / (double)count);
        for (size_t i = 0; i < count; i++)
            account->seconds[i] = share;
        account->mark = now;
    }
    for (int size = 0; size < KERNEL_CLASSES; size++) {
        if (classes[size].count > 0)
            test_class(kernel, (enum kernel_class)size, &classes[size], verdicts, account);
    }
}

void kernel_test_u64(const struct kernel *kernel, const uint64_t *numbers, size_t count,
                     uint8_t *verdicts, float *seconds)
{
    struct account account; /* its lists are not worth clearing */
    account.seconds = seconds;
    account.mark = stopwatch_now();
    account.count = 0;
    for (size_t done = 0; done < count; done += KERNEL_GROUP) {
        size_t part = count - done < KERNEL_GROUP ? count - done : KERNEL_GROUP;
        test_group(kernel, numbers + done, part, verdicts + done, &account);
        if (account.seconds != NULL)
            account.seconds += part;
    }
}

void primality_test_u64(const uint64_t *numbers, size_t count, uint8_t *verdicts, float *seconds)
{
    kernel_test_u64(kernel_chosen(), numbers, count, verdicts, seconds);
}
