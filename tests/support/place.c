/* place - see place.h. */
#include "tests/support/place.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct place place_make(void)
{
    struct place place = {.path = "/tmp/primed-test.XXXXXX"};
    cr_assert_not_null(mkdtemp(place.path));
    snprintf(place.flag, sizeof place.flag, "--data-dir=%s", place.path);
    snprintf(place.database, sizeof place.database, "%s/primed.sqlite", place.path);
    return place;
}

int64_t place_count_rows(const struct place *place, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    cr_assert_eq(sqlite3_open_v2(place->database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(query), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return count;
}
