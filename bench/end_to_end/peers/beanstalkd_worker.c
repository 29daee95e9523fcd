/* beanstalkd_worker HOST PORT - tests packed numbers for beanstalkd, for ever. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/end_to_end/beanstalk.h"
#include "bench/end_to_end/load.h"
#include "bench/end_to_end/work.h"

int main(int argc, char **argv)
{
    static struct beanstalk connection;
    if (argc < 3)
        load_fail("usage: beanstalkd_worker HOST PORT");
    connection.socket = load_connect(argv[1], argv[2]);
    beanstalk_command(&connection, "watch jobs\r\n", "WATCHING");
    beanstalk_command(&connection, "ignore default\r\n", "WATCHING");
    uint64_t tube = 0;
    for (;;) {
        uint64_t job[2 + BEANSTALK_JOB];
        struct {
            uint64_t from;
            uint8_t verdicts[BEANSTALK_JOB];
        } reply;
        size_t size;
        uint64_t id = beanstalk_reserve(&connection, job, sizeof job, &size);
        size_t count = size / sizeof *job - 2;
        reply.from = job[1];
        work_test_octets(job + 2, count, reply.verdicts);
        if (tube != job[0]) {
            char command[64];
            tube = job[0];
            snprintf(command, sizeof command, "use c%llu\r\n", (unsigned long long)tube);
            beanstalk_command(&connection, command, "USING");
        }
        beanstalk_put(&connection, &reply, sizeof reply.from + count);
        beanstalk_delete(&connection, id);
        beanstalk_expect_put(&connection);
        beanstalk_expect_deleted(&connection);
    }
}
