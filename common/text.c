/* text - growing by doubling. See text.h. */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

char *text_reserve(struct text *text, size_t size)
{
    if (text->failed)
        return NULL;
    size_t needed = text->length + size;
    if (needed > text->capacity) {
        size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
        while (capacity < needed)
            capacity *= 2;
        char *data = realloc(text->data, capacity);
        if (!data) {
            text->failed = true;
            return NULL;
        }
        text->data = data;
        text->capacity = capacity;
    }
    return text->data + text->length;
}

bool text_add(struct text *text, const char *bytes, size_t size)
{
    char *place = size > 0 ? text_reserve(text, size) : NULL;
    if (place) {
        memcpy(place, bytes, size);
        text->length += size;
    }
    return !text->failed;
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *place = length < 0 ? NULL : text_reserve(text, (size_t)length + 1);
    if (!place)
        return;
    va_start(arguments, format);
    vsnprintf(place, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void text_destroy(struct text *text)
{
    free(text->data);
    *text = (struct text){.data = NULL};
}
