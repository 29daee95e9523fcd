/* result_cursor - chunk by chunk through a batch. See result_cursor.h. */
#include "server/http/result_cursor.h"

void result_cursor_set(struct result_cursor *cursor, struct store *store, const struct batch_id *id,
                       enum result_format format, enum result_filter filter, uint64_t position,
                       uint64_t limit)
{
    cursor->store = store;
    cursor->id = *id;
    cursor->format = format;
    cursor->filter = filter;
    cursor->position = position;
    cursor->left = limit;
    cursor->written = 0;
    cursor->loaded = false;
}

/* Get the chunk the position lies in. False if the batch is gone. */
static bool load(struct result_cursor *cursor)
{
    struct store *store = cursor->store;
    if (store_locate(store, &cursor->id, cursor->position, &cursor->chunk_index,
                     &cursor->chunk_first) != STORE_OK ||
        store_numbers(store, &cursor->id, cursor->chunk_index, &cursor->chunk, cursor->words) !=
            STORE_OK ||
        store_verdicts(store, &cursor->id, cursor->chunk_index, cursor->verdicts,
                       cursor->seconds) != STORE_OK)
        return false;
    chunk_read(&cursor->reader, &cursor->chunk);
    cursor->loaded = true;
    return chunk_seek(&cursor->reader, (uint32_t)(cursor->position - cursor->chunk_first));
}

static bool is_wanted(enum result_filter filter, enum verdict verdict)
{
    switch (filter) {
    case RESULT_PRIME:
        return verdict == VERDICT_PRIME || verdict == VERDICT_PROBABLE_PRIME;
    case RESULT_COMPOSITE:
        return verdict == VERDICT_COMPOSITE;
    case RESULT_FAILED:
        return verdict > VERDICT_PROBABLE_PRIME;
    default:
        return true;
    }
}

/*
 * Octets are sent as they lie: add those of the chunk that is loaded, of numbers below `end`, up to
 * `size`.
 */
static void write_octets(struct result_cursor *cursor, struct text *text, size_t size, uint64_t end)
{
    uint64_t first = cursor->position - cursor->chunk_first;
    uint64_t count = cursor->chunk.count - first;
    count = count < end - cursor->position ? count : end - cursor->position;
    count = count < cursor->left ? count : cursor->left;
    count = count < size - text->length ? count : size - text->length;
    text_add(text, (const char *)cursor->verdicts + first, count);
    cursor->written += count;
    cursor->left -= count;
    cursor->position += count;
    cursor->loaded = first + count < cursor->chunk.count;
}

enum result_stop result_cursor_write(struct result_cursor *cursor, struct text *text, size_t size,
                                     uint64_t end, const char *separator)
{
    while (cursor->position < end) {
        if (cursor->left == 0)
            return RESULT_STOP_LIMIT;
        if (text->length >= size || text->failed)
            return RESULT_STOP_SIZE;
        if (!cursor->loaded && !load(cursor))
            return RESULT_STOP_GONE;
        if (cursor->format == RESULT_OCTETS && cursor->filter == RESULT_ALL) {
            write_octets(cursor, text, size, end);
            continue;
        }

        uint32_t i = cursor->reader.index;
        struct number number;
        if (!chunk_next(&cursor->reader, &number))
            return RESULT_STOP_GONE; /* the store has lost the numbers: nothing to go on with */
        enum verdict verdict = cursor->verdicts[i];
        if (is_wanted(cursor->filter, verdict)) {
            if (cursor->written > 0)
                text_add_string(text, separator);
            result_format_item(text, cursor->format, cursor->position, &number, verdict,
                               cursor->seconds[i]);
            cursor->written++;
            cursor->left--;
        }
        cursor->position++;
        cursor->loaded = cursor->reader.index < cursor->chunk.count;
    }
    return cursor->left == 0 ? RESULT_STOP_LIMIT : RESULT_STOP_END;
}
