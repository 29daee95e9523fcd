/* csv - the cells of a row (RFC 4180). */
#ifndef CLIENT_CSV_H
#define CLIENT_CSV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Cell `index`, from 0, of a row: what is between its commas, or between the double quotes around
 * it. false if the row has fewer. A quote doubled within quotes stays doubled: no number has one.
 */
bool csv_cell(const char *row, size_t length, int index, const char **cell, size_t *cell_length);

#endif
