"""POST /v1/batches: what is accepted."""

import struct

from primes import BIG_PRIMES, CLASSIC, EDGES, GREATEST, PSEUDOPRIMES, sieve
from rules import check_items, moment
from runner import check, check_each, equal, expect

LINES = ("text/plain", "application/x-ndjson", "application/x-www-form-urlencoded", None)


def inline(api, body, media="application/json"):
    """The results of a batch that is small enough to come with them."""
    return api.post(body, media, status=200, wait=60).json["results"]


def lines(numbers):
    return b"".join(b"%d\n" % n for n in numbers)


@check
def the_classic_twenty(api):
    batch = api.post(CLASSIC, status=200, wait=60).json
    check_items(batch["results"], CLASSIC)
    equal(batch["counts"]["prime"], 9, "the number of primes")


@check
def a_batch_without_a_wait_is_accepted_at_once(api):
    response = api.post({"numbers": [2, 4]}, status=202)
    equal(response.headers["Location"], response.json["links"]["self"], "Location")
    expect("results" not in response.json, "no results", response.json)
    check_items(api.items(api.ended(response.json)), [2, 4])


@check_each({"object": {"numbers": [97, -7, 1]}, "array": [97, -7, 1], "strings": ["97", "-7", "1"],
             "mixed": [97, "-7", "1"]})
def json_documents(api, body):
    check_items(inline(api, body), [97, -7, 1])


@check_each(["application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
             "application/json ;x=y",
             "application/x-www-form-urlencoded", None])
def the_media_type_of_json(api, media):
    for body in (b"[97, 4]", b" \r\n\t[97, 4]", b'{"numbers":[97,4]}', b'\n{"numbers":[97,4]}\n'):
        check_items(inline(api, body, media), [97, 4])


@check_each([*LINES, "text/plain; charset=utf-8", "Text/Plain;charset=us-ascii"])
def the_media_type_of_lines(api, media):
    check_items(inline(api, b"97\n4\n-7\n", media), [97, 4, -7])


@check_each({
    "no end": b"2\n3\n4", "CRLF": b"2\r\n3\r\n4\r\n", "both ends": b"2\r\n3\n4\r\n",
    "blank lines": b"\n2\n\n\r\n3\n   \n4\n\n\n",
    "blanks": b"  2\n3  \n\t4\t\n", "quotes": b'"2"\n"3"\n"4"\n', "quotes and blanks": b' "2" \r\n3\n\t"4"',
    "leading zeros": b"002\n0003\n4\n"})
def lines_are_read_kindly(api, body):
    for media in LINES:
        check_items(inline(api, body, media), [2, 3, 4])


@check
def packed_integers(api):
    numbers = [0, 1, 2, 97, 2**32 + 15, 2**63 - 25, 2**63, 2**64 - 59, 2**64 - 1, 18446744065119617025]
    check_items(inline(api, struct.pack(f"<{len(numbers)}Q", *numbers), "application/octet-stream"), numbers)


@check_each({
    "array": (b"[]", "application/json"), "object": (b'{"numbers":[]}', "application/json"),
    "blanks": (b' { "numbers" : [ ] } ', "application/json"), "text": (b"", "text/plain"),
    "NDJSON": (b"", "application/x-ndjson"), "blank lines": (b"\n\r\n \n", "text/plain"),
    "octets": (b"", "application/octet-stream"), "sniffed": (b"", None),
    "form": (b"", "application/x-www-form-urlencoded")})
def an_empty_batch(api, case):
    body, media = case
    batch = api.post(body, media, status=200, wait=5).json
    equal((batch["status"], batch["counts"]["total"], batch["progress"], batch["results"]),
          ("completed", 0, 1, []),
          "status, total, progress, results")


@check_each([-7, -1, 0, 1, 2, 3, 4, 2**64 - 59, 2**64 + 13, -2**64, -2**200])
def a_batch_of_one(api, n):
    for body, media in (([n], "application/json"), ({"numbers": [str(n)]}, "application/json"),
                        (b"%d" % n, "text/plain")):
        check_items(inline(api, body, media), [n])


@check
def duplicates_keep_their_places(api):
    numbers = [7, 4, 7, 7, 4] * 100
    check_items(inline(api, numbers), numbers)


@check
def the_smallest_thousand(api):
    numbers = list(range(-100, 900))
    check_items(inline(api, numbers), numbers)


@check
def more_than_a_thousand_come_without_results(api):
    batch = api.post(list(range(1001)), status=200, wait=60).json
    expect("results" not in batch, "no results in a batch of 1,001", batch.keys())
    check_items(api.items(batch), list(range(1001)))


@check_each(PSEUDOPRIMES)
def pseudoprimes(api, numbers):
    check_items(inline(api, numbers), numbers)


@check
def around_powers_of_two(api):
    numbers = EDGES + [-n for n in EDGES]
    check_items(inline(api, numbers), numbers)


@check_each({"numbers": lambda n: b"%d" % n, "strings": lambda n: b'"%d"' % n})
def big_integers_in_json(api, text):
    numbers = BIG_PRIMES + [n + 2 for n in BIG_PRIMES] + [-n for n in BIG_PRIMES]
    check_items(inline(api, b"[%b]" % b",".join(map(text, numbers))), numbers)


@check
def big_integers_in_lines(api):
    check_items(inline(api, lines(BIG_PRIMES), "text/plain"), BIG_PRIMES)


@check
def integers_of_4096_bits(api):
    numbers = [2**4096 - 1, GREATEST, 2**4095 + 1, GREATEST - 2, -GREATEST]
    check_items(inline(api, numbers), numbers)


