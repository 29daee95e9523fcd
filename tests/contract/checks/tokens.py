"""Tokens: who is let in, who sees what, and how much. Of a service that has them."""

import gzip
import random

import contract
from runner import Skip, check, check_each, equal, expect

UNKNOWN = "019abc12-3456-7def-8123-456789abcdef"
WRONG = "primed_" + "0" * 64

# Every operation of the contract, so that none comes without a rule.
OPERATIONS = {f"{method.upper()} {path}": (method.upper(), path, operation)
              for path, method, _, operation in contract.Contract.read().operations()}
OF_A_BATCH = {name: case for name, case in OPERATIONS.items() if "{id}" in name}
OF_CLIENTS = {name: case for name, case in OPERATIONS.items() if contract.Contract.read().needs_token(case[2])}


def needs_tokens(api):
    if not api.token:
        raise Skip("the service has no tokens")


def target(path, batch_id=UNKNOWN):
    return path.format(id=batch_id, n="97", file="icon.svg")


def body(method, path):
    return b"[2]" if (method, path) == ("POST", "/v1/batches") else None


@check_each(OPERATIONS)
def without_a_token(api, case):
    needs_tokens(api)
    method, path, operation = case
    if not api.contract.needs_token(operation):
        api.of(None).request(method, target(path), status=200)
        return
    for headers, challenge in [({}, ""), ({"Authorization": "Basic eDp5"}, ""),
                               ({"Authorization": f"Bearer {WRONG}"}, ', error="invalid_token"'),
                               ({"Authorization": "Bearer "}, ', error="invalid_token"'),
                               ({"Authorization": f"Bearer {api.token}x"}, ', error="invalid_token"'),
                               ({"Authorization": f"Bearer {api.token[:-1]}"}, ', error="invalid_token"')]:
        answer = api.of(None).request(method, target(path), body(method, path), headers, status=401)
        equal(answer.headers["WWW-Authenticate"], f'Bearer realm="primed"{challenge}', "the challenge")
    query = f"{target(path)}?access_token={api.token}"
    api.of(None).request(method, query, body(method, path), status=401)


@check
def the_scheme_is_in_any_case(api):
    needs_tokens(api)
    for scheme in ("bearer", "BEARER", "Bearer "):
        api.of(None).get("/v1/batches", headers={"Authorization": f"{scheme} {api.token}"})


@check
def nothing_of_a_body_is_kept(api):
    needs_tokens(api)
    newest = api.of(api.limits.admin).get("/v1/batches?limit=1").json["batches"]
    api.of(WRONG).post([2, 3], status=401)
    api.of(WRONG).post((b"[2,", b"3]"), status=401)
    equal(api.of(api.limits.admin).get("/v1/batches?limit=1").json["batches"], newest, "the newest batch")


def without_names(problem):
    """A problem, but for what names the request."""
    return {name: value for name, value in problem.items() if name not in ("instance", "request_id")}


@check_each(OF_A_BATCH)
def another_clients_batch_is_unknown(api, case):
    needs_tokens(api)
    method, path, _ = case
    other = api.of(api.limits.other)
    location = other.post([2, 3, 5], wait=60).headers["Location"]
    batch_id = location.split("/")[-1]
    unknown = without_names(api.request(method, target(path), status=404).json)
    equal(without_names(api.request(method, target(path, batch_id), status=404).json), unknown, "the problem")
    equal(other.get(location).json["owner"], "other", "the owner")
    other.request("DELETE", location, status=204)
    equal(without_names(api.request(method, target(path, batch_id), status=404).json), unknown, "once it is gone")
    other.request(method, target(path, batch_id), status=410)
    api.of(api.limits.admin).request(method, target(path, batch_id), status=410)


@check
def lists_have_ones_own(api):
    needs_tokens(api)
    other, admin = api.of(api.limits.other), api.of(api.limits.admin)
    mine = api.post([2, 3], wait=60).json["id"]
    theirs = other.post([2, 3], wait=60).json["id"]
    for query in ("", "status=completed", "after=f" + UNKNOWN[1:]):
        seen = {batch["id"]: batch["owner"] for batch in api.get(f"/v1/batches?limit=1000&{query}").json["batches"]}
        expect(mine in seen and theirs not in seen and set(seen.values()) == {"token"}, "my own batches", seen)
    seen = {batch["id"] for batch in admin.get("/v1/batches?limit=1000").json["batches"]}
    expect({mine, theirs} <= seen, "the batches of all", seen)


@check
def the_admin_may_do_everything(api):
    needs_tokens(api)
    admin = api.of(api.limits.admin)
    batch = api.post([2, 3], wait=60).json
    equal(admin.get(batch["links"]["self"]).json, api.get(batch["links"]["self"]).json, "the batch")
    equal(len(admin.items(batch)), 2, "the number of results")
    admin.request("POST", batch["links"]["cancel"], status=200)
    admin.request("DELETE", batch["links"]["self"], status=204)
    api.get(batch["links"]["self"], 410)


@check
def keys_are_ones_own(api):
    needs_tokens(api)
    headers = {"Idempotency-Key": "shared-by-two"}
    mine = api.post([2, 3], headers=headers)
    theirs = api.of(api.limits.other).post([5, 7, 11], headers=headers)
    expect(mine.json["id"] != theirs.json["id"], "two batches", mine.json["id"])
    again = api.post([2, 3], headers=headers)
    equal((again.json["id"], again.headers["Idempotency-Replayed"]), (mine.json["id"], "true"), "the repeat")


@check
def the_state_shows_ones_own(api):
    needs_tokens(api)
    newcomer = api.of(api.limits.poor)
    api.post([2, 3], wait=60)
    state = newcomer.get("/v1/status").json
    equal(sum(state["batches"].values()), 0, "the batches of one who has none")
    equal(state["queue"], {"numbers": 0, "oldest_age_seconds": 0}, "the queue")
    expect(api.of(api.limits.admin).get("/v1/status").json["batches"]["completed"] > 0, "the batches of all", state)


@check
def metrics_take_a_right(api):
    needs_tokens(api)
    answer = api.of(api.limits.other).get("/metrics", 403)
    equal(answer.headers["WWW-Authenticate"], 'Bearer realm="primed", error="insufficient_scope"', "the challenge")
    api.get("/metrics")
    api.of(api.limits.admin).get("/metrics")


@check
def quotas(api):
    needs_tokens(api)
    poor = api.of(api.limits.poor)
    poor.post(list(range(11)), status=413)
    poor.post(list(range(10)), wait=60)
    octets = gzip.compress(random.Random(1).randbytes(80))  # longer than what is in it
    poor.post(octets, "application/octet-stream", wait=60, headers={"Content-Encoding": "gzip"})
    asked = [poor.get("/v1/batches", (200, 429)) for _ in range(4)]
    for answer in asked[-2:]:
        equal(answer.status, 429, "the status once the quota is used up")
        expect(1 <= int(answer.headers["Retry-After"]) <= 600, "up to 10 minutes", answer.headers["Retry-After"])
    poor.get("/healthz")
