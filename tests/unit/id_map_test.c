/* id_map_test - the map against a plain array that does the same. */
#include "server/id_map.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(id_map, .timeout = 20);

/* Ids whose hashed half takes few values, so that they collide, or many. */
static struct batch_id make_id(unsigned number, unsigned hashes)
{
    struct batch_id id = {{0}};
    unsigned hash = number % hashes;
    memcpy(id.bytes, &number, sizeof number);
    memcpy(id.bytes + 8, &hash, sizeof hash);
    return id;
}

Test(id_map, an_empty_map)
{
    struct id_map map = {.capacity = 0};
    struct batch_id id = make_id(1, 1);
    cr_expect_null(id_map_get(&map, &id));
    cr_expect_null(id_map_remove(&map, &id));
    id_map_destroy(&map);
}

Test(id_map, a_new_value_replaces_the_old_one)
{
    struct id_map map = {.capacity = 0};
    struct batch_id id = make_id(1, 1);
    int one, two;
    cr_assert_eq(id_map_put(&map, &id, &one), 0);
    cr_assert_eq(id_map_put(&map, &id, &two), 0);
    cr_expect_eq(map.count, 1);
    cr_expect_eq(id_map_get(&map, &id), &two);
    cr_expect_eq(id_map_remove(&map, &id), &two);
    cr_expect_eq(map.count, 0);
    id_map_destroy(&map);
}

Test(id_map, does_what_an_array_does)
{
    enum { IDS = 600, STEPS = 200000 };
    static const unsigned hash_counts[] = {1, 7, 64, 100000};
    for (size_t h = 0; h < sizeof hash_counts / sizeof *hash_counts; h++) {
        static int values[2];
        void *model[IDS] = {NULL};
        size_t count = 0;
        struct id_map map = {.capacity = 0};
        srand(1);
        for (int step = 0; step < STEPS / (h == 0 ? 20 : 1); step++) {
            unsigned number = (unsigned)rand() % IDS;
            struct batch_id id = make_id(number, hash_counts[h]);
            void *value = &values[rand() % 2];
            switch (rand() % 3) {
            case 0:
                cr_assert_eq(id_map_put(&map, &id, value), 0);
                count += !model[number];
                model[number] = value;
                break;
            case 1:
                cr_assert_eq(id_map_remove(&map, &id), model[number]);
                count -= model[number] != NULL;
                model[number] = NULL;
                break;
            default:
                cr_assert_eq(id_map_get(&map, &id), model[number]);
                break;
            }
            cr_assert_eq(map.count, count);
        }
        for (unsigned number = 0; number < IDS; number++) {
            struct batch_id id = make_id(number, hash_counts[h]);
            cr_assert_eq(id_map_get(&map, &id), model[number]);
        }
        id_map_destroy(&map);
        cr_assert_eq(map.count, 0);
    }
}
