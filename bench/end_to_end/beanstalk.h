/*
 * beanstalk - as much of beanstalkd's protocol as a client and a worker need, over one connection.
 *
 * A job is the client's id, the place of its first number, and the numbers, 8 octets each; the reply,
 * in a tube of the client's own, the place and an octet a number.
 */
#ifndef BENCH_END_TO_END_BEANSTALK_H
#define BENCH_END_TO_END_BEANSTALK_H

#include <stddef.h>
#include <stdint.h>

enum { BEANSTALK_JOB = 8000 }; /* numbers: a job is at most 65,535 octets */

struct beanstalk {
    int socket;
    size_t begin, end;
    char buffer[128 * 1024];
};

/* Send a command of one line and read the line of the answer, which must begin with `expected`. */
void beanstalk_command(struct beanstalk *b, const char *command, const char *expected);

/* Put a job into the tube in use. The answer is left to beanstalk_expect_put(), so that many can follow each other. */
void beanstalk_put(struct beanstalk *b, const void *bytes, size_t size);
void beanstalk_expect_put(struct beanstalk *b);

/* Reserve the next job: its id; its bytes go to out, of that size, and *size. */
uint64_t beanstalk_reserve(struct beanstalk *b, void *out, size_t room, size_t *size);

/* Delete a job, without waiting for the answer: beanstalk_expect_deleted() reads it. */
void beanstalk_delete(struct beanstalk *b, uint64_t id);
void beanstalk_expect_deleted(struct beanstalk *b);

#endif
