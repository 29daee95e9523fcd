/* text - growing by doubling. See text.h. */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"

enum { FIRST_CAPACITY = 1024, PRINTED_ROOM = 256 /* for what is printed, mostly */ };

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

void text_add_u64(struct text *text, uint64_t number)
{
    char *place = text_reserve(text, DECIMAL_U64_MAX);
    if (place)
        text->length += decimal_u64(place, number);
}

void text_add_fraction(struct text *text, uint64_t number, unsigned decimals)
{
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    text_add_u64(text, number / unit);
    if (number % unit == 0)
        return;
    char digits[DECIMAL_U64_MAX];
    size_t count = decimal_u64(digits, unit + number % unit); /* a one keeps the zeros behind it */
    digits[0] = '.';
    while (digits[count - 1] == '0')
        count--;
    text_add(text, digits, count);
}

void text_printf(struct text *text, const char *format, ...)
{
    size_t room = PRINTED_ROOM;
    for (int tries = 0; tries < 2; tries++) {
        char *place = text_reserve(text, room);
        if (!place)
            return;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(place, room, format, arguments);
        va_end(arguments);
        if (length >= 0 && (size_t)length < room)
            text->length += (size_t)length;
        if (length < 0 || (size_t)length < room)
            return;
        room = (size_t)length + 1;
    }
}

void text_destroy(struct text *text)
{
    free(text->data);
    *text = (struct text){.data = NULL};
}
