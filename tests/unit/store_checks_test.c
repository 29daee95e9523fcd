/* The memory store: what every store does. What only it does is in store_memory_test.c. */
#include <criterion/criterion.h>

#include "server/store/memory.h"
#include "tests/support/store_checks.h"
#include "tests/support/store_draft_checks.h"
#include "tests/support/store_key_checks.h"
#include "tests/support/store_owner_checks.h"

enum { BYTES_MAX = 8 << 20 };

static struct store *store;

static void setup(void)
{
    store = store_memory_open(BYTES_MAX);
    cr_assert_not_null(store);
}

static void teardown(void)
{
    store_close(store);
}

TestSuite(store_checks, .init = setup, .fini = teardown, .timeout = 60);

STORE_CHECKS(store_checks, store, BYTES_MAX)
STORE_KEY_CHECKS(store_checks, store)
STORE_OWNER_CHECKS(store_checks, store)
STORE_DRAFT_CHECKS(store_checks, store)
