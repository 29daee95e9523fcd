/* negotiate - reading Accept. See negotiate.h. */
#include "server/http/negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * How closely a range like "text/csv", of that length, names a type: 3 exactly, 2 "text/", 1 all, 0
 * not.
 */
static int closeness(const char *range, size_t length, const char *type)
{
    size_t slash = (size_t)(strchr(type, '/') - type);
    if (length == strlen(type) && strncasecmp(range, type, length) == 0)
        return 3;
    if (length == slash + 2 && strncasecmp(range, type, slash + 1) == 0 && range[slash + 1] == '*')
        return 2;
    return length == 3 && strncmp(range, "*/*", 3) == 0;
}

/* The weight among the parameters of a range, 0 .. 1; 1 if there is none. */
static double weight_of(const char *parameters, const char *end)
{
    for (const char *p = parameters; p < end; p++) {
        if (*p != ';')
            continue;
        p += 1 + strspn(p + 1, " \t");
        if (strncasecmp(p, "q=", 2) == 0) {
            double weight = strtod(p + 2, NULL);
            return weight >= 0 && weight <= 1 ? weight : 0;
        }
        p--;
    }
    return 1;
}

/* The weight the header gives to a type: that of the range that names it most closely. */
static double weight_of_type(const char *accept, const char *type)
{
    double weight = 0;
    int closest = 0;
    for (const char *range = accept; *range;) {
        range += strspn(range, " \t,");
        const char *end = range + strcspn(range, ",");
        size_t length = strcspn(range, " \t;,");
        int close = closeness(range, length, type);
        if (close > closest) {
            closest = close;
            weight = weight_of(range + length, end);
        }
        range = end;
    }
    return weight;
}

int negotiate_format(const char *accept)
{
    int best = -1;
    double best_weight = 0;
    if (!accept || accept[strspn(accept, " \t")] == '\0')
        return RESULT_JSON;
    for (int i = 0; i < RESULT_FORMATS; i++) {
        double weight = weight_of_type(accept, result_format_type((enum result_format)i));
        if (weight > best_weight) {
            best = i;
            best_weight = weight;
        }
    }
    return best;
}
