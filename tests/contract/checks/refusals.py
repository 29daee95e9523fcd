"""POST /v1/batches: what is refused, how, and that nothing of it is kept."""

import json
import re
import socket
import time

from checks.batches import slow_batch
from runner import Failure, Skip, check, check_each, equal, expect

LINES = ("text/plain", "application/x-ndjson", None)


def newest(api):
    """The ids of the newest batches."""
    return [batch["id"] for batch in api.get("/v1/batches?limit=10").json["batches"]]


def refused(api, status, body, media="application/json", headers=()):
    """The problem a body is refused with; nothing of it is kept."""
    before = newest(api)
    response = api.post(body, media, status, headers=headers)
    equal(newest(api), before, "the batches after a refusal")
    return response.json


def pointers(problem):
    return [error["pointer"] for error in problem.get("errors", [])]


WELL_FORMED = b'{"numbers":[2,"97",-7],"priority":3,"ttl":60,"metadata":{"a":[1,"\\u00e9"]}}'


@check
def json_that_ends_too_early(api):
    for end in range(len(WELL_FORMED)):
        body = WELL_FORMED[:end]
        problem = refused(api, 400, body)
        equal(problem["type"], "/problems/malformed-json", f"the type of the problem with {body}")


@check_each([
    b"[1,]", b"[,1]", b"[1,,2]", b"[1 2]", b"[1]]", b"[[1]", b"[1}", b'{"numbers":[1]', b'{"numbers":[1]}}',
    b'{"numbers":[1],}',
    b'{"numbers"}', b'{"numbers":}', b'{"numbers" [1]}', b'{numbers:[1]}', b"{'numbers':[1]}",
    b'{"numbers":[1] "ttl":5}',
    b'{"ttl":5 "numbers":[1]}', b"[01]", b"[-01]", b"[00]", b"[-]", b"[+1]", b"[.5]", b"[1.]", b"[1e]",
    b"[1e+]", b"[0x1f]", b"[1_000]",
    b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[nul]", b"[nulll]", b"[TRUE]", b"['1']", b'["1]', b'["1\n"]',
    b'["\\x41"]', b'["\\u12"]',
    b"[1] // one", b"/* one */ [1]", b"[1] [2]", b"[1]\x00", b"\x00[1]", b'["\xff"]', b'["\xc0\xaf"]',
    b"[1]\xff",
    b'{"numbers":[1],"metadata":{"a":}}', b'{"numbers":[1],"metadata":{"a":01}}',
    b'{"numbers":[1],"metadata":{"\xff":1}}',
    b'{"numbers":[1],"metadata":{]}', b'{"numbers":[1],"priority":}', b'{"numbers":[1],"ttl":06}',
    b'{"numbers":[1],"x":nope}', b"}", b"]", b"{", b"["])
def malformed_json(api, body):
    problem = refused(api, 400, body)
    equal(problem["type"], "/problems/malformed-json", "the type")
    said = problem["detail"] + json.dumps(problem.get("errors", ""))
    expect(re.search(r"byte \d+|offset \d+", said), "the byte offset", said)


@check
def the_byte_offset_of_a_mistake(api):
    problem = refused(api, 400, b"[1,2,%b3,]" % (b"4," * 100))
    expect("207" in problem["detail"] or "208" in problem["detail"], "byte 207, or 208 counted from 1",
           problem["detail"])


@check_each([b"", b" ", b"\n\n"])
def no_json_at_all(api, body):
    refused(api, 400, body)


@check_each([b"1.5", b"1.0", b"1e3", b"1E400", b"-0.0", b"1e-3", b"null", b"true", b"false", b'""', b'"0x1f"',
             b'"1.5"', b'"1e3"',
             b'"+7"', b'"--7"', b'"-"', b'" 7"', b'"7 "', b'"1,000"', b'"1_000"', b'"seven"', b'"7\\u0000"',
             b'"7\\n"',
             b"[]", b"[1]", b"{}", b'{"n":1}', b'"NaN"', '"٣"'.encode(), '"７"'.encode(), '"½"'.encode(),
             b'"\\u0663"'])
def an_element_that_is_no_integer(api, element):
    problem = refused(api, 422, b'{"numbers":[2,3,%b,5]}' % element)
    equal(problem["type"], "/problems/invalid-batch", "the type")
    equal(pointers(problem), ["#/numbers/2"], "the pointers")
    equal(pointers(refused(api, 422, b"[%b]" % element)), ["#/0"], "the pointers")
    equal(pointers(refused(api, 422, b"[1,%b]" % element, None)), ["#/1"], "the pointers")


@check_each([b"1.5", b"1e3", b"0x1f", b"+7", b"--7", b"-", b"seven", b"1 2", b"1,2", b'"7', b'7"', b'""',
             b'" 7"', b"'7'", b"null",
             b"1_000", b"\x007", b"7\x00", b"\xff", "٣".encode(), b"7\r7", b"#7", b"- 7"])
