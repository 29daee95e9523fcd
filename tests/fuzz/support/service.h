/* service - the parts of the service, put together in this process without any network. */
#ifndef TESTS_FUZZ_SERVICE_H
#define TESTS_FUZZ_SERVICE_H

/* The most a body and a number may have: small, so that inputs of a few bytes reach it. */
enum { SERVICE_MAX_BODY = 4096, SERVICE_MAX_DIGITS = 60 };

/* Start it: a store in memory, one worker, a thread. It ends with the process. */
void service_start(void);

#endif
