/*
 * store - what keeping batches costs: so many clients post small batches, each waiting for its
 * answer before it posts again, and one posts big ones.
 *
 *   store ADDRESS:PORT small CLIENTS NUMBERS SECONDS   accepted batches a second
 *   store ADDRESS:PORT big NUMBERS                     seconds from the post to the end of the batch
 *   store DIRECTORY bare SECONDS                       one-row commits of SQLite a second, there
 *
 * Prints one number. store.sh compares them.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/end_to_end/work.h"
#include "common/clock.h"

enum { MAX_CLIENTS = 256, ANSWER_SIZE = 1 << 16, ROW_SIZE = 160 };

_Noreturn static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* --- a client --------------------------------------------------------------------------------- */

static int dial(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strchr(address, ':');
    if (!colon || (size_t)(colon - address) >= sizeof host)
        fail(address);
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || fd < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

/* A post of that many random 62-bit numbers; *size is its size. */
static char *make_post(size_t numbers, unsigned seed, const char *query, size_t *size)
{
    char *post = malloc(200 + 21 * numbers);
    char *body = malloc(1 + 21 * numbers);
    size_t length = 0;
    if (!post || !body)
        fail("malloc");
    for (size_t i = 0; i < numbers; i++) {
        uint64_t number = (uint64_t)rand_r(&seed) << 31 | (uint64_t)rand_r(&seed);
        length += (size_t)sprintf(body + length, "%llu\n", (unsigned long long)number);
    }
    *size = (size_t)sprintf(post,
                            "POST /v1/batches%s HTTP/1.1\r\nHost: primed\r\n"
                            "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
                            query, length);
    memcpy(post + *size, body, length);
    *size += length;
    free(body);
    return post;
}

/* Send it and read the answer; its status. */
static int exchange(int fd, const char *post, size_t size, char *answer)
{
    for (ssize_t sent; size > 0; post += sent, size -= (size_t)sent) {
        sent = send(fd, post, size, MSG_NOSIGNAL);
        if (sent < 0)
            fail("send");
    }
    size_t length = 0;
    for (;;) {
        ssize_t got = recv(fd, answer + length, ANSWER_SIZE - 1 - length, 0);
        if (got <= 0)
            fail("recv");
        length += (size_t)got;
        answer[length] = '\0';
        const char *body = strstr(answer, "\r\n\r\n");
        const char *announced = strcasestr(answer, "content-length:");
        if (body && announced &&
            length >= (size_t)(body + 4 - answer) + strtoul(announced + 15, NULL, 10))
            return atoi(answer + 9);
    }
}

/* --- small batches ---------------------------------------------------------------------------- */

static struct {
    const char *address;
    size_t numbers;
    int64_t end_ns;
    _Atomic uint64_t accepted;
} load;

static void *post_small(void *seed)
{
    size_t size;
    char *answer = malloc(ANSWER_SIZE);
    char *post = make_post(load.numbers, (unsigned)(uintptr_t)seed, "", &size);
    int fd = dial(load.address);
    while (clock_monotonic_ns() < load.end_ns) {
        if (exchange(fd, post, size, answer) != 202) {
            fprintf(stderr, "%s\n", answer);
            exit(EXIT_FAILURE);
        }
        atomic_fetch_add(&load.accepted, 1);
    }
    close(fd);
    free(post);
    free(answer);
    return NULL;
}

static void small(const char *address, int clients, size_t numbers, double seconds)
{
    pthread_t threads[MAX_CLIENTS];
    load.address = address;
    load.numbers = numbers;
    load.end_ns = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    for (int i = 0; i < clients && i < MAX_CLIENTS; i++)
        pthread_create(&threads[i], NULL, post_small, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < clients && i < MAX_CLIENTS; i++)
        pthread_join(threads[i], NULL);
    printf("%.0f\n", (double)load.accepted / seconds);
}

/* --- a big batch ------------------------------------------------------------------------------ */

/* The answer counts as many primes as there are among the numbers that were posted. */
static void expect_primes(const char *post, size_t size, const char *answer)
{
    const char *p = memmem(post, size, "\r\n\r\n", 4);
    const char *counted = strstr(answer, "\"prime\":");
    uint64_t primes = 0;
    for (uint64_t number; work_scan(&p, post + size, &number);)
        primes += work_is_prime(number);
    if (!counted || strtoull(counted + strlen("\"prime\":"), NULL, 10) != primes) {
        fprintf(stderr, "not the %llu primes there are: %s\n", (unsigned long long)primes, answer);
        exit(EXIT_FAILURE);
    }
}

static void big(const char *address, size_t numbers)
{
    size_t size;
    char *answer = malloc(ANSWER_SIZE);
    char *post = make_post(numbers, 1, "?wait=300", &size);
    int fd = dial(address);
    int64_t began = clock_monotonic_ns();
    if (exchange(fd, post, size, answer) != 200) {
        fprintf(stderr, "%s\n", answer);
        exit(EXIT_FAILURE);
    }
    double seconds = (double)(clock_monotonic_ns() - began) / 1e9;
    expect_primes(post, size, answer);
    printf("%.4f\n", seconds);
    free(post);
    free(answer);
}

/* --- SQLite alone ----------------------------------------------------------------------------- */

static void bare(const char *directory, double seconds)
{
    char path[4096];
    char row[ROW_SIZE] = "";
    sqlite3 *db;
    sqlite3_stmt *insert;
    snprintf(path, sizeof path, "%s/bare.sqlite", directory);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO rows (bytes) VALUES (?)", -1, &insert, NULL) !=
            SQLITE_OK)
        fail(path);
    uint64_t count = 0;
    int64_t end_ns = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    for (; clock_monotonic_ns() < end_ns; count++) {
        sqlite3_bind_blob(insert, 1, row, sizeof row, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            fail(path);
        sqlite3_reset(insert);
    }
    printf("%.0f\n", (double)count / seconds);
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[2], "small") == 0)
        small(argv[1], atoi(argv[3]), strtoul(argv[4], NULL, 10), atof(argv[5]));
    else if (argc == 4 && strcmp(argv[2], "big") == 0)
        big(argv[1], strtoul(argv[3], NULL, 10));
    else if (argc == 4 && strcmp(argv[2], "bare") == 0)
        bare(argv[1], atof(argv[3]));
    else
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
