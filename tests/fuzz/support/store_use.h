/* store_use - everything that is done with what a store holds. */
#ifndef TESTS_FUZZ_STORE_USE_H
#define TESTS_FUZZ_STORE_USE_H

#include "server/store/store.h"

/* Use a store that was opened, whatever is in it, as store_place.h says. */
void store_use(struct store *store);

#endif
