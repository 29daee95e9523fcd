"""Batches: looking at them, waiting for them, listing, canceling and deleting them."""

import concurrent.futures
import contextlib
import time
import uuid

from primes import GREAT, GREAT_DIGITS, GREATEST
from rules import ENDED, check_items, moment
from runner import Skip, check, check_each, equal, expect

NEVER = "019abc12-3456-7def-8123-456789abcdef"


@contextlib.contextmanager
def slow_batch(api, count=1000):
    """A batch that keeps the workers busy for minutes, unless it is canceled."""
    batch = api.post([GREATEST] * count, status=202).json
    try:
        yield batch
    finally:
        api.request("DELETE", batch["links"]["self"], status=(204, 410))


@check
def a_batch_that_has_ended(api):
    batch = api.done({"numbers": [2, 4, 97], "priority": 2})
    equal((batch["status"], batch["progress"], batch["eta_seconds"], batch["priority"]),
          ("completed", 1, 0, 2),
          "status, progress, eta_seconds, priority")
    equal({n: batch["counts"][n] for n in ("prime", "composite")}, {"prime": 2, "composite": 1}, "the counts")
    later = api.get(batch["links"]["self"]).json
    batch.pop("results", None)
    equal(later, batch, "the batch, unchanged after its end")


@check
def ids_are_of_version_7_and_grow(api):
    before = int(time.time() * 1000)
    ids = [api.post([n]).json["id"] for n in range(20)]
    equal(ids, sorted(ids), "ids in order")
    stamp = uuid.UUID(ids[0]).int >> 80
    expect(abs(stamp - before) < 60000, f"the time {before} ms in the id", stamp)


@check
def times_are_of_today(api):
    batch = api.done([2])
    age = time.time() - moment(batch["created_at"]).timestamp()
    expect(-5 < age < 60, "a batch made just now", batch["created_at"])


@check_each({"parameter": ("?wait=30", {}), "header": ("", {"Prefer": "wait=30"}),
             "among others": ("", {"Prefer": "respond-async, wait=30"}),
             "both": ("?wait=30", {"Prefer": "wait=1"}), "beyond the cap": ("?wait=100000", {})})
def an_honoured_wait(api, case):
    query, headers = case
    response = api.request("POST", f"/v1/batches{query}", b"[97]",
                           {"Content-Type": "application/json", **headers}, 200)
    equal(response.headers.get("Preference-Applied"), "wait", "Preference-Applied")
    check_items(response.json["results"], [97])
    response = api.get(response.json["links"]["self"] + query, headers=headers)
    equal(response.headers.get("Preference-Applied"), "wait", "Preference-Applied")


@check_each(["", "wait", "wait=", "wait=x", "wait=-1", "return=minimal", "waiting=5", "x" * 1000, "wait=1.5"])
def a_prefer_that_makes_no_sense(api, prefer):
    response = api.post([97], status=202, headers={"Prefer": prefer})
    equal(response.headers.get("Preference-Applied"), None, "Preference-Applied")


@check
def no_wait_is_no_wait(api):
    with slow_batch(api) as batch:
        began = time.monotonic()
        for query in ("", "?wait=0"):
            expect(api.get(batch["links"]["self"] + query).json["status"] not in ENDED, "a batch under way",
                   batch)
        expect(time.monotonic() - began < 1, "an answer at once", f"{time.monotonic() - began} s")


@check
def a_wait_that_is_too_short(api):
    with slow_batch(api) as batch:
        began = time.monotonic()
        response = api.get(batch["links"]["self"] + "?wait=1")
        waited = time.monotonic() - began
        expect(response.json["status"] in ("queued", "running"), "a batch under way", response.json)
        expect(0.9 < waited < 5, "an answer after a second", f"{waited} s")
        equal(response.headers.get("Preference-Applied"), "wait", "Preference-Applied")
        response = api.post([GREATEST] * 100, status=202, wait=1)
        equal(response.headers.get("Preference-Applied"), "wait", "Preference-Applied")
        api.request("DELETE", response.headers["Location"], status=204)


@check
def a_wait_ends_with_its_batch(api):
    with slow_batch(api) as batch, concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(api.get, batch["links"]["self"] + "?wait=60") for _ in range(4)]
        api.get(batch["links"]["self"] + "?wait=1")
        api.request("POST", batch["links"]["cancel"], status=(200, 202))
        for answer in waiting:
            equal(answer.result().json["status"], "canceled", "status")


@check_each(["-1", "x", "1.5", "", "0x1", "5s"])
def a_malformed_wait(api, value):
    batch = api.done([2])
    problem = api.get(f"{batch['links']['self']}?wait={value}", 400).json
    equal(problem["type"], "/problems/bad-parameter", "the type")
    equal([error.get("parameter") for error in problem["errors"]], ["wait"], "the parameter")


@check
def a_small_batch_does_not_wait_behind_a_big_one(api):
    with slow_batch(api) as big:
        small = api.post([97, 4], status=200, wait=30).json
        check_items(small["results"], [97, 4])
        expect(api.get(big["links"]["self"]).json["status"] in ("queued", "running"), "the big one under way",
               big)