def a_line_that_is_no_integer(api, line):
    for media in LINES:
        problem = refused(api, 422, b"2\n\n3\n%b\n5\n" % line, media)
        equal(problem["type"], "/problems/invalid-batch", "the type")
        equal(pointers(problem), ["#/2"], "the pointers")
        expect("line 4" in problem["errors"][0]["detail"], "line 4 to be named", problem["errors"])


@check
def the_first_ten_mistakes_are_listed(api):
    problem = refused(api, 422, {"numbers": [1, None] * 50})
    equal(pointers(problem), [f"#/numbers/{i}" for i in range(1, 20, 2)], "the pointers")
    expect("50" in problem["detail"], "all 50 mistakes to be counted", problem["detail"])


@check
def mistakes_of_every_kind_at_once(api):
    problem = refused(api, 422, {"priority": 99, "numbers": [1, 1.5], "color": "red"})
    equal(sorted(pointers(problem)), ["#/color", "#/numbers/1", "#/priority"], "the pointers")


@check_each({"a number": (b"5", "#"), "a string": (b'"x"', "#"), "null": (b"null", "#"),
             "true": (b"true", "#")})
def a_document_that_is_no_batch(api, case):
    body, pointer = case
    equal(pointers(refused(api, 422, body)), [pointer], "the pointers")


@check
def an_object_without_numbers(api):
    for body in (b"{}", b'{"priority":3}'):
        problem = refused(api, 422, body)
        expect(pointers(problem) in (["#"], ["#/numbers"]), "the pointer # or #/numbers", problem)


@check_each([{}, "1", "", None, 5, True, {"0": 1}])
def numbers_of_the_wrong_type(api, numbers):
    equal(pointers(refused(api, 422, {"numbers": numbers})), ["#/numbers"], "the pointers")


WRONG_MEMBERS = {
    "priority": [10, -1, 1.5, "5", True, None, [], {}],
    "ttl": [0, -1, 1.5, "60", 31536001, True, None, []],
    "metadata": [[], "x", 1, None, True],
}


@check_each([(name, value) for name, values in WRONG_MEMBERS.items() for value in values])
def a_member_of_the_wrong_type_or_out_of_range(api, case):
    name, value = case
    for body in ({"numbers": [2], name: value}, {name: value, "numbers": [2]}):
        equal(pointers(refused(api, 422, body)), [f"#/{name}"], "the pointers")


@check_each([("color", "#/color"), ("Numbers", "#/Numbers"), ("", "#/"), ("a/b~c", "#/a~1b~0c"),
             ("number", "#/number"), ("id", "#/id")])
def an_unknown_member(api, case):
    name, pointer = case
    for body in ({"numbers": [2], name: 1}, {name: {"numbers": [3]}, "numbers": [2]}):
        equal(pointers(refused(api, 422, body)), [pointer], "the pointers")


@check_each([b'{"numbers":[1],"numbers":[2]}', b'{"ttl":5,"numbers":[1],"ttl":6}',
             b'{"numbers":[1],"metadata":{},"metadata":{}}',
             b'{"numbers":[1],"metadata":{"a":1,"a":1}}'])
def a_member_given_twice(api, body):
    equal(refused(api, 400, body)["type"], "/problems/malformed-json", "the type")


@check_each([("application/json", b"[2]"), ("text/plain", b"2\n"), (None, b"2\n"), (None, b"[2]")])
def a_byte_order_mark(api, case):
    media, body = case
    problem = refused(api, 400, b"\xef\xbb\xbf" + body, media)
    expect("byte 0" in problem["detail"], "byte 0 to be named", problem["detail"])


@check_each([2**70, -2**63 - 1])
def an_integer_beyond_a_word_outside_the_numbers(api, value):
    for member in ({"priority": value}, {"ttl": value}, {"metadata": {"n": value}}):
        refused(api, 422, {"numbers": [2], **member})


@check
def nesting_without_end(api):
    for body in (b"[" * 200000, b'{"numbers":[1],"metadata":' + b'{"a":' * 10000,
                 b'{"numbers":[' + b"[" * 200000 + b"]" * 200000 + b"]}"):
        refused(api, (400, 413, 422), body)


@check_each({"JSON number": lambda n: (b"[1,%b]" % n, "application/json"),
             "JSON string": lambda n: (b'[1,"%b"]' % n, "application/json"),
             "text": lambda n: (b"1\n%b\n" % n, "text/plain"),
             "NDJSON": lambda n: (b'1\n"-%b"\n' % n, "application/x-ndjson")})
