/* Input: the formats, where numbers stand, mistakes with their line, and beginning again. */
#include "client/input.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/csv.h"

TestSuite(input, .timeout = 20);

/* A file of that content, under that suffix; removed by close_file(). */
struct file {
    char path[64];
    struct input input;
};

static void open_file(struct file *file, const char *suffix, const char *content,
                      const char *format, const char *column)
{
    snprintf(file->path, sizeof file->path, "/tmp/prime-test.XXXXXX%s", suffix);
    int descriptor = mkstemps(file->path, (int)strlen(suffix));
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, content, strlen(content)), (ssize_t)strlen(content));
    close(descriptor);
    cr_assert_eq(input_open(&file->input, file->path, format, column), 0);
    cr_assert_eq(input_find_format(&file->input), INPUT_NUMBER);
}

static void close_file(struct file *file)
{
    input_close(&file->input);
    unlink(file->path);
}

/* The numbers must be these, with blanks between them, and then the end. */
static void expect_numbers(struct input *input, const char *expected)
{
    char all[1024] = "";
    const char *digits;
    size_t length;
    enum input_result result;
    while ((result = input_next(input, &digits, &length)) == INPUT_NUMBER)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%.*s", *all ? " " : "",
                 (int)length, digits);
    cr_expect_eq(result, INPUT_END, "%s", input->error);
    cr_expect_str_eq(all, expected);
}

static void expect_file(const char *suffix, const char *content, const char *column,
                        const char *expected)
{
    struct file file;
    open_file(&file, suffix, content, NULL, column);
    expect_numbers(&file.input, expected);
    close_file(&file);
}

static void expect_mistake(const char *suffix, const char *content, const char *column,
                           const char *part)
{
    struct file file;
    open_file(&file, suffix, content, NULL, column);
    const char *digits;
    size_t length;
    enum input_result result;
    while ((result = input_next(&file.input, &digits, &length)) == INPUT_NUMBER)
        ;
    cr_expect_eq(result, INPUT_WRONG);
    cr_expect_not_null(strstr(file.input.error, part), "'%s' lacks '%s'", file.input.error, part);
    close_file(&file);
}

Test(input, text)
{
    expect_file(".txt", "2\n3\n\n  5  \r\n# seven\n7 # it is\n\"11\"\n-13\n007\n2^5-1", NULL,
                "2 3 5 7 11 -13 7 31");
    expect_file(".txt", "", NULL, "");
    expect_mistake(".txt", "2\n\n1.5\n", NULL, "line 3 of ");
    expect_mistake(".txt", "2\n\n1.5\n", NULL, "'1.5' is not an integer: it should end at '.5'");
}

Test(input, ndjson)
{
    expect_file(
        ".ndjson",
        "2\n\"18446744073709551557\"\n{\"index\":0,\"n\":\"97\",\"prime\":true}\n{\"n\":5}\n", NULL,
        "2 18446744073709551557 97 5");
    expect_file(".jsonl", "{\"serial\":\"7\"}\n", "serial", "7");
    expect_mistake(".ndjson", "{\"m\":1}\n", NULL, "no member \"n\"");
    expect_mistake(".ndjson", "{\"n\":18446744073709551557}\n", NULL,
                   "as a string it may be of any size");
    expect_mistake(".ndjson", "2\n{\"n\":1,}\n", NULL, "line 2 of ");
}

Test(input, csv)
{
    expect_file(".csv", "2,a\n3,b\n", NULL, "2 3");
    expect_file(".csv", "name,n\na,2\nb,3\n", NULL, "2 3");
    expect_file(".csv", "name,serial\na,2\n\"b, \"\"c\"\"\",\"3\"\n", "serial", "2 3");
    expect_file(".csv", "a,2\nb,3\n", "2", "2 3");
    expect_file(".csv", "name,x\n\"two\nlines\",5\n", "2", "5");
    expect_file(".csv", "index,n,prime,certainty,elapsed\n0,97,true,proven,1e-07\n", NULL, "97");
    expect_mistake(".csv", "a,b\n1,2\n", "c", "there is no column 'c'");
    expect_mistake(".csv", "1,2\n3\n", "2", "line 2 of ");
}

Test(input, the_format_is_told_by_the_beginning)
{
    static const struct {
        const char *content;
        enum input_format format;
    } contents[] = {
        {"2\n3\n", INPUT_TEXT},
        {"[2, 3]", INPUT_JSON},
        {"  [2]", INPUT_JSON},
        {"{\"n\":1}\n", INPUT_NDJSON},
        {"{\"numbers\":[]}", INPUT_JSON},
        {"{\n\"priority\":1}", INPUT_JSON},
        {"", INPUT_TEXT},
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct file file;
        open_file(&file, "", contents[i].content, NULL, NULL);
        cr_expect_eq(file.input.format, contents[i].format, "%s", contents[i].content);
        close_file(&file);
    }
}