@check
def many_clients_at_once(api):
    numbers = [list(range(k, k + 50)) for k in range(40)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda body: api.post(body, status=200, wait=60).json, numbers))
    for body, batch in zip(numbers, answers):
        check_items(batch["results"], body)
    equal(len({batch["id"] for batch in answers}), 40, "the number of different ids")


def need_a_short_timeout(api):
    if api.limits.number_timeout > 2 or api.limits.max_digits < GREAT_DIGITS:
        raise Skip("--number-timeout is too long to wait for, or --max-digits too small for it")


@check
def numbers_that_take_too_long(api):
    need_a_short_timeout(api)
    batch = api.done(["97", GREAT, "4"])
    equal((batch["status"], batch["counts"]["failed"]), ("completed", 1), "status and the number of failed")
    items = api.items(batch)
    check_items(items[:1], [97])
    check_items(items[2:], [4], 2)
    equal(items[1], {"index": 1, "n": GREAT, "prime": None, "error": "timeout"}, "the item")
    equal(api.items(batch, "&only=failed"), items[1:2], "the items without a verdict")
    home = batch["links"]["results"]
    equal(list(api.get(f"{home}?format=octets").body), [1, 4, 0], "the octets")
    lines = api.get(f"{home}?format=csv&only=failed").text.splitlines()
    equal(lines[1:], [f"1,{GREAT},,timeout,"], "the line of CSV")


@check
def a_lone_number_that_takes_too_long(api):
    need_a_short_timeout(api)
    batch = api.post([GREAT], status=200, wait=5).json
    equal(batch["results"][0].get("error"), "timeout", "the error")
    outcome = api.get(f"/v1/numbers/{GREAT}").json
    equal(outcome.get("error"), "timeout", "the error of the number, not in a batch")


@check
def a_batch_that_has_expired_is_gone(api):
    batch = api.ended(api.post({"numbers": [2], "ttl": 1}, wait=10).json)
    with slow_batch(api) as slow:
        for _ in range(10):
            response = api.get(batch["links"]["self"], (200, 410))
            if response.status == 410:
                break
            api.get(slow["links"]["self"] + "?wait=1")
    equal(response.status, 410, "the answer in the end")


# --- the list -------------------------------------------------------------------------------------


@check
def the_newest_come_first(api):
    made = [api.done([n])["id"] for n in range(5)]
    equal([batch["id"] for batch in api.get("/v1/batches?limit=5").json["batches"]], made[::-1],
          "the five newest")


@check_each([1, 2, 7])
def every_batch_is_on_one_page(api, limit):
    made = [api.done([n])["id"] for n in range(7)]
    seen, target = [], f"/v1/batches?limit={limit}"
    while target and made[0] not in seen:
        response = api.get(target)
        page = [batch["id"] for batch in response.json["batches"]]
        expect(len(page) <= limit, f"at most {limit} batches", len(page))
        target = response.json["next"]
        equal(response.headers.get("Link"), target and f'<{target}>; rel="next"', "Link")
        seen += page
    equal(seen[:7], made[::-1], "the seven newest, page by page")


@check
def the_last_page_has_no_next(api):
    api.done([2])
    target, ids = "/v1/batches?limit=1000", []
    while target:
        page = api.get(target).json
        ids += [batch["id"] for batch in page["batches"]]
        target = page["next"]
    equal(ids, sorted(set(ids), reverse=True), "all ids, newest first")
    page = api.get(f"/v1/batches?after={ids[-1]}").json
    equal(page, {"batches": [], "next": None}, "what is behind the last")


@check
def pages_stay_put_while_batches_come_and_go(api):
    made = [api.done([n]) for n in range(6)]
    page = api.get("/v1/batches?limit=2").json
    for batch in (made[5], made[4], made[3]):
        api.request("DELETE", batch["links"]["self"], status=204)
    api.done([2])
    following = api.get(page["next"]).json["batches"]
    equal([batch["id"] for batch in following], [made[2]["id"], made[1]["id"]], "the next page")


@check
def pages_of_one_status(api):
    made = [api.done([n])["id"] for n in range(3)]
    seen, target = [], "/v1/batches?status=completed&limit=1"
    while len(seen) < 3:
        page = api.get(target).json
        seen += [(batch["id"], batch["status"]) for batch in page["batches"]]
        target = page["next"]
    equal(seen, [(id, "completed") for id in made[::-1]], "the three newest that are completed")


@check_each(["queued", "running", "canceling", "completed", "canceled"])
def only_one_status(api, status):
    done = api.done([2])
    with slow_batch(api) as slow, slow_batch(api) as canceled:
        api.request("POST", canceled["links"]["cancel"])
        api.ended(canceled)
        batches = api.get(f"/v1/batches?status={status}&limit=1000").json["batches"]
        expect({batch["status"] for batch in batches} <= {status}, f"only {status}",
               [batch["status"] for batch in batches])
        ids = [batch["id"] for batch in batches]
        for batch, statuses in ((done, ["completed"]), (canceled, ["canceled"])):
            equal(batch["id"] in ids, status in statuses, f"{batch['id']} among the {status}:")
        expect(slow["id"] not in ids or status in ("queued", "running"), "a slow batch not to have ended",
               ids)


