/* text - a growing buffer of bytes. */
#include <stdlib.h>
#include <string.h>

#include "server/intake/parts.h"

enum { INITIAL_BYTES = 64 };

bool text_append(struct text *text, const char *bytes, size_t size)
{
    if (size > text->capacity - text->length) {
        size_t capacity = text->capacity ? text->capacity : INITIAL_BYTES;
        while (capacity - text->length < size)
            capacity *= 2;
        char *grown = realloc(text->bytes, capacity);
        if (!grown)
            return false;
        text->bytes = grown;
        text->capacity = capacity;
    }
    if (size > 0)
        memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
    return true;
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}