@check_each(range(61, 68))
def every_length_around_a_word(api, bits):
    numbers = [(1 << bits) - d for d in range(1, 200, 2)]
    check_items(inline(api, numbers), numbers)


@check_each([b"007", b"-007", b"-0", b"0", b"000", b"0" * 300 + b"97", b"-" + b"0" * 40 + b"1"])
def answers_are_canonical(api, text):
    for body, media in ((b'["%b"]' % text, "application/json"), (text, "text/plain")):
        check_items(inline(api, body, media), [int(text)])


@check
def minus_zero_is_zero(api):
    check_items(inline(api, b"[-0, 0]"), [0, 0])


@check
def as_many_digits_as_there_may_be(api):
    n = 10 ** (api.limits.max_digits - 1)
    check_items(inline(api, b"[%d, %d]" % (n, -n)), [n, -n])


@check_each({
    "any order": b'{"metadata":{"a":1},"ttl":60,"priority":9,"numbers":[2,4]}',
    "numbers in the middle": b'{"ttl":60,"numbers":[2,4],"priority":9,"metadata":{"a":1}}',
    "white space everywhere": b' \n{ "ttl"\t:\r60 , "numbers" : [ 2 ,\n4 ] , "priority" :9, "metadata":{ "a" :1 } } \n',
    "escaped names": rb'{"\u0074tl":60,"num\u0062ers":[2,"\u0034"],"priority":9,"metadata":{"\u0061":1}}'})
def members(api, body):
    batch = api.post(body, wait=60, status=200).json
    check_items(batch["results"], [2, 4])
    equal((batch["priority"], batch["metadata"]), (9, {"a": 1}), "priority and metadata")


@check
def defaults(api):
    batch = api.post([2]).json
    equal((batch["priority"], batch["metadata"]), (5, {}), "priority and metadata")


@check_each(range(10))
def every_priority(api, priority):
    equal(api.post({"numbers": [2], "priority": priority}).json["priority"], priority, "priority")


@check_each([1, 60, 31536000])
def the_time_to_live(api, ttl):
    batch = api.ended(api.post({"numbers": [2], "ttl": ttl}, wait=60).json)
    kept = (moment(batch["expires_at"]) - moment(batch["ended_at"])).total_seconds()
    expect(abs(kept - ttl) < 0.1, f"to be kept {ttl} s", f"{kept} s")


@check_each({
    "empty": {}, "nested": {"a": [1, {"b": [None, True, 1.5, "x"]}]},
    "unicode": {"ключ": "値 🎉", "": "é\u0000\u2028"},
    "looks like a batch": {"numbers": [1, None], "priority": "x"}, "long": {"text": "x" * 10000},
    "escapes": {"a\"b\\c/d": "\n\t\b\f\r\u001f"}, "a great integer": {"n": 2**53}})
def metadata_comes_back(api, metadata):
    batch = api.post({"numbers": [2], "metadata": metadata}, wait=60).json
    equal(batch["metadata"], metadata, "metadata")
    equal(api.get(batch["links"]["self"]).json["metadata"], metadata, "metadata")


@check_each({
    "object": (b'{"metadata":{"a":"\\u00e9]"},"numbers":[97,"18446744073709551629",-7,0,"4"],"priority":3}',
               "application/json"),
    "array": (b' [97 ,"18446744073709551629",\n-7,0,"4" ] ', "application/json"),
    "lines": (b'97\r\n"18446744073709551629"\n\n-7\n 0 \n4', "text/plain"),
    "sniffed": (b'\n 97\r\n"18446744073709551629"\n\n-7\n 0 \n4', None)})
def wherever_the_body_is_cut(api, case):
    body, media = case
    for cut in range(1, len(body)):
        response = api.post((body[:cut], body[cut:]), media, status=200, wait=60)
        check_items(response.json["results"], [97, 18446744073709551629, -7, 0, 4])


@check_each({"chunked": {}, "with its length": {"Content-Length": None}})
def byte_by_byte(api, headers):
    for body, media in ((b'{"numbers":[97,"18446744073709551629",-7],"ttl":60}', "application/json"),
                        (b"97\n18446744073709551629\n-7\n", "text/plain")):
        headers = {name: str(len(body)) for name in headers}
        pieces = tuple(body[i:i + 1] for i in range(len(body)))
        check_items(api.post(pieces, media, 200, 60, headers).json["results"], [97, 18446744073709551629, -7])


@check
def octets_byte_by_byte(api):
    body = struct.pack("<3Q", 97, 2**64 - 59, 4)
    pieces = tuple(body[i:i + 1] for i in range(len(body)))
    check_items(api.post(pieces, "application/octet-stream", 200, 60).json["results"], [97, 2**64 - 59, 4])


@check_each(["text/plain", "application/json", "application/octet-stream"])
def a_million_numbers(api, media):
    million = range(1000000)
    body = {"text/plain": lambda: lines(million),
            "application/json": lambda: b"[%b]" % b",".join(b"%d" % n for n in million),
            "application/octet-stream": lambda: struct.pack("<1000000Q", *million)}[media]()
    batch = api.done(body, media)
    counts = batch["counts"]
    equal((counts["total"], counts["prime"], counts["composite"]), (1000000, 78498, 921502),
          "total, prime, composite")
    octets = api.get(batch["links"]["results"] + "?format=octets").body
    expect(octets == bytes(sieve(1000000)), "the octets of the sieve",
           f"{len(octets)} octets, {sum(octets)} primes")
