/*
 * place - a data directory that outlives services.
 *
 *     struct place place = place_make();
 *     struct primed service = primed_start("--workers=2", place.flag);
 *     primed_kill_all(&service);
 *     service = primed_start("--workers=2", place.flag);
 *     ...
 *     primed_remove_directory(place.path);
 */
#ifndef TESTS_SUPPORT_PLACE_H
#define TESTS_SUPPORT_PLACE_H

#include <stdint.h>

struct place {
    char path[64];
    char flag[96]; /* --data-dir=path */
    char database[96];
};

struct place place_make(void);

/* Rows of a table of the database, as the disk has them. */
int64_t place_count_rows(const struct place *place, const char *table);

#endif
