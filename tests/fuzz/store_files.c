/*
 * store_files - a data directory whose files were damaged byte by byte: opening it refuses, or what
 * can still be read is consistent; never a crash, never a hang.
 *
 * An input is a list of damages: which file, what is done, where, with what.
 */
#include <string.h>

#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/store_place.h"

enum { PAGE = 16384, DAMAGES_MAX = 32 };

static void damage(struct store_place *place, struct fuzz_input *input)
{
    uint64_t what = fuzz_take(input, 1);
    enum store_file file = what & 1 ? STORE_LOG : STORE_DATABASE;
    size_t size = place->size[file];
    size_t pages = size / PAGE;
    size_t at = (size_t)fuzz_take(input, 3);
    uint64_t value = fuzz_take(input, 1);
    if (pages == 0)
        return;
    size_t page = (at >> 14) % pages * PAGE;
    size_t within = at % PAGE;
    uint8_t *bytes = place->bytes[file];
    switch (what >> 1 & 7) {
    case 0: /* anywhere */
        bytes[page + within] = (uint8_t)value;
        break;
    case 1: /* the head of a page: its kind, and where its cells are */
        bytes[page + within % 64] = (uint8_t)value;
        break;
    case 2: /* the end of a page, where its first cells are */
        bytes[page + PAGE - 1 - within % 512] = (uint8_t)value;
        break;
    case 3:
        bytes[page + within] ^= (uint8_t)(1 << (value & 7));
        break;
    case 4:
        memset(bytes + page, (int)value, PAGE);
        break;
    case 5:
        memmove(bytes + page, bytes + value % pages * PAGE, PAGE);
        break;
    case 6:
        place->size[file] = at % size;
        break;
    case 7:
        place->size[file] = page;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_input input = {bytes, size};
    struct store_place place = store_place_new();
    for (int i = 0; i < DAMAGES_MAX && input.size > 0; i++)
        damage(&place, &input);
    store_place_write(&place);
    store_place_free(&place);
    store_place_use();
    return 0;
}