def too_many_digits(api, body):
    for count in (api.limits.max_digits + 1, min(1000000, api.limits.max_body // 2)):
        problem = refused(api, 422, *body(b"7" * count))
        equal(pointers(problem), ["#/1"], "the pointers")
        expect(str(api.limits.max_digits) in re.sub(r"[,_ ](?=\d)", "", json.dumps(problem)),
               f"the limit {api.limits.max_digits}", problem)


@check_each(range(1, 8))
def octets_that_do_not_come_in_eights(api, extra):
    for whole in (0, 2):
        equal(refused(api, 400, bytes(8 * whole + extra), "application/octet-stream")["type"],
              "/problems/malformed-octets", "the type")


@check_each(["application/xml", "multipart/form-data; boundary=x", "text/html", "image/png",
             "application/jsonx", "application/x-json",
             "text/csv", "text/plainer", "json", "application/json, text/plain", "*/*"])
def a_media_type_that_is_not_taken(api, media):
    problem = refused(api, 415, b"[2]", media)
    equal(problem["type"], "/problems/unsupported-media-type", "the type")
    refused(api, 415, b"[2]" + b" " * 1000000, media)


@check_each(["deflate", "br", "x", "gzip, gzip"])
def a_content_encoding_that_is_not_taken(api, encoding):
    refused(api, 415, b"[2]", headers={"Content-Encoding": encoding})


@check_each(["gzip", "x-gzip", "zstd"])
def a_body_that_is_not_what_its_encoding_says(api, encoding):
    for body in (b"[2]", b""):
        problem = refused(api, 400, body, headers={"Content-Encoding": encoding})
        equal(problem["type"], "/problems/malformed-encoding", "the type")


@check_each({"with Expect": {"Expect": "100-continue"}, "without": {}})
def a_length_above_the_limit_is_refused_before_the_body(api, headers):
    before = newest(api)
    for length in (api.limits.max_body + 1, 2**40, 2**62) if headers else (2**40, 2**62):
        response = api.post((), "application/json", 413, headers={"Content-Length": str(length), **headers})
        equal(response.json["type"], "/problems/body-too-large", "the type")
        expect(str(api.limits.max_body) in re.sub(r"[,_](?=\d)", "", response.json["detail"]),
               f"the limit {api.limits.max_body}", response.json)
    equal(newest(api), before, "the batches after a refusal")


@check_each([("application/json", b"[97]", b"HTTP/1.1 100"), ("application/xml", b"", b"HTTP/1.1 415")])
def a_client_that_asks_before_it_sends(api, case):
    media, body, wanted = case
    with api.socket() as connection:
        connection.sendall(b"POST /v1/batches?wait=9 HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nContent-Length: 4\r\n"
                           b"Expect: 100-continue\r\n\r\n" % media.encode())
        first = connection.recv(65536)
        expect(first.startswith(wanted), wanted, first)
        if body:
            connection.sendall(body)
            second = connection.recv(65536)
            expect(second.startswith(b"HTTP/1.1 200"), "200 after the body", second)


@check
def a_body_of_unknown_length_that_grows_too_long(api):
    if api.limits.max_body > 2**26:
        raise Skip("--max-body is too much to send")
    piece = b"2\n" * 2**15
    refused(api, 413, tuple(piece for _ in range(api.limits.max_body // len(piece) + 2)), "text/plain")


@check
def a_full_store(api):
    if api.limits.max_store > 2**24:
        raise Skip("--max-store is too much to fill")
    body = b"2\n" * min(2**16, api.limits.max_body // 2)
    with slow_batch(api, 100):
        kept = []
        for _ in range(api.limits.max_store // 2**10):
            response = api.post(body, "text/plain", (202, 503))
            if response.status == 503:
                break
            kept.append(response.json)
        equal(response.status, 503, "the answer in the end")
        equal(response.json["type"], "/problems/full", "the type")
        for batch in kept:
            api.request("DELETE", batch["links"]["self"], status=204)
        api.post(body, "text/plain", 202)


@check
def metadata_that_is_too_long(api):
    refused(api, 413, {"numbers": [2], "metadata": {"text": "x" * 2**21}})


@check_each(["-1", "x", "1.5", "", "1e1", "99999999999999999999x", "%20"])
def a_malformed_wait(api, value):
    before = newest(api)
    problem = api.request("POST", f"/v1/batches?wait={value}", b"[2]", {"Content-Type": "application/json"},
                          400).json
    equal([error.get("parameter") for error in problem.get("errors", [])], ["wait"], "the parameter")
    equal(newest(api), before, "the batches after a refusal")


@check_each({"in good order": False, "by a reset": True})
def a_client_that_leaves_half_way(api, reset):
    before = newest(api)
    bodies = {b"application/json": b'{"numbers":[' + b"2," * 5000 + b"3]}", b"text/plain": b"2\n" * 5000,
              b"application/octet-stream": bytes(40000)}
    for media, body in bodies.items():
        head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\n" % media
        for framing in (b"Content-Length: %d\r\n\r\n" % (len(body) + 8),
                        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(body) + 8),
                        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)):
            api.abandon(head + framing + body, reset)
        api.abandon(head + b"Content-Length: 20000", reset)
    marker = api.done([2])["id"]
    ids = newest(api)
    equal(ids[0], marker, "the newest batch")
    equal(ids[1:], before[:9], "the batches before it")


@check_each([b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n7530\r\n"])
def an_upload_that_stops_half_way_is_let_go(api, framing):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + framing
    connections = []
    for _ in range(20):
        connections.append(api.socket())
        connections[-1].sendall(head + b"2\n" * 5000)
        connections[-1].shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + 10
    for connection in connections:
        with connection:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            except TimeoutError:
                raise Failure("expected the connection to be closed; came nothing for 10 s") from None
