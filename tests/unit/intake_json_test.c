/* JSON bodies, good and bad, in every way of cutting them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/intake_run.h"

struct example {
    const char *body;
    const char *expected;
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct intake_body body = {
            .format = INTAKE_JSON, .bytes = examples[i].body, .size = strlen(examples[i].body)};
        free(intake_run_all_cuts(&body, examples[i].expected));
    }
}

#define CHECK(...)                               \
    check((const struct example[]){__VA_ARGS__}, \
          sizeof((const struct example[]){__VA_ARGS__}) / sizeof(struct example))

/* --- good ------------------------------------------------------------------------------------- */

Test(intake_json, arrays)
{
    CHECK({"[]", "ok"}, {" \r\n\t[ \n]\n ", "ok"}, {"[2]", "ok 2"}, {"[2,3,5]", "ok 2 3 5"},
          {"[ 2 ,\n3\t,\r5 ]\n", "ok 2 3 5"}, {"[\"2\",3, \"5\" ]", "ok 2 3 5"},
          {"[0,-0,\"-0\",1,-1,\"-1\",\"-007\"]", "ok 0 0 0 1 -1 -1 -7"},
          {"[\"007\",\"0000000000000000000000000000000000000000000000000000000000000000000012\"]",
           "ok 7 12"});
}

Test(intake_json, boundaries)
{
    CHECK({"[9223372036854775807,9223372036854775808,9999999999999999999,10000000000000000000,1]",
           "ok 9223372036854775807 9223372036854775808 9999999999999999999 10000000000000000000 1"},
          {"[18446744073709551615,18446744073709551616,18446744073709551617,1,2,3,4,5,6,7,8,9]",
           "ok 18446744073709551615 18446744073709551616 18446744073709551617 1 2 3 4 5 6 7 8 9"},
          {"[-9223372036854775808,-18446744073709551615,-18446744073709551616,1,2,3,4,5,6,7,8]",
           "ok -9223372036854775808 -18446744073709551615 -18446744073709551616 1 2 3 4 5 6 7 8"},
          {"[99999999999999999999,100000000000000000000,\"99999999999999999999\",1,2,3,4,5,6,7,8]",
           "ok 99999999999999999999 100000000000000000000 99999999999999999999 1 2 3 4 5 6 7 8"},
          {"[170141183460469231731687303715884105727, \"340282366920938463463374607431768211456\"]",
           "ok 170141183460469231731687303715884105727 340282366920938463463374607431768211456"});
}

Test(intake_json, objects)
{
    CHECK({"{\"numbers\":[2,3]}", "ok 2 3"}, {"{\"numbers\":[]}", "ok"},
          {" { \"numbers\" : [ 2 ] } ", "ok 2"},
          {"{\"priority\":9,\"numbers\":[2,3],\"ttl\":60}", "ok 2 3 priority=9 ttl=60"},
          {"{\"priority\":0,\"ttl\":31536000,\"metadata\":{},\"numbers\":[]}",
           "ok priority=0 ttl=31536000 metadata={}"},
          {"{\"metadata\": {\"numbers\": [1, \"]}\"], \"a\": {\"b\": null}}, \"numbers\": [7]}",
           "ok 7 metadata={\"numbers\":[1,\"]}\"],\"a\":{\"b\":null}}"},
          {"{\"metadata\":{\"k\":\"numbers\",\"\\\"numbers\\\":\":\"\\\\\"},\"numbers\":[1]}",
           "ok 1 metadata={\"k\":\"numbers\",\"\\\"numbers\\\":\":\"\\\\\"}"},
          {"{\"metadata\":{\"\\u00e9\":\"\\u0000\"},\"numbers\":[1]}",
           "ok 1 metadata={\"\xc3\xa9\":\"\\u0000\"}"});
}