@check_each([("limit", "0"), ("limit", "-1"), ("limit", "1001"), ("limit", "x"), ("limit", "1.5"),
             ("limit", ""), ("limit", "99999999999999999999"),
             ("status", "done"), ("status", ""), ("status", "RUNNING"), ("after", "x"), ("after", ""),
             ("after", NEVER + "0"), ("after", NEVER[:-1])])
def a_malformed_parameter(api, case):
    name, value = case
    problem = api.get(f"/v1/batches?{name}={value}", 400).json
    equal(problem["type"], "/problems/bad-parameter", "the type")
    equal([error.get("parameter") for error in problem["errors"]], [name], "the parameter")


@check_each(["?color=red", "?", "?&&", "?=", "?limits=0", "?Limit=0", "?x=%00", "?%FF=%FE"])
def an_unknown_parameter(api, query):
    api.get(f"/v1/batches{query}")


@check
def a_percent_encoded_value(api):
    api.done([2])
    equal(len(api.get("/v1/batches?limi%74=%31").json["batches"]), 1, "the number of batches")


# --- cancel and delete ----------------------------------------------------------------------------


@check
def canceling_keeps_what_is_done(api):
    numbers = [2, 4, 97] + [GREATEST] * 300
    batch = api.post(numbers, status=202).json
    api.get(batch["links"]["self"] + "?wait=1")
    response = api.request("POST", batch["links"]["cancel"], status=(200, 202)).json
    expect(response["status"] in ("canceling", "canceled"), "canceling or canceled", response["status"])
    ended = api.ended(response)
    equal(ended["status"], "canceled", "status")
    expect(ended["counts"]["canceled"] > 0 and ended["counts"]["failed"] == 0, "some canceled, none failed",
           ended["counts"])
    items = api.items(ended)
    equal([item["index"] for item in items], list(range(len(numbers))), "the indices")
    canceled = [item for item in items if item.get("error") == "canceled"]
    equal(len(canceled), ended["counts"]["canceled"], "the number of canceled items")
    for item in items:
        if item not in canceled:
            check_items([item], [numbers[item["index"]]], item["index"])
    equal(api.items(ended, "&only=failed"), canceled, "the items without a verdict")
    again = api.request("POST", batch["links"]["cancel"], status=200).json
    equal(again, ended, "the batch, canceled again")
    api.request("DELETE", batch["links"]["self"], status=204)


@check
def canceling_what_has_ended_changes_nothing(api):
    batch = api.done([2])
    batch.pop("results", None)
    for body in (None, b"", b"{}", b"whatever"):
        equal(api.request("POST", batch["links"]["cancel"], body, status=200).json, batch, "the batch")


@check
def a_deleted_batch_is_gone(api):
    batch = api.done([2])
    home = batch["links"]["self"]
    response = api.request("DELETE", home, status=204)
    equal(response.body, b"", "the body")
    for method, target in (("GET", home), ("DELETE", home), ("GET", home + "/results"),
                           ("GET", home + "/results?format=csv"),
                           ("GET", home + "/events"), ("POST", home + "/cancel"), ("GET", home + "?wait=60")):
        equal(api.request(method, target, status=410).json["type"], "/problems/gone", "the type")
    api.request("HEAD", home, status=410)
    expect(batch["id"] not in [b["id"] for b in api.get("/v1/batches?limit=1000").json["batches"]],
           "it not to be listed", batch["id"])


@check
def a_running_batch_can_be_deleted(api):
    with slow_batch(api) as batch, concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(api.get, batch["links"]["self"] + "?wait=60", (200, 410))
        api.get(batch["links"]["self"] + "?wait=1")
        api.request("DELETE", batch["links"]["self"], status=204)
        api.get(batch["links"]["self"], 410)
        waiting.result(30)


@check_each([NEVER, "x", "0", "..", ".", "%2e%2e", "%2E", NEVER[:-1], NEVER + "0", NEVER.replace("-", ""),
             "g" * 36, "x" * 4000, "%00", "%E2%82%AC",
             "%F0%9F%8E%89", "%FF", "a%20b", "a+b", "%22%3C%27", "{id}", "~", "-1",
             "00000000-0000-0000-0000-000000000000"])
def what_never_was_a_batch(api, name):
    home = f"/v1/batches/{name}"
    for method, target in (("GET", home), ("DELETE", home), ("GET", home + "/results"),
                           ("GET", home + "/events"),
                           ("POST", home + "/cancel"), ("GET", home + "?wait=60")):
        equal(api.request(method, target, status=404).json["type"], "/problems/not-found", "the type")
