/* metrics - see metrics.h. */
#include "client/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

double metrics_value(const char *text, const char *name)
{
    double sum = 0;
    size_t length = strlen(name);
    for (const char *line = text; *line; line = next_line(line)) {
        if (strncmp(line, name, length) != 0 || (line[length] != ' ' && line[length] != '{'))
            continue;
        const char *value = line + length;
        if (*value == '{')
            value += strcspn(value, "}\n") + 1;
        sum += strtod(value, NULL);
    }
    return sum;
}

char *metrics_label(const char *text, const char *name, const char *label, char *out, size_t size)
{
    size_t length = strlen(name), label_length = strlen(label);
    *out = '\0';
    for (const char *line = text; *line; line = next_line(line)) {
        if (strncmp(line, name, length) != 0 || line[length] != '{')
            continue;
        for (const char *c = line + length; *c == '{' || *c == ',';
             c += strcspn(c + 1, ",}\n") + 1) {
            if (strncmp(c + 1, label, label_length) != 0 ||
                strncmp(c + 1 + label_length, "=\"", 2) != 0)
                continue;
            const char *value = c + 1 + label_length + 2;
            snprintf(out, size, "%.*s", (int)strcspn(value, "\"\n"), value);
            return out;
        }
    }
    return out;
}