Test(intake_json, escapes_do_not_hide_anything)
{
    CHECK({"{\"\\u006eumbers\":[2,3]}", "ok 2 3"},
          {"{\"\\u006e\\u0075\\u006d\\u0062\\u0065\\u0072\\u0073\" : [2,3]}", "ok 2 3"},
          {"{\"numbers\":[2],\"\\u006eumbers\":[3]}",
           "malformed byte 30: a second member \"numbers\""},
          {"{\"numbers\\u0000\":[2]}",
           "malformed byte 15: NUL byte in object key not supported near '\"numbers\\u0000\"'"},
          {"[\"\\u0031\\u0032\",\"1\\u0033\",\"00\\u0034\",\"\\u002d5\",\"-\\u0036\"]",
           "ok 12 13 4 -5 -6"},
          {"[\"12345678901234567890123456789012345678901234567890\\u0031\"]",
           "ok 123456789012345678901234567890123456789012345678901"},
          {"[\"0\\u002d5\",\"\\u002b5\",\"1\\u00002\"]",
           "invalid #/0 \"0\\u002d5\" is not an integer; #/1 \"\\u002b5\" is not an integer; #/2 "
           "\"1\\u00002\" is not an integer (3)"});
}

/* --- well-formed, but not integers ------------------------------------------------------------ */

Test(intake_json, elements_that_are_no_integers)
{
    CHECK(
        {"[1.5]", "invalid #/0 1.5 is not an integer"},
        {"[1,1e3]", "invalid #/1 1e3: write the integer in full"},
        {"[1E+3 , 2]", "invalid #/0 1E+3: write the integer in full"},
        {"[7.0,-1.5e3]", "invalid #/0 7.0 is not an integer; #/1 -1.5e3 is not an integer (2)"},
        {"[1e999]", "invalid #/0 1e999: write the integer in full"},
        {"[\"0x1f\"]", "invalid #/0 \"0x1f\" is not decimal"},
        {"[\"\"]", "invalid #/0 \"\" is not an integer"},
        {"[\"-\"]", "invalid #/0 \"-\" is not an integer"},
        {"[\"--5\"]", "invalid #/0 \"--5\" is not an integer"},
        {"[\"5-\"]", "invalid #/0 \"5-\" is not an integer"},
        {"[\"+5\"]", "invalid #/0 \"+5\": write the integer without a plus sign"},
        {"[\" 5\"]", "invalid #/0 \" 5\" is not an integer"},
        {"[\"1,000\"]", "invalid #/0 \"1,000\": write one integer, its digits without separators"},
        {"[\"1e3\"]", "invalid #/0 \"1e3\": write the integer in full"},
        {"[\"1.5\"]", "invalid #/0 \"1.5\" is not an integer"},
        {"[\"]\",\"a\\\"]\"]",
         "invalid #/0 \"]\" is not an integer; #/1 \"a\\\"]\" is not an integer (2)"},
        {"[\"\xc3\xa9\"]", "invalid #/0 \"\\xc3\\xa9\" is not an integer"},
        {"[null,true,false ]", "invalid #/0 null is not an integer; #/1 true is not an integer; "
                               "#/2 false is not an integer (3)"},
        {"[2,[3,4],{\"a\":\"]\"},5]",
         "invalid #/1 an array is not an integer; #/2 an object is not an integer (2)"},
        {"[[99999999999999999999]]", "invalid #/0 an array is not an integer"},
        {"{\"numbers\":[2,null]}", "invalid #/numbers/1 null is not an integer"},
        {"[\"12345678901234567890123456789012345678901234567890x\"]",
         "invalid #/0 \"123456789012345678901234567890123456789... is not an integer"});
}

