"""GET /v1/batches/{id}/results: pages, streams, formats and filters."""

import csv
import io
import re

from checks.batches import slow_batch
from primes import BIG_PRIMES, CLASSIC, is_prime
from rules import check_items, ndjson
from runner import check, check_each, equal, expect

NUMBERS = CLASSIC + [-7, 0, 1] + BIG_PRIMES
MEDIA = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv",
         "text": "text/plain",
         "octets": "application/octet-stream"}


def from_json(response):
    return [(item["n"], item["prime"]) for item in response.json["results"]]


def from_ndjson(response):
    return [(item["n"], item["prime"]) for item in ndjson(response.text)]


def from_csv(response):
    rows = list(csv.reader(io.StringIO(response.text, newline="")))
    equal(rows[0], ["index", "n", "prime", "certainty", "elapsed"], "the header line")
    expect("\r" not in response.text, "lines that end in LF", response.body)
    for row in rows[1:]:
        equal(len(row), 5, f"the number of fields of {row}")
        expect(re.fullmatch("true,(proven|probable)|false,proven|,(failed|timeout|canceled)",
                            ",".join(row[2:4])), "a verdict", row)
        expect(float(row[4]) >= 0 if row[2] else row[4] == "", "the seconds it took", row)
    return [(n, {"true": True, "false": False, "": None}[prime]) for _, n, prime, _, _ in rows[1:]]


def from_text(response):
    found = []
    for line in response.text.splitlines():
        match = re.fullmatch(r"( *-?\d+)  ([P ?]) ( *\d+\.\d{6})s", line)
        expect(match and len(match[1]) >= 16 and len(match[3]) >= 9, "number, P or blank, seconds", line)
        found.append((match[1].strip(), {"P": True, " ": False, "?": None}[match[2]]))
    return found


READERS = {"json": from_json, "ndjson": from_ndjson, "csv": from_csv, "text": from_text}


def verdicts(response, form, numbers):
    """Hold an answer, in any format, to the numbers it is of."""
    equal(response.media, MEDIA[form], "the media type")
    if form == "octets":
        wanted = [is_prime(n) for n in numbers]
        equal([octet in (1, 2) for octet in response.body], wanted, "the octets")
        small = [octet for octet, n in zip(response.body, numbers) if abs(n) < 2**64]
        expect(2 not in small, "proven verdicts below 2^64", response.body)
    else:
        equal(READERS[form](response), [(str(n), is_prime(n)) for n in numbers], f"the {form}")


def results(api, numbers, query="", **rest):
    """The answer to a request for the results of a batch of these numbers."""
    return api.get(api.done(numbers)["links"]["results"] + query, **rest)


# --- formats --------------------------------------------------------------------------------------


@check_each(list(MEDIA))
def a_format(api, form):
    batch = api.done(NUMBERS)
    home = batch["links"]["results"]
    verdicts(api.get(f"{home}?format={form}"), form, NUMBERS)
    verdicts(api.get(home, headers={"Accept": MEDIA[form]}), form, NUMBERS)
    verdicts(api.get(f"{home}?format={form}", headers={"Accept": "image/png"}), form, NUMBERS)
    verdicts(api.get(f"{home}?format={form}&after=4&limit=10"), form, NUMBERS[5:15])
    verdicts(api.get(f"{home}?format={form}&only=prime"), form, [n for n in NUMBERS if is_prime(n)])
    verdicts(api.get(f"{home}?format={form}&only=composite"), form, [n for n in NUMBERS if not is_prime(n)])
    verdicts(api.get(f"{home}?format={form}&only=failed"), form, [])
    verdicts(api.get(f"{home}?format={form}&only=prime&after=2&limit=3"), form,
             [n for n in NUMBERS[3:] if is_prime(n)][:3])
    verdicts(api.get(f"{home}?format={form}&after={len(NUMBERS) - 1}"), form, [])


@check_each(list(MEDIA))
def a_format_of_nothing(api, form):
    verdicts(results(api, [], f"?format={form}"), form, [])


@check
def items_are_whole(api):
    batch = api.done(NUMBERS)
    check_items(api.get(batch["links"]["results"]).json["results"], NUMBERS)
    stream = api.get(batch["links"]["results"] + "?format=ndjson")
    items = ndjson(stream.text)
    check_items(items, NUMBERS)
    for item in items:
        mistakes = api.contract.mistakes(api.contract.schema("ResultItem"), item)
        expect(not mistakes, "a ResultItem", mistakes)
    equal(items, api.get(batch["links"]["results"]).json["results"], "the items, page and stream")
    total = sum(item["elapsed"] for item in items)
    expect(abs(total - batch["compute_seconds"]) <= 0.01 * total + 1e-6, f"compute_seconds {total}",
           batch["compute_seconds"])


