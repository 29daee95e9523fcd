/* load_beanstalkd - a client of beanstalkd: packed numbers in, an octet a number out. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/end_to_end/beanstalk.h"
#include "bench/end_to_end/load.h"

struct client {
    struct beanstalk jobs;
    struct beanstalk replies;
    uint64_t id;
};

static void *connect_beanstalkd(const char *host, const char *port)
{
    static _Atomic uint64_t clients;
    struct client *client = calloc(1, sizeof *client);
    client->id = (uint64_t)getpid() * 1000 + atomic_fetch_add(&clients, 1);
    client->jobs.socket = load_connect(host, port);
    client->replies.socket = load_connect(host, port);
    beanstalk_command(&client->jobs, "use jobs\r\n", "USING");
    char command[64];
    snprintf(command, sizeof command, "watch c%llu\r\n", (unsigned long long)client->id);
    beanstalk_command(&client->replies, command, "WATCHING");
    beanstalk_command(&client->replies, "ignore default\r\n", "WATCHING");
    return client;
}

static void put(struct client *client, const struct batch *batch, uint64_t from, size_t count)
{
    uint64_t job[2 + BEANSTALK_JOB] = {client->id, from};
    memcpy(job + 2, batch->numbers + from, count * sizeof *job);
    beanstalk_put(&client->jobs, job, (2 + count) * sizeof *job);
}

/* Receive a reply; how many verdicts it has. */
static size_t receive(struct client *client, const struct batch *batch)
{
    struct {
        uint64_t from;
        uint8_t verdicts[BEANSTALK_JOB];
    } reply;
    size_t size;
    uint64_t id = beanstalk_reserve(&client->replies, &reply, sizeof reply, &size);
    size -= sizeof reply.from;
    memcpy(batch->verdicts + reply.from, reply.verdicts, size);
    beanstalk_delete(&client->replies, id);
    beanstalk_expect_deleted(&client->replies);
    return size;
}

static void big_beanstalkd(void *connection, const struct batch *batch)
{
    struct client *client = connection;
    size_t jobs = 0;
    for (size_t i = 0; i < batch->count; i += BEANSTALK_JOB, jobs++)
        put(client, batch, i, batch->count - i < BEANSTALK_JOB ? batch->count - i : BEANSTALK_JOB);
    for (size_t i = 0; i < jobs; i++)
        beanstalk_expect_put(&client->jobs);
    for (size_t received = 0; received < batch->count;)
        received += receive(client, batch);
}

static size_t small_beanstalkd(void *connection, const struct batch *batch)
{
    uint8_t verdicts[64];
    struct batch own = *batch; /* other clients have the same one */
    own.verdicts = verdicts;
    put(connection, &own, 0, own.count);
    beanstalk_expect_put(&((struct client *)connection)->jobs);
    receive(connection, &own);
    size_t primes = 0;
    for (size_t i = 0; i < own.count; i++)
        primes += verdicts[i];
    return primes;
}

const struct contender load_beanstalkd = {"beanstalkd", connect_beanstalkd, small_beanstalkd,
                                          big_beanstalkd, NULL};
