"""Idempotency-Key: a request that is sent again makes no second batch."""

import concurrent.futures
import contextlib
import time
import uuid

from checks.batches import slow_batch
from checks.refusals import newest
from rules import check_items
from runner import check, check_each, equal, expect

# One batch in every format: (media type, body).
FORMATS = {
    "an object": ("application/json", b'{"numbers":[2,"97",91],"priority":3}'),
    "an array": ("application/json", b"[2,97,91]"),
    "ndjson": ("application/x-ndjson", b'2\n"97"\n91\n'),
    "lines": ("text/plain; charset=utf-8", b"2\n97\n91"),
    "sniffed": (None, b"[2,97,91]"),
    "as curl sends it": ("application/x-www-form-urlencoded", b"2\n97\n91\n"),
    "octets": ("application/octet-stream", b"".join(n.to_bytes(8, "little") for n in (2, 97, 91))),
    "no numbers": ("application/json", b"[]"),
}


def fresh():
    return str(uuid.uuid4())


def post(api, key, body=b"[2,97,91]", media="application/json", status=202, **rest):
    return api.post(body, media, status, headers={"Idempotency-Key": key}, **rest)


def expect_replay(response, first):
    equal(response.headers.get("Idempotency-Replayed"), "true", "Idempotency-Replayed")
    equal(response.json["id"], first.json["id"], "the batch of the repeat")
    equal(response.headers["Location"], first.headers["Location"], "Location")


def expect_first(response):
    equal(response.headers.get("Idempotency-Replayed"), None, "Idempotency-Replayed")


def expect_header_named(response, kind):
    equal(response.json["type"], f"/problems/{kind}", "the type")
    equal([error.get("header") for error in response.json["errors"]], ["Idempotency-Key"], "the header named")


def settled(attempt):
    """The first answer that is not 409; each 409 must say when to try again."""
    deadline = time.monotonic() + 30
    while (response := attempt()).status == 409:
        expect_header_named(response, "key-busy")
        expect(time.monotonic() < deadline, "the key to be let go in 30 s", "409 all the time")
        time.sleep(0.01)
    return response


@check_each(FORMATS)
def a_repeat_is_answered_with_the_first_batch(api, case):
    media, body = case
    key = fresh()
    first = post(api, key, body, media)
    expect_first(first)
    before = newest(api)
    expect_replay(post(api, key, body, media), first)
    expect_replay(post(api, key, (body[:5], body[5:]), media), first)  # in chunks
    waited = post(api, key, body, media, 200, wait=30)
    expect_replay(waited, first)
    numbers = [2, 97, 91] if b"91" in body or media == "application/octet-stream" else []
    check_items(waited.json["results"], numbers)
    equal(newest(api), before, "the batches after the repeats")


@check
def the_wait_is_that_of_the_repeat(api):
    with slow_batch(api):
        key = fresh()
        first = post(api, key)
        expect_replay(post(api, key), first)
        done = post(api, key, status=200, wait=60)
        expect_replay(done, first)
        equal(done.headers.get("Preference-Applied"), "wait", "Preference-Applied")
        again = post(api, key)
        expect_replay(again, first)
        equal(again.json["status"], "completed", "the batch as it is now")


@check
def bare_and_quoted_keys_are_the_same(api):
    key = fresh()
    first = post(api, key)
    expect_replay(post(api, f'"{key}"'), first)
    expect_replay(post(api, f"  {key}\t"), first)
    other = post(api, f'"{key} "')
    expect_first(other)


@check_each(["x" * 255, '"' + "y" * 255 + '"', '"' + '\\"' * 255 + '"', "!#$%&'()*+-./:;<=>?@[\\]^_`{|}~",
             '"{}, and blanks"', "*", "0"])
def keys_that_are_taken(api, key):
    first = post(api, key)
    expect_first(first)
    expect_replay(post(api, key), first)


@check_each(["", '""', '"', '"x', 'x"', '"x" y', '"x";a=1', '"x"y', "a b", "a,b", 'a"b', '"a\\b"', '"a\\', "x" * 256,
             '"' + "x" * 256 + '"', "sch\xf6n", '"sch\xf6n"', "a\x7f", '"a\tb"', '"x", "y"'])
def keys_that_are_malformed(api, key):
    before = newest(api)
    expect_header_named(post(api, key, status=400), "bad-header")
    equal(newest(api), before, "the batches after a refusal")


@check
def two_keys_are_malformed(api):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n"
    equal(api.raw(head + b"Idempotency-Key: a1\r\nidempotency-key: a1\r\n\r\n[2]"), 400, "the status of two keys")