Test(input, numbers_have_their_lines)
{
    struct file file;
    open_file(&file, ".txt", "2\n3\n# none\n\n5\n7\n", NULL, NULL);
    static const char *const places[] = {"line 1 of ", "line 2 of ", "line 5 of ", "line 6 of "};
    expect_numbers(&file.input, "2 3 5 7");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char place[128];
        input_place(&file.input, i, place, sizeof place);
        cr_expect_eq(strncmp(place, places[i], strlen(places[i])), 0, "%s", place);
    }
    close_file(&file);
}

Test(input, more_runs_of_lines_than_are_kept)
{
    enum { COUNT = INPUT_RUNS + 10 };
    struct file file;
    open_file(&file, ".txt", "", NULL, NULL);
    FILE *out = fopen(file.path, "w");
    for (int i = 0; i < COUNT; i++)
        fputs("\n2\n", out);
    fclose(out);
    const char *digits;
    size_t length;
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(input_next(&file.input, &digits, &length), INPUT_NUMBER);
    char place[128];
    input_place(&file.input, INPUT_RUNS - 2, place, sizeof place);
    cr_expect_eq(strncmp(place, "line 8190 of ", 13), 0, "%s", place);
    input_place(&file.input, COUNT - 1, place, sizeof place);
    cr_expect_eq(strncmp(place, "number 4106 of ", 15), 0, "%s", place);
    close_file(&file);
}

Test(input, a_file_can_be_begun_again)
{
    struct file file;
    open_file(&file, ".csv", "name,n\na,2\nb,3\n", NULL, NULL);
    expect_numbers(&file.input, "2 3");
    cr_assert(input_rewind(&file.input));
    expect_numbers(&file.input, "2 3");
    close_file(&file);
}

/* Standard input that is the reading end of a pipe; returns the writing end. */
static int open_pipe(struct input *input)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    cr_assert_eq(input_open(input, "-", "text", NULL), 0);
    return ends[1];
}

Test(input, a_pipe_makes_wait_and_can_be_begun_again_while_it_is_short)
{
    struct input input;
    const char *digits;
    size_t length;
    int end = open_pipe(&input);
    cr_expect_eq(input_next(&input, &digits, &length), INPUT_LATER);
    cr_assert_eq(write(end, "2\n3", 3), 3);
    cr_expect_eq(input_next(&input, &digits, &length), INPUT_NUMBER);
    cr_expect_eq(input_next(&input, &digits, &length), INPUT_LATER);
    cr_assert(input_rewind(&input));
    cr_assert_eq(write(end, "1\n", 2), 2);
    close(end);
    expect_numbers(&input, "2 31");
    input_close(&input);
}

Test(input, a_long_pipe_cannot_be_begun_again)
{
    struct input input;
    char lines[4096];
    const char *digits;
    size_t length;
    memset(lines, '\n', sizeof lines);
    memcpy(lines + sizeof lines - 2, "2", 1);
    int end = open_pipe(&input);
    for (int i = 0; i <= LINES_REPLAY / (int)sizeof lines; i++) {
        cr_assert_eq(write(end, lines, sizeof lines), (ssize_t)sizeof lines);
        cr_assert_eq(input_next(&input, &digits, &length), INPUT_NUMBER);
    }
    cr_expect_not(input_rewind(&input));
    close(end);
    input_close(&input);
}

Test(input, a_line_longer_than_a_megabyte_is_refused)
{
    struct file file;
    open_file(&file, ".txt", "2\n", NULL, NULL);
    FILE *out = fopen(file.path, "a");
    for (int i = 0; i <= LINES_LONGEST; i++)
        putc('7', out);
    fclose(out);
    const char *digits;
    size_t length;
    cr_expect_eq(input_next(&file.input, &digits, &length), INPUT_NUMBER);
    cr_expect_eq(input_next(&file.input, &digits, &length), INPUT_WRONG);
    cr_expect_not_null(strstr(file.input.error, "line 2 of "), "%s", file.input.error);
    close_file(&file);
}

Test(input, cells_of_a_row)
{
    const char row[] = "a,\"b,\"\"c\"\"\",,d";
    const char *const cells[] = {"a", "b,\"\"c\"\"", "", "d"};
    const char *cell;
    size_t length;
    for (int i = 0; i < 4; i++) {
        cr_assert(csv_cell(row, strlen(row), i, &cell, &length));
        cr_expect(length == strlen(cells[i]) && memcmp(cell, cells[i], length) == 0, "cell %d", i);
    }
    cr_expect_not(csv_cell(row, strlen(row), 4, &cell, &length));
}
