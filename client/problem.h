/* problem - why a call failed, in words on standard error. */
#ifndef CLIENT_PROBLEM_H
#define CLIENT_PROBLEM_H

#include "client/http.h"

enum { PROBLEM_PLACE_SIZE = 512 };

/* Where the client's user finds number `index` of the body: "line 18 of FILE". */
typedef void problem_place(void *context, uint64_t index, char out[PROBLEM_PLACE_SIZE]);

/*
 * Say why the call failed (its result is not HTTP_OK), and return the exit status for that; of a
 * signal nothing is said, and 0 returned. `what` is what was asked for: "batch 0123". `place` may
 * be NULL.
 */
int problem_report(const struct http *http, const struct http_answer *answer, const char *what,
                   problem_place *place, void *context);

#endif