@check_each({
    "other numbers": ("application/json", b"[2,97,93]"), "another order": ("application/json", b"[97,2,91]"),
    "one number more": ("application/json", b"[2,97,91,4]"), "nothing": ("text/plain", b""),
    "other white space": ("application/json", b"[2, 97, 91]"),
    "the same in another format": ("text/plain", b"2\n97\n91\n"),
    "metadata": ("application/json", b'{"numbers":[2,97,91],"metadata":{"a":1}}'),
})
def another_body_under_the_same_key(api, case):
    media, body = case
    key = fresh()
    first = post(api, key)
    before = newest(api)
    expect_header_named(post(api, key, body, media, 422), "key-reused")
    equal(newest(api), before, "the batches after a refusal")
    expect_replay(post(api, key), first)


@check
def the_same_octets_read_as_another_format(api):
    key = fresh()
    octets = b"12345678"
    first = post(api, key, octets, "text/plain")
    expect_header_named(post(api, key, octets, "application/octet-stream", 422), "key-reused")
    expect_replay(post(api, key, octets, "application/x-ndjson"), first)
    expect_replay(post(api, key, octets, None), first)


@check_each({"malformed": (b"[2,", 400, "malformed-json"), "no integers": (b"[1.5]", 422, "invalid-batch"),
             "a wrong member": (b'{"numbers":[2],"x":1}', 422, "invalid-batch")})
def a_request_that_is_refused_leaves_the_key_free(api, case):
    body, status, kind = case
    key = fresh()
    for _ in range(2):
        equal(post(api, key, body, status=status).json["type"], f"/problems/{kind}", "the type")
    first = post(api, key)
    expect_first(first)
    equal(post(api, key, body, status=status).json["type"], f"/problems/{kind}", "the type, for a repeat")
    expect_replay(post(api, key), first)


@check
def a_batch_that_was_deleted_leaves_the_key_free(api):
    key = fresh()
    first = post(api, key, status=200, wait=30)
    api.request("DELETE", first.headers["Location"], status=204)
    second = post(api, key, b"[3]")
    expect_first(second)
    expect(second.json["id"] != first.json["id"], "another batch", second.json)
    expect_replay(post(api, key, b"[3]"), second)


@check
def a_batch_that_was_canceled_keeps_the_key(api):
    with slow_batch(api):
        key = fresh()
        first = post(api, key)
        api.request("POST", first.headers["Location"] + "/cancel", status=(200, 202))
        expect_replay(post(api, key), first)


@contextlib.contextmanager
def half_a_request(api, key):
    """A request of 9 octets, of which the service has the headers and 4 octets."""
    with api.socket() as connection:
        connection.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 9\r\nExpect: 100-continue\r\nIdempotency-Key: %b\r\n\r\n" % key.encode())
        first = connection.recv(65536)
        expect(first.startswith(b"HTTP/1.1 100"), "100 Continue", first)
        connection.sendall(b"[2,9")
        yield connection


@check
def a_repeat_while_the_first_request_is_received(api):
    key = fresh()
    with half_a_request(api, key) as connection:
        for body in (b"[2,97,91]", b"[3]"):
            expect_header_named(post(api, key, body, status=409), "key-busy")
        expect_first(post(api, fresh()))
        connection.sendall(b"7,91]")
        answer = connection.recv(65536)
        expect(answer.startswith(b"HTTP/1.1 202"), "202 for the first request", answer)
    replay = post(api, key)
    equal(replay.headers.get("Idempotency-Replayed"), "true", "Idempotency-Replayed")
    expect(replay.json["id"].encode() in answer, "the batch of the first request", replay.json)


@check
def a_client_that_leaves_frees_the_key(api):
    key = fresh()
    with half_a_request(api, key):
        pass
    expect_first(settled(lambda: post(api, key, status=(202, 409))))


@check
def one_key_and_many_clients_at_once(api):
    clients = 16
    key = fresh()
    before = newest(api)

    def persist(_):
        return settled(lambda: post(api, key, status=(202, 409)))

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        responses = list(pool.map(persist, range(clients)))
    first = [response for response in responses if "Idempotency-Replayed" not in response.headers]
    equal(len(first), 1, "the number of first answers")
    for response in responses:
        if response is not first[0]:
            expect_replay(response, first[0])
    equal(newest(api), [first[0].json["id"], *before][:10], "the batches after that")


@check
def other_calls_do_not_look_at_the_key(api):
    batch = api.done([2])
    for key in ("a b", fresh()):
        headers = {"Idempotency-Key": key}
        for _ in range(2):
            api.get(batch["links"]["self"], headers=headers)
            api.request("POST", batch["links"]["cancel"], headers=headers, status=200)
