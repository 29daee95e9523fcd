/* keyring - one writer, one reader, two processes. See keyring.h. */
#include "server/keyring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/log.h"

enum { WORDS = sizeof(struct tokens) / sizeof(uint64_t) };

_Static_assert(sizeof(struct tokens) % sizeof(uint64_t) == 0, "tokens are whole words");

/* The memory that is shared; all zero at first. */
struct keyring {
    _Atomic uint32_t version;       /* odd while it is written */
    _Atomic uint64_t tokens[WORDS]; /* a struct tokens, word by word */
};

/* The same, to be filled in and to be read. */
union token_words {
    struct tokens tokens;
    uint64_t words[WORDS];
};

struct keyring *keyring_new(void)
{
    struct keyring *keyring =
        mmap(NULL, sizeof *keyring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (keyring == MAP_FAILED)
        return NULL;
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    if (keyring)
        munmap(keyring, sizeof *keyring);
}

void keyring_hide(struct keyring *keyring, bool hide)
{
    if (keyring)
        madvise(keyring, sizeof *keyring, hide ? MADV_DONTFORK : MADV_DOFORK);
}

/* Words of a set that has so many tokens. */
static size_t words_of(uint64_t count)
{
    size_t bytes = offsetof(struct tokens, tokens) + count * sizeof(struct token);
    return bytes / sizeof(uint64_t);
}

/*
 * Each word is released, and acquired by keyring_update(): who sees one of the new set sees the odd
 * version after it. (Fences would do the same, but ThreadSanitizer knows none.) The last store
 * pairs with the first load.
 */
static void publish(struct keyring *keyring, const union token_words *set)
{
    uint32_t version = atomic_load_explicit(&keyring->version, memory_order_relaxed);
    atomic_store_explicit(&keyring->version, version + 1, memory_order_relaxed);
    for (size_t i = 0; i < words_of(set->tokens.count); i++)
        atomic_store_explicit(&keyring->tokens[i], set->words[i], memory_order_release);
    atomic_store_explicit(&keyring->version, version + 2, memory_order_release);
}

int keyring_load(struct keyring *keyring, const char *path, const struct quota *standard)
{
    char mistake[TOKENS_MISTAKE_SIZE] = "out of memory";
    bool exposed = false;
    union token_words *set = calloc(1, sizeof *set);
    if (!set || tokens_read(&set->tokens, path, standard, &exposed, mistake) < 0) {
        log_error("the tokens could not be read; those from before stay",
                  log_str("mistake", mistake));
        free(set);
        return -1;
    }
    publish(keyring, set);
    log_info("tokens", log_int("count", (int64_t)set->tokens.count), log_str("file", path));
    if (exposed)
        log_warning("everybody may read the file of tokens: names and quotas, no token; chmod o-r",
                    log_str("file", path));
    free(set);
    return 0;
}

bool keyring_update(const struct keyring *keyring, struct tokens *copy, uint32_t *version)
{
    uint32_t now = atomic_load_explicit(&keyring->version, memory_order_acquire);
    if (now == *version || now % 2 != 0)
        return false;
    union token_words *set = malloc(sizeof *set);
    if (!set)
        return false;
    set->words[0] = atomic_load_explicit(&keyring->tokens[0], memory_order_acquire);
    if (set->tokens.count > TOKENS_MAX)
        set->tokens.count = 0; /* half of one and half of another: found out below */
    for (size_t i = 1; i < words_of(set->tokens.count); i++)
        set->words[i] = atomic_load_explicit(&keyring->tokens[i], memory_order_acquire);
    bool whole = atomic_load_explicit(&keyring->version, memory_order_relaxed) == now;
    if (whole) {
        *copy = set->tokens;
        *version = now;
    }
    free(set);
    return whole;
}
