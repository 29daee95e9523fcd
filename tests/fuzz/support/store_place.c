/* store_place - making the directory, and damaging it. See store_place.h. */
#include "tests/fuzz/support/store_place.h"

#include <pthread.h>
#include <sanitizer/lsan_interface.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/sqlite.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/store_use.h"

enum { BYTES_MAX = 64 << 20, NUMBERS = 40 };

static const char *const names[STORE_FILES] = {"primed.sqlite", "primed.sqlite-wal"};
static char directory[256];
static char paths[STORE_FILES][280];
static struct store_place pristine;
static _Atomic bool writer_ended; /* and has left what it had in hand, as a process would */

/* --- what the C library would do -------------------------------------------------------------- */

int fsync(int descriptor)
{
    (void)descriptor;
    return 0;
}

int fdatasync(int descriptor)
{
    (void)descriptor;
    return 0;
}

_Noreturn void _exit(int status)
{
    if (syscall(SYS_gettid) != getpid()) {
        atomic_store(&writer_ended, true);
        pthread_exit(NULL);
    }
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

/* --- making it -------------------------------------------------------------------------------- */

static void note_commit(void *context, enum store_result result, const struct batch *batch)
{
    (void)batch;
    fuzz_expect(result == STORE_OK, "a commit: %d", result);
    atomic_store((_Atomic bool *)context, true);
}

static void append(struct store *store, struct store_draft *draft, uint32_t chunk, bool wide)
{
    uint64_t words[3 * NUMBERS];
    struct chunk numbers = {.kind = wide ? CHUNK_WIDE : CHUNK_NARROW,
                            .count = NUMBERS,
                            .words = wide ? 3 * NUMBERS : NUMBERS,
                            .cost_ns = NUMBERS,
                            .data = words};
    for (uint32_t i = 0; i < NUMBERS; i++) {
        uint64_t number = chunk * NUMBERS + i + 1;
        if (wide)
            memcpy(words + 3 * i, (uint64_t[]){2 << 1, number, number}, 3 * sizeof *words);
        else
            words[i] = number;
    }
    fuzz_expect(store_append(store, draft, &numbers) == STORE_OK, "an append");
}

/* A batch of three chunks, of which the first `posted` have verdicts. On disk when this returns. */
static struct batch add(struct store *store, uint32_t posted, bool wide,
                        const struct store_hash *key)
{
    enum { CHUNKS = 3 };
    static const uint8_t verdicts[NUMBERS] = {VERDICT_PRIME, VERDICT_COMPOSITE,
                                              VERDICT_PROBABLE_PRIME, VERDICT_TIMEOUT};
    static const float seconds[NUMBERS] = {1e-6F, 2e-6F};
    static const struct store_owner nobody = {"", {UINT64_MAX, UINT64_MAX}, {0, 0}};
    struct store_draft *draft;
    struct store_made made;
    _Atomic bool committed = false;
    struct batch batch;
    struct batch_spec spec = {
        .priority = 5, .ttl_s = 86400, .metadata = "{\"a\":1}", .fingerprint = key};
    enum store_result result = store_begin_owned(store, &nobody, key, &draft, &made);
    fuzz_expect(result == STORE_OK, "no draft");
    for (uint32_t i = 0; i < CHUNKS; i++)
        append(store, draft, i, wide);
    result = store_commit(store, draft, &spec, &batch, note_commit, &committed);
    fuzz_expect(result == STORE_OK, "no batch");
    if (posted > 0)
        store_start(store, &batch.id, &batch);
    for (uint32_t i = 0; i < posted; i++)
        store_post(store, &batch.id, i, verdicts, seconds, &batch);
    while (!atomic_load(&committed))
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    return batch;
}

static void read_file(enum store_file file)
{
    FILE *stream = fopen(paths[file], "rb");
    fuzz_expect(stream && fseek(stream, 0, SEEK_END) == 0, "no %s", names[file]);
    long size = ftell(stream);
    pristine.size[file] = (size_t)size;
    pristine.bytes[file] = malloc((size_t)size);
    rewind(stream);
    fuzz_expect(fread(pristine.bytes[file], 1, (size_t)size, stream) == (size_t)size, "%s",
                names[file]);
    fclose(stream);
}

/* What was made is for the inputs to share; the directory goes with the process. */
static void remove_directory(void)
{
    static const char *const left[] = {"lock", "primed.sqlite-shm", "primed.sqlite-wal",
                                       "primed.sqlite"};
    char path[sizeof directory + 32];
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, left[i]);
        unlink(path);
    }
    rmdir(directory);
}

static void make(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/primed-fuzz.XXXXXX", parent ? parent : "/tmp");
    fuzz_expect(mkdtemp(directory), "no directory");
    atexit(remove_directory);
    for (int i = 0; i < STORE_FILES; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", directory, names[i]);

    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    fuzz_expect(store, "no store");
    struct batch batch = add(store, 3, false, NULL); /* completed */
    batch = add(store, 1, false, NULL);
    store_cancel(store, &batch.id, &batch);
    store_drop(store, &batch.id, 1, &batch); /* canceled */
    batch = add(store, 0, false, NULL);
    store_remove(store, &batch.id); /* gone */
    store_close(store);

    store = store_sqlite_open(directory, BYTES_MAX);
    fuzz_expect(store, "no store");
    add(store, 1, true, NULL);                                /* running */
    add(store, 0, false, &(struct store_hash){.bytes = {1}}); /* queued, under a key */
    add(store, 3, true, NULL);
    for (int i = 0; i < STORE_FILES; i++)
        read_file((enum store_file)i);
    store_close(store);
}

struct store_place store_place_new(void)
{
    struct store_place place;
    if (!pristine.bytes[0])
        make();
    for (int i = 0; i < STORE_FILES; i++) {
        place.size[i] = pristine.size[i];
        place.bytes[i] = (uint8_t *)fuzz_copy(pristine.bytes[i], pristine.size[i]);
    }
    return place;
}

void store_place_free(struct store_place *place)
{
    for (int i = 0; i < STORE_FILES; i++)
        free(place->bytes[i]);
}

const char *store_place_write(const struct store_place *place)
{
    char index[sizeof directory + 32];
    snprintf(index, sizeof index, "%s/primed.sqlite-shm", directory);
    unlink(index); /* the index of the log is made anew */
    for (int i = 0; i < STORE_FILES; i++) {
        FILE *stream = fopen(paths[i], "wb");
        fuzz_expect(stream && fwrite(place->bytes[i], 1, place->size[i], stream) == place->size[i],
                    "%s cannot be written", paths[i]);
        fclose(stream);
    }
    return directory;
}

const char *store_place_database(void)
{
    return paths[STORE_DATABASE];
}

/* A refusal leaves nothing behind. To look takes long, so it is not done each time. */
static void expect_no_leak(void)
{
    static unsigned refusals;
    if (refusals++ % 16 == 0 && !writer_ended)
        fuzz_expect(__lsan_do_recoverable_leak_check() == 0, "a leak");
}

void store_place_use(void)
{
    struct store *store = store_sqlite_open(directory, BYTES_MAX);
    if (!store) {
        expect_no_leak();
        return;
    }
    store_use(store);
    store_close(store);
}
