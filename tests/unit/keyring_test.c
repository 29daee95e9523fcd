/* keyring_test - tokens handed from one process to another, while they change. */
#include "server/keyring.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/forked.h"
#include "tests/support/primed.h"

static char directory[64];
static char files[2][96];

static void setup(void)
{
    strcpy(directory, "/tmp/primed-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    for (int i = 0; i < 2; i++)
        snprintf(files[i], sizeof files[i], "%s/tokens%d", directory, i);
}

static void teardown(void)
{
    primed_remove_directory(directory);
}

TestSuite(keyring, .init = setup, .fini = teardown, .timeout = 60);

/* A file of so many tokens, all of that name. */
static void write_file(const char *path, const char *name, unsigned count)
{
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%s sha256:%064x\n", name, i + 1);
    fclose(out);
}

static struct keyring *new_keyring(void)
{
    struct keyring *keyring = keyring_new();
    cr_assert_not_null(keyring);
    return keyring;
}

Test(keyring, what_is_loaded_is_found)
{
    static struct tokens copy;
    uint32_t version = 0;
    struct keyring *keyring = new_keyring();
    cr_expect_not(keyring_update(keyring, &copy, &version));
    write_file(files[0], "alice", 3);
    cr_assert_eq(keyring_load(keyring, files[0], &quota_unlimited), 0);
    cr_assert(keyring_update(keyring, &copy, &version));
    cr_expect_eq(copy.count, 3);
    cr_expect_str_eq(copy.tokens[2].client.name, "alice");
    cr_expect_not(keyring_update(keyring, &copy, &version), "it is of that version");
    write_file(files[0], "bob", 1);
    cr_assert_eq(keyring_load(keyring, files[0], &quota_unlimited), 0);
    cr_assert(keyring_update(keyring, &copy, &version));
    cr_expect_eq(copy.count, 1);
    cr_expect_str_eq(copy.tokens[0].client.name, "bob");
    keyring_free(keyring);
}

Test(keyring, a_wrong_file_changes_nothing)
{
    static struct tokens copy;
    uint32_t version = 0;
    struct keyring *keyring = new_keyring();
    write_file(files[0], "alice", 3);
    cr_assert_eq(keyring_load(keyring, files[0], &quota_unlimited), 0);
    write_file(files[0], "al/ice", 3);
    cr_expect_eq(keyring_load(keyring, files[0], &quota_unlimited), -1);
    cr_assert(keyring_update(keyring, &copy, &version));
    cr_expect_eq(copy.count, 3);
    cr_expect_str_eq(copy.tokens[0].client.name, "alice");
    keyring_free(keyring);
}

static int can_see(void *keyring)
{
    return msync(keyring, 1, MS_ASYNC) == 0;
}

Test(keyring, it_is_hidden_from_children)
{
    struct keyring *keyring = new_keyring();
    cr_expect_eq(forked_wait(forked_start(can_see, keyring)), 1);
    keyring_hide(keyring, true);
    cr_expect_eq(forked_wait(forked_start(can_see, keyring)), 0);
    keyring_hide(keyring, false);
    cr_expect_eq(forked_wait(forked_start(can_see, keyring)), 1);
    keyring_free(keyring);
}

/* --- while it changes ------------------------------------------------------------------------- */

enum { ROUNDS = 50, FEW = 2 };

struct change {
    struct keyring *keyring;
    _Atomic bool done;
};

static void *load_again_and_again(void *argument)
{
    struct change *change = argument;
    for (int i = 0; i < ROUNDS; i++)
        cr_expect_eq(keyring_load(change->keyring, files[i % 2], &quota_unlimited), 0);
    change->done = true;
    return NULL;
}

/* Whoever looks sees one set or the other, whole. */
Test(keyring, no_copy_is_half_of_one_and_half_of_another)
{
    static struct tokens copy;
    uint32_t version = 0;
    struct change change = {.keyring = new_keyring()};
    pthread_t thread;
    write_file(files[0], "alice", TOKENS_MAX);
    write_file(files[1], "bob", FEW);
    cr_assert_eq(pthread_create(&thread, NULL, load_again_and_again, &change), 0);
    unsigned seen = 0;
    for (bool last = false; !last;) {
        last = change.done;
        if (!keyring_update(change.keyring, &copy, &version))
            continue;
        seen++;
        bool is_first = strcmp(copy.tokens[0].client.name, "alice") == 0;
        cr_assert_eq(copy.count, is_first ? TOKENS_MAX : FEW);
        for (uint64_t i = 0; i < copy.count; i++)
            cr_assert_str_eq(copy.tokens[i].client.name, is_first ? "alice" : "bob");
    }
    cr_expect_geq(seen, 1);
    cr_expect_str_eq(copy.tokens[0].client.name, "bob", "the last one");
    pthread_join(thread, NULL);
    keyring_free(change.keyring);
}
