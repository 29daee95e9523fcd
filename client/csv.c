/* csv - see csv.h. */
#include "client/csv.h"

/* The end of the cell that begins at `begin`: its comma, or the end of the row. */
static size_t cell_end(const char *row, size_t length, size_t begin)
{
    bool inside = false;
    size_t i = begin;
    for (; i < length && (inside || row[i] != ','); i++)
        inside ^= row[i] == '"';
    return i;
}

bool csv_cell(const char *row, size_t length, int index, const char **cell, size_t *cell_length)
{
    size_t begin = 0;
    for (; index > 0; index--) {
        begin = cell_end(row, length, begin) + 1;
        if (begin > length)
            return false;
    }
    size_t end = cell_end(row, length, begin);
    if (end - begin >= 2 && row[begin] == '"' && row[end - 1] == '"') {
        begin++;
        end--;
    }
    *cell = row + begin;
    *cell_length = end - begin;
    return true;
}