Test(intake_json, members_that_are_wrong)
{
    CHECK({"{}", "invalid #/numbers numbers is missing"},
          {"{\"numbers\":5}", "invalid #/numbers numbers must be an array of integers"},
          {"{\"numbers\":{\"a\":[1]}}", "invalid #/numbers numbers must be an array of integers"},
          {"{\"numbers\":\"[1]\"}", "invalid #/numbers numbers must be an array of integers"},
          {"{\"numbers\":[1],\"priority\":10}",
           "invalid #/priority priority must be an integer from 0 to 9"},
          {"{\"numbers\":[1],\"priority\":-1}",
           "invalid #/priority priority must be an integer from 0 to 9"},
          {"{\"numbers\":[1],\"priority\":\"5\"}",
           "invalid #/priority priority must be an integer from 0 to 9"},
          {"{\"numbers\":[1],\"priority\":5.0}",
           "invalid #/priority priority must be an integer from 0 to 9"},
          {"{\"numbers\":[1],\"priority\":null}",
           "invalid #/priority priority must be an integer from 0 to 9"},
          {"{\"numbers\":[1],\"ttl\":0}",
           "invalid #/ttl ttl must be an integer from 1 to 31536000, in seconds"},
          {"{\"numbers\":[1],\"ttl\":31536001}",
           "invalid #/ttl ttl must be an integer from 1 to 31536000, in seconds"},
          {"{\"numbers\":[1],\"metadata\":[]}", "invalid #/metadata metadata must be an object"},
          {"{\"numbers\":[1.5],\"ttl\":-1,\"metadata\":3}",
           "invalid #/numbers/0 1.5 is not an integer; #/ttl ttl must be an integer from 1 to "
           "31536000, in seconds; #/metadata metadata must be an object (3)"},
          {"{\"metadata\":{},\"numbers\":[1],\"metadata2\":{}}",
           "invalid #/metadata2 no member of that name; there are numbers, priority, ttl and "
           "metadata"},
          {"{\"Numbers\":[1]}", "invalid #/Numbers no member of that name; there are numbers, "
                                "priority, ttl and metadata; #/numbers numbers is missing (2)"},
          {"{\"numbers\":[1],\"\":0}", "invalid #/ no member of that name; there are numbers, "
                                       "priority, ttl and metadata"},
          {"{\"numbers\":[1],\"a/b~c %\xc3\xa9\":0}",
           "invalid #/a~1b~0c%20%25%C3%A9 no member of that name; there are numbers, priority, ttl "
           "and metadata"},
          {"{\"numbers\":[1],\"priority\":99999999999999999999}",
           "invalid # byte 26: too big integer near '99999999999999999999'"},
          {"5", "invalid # the body must be an array of integers, or an object with one"},
          {"\"numbers\"", "invalid # the body must be an array of integers, or an object with one"},
          {"null", "invalid # the body must be an array of integers, or an object with one"});
}

/* --- malformed -------------------------------------------------------------------------------- */

Test(intake_json, malformed_arrays)
{
    CHECK({"[", "malformed byte 1: the body ends inside the array, at number 0"},
          {"[1", "malformed byte 2: the body ends inside the array, at number 0"},
          {"[1,", "malformed byte 3: the body ends inside the array, at number 1"},
          {"[1,\"2", "malformed byte 5: the body ends inside the array, at number 1"},
          {"[1,nul", "malformed byte 6: the body ends inside the array, at number 1"},
          {"[,1]", "malformed byte 1: number 0 expected near ','"},
          {"[1,,2]", "malformed byte 3: number 1 expected near ','"},
          {"[1,]", "malformed byte 3: number 1 expected near ']'"},
          {"[1}", "malformed byte 2: ',' or ']' expected after number 0, near '}'"},
          {"[null}", "malformed byte 5: ',' or ']' expected after number 0, near '}'"},
          {"[}", "malformed byte 1: number 0 expected near '}'"},
          {"[1 2]", "malformed byte 3: ',' or ']' expected after number 0, near '2'"},
          {"[\"1\"2]", "malformed byte 4: ',' or ']' expected after number 0, near '2'"},
          {"[1 \x01]", "malformed byte 3: ',' or ']' expected after number 0, near '\\x01'"},
          {"[007]", "malformed byte 1: a number may not have leading zeros"},
          {"[1,-01]", "malformed byte 4: a number may not have leading zeros"},
          {"[00]", "malformed byte 1: a number may not have leading zeros"},
          {"[-]", "malformed byte 1: invalid token near '-'"},
          {"[--5]", "malformed byte 1: invalid token near '-'"},
          {"[+5]", "malformed byte 1: invalid token near '+'"},
          {"[.5]", "malformed byte 1: invalid token near '.'"},
          {"[5.]", "malformed byte 1: invalid token near '5.'"},
          {"[0x1f]", "malformed byte 2: nothing more expected near 'x'"},
          {"[12a]", "malformed byte 3: nothing more expected near 'a'"},
          {"[nul]", "malformed byte 1: invalid token near 'nul'"},
          {"[NaN]", "malformed byte 1: invalid token near 'NaN'"},
          {"['5']", "malformed byte 1: invalid token near '''"},
          {"[\"a\x01\"]", "malformed byte 2: control character 0x1 near '\"a'"},
          {"[\"\\x\"]", "malformed byte 3: invalid escape near '\"\\x'"},
          {"[\"\xff\"]", "malformed byte 1: unable to decode byte 0xff near '\"'"},
          {"[1.5,{\"a\":}]", "malformed byte 10: unexpected token near '}'"},
          {"[{\"a\":1,\"a\":2}]", "malformed byte 10: duplicate object key near '\"a\"'"},
          {"[1] x", "malformed byte 4: nothing more expected near 'x'"},
          {"[1][2]", "malformed byte 3: nothing more expected near '['"},
          {"[1]]", "malformed byte 3: nothing more expected near ']'"});
}