@check_each([
    (None, "json"), ("*/*", "json"), ("application/json", "json"), ("APPLICATION/JSON", "json"),
    ("text/csv, */*;q=0.1", "csv"),
    ("text/csv;q=0.5, application/x-ndjson", "ndjson"), ("text/csv;q=0.5,application/x-ndjson;q=0.4", "csv"),
    ("image/png, text/plain;q=0.1", "text"), ("application/json;q=0, application/octet-stream", "octets"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"), ("application/*", "json"),
    ("text/csv; charset=utf-8", "csv"), ("text/csv ; q=1.0", "csv"),
    ("application/json;q=0.001, text/csv;q=0.999", "csv"),
    ("text/*;q=0.5, text/csv;q=0, application/json;q=0.1", "text"), ("*/*;q=0.5, text/csv", "csv")])
def what_accept_chooses(api, case):
    accept, form = case
    headers = {} if accept is None else {"Accept": accept}
    verdicts(results(api, [97, 4], headers=headers), form, [97, 4])


@check_each(["image/png", "text/html", "application/json;q=0", "application/xml, image/*;q=0.9", "*/*;q=0",
             "text/csvx"])
def what_accept_cannot_choose(api, accept):
    problem = results(api, [2], status=406, headers={"Accept": accept}).json
    equal(problem["type"], "/problems/not-acceptable", "the type")
    for media in MEDIA.values():
        expect(media in problem["detail"], f"{media} to be listed", problem["detail"])


@check_each([("format", "xml"), ("format", ""), ("format", "JSON"), ("format", "application/json"),
             ("only", "primes"), ("only", ""), ("only", "canceled"),
             ("after", "-1"), ("after", "x"), ("after", ""), ("after", "1.5"), ("after", "0x1"),
             ("limit", "0"), ("limit", "-1"), ("limit", "10001"),
             ("limit", "x"), ("limit", ""), ("limit", "1e2"), ("limit", "99999999999999999999"),
             ("after", "99999999999999999999x")])
def a_malformed_parameter(api, case):
    name, value = case
    problem = results(api, [2], f"?{name}={value}", status=400).json
    equal(problem["type"], "/problems/bad-parameter", "the type")
    equal([error.get("parameter") for error in problem["errors"]], [name], "the parameter")


# --- pages ----------------------------------------------------------------------------------------


def pages(api, target):
    """The pages from a target on."""
    while target:
        response = api.get(target)
        page = response.json
        equal(response.headers.get("Link"), page["next"] and f'<{page["next"]}>; rel="next"', "Link")
        yield page
        target = page["next"]


@check_each([1, 7, 29, 30, 31, 10000])
def pages_hold_every_number_once(api, limit):
    numbers = list(range(30))
    batch = api.done(numbers)
    items = []
    for page in pages(api, f"{batch['links']['results']}?limit={limit}"):
        equal(page["complete"], True, "complete")
        expect(len(page["results"]) == min(limit, 30 - len(items)), f"full pages of {limit}",
               len(page["results"]))
        items += page["results"]
    check_items(items, numbers)


@check_each(["prime", "composite"])
def pages_of_only_some(api, only):
    numbers = list(range(200))
    batch = api.done(numbers)
    target = f"{batch['links']['results']}?limit=7&only={only}"
    items = [item for page in pages(api, target) for item in page["results"]]
    equal([item["index"] for item in items], [n for n in numbers if is_prime(n) == (only == "prime")],
          "the indices")


@check
def a_page_has_a_thousand_unless_told(api):
    numbers = list(range(2500))
    batch = api.done(numbers)
    sizes = [len(page["results"]) for page in pages(api, batch["links"]["results"])]
    equal(sizes, [1000, 1000, 500], "the sizes of the pages")


@check
def next_keeps_the_format(api):
    batch = api.done(list(range(10)))
    page = api.get(batch["links"]["results"] + "?format=json&limit=3", headers={"Accept": "text/csv"}).json
    verdicts(api.get(page["next"], headers={"Accept": "text/csv"}), "json", [3, 4, 5])


@check_each([9, 10, 11, 10**6, 2**53, 2**63, 2**64 - 1])
def behind_the_end(api, after):
    page = results(api, list(range(10)), f"?after={after}").json
    equal(page, {"results": [], "next": None, "complete": True}, "the page")


@check
def pages_follow_a_running_batch(api):
    numbers = [2**1279 - 1, 97, 2**1024 - 105, 4] * 100
    batch = api.post(numbers, status=202).json
    items, target = [], batch["links"]["results"] + "?limit=50"
    while target:
        page = api.get(target).json
        expect(page["complete"] or page["next"], "somewhere to go on while it runs", page)
        items += page["results"]
        if not page["complete"] and not page["results"]:
            api.get(batch["links"]["self"] + "?wait=1")
        target = page["next"]
    check_items(items, numbers)


# --- streams --------------------------------------------------------------------------------------


@check_each(["ndjson", "csv", "text", "octets"])
def a_stream_follows_a_running_batch(api, form):
    numbers = [2**1279 - 1, 97, 4] * 50
    batch = api.post(numbers, status=202).json
    verdicts(api.get(f"{batch['links']['results']}?format={form}"), form, numbers)
    equal(api.get(batch["links"]["self"]).json["status"], "completed", "status at the end of the stream")


@check_each(["ndjson", "csv", "text", "octets"])
def a_stream_of_a_canceled_batch(api, form):
    with slow_batch(api, 50) as batch:
        api.request("POST", batch["links"]["cancel"], status=(200, 202))
        response = api.get(f"{batch['links']['results']}?format={form}")
        ended = api.ended(batch)
        if form == "octets":
            equal(response.body.count(5), ended["counts"]["canceled"], "the number of canceled octets")
            equal(len(response.body), 50, "the number of octets")
        else:
            equal([prime for _, prime in READERS[form](response)].count(None), ended["counts"]["canceled"],
                  "the number without a verdict")


@check
def a_stream_of_a_deleted_batch_breaks_off(api):
    with slow_batch(api) as batch:
        answer = api.open("GET", batch["links"]["results"] + "?format=ndjson")
        equal(answer.status, 200, "status")
        api.request("DELETE", batch["links"]["self"], status=204)
        try:
            answer.read()
        except Exception:  # of many kinds, for many ways to break off
            return
        expect(False, "a stream that is not complete", "a complete one")


@check
def a_client_may_leave_a_stream(api):
    with slow_batch(api) as batch:
        for form in MEDIA:
            api.abandon(f"GET {batch['links']['results']}?format={form} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
                        reset=True)
        api.get("/healthz")
