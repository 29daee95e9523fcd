"""What holds for every answer, whatever it answers: the contract, and what its schemas cannot say."""

import datetime
import json
import re
import urllib.parse

from primes import is_prime
from runner import Failure, equal, expect, one_line

ENDED = ("completed", "canceled")


def check(contract, method, target, sent, response):
    """Hold an answer to the contract."""
    try:
        specification = find_specification(contract, method, target, sent, response)
        check_request_id(sent, response)
        check_for_browsers(response)
        check_headers(contract, specification, response)
        check_body(contract, method, specification, response)
        if response.media == "application/problem+json" and response.body:
            check_problem(target, response)
    except Failure as failure:
        raise Failure(f"{method} {one_line(target, 120)}: {failure}") from None


def expect_status(method, target, wanted, response):
    expect(response.status in wanted, f"{method} {one_line(target, 120)} to be answered "
           f"{' or '.join(map(str, wanted))}", describe(response))


def describe(response):
    return f"{response.status} {response.body[:300].decode('utf-8', 'replace')}"


def find_specification(contract, method, target, sent, response):
    """What the contract says of such a response."""
    components = contract.document["components"]["responses"]
    if "Origin" in sent:  # none of the checks is a page of the service's own
        expect(response.status == 403, "403 for a page of another origin", describe(response))
        return components["ForeignOrigin"]
    path = urllib.parse.unquote(target.split("?")[0], errors="replace")
    found = contract.match(path)
    if found is None or "\0" in path:
        expect(response.status == 404, "404 for a path that is not in the contract", describe(response))
        return components["NotFound"]
    path, item = found
    allowed = contract.allowed(item)
    if method == "OPTIONS" or method not in allowed:
        status, name = (204, "Options") if method == "OPTIONS" else (405, "MethodNotAllowed")
        expect(response.status == status, f"{status} for {method} {path}", describe(response))
        equal(set(re.split(", *", response.headers.get("Allow", ""))), allowed, "Allow")
        return components[name]
    responses = contract.responses(item["get" if method == "HEAD" else method.lower()])
    expect(response.status in responses, f"one of the statuses {sorted(responses)}", describe(response))
    return responses[response.status]


def check_request_id(sent, response):
    came = response.headers.get_all("X-Request-Id", [])
    equal(len(came), 1, "the number of X-Request-Id headers")
    wanted = next((value for name, value in sent.items() if name.lower() == "x-request-id"), None)
    if isinstance(wanted, str) and re.fullmatch(r"[!-~]{1,128}", wanted):
        equal(came[0], wanted, "X-Request-Id")


def check_for_browsers(response):
    for name, value in (("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin")):
        equal(response.headers.get_all(name), [value], name)
    for name in ("Content-Security-Policy", "Cache-Control"):
        equal(len(response.headers.get_all(name, [])), 1, f"the number of {name} headers")


def check_headers(contract, specification, response):
    for name, header in specification.get("headers", {}).items():
        header = contract.resolve(header)
        if name in response.headers:
            mistakes = contract.mistakes(header["schema"], response.headers[name])
            expect(not mistakes, f"{name} as in the contract", mistakes)
        else:
            expect(not header.get("required"), f"the header {name}", dict(response.headers))
    for name in ("Server", "Access-Control-Allow-Origin"):
        expect(name not in response.headers, f"no header {name}", response.headers.get(name))
    expect("Date" in response.headers, "the header Date", dict(response.headers))


def check_body(contract, method, specification, response):
    content = specification.get("content", {})
    if not content:
        expect(not response.body and response.media is None, "no body", describe(response))
        return
    expect(response.media in content, f"one of the media types {sorted(content)}",
           response.headers.get("Content-Type"))
    if method == "HEAD":
        expect(not response.body, "no body after HEAD", describe(response))
        return
    schema = content[response.media]["schema"]
    if response.media.endswith("json") and response.media != "application/x-ndjson":
        try:
            value = response.json
        except ValueError as error:
            raise Failure(f"expected JSON; came {error}: {describe(response)}") from None
        mistakes = contract.mistakes(schema, value)
        for batch in batches_in(value):
            mistakes += batch_mistakes(batch)
    elif response.media == "application/octet-stream":
        mistakes = []
    else:
        mistakes = contract.mistakes(schema, response.text)
    expect(not mistakes, "a body as in the contract", f"{mistakes} in {describe(response)}")


def check_problem(target, response):
    problem = response.json
    equal(problem["status"], response.status, "the problem's status")
    path = urllib.parse.unquote(target.split("?")[0], errors="replace")
    equal(urllib.parse.unquote(problem["instance"], errors="replace"), path, "the problem's instance")
    equal(problem.get("request_id", response.headers["X-Request-Id"]), response.headers["X-Request-Id"],
          "the problem's request_id")


def batches_in(value):
    if isinstance(value, dict) and "counts" in value:
        yield value
    elif isinstance(value, dict) and "batches" in value:
        yield from value["batches"]


def batch_mistakes(batch):
    """What is wrong with a batch that its schema cannot see."""
    try:
        return list(find_batch_mistakes(batch))
    except (KeyError, TypeError):
        return []  # not a batch at all, says its schema


def find_batch_mistakes(batch):
    counts, ended = dict(batch["counts"]), batch["status"] in ENDED
    total = counts.pop("total")
    if sum(counts.values()) != total:
        yield f"the counts {counts} do not sum up to {total}"
    progress = 1 - counts["pending"] / total if total else 1
    if abs(batch["progress"] - progress) > 1e-6:
        yield f"progress is {batch['progress']}, not {progress}"
    for member in ("ended_at", "expires_at"):
        if ended == (batch[member] is None):
            yield f"{member} is {batch[member]} while {batch['status']}"
    if ended and (counts["pending"] or batch["eta_seconds"] != 0):
        yield f"{batch['status']}, with {counts['pending']} pending and {batch['eta_seconds']} s to go"
    if batch["status"] == "queued" and counts["pending"] != total:
        yield "queued, with verdicts"
    if batch["status"] == "completed" and counts["canceled"]:
        yield "completed, with canceled numbers"
    times = [moment(batch[member]) for member in ("created_at", "started_at", "ended_at",
                                                  "expires_at") if batch[member]]
    if times != sorted(times):
        yield "its times are not in order"
    home = f"/v1/batches/{batch['id']}"
    links = {"self": home, "results": f"{home}/results", "cancel": f"{home}/cancel"}
    if batch["links"] != links:
        yield f"its links are {batch['links']}"
    if "results" in batch:
        yield from result_mistakes(batch)


def result_mistakes(batch):
    counts, results = batch["counts"], batch["results"]
    if [item["index"] for item in results] != list(range(counts["total"])):
        yield "the results are not the whole, in input order"
    for name, prime in (("prime", True), ("composite", False)):
        if sum(item["prime"] is prime for item in results) != counts[name]:
            yield f"the results do not have {counts[name]} {name}"


def check_items(items, numbers, first=0):
    """Hold result items to the numbers they are of, and to what the checker thinks of these."""
    equal(len(items), len(numbers), "the number of results")
    for index, (item, n) in enumerate(zip(items, numbers), first):
        wanted = {"index": index, "n": str(n), "prime": is_prime(n)}
        came = {name: item.get(name) for name in wanted}
        expect(came == wanted, wanted, item)
        if abs(n) < 2**64 or not wanted["prime"]:
            expect(item["certainty"] == "proven", "certainty proven", item)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def ndjson(text):
    """The values of NDJSON text."""
    expect(text == "" or text.endswith("\n"), "lines, each ended", text[-80:])
    return [json.loads(line) for line in text.splitlines()]