Test(intake_json, malformed_documents)
{
    CHECK(
        {"", "malformed byte 0: the body is empty"}, {" \n", "malformed byte 2: the body is empty"},
        {"{", "malformed byte 1: string or '}' expected near end of file"},
        {"{\"numbers\"", "malformed byte 10: ':' expected near end of file"},
        {"{\"numbers\":", "malformed byte 11: unexpected token near end of file"},
        {"{\"numbers\":[1,22,333]", "malformed byte 21: '}' expected near end of file"},
        {"{\"numbers\":[1,22,333]]", "malformed byte 21: '}' expected near ']'"},
        {"{\"numbers\":[1,22,333],}", "malformed byte 22: string or '}' expected near '}'"},
        {"{\"numbers\":[1,22,333]}}", "malformed byte 22: nothing more expected near '}'"},
        {"{\"numbers\":[1,22,333],\"ttl\":}", "malformed byte 28: unexpected token near '}'"},
        {"  {\"ttl\":,\"numbers\":[1,22,333]}", "malformed byte 9: unexpected token near ','"},
        {"{\"numbers\" [1]}", "malformed byte 11: ':' expected near '['"},
        {"{\"a\":\"numbers\":[1]}", "malformed byte 14: '}' expected near ':'"},
        {"{numbers:[1]}", "malformed byte 1: string or '}' expected near 'numbers'"},
        {"{\"numbers\":[1],\"numbers\":[2]}", "malformed byte 25: a second member \"numbers\""},
        {"{\"numbers\":[1],\"numbers\":2}",
         "malformed byte 23: duplicate object key near '\"numbers\"'"},
        {"{\"numbers\":1,\"numbers\":[2]}",
         "malformed byte 21: duplicate object key near '\"numbers\"'"},
        {"{\"ttl\":1,\"ttl\":1,\"numbers\":[]}",
         "malformed byte 13: duplicate object key near '\"ttl\"'"},
        {"]", "malformed byte 0: '{' or '[' expected near ']'"},
        {"hello", "malformed byte 0: '{' or '[' expected near 'h'"},
        {"\xef\xbb\xbf[1]", "malformed byte 0: a UTF-8 byte order mark; send the text without it"},
        {" \xef\xbb\xbf[1]", "malformed byte 1: invalid token near '?\?\?'"},
        {"\xef\xbb[1]", "malformed byte 0: unable to decode byte 0xef"});
}

/* Also behind the document, where jansson would not mind. */
Test(intake_json, a_nul_is_malformed)
{
    struct intake_body body = {.format = INTAKE_JSON, .bytes = "[1,\0002]", .size = 6};
    free(intake_run_all_cuts(&body, "malformed byte 3: a NUL byte"));
    body = (struct intake_body){.format = INTAKE_JSON, .bytes = "[1]\0", .size = 4};
    free(intake_run_all_cuts(&body, "malformed byte 3: a NUL byte"));
    body = (struct intake_body){.format = INTAKE_JSON, .bytes = "[\"\0\"]", .size = 5};
    free(intake_run_all_cuts(&body, "malformed byte 2: a NUL byte"));
}
