/* config_value - numbers, bytes and times out of their text. See config_value.h. */
#include "server/config_value.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

bool config_value_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end != '\0' || number < low || number > high)
        return false;
    *value = number;
    return true;
}

bool config_value_bytes(const char *text, uint64_t low, uint64_t *value)
{
    static const char units[] = "KMGT";
    char digits[24];
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    length -= unit != NULL;
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!config_value_number(digits, 0, UINT64_MAX >> shift, value))
        return false;
    *value <<= shift;
    return *value >= low && *value <= INT64_MAX;
}

bool config_value_time(const char *text, int64_t low_ns, int64_t *ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", NS_PER_MS},      {"s", NS_PER_S},         {"m", 60 * NS_PER_S},
                 {"h", 3600 * NS_PER_S}, {"d", 86400 * NS_PER_S}, {"", NS_PER_S}};
    char digits[24];
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + length, units[i].unit) != 0)
            continue;
        uint64_t number;
        if (!config_value_number(digits, 0, (uint64_t)(INT64_MAX / units[i].ns), &number))
            return false;
        *ns = (int64_t)number * units[i].ns;
        return *ns >= low_ns;
    }
    return false;
}
