/* primality_vectors - the vectors of project Wycheproof: see primality_vectors.h. */
#include "tests/support/primality_vectors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LIMBS = 128 };

/* The limbs of big-endian hexadecimal digits; returns how many, or 0 when negative or too long. */
static size_t parse(const char *hex, uint64_t *limbs)
{
    size_t digits = strlen(hex);
    size_t count = (digits + 15) / 16;
    bool negative = digits > 0 && strchr("89abcdefABCDEF", hex[0]) != NULL;
    if (negative || count > MAX_LIMBS)
        return 0;
    for (size_t i = 0; i < count; i++) {
        char limb[17] = "";
        size_t end = digits - 16 * i;
        size_t begin = end > 16 ? end - 16 : 0;
        memcpy(limb, hex + begin, end - begin);
        limbs[i] = strtoull(limb, NULL, 16);
    }
    return count;
}

int primality_vectors_read(const char *path,
                           void (*visit)(const uint64_t *limbs, size_t count, bool prime, int id,
                                         void *context),
                           void *context)
{
    json_t *document = json_load_file(path, 0, NULL);
    if (document == NULL)
        return -1;
    int visited = 0;
    size_t i;
    size_t j;
    json_t *group;
    json_t *test;
    json_array_foreach(json_object_get(document, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            uint64_t limbs[MAX_LIMBS];
            size_t count = parse(json_string_value(json_object_get(test, "value")), limbs);
            const char *result = json_string_value(json_object_get(test, "result"));
            if (count == 0)
                continue;
            int id = (int)json_integer_value(json_object_get(test, "tcId"));
            visit(limbs, count, strcmp(result, "valid") == 0, id, context);
            visited++;
        }
    }
    json_decref(document);
    return visited;
}
