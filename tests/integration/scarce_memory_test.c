/*
 * A front that is refused one allocation after the other, each in turn: its own, and those of the
 * libraries it stands on.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/shims/scarce_memory.h"
#include "tests/support/work.h"

TestSuite(scarce_memory, .timeout = 300);

enum { ALLOCATIONS_MAX = 1000 }; /* more than any request here makes */

/* From here on the services of this test can be made short of memory. */
static struct scarce_memory *preload(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    cr_assert_gt(length, 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/scarce_memory.so");
    cr_assert_eq(access(path, R_OK), 0, "%s", path);
    int fd = memfd_create("scarce_memory", 0); /* open in the service as well, until it is mapped */
    cr_assert_eq(ftruncate(fd, sizeof(struct scarce_memory)), 0);
    void *memory =
        mmap(NULL, sizeof(struct scarce_memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq(memory, MAP_FAILED);
    snprintf(path + strlen(path) + 1, 64, "/proc/%d/fd/%d", getpid(), fd);
    setenv("LD_PRELOAD", path, 1);
    setenv("SCARCE_MEMORY", path + strlen(path) + 1, 1);
    return memory;
}

/*
 * Make the request again and again, each time with the next allocation refused, until it makes no
 * more of them. It may be answered that there is no memory, or not at all; what is accepted is kept.
 */
static void refuse_each(struct primed *service, struct scarce_memory *memory,
                        struct client_answer (*ask)(struct primed *service, int turn),
                        void (*expect)(struct primed *service, const struct client_answer *answer))
{
    int turn = 1, answered = 0;
    for (; turn < ALLOCATIONS_MAX; turn++) {
        memory->pid = primed_front(service);
        memory->left = turn;
        struct client_answer answer = ask(service, turn);
        int64_t left = memory->left;
        memory->left = 0;
        soon(service, client_get(service, "/readyz").status == 200);
        if (answer.status == 200 || answer.status == 202) {
            answered++;
            expect(service, &answer);
        } else {
            cr_expect(answer.status == 0 || answer.status >= 500, "turn %d: %ld: %s", turn,
                      answer.status, answer.body);
        }
        if (left > 0)
            break;
    }
    cr_assert_lt(turn, ALLOCATIONS_MAX);
    cr_expect_gt(turn, 10);
    cr_expect_gt(answered, 0);
}

static struct client_answer hand_in(struct primed *service, int turn)
{
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: turn-%d", turn);
    return client_send(
        service, .method = "POST", .path = "/v1/batches?wait=60", .type = "application/json",
        .body =
            "{\"numbers\": [7, \"170141183460469231731687303715884105727\", 9], \"metadata\": {\"a\": [1]}}",
        .headers = {key});
}

static void expect_batch(struct primed *service, const struct client_answer *answer)
{
    const char *id = work_id(client_json(service, answer));
    work_expect(service, work_await(service, id), "completed",
                (struct work_counts){.prime = 2, .composite = 1});
}

Test(scarce_memory, of_a_batch_in_memory)
{
    struct scarce_memory *memory = preload();
    struct primed service = primed_start("--workers=1", "--store=memory");
    refuse_each(&service, memory, hand_in, expect_batch);
    primed_stop(&service);
}

Test(scarce_memory, of_a_batch_on_disk)
{
    struct scarce_memory *memory = preload();
    struct primed service = primed_start("--workers=1");
    refuse_each(&service, memory, hand_in, expect_batch);
    primed_stop(&service);
}
