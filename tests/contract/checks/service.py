"""Single numbers, and the paths for those who run the service."""

import re

import contract
from primes import BIG_PRIMES, CLASSIC, EDGES, GREATEST, is_prime
from runner import check, check_each, equal, expect


def number(api, text):
    outcome = api.get(f"/v1/numbers/{text}").json
    n = int(text)
    equal((outcome["n"], outcome["prime"]), (str(n), is_prime(n)), f"n and prime of {text[:40]}")
    expect(outcome["certainty"] == "proven" or outcome["prime"] and n >= 2**64, "a proven verdict", outcome)


@check
def one_number(api):
    for n in CLASSIC + EDGES + BIG_PRIMES + [-7, -1, -2**64, 0, 1]:
        number(api, str(n))


@check_each(["007", "-007", "-0", "000", "0" * 100 + "97"])
def leading_zeros(api, text):
    number(api, text)


@check
def a_number_of_4096_bits(api):
    number(api, str(GREATEST))
    number(api, str(GREATEST - 2))


@check_each(["x", "1.5", "1e3", "0x1f", "+7", "%2B7", "--7", "-", "%207", "7%20", "%D9%A3", "7,",
             "1_000", "NaN", "null", "%22%22", "'7'", "7;8", "..", "%2e"])
def what_is_no_integer(api, text):
    equal(api.get(f"/v1/numbers/{text}", 400).json["type"], "/problems/not-an-integer", "the type")


@check
def too_many_digits(api):
    problem = api.get("/v1/numbers/" + "7" * (api.limits.max_digits + 1), 422).json
    equal(problem["type"], "/problems/too-many-digits", "the type")
    expect(str(api.limits.max_digits) in problem["detail"].replace(",", ""),
           f"the limit {api.limits.max_digits}",
           problem["detail"])


@check
def as_many_digits_as_there_may_be(api):
    number(api, "1" + "0" * (api.limits.max_digits - 1))


@check
def a_single_number_makes_no_batch(api):
    before = api.get("/v1/batches?limit=1").json["batches"]
    number(api, "97")
    equal(api.get("/v1/batches?limit=1").json["batches"], before, "the newest batch")


@check
def alive_and_ready(api):
    equal(api.get("/healthz").json, {"status": "ok"}, "the health")
    readiness = api.get("/readyz").json
    equal(readiness["status"], "ready", "the readiness")
    expect(readiness["workers"] > 0, "some workers", readiness)
    equal(api.post([2]).json["durable"], readiness["durable"], "durable, of a batch and of the service,")


@check
def the_contract_is_served(api):
    response = api.get("/openapi.yaml")
    expect(response.body == contract.PATH.read_bytes(), "openapi.yaml, octet for octet", response.body[:200])


@check
def the_page_for_people(api):
    response = api.get("/")
    expect(response.text.lstrip().lower().startswith("<!doctype html>"), "an HTML page", response.text)
    expect("/openapi.yaml" in response.text, "a link to the contract", response.text)


@check
def what_the_pages_are_made_of(api):
    seen, wanted = set(), {"/", "/docs", "/favicon.ico"}
    while wanted:
        path = wanted.pop()
        seen.add(path)
        response = api.get(path)
        names = re.findall(r"[\"']/page/([\w.-]+)", response.text) + re.findall(r"[\"']\./([\w.-]+)", response.text)
        wanted |= {f"/page/{name}" for name in names} - seen
        api.request("GET", path, headers={"If-None-Match": response.headers["ETag"]}, status=304)
        api.request("HEAD", path, status=200)
    expect(len(seen) > 10, "pages of more than ten files", seen)
    api.get("/page/none.js", status=404)


@check
def the_live_state(api):
    before = api.get("/v1/status").json
    expect(len(before["workers"]) > 0, "some workers", before)
    equal(len(before["durations"]["bounds_seconds"]) + 1, len(before["durations"]["requests"]), "the buckets")
    api.done(list(range(100)))
    after = api.get("/v1/status").json
    while after["totals"]["batches_ended"] == before["totals"]["batches_ended"]:
        after = api.get("/v1/status").json  # counted a moment after its end
    for name, most in before["totals"].items():
        expect(after["totals"][name] >= most, f"{name} not to fall from {most}", after["totals"])
    expect(after["totals"]["numbers_done"] >= before["totals"]["numbers_done"] + 100, "100 more numbers", after)
    expect(after["uptime_seconds"] > before["uptime_seconds"], "time to go on", after)


SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)"
                    r'(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?'
                    r" (-?[0-9.]+(?:e[-+]?\d+)?|[-+]?Inf|NaN)")


def samples(api):
    """The metrics as {name and labels: value}, held to the format."""
    response = api.get("/metrics")
    equal(response.headers["Content-Type"].replace(" ", ""), "text/plain;version=0.0.4;charset=utf-8",
          "Content-Type")
    expect(response.text.endswith("\n"), "whole lines", response.text[-80:])
    found, types = {}, {}
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            expect(name not in types, "one TYPE a metric", line)
            types[name] = kind
        elif not line.startswith("#") and line:
            match = SAMPLE.fullmatch(line)
            expect(match, "a sample", line)
            family = re.sub("_(bucket|sum|count)$", "", match[1])
            expect(match[1] in types or types.get(family) in ("histogram", "summary"), "a TYPE before", line)
            expect(match[1].startswith("primed_"), "names that begin with primed_", line)
            expect(types.get(match[1]) != "counter" or match[1].endswith("_total"),
                   "counters that end in _total", line)
            expect(match[1] + (match[2] or "") not in found, "one sample a line", line)
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


@check
def metrics(api):
    before = samples(api)
    expect(len(before) >= 5, "some metrics", before)
    api.done(list(range(100)))
    after = samples(api)
    expect(before.keys() <= after.keys(), "no metric to vanish", before.keys() - after.keys())
    for name in before:
        if re.match(r"\w+_total\b", name):
            expect(after[name] >= before[name], f"{name} not to fall from {before[name]}", after[name])


@check
def metrics_count_numbers(api):
    before, _, after = samples(api), api.done(list(range(100))), samples(api)
    grown = [name for name in after if "numbers" in name and after[name] - before.get(name, 0) >= 25]
    expect(grown, "a counter of numbers to grow", after)
