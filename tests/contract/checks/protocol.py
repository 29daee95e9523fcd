"""HTTP itself: methods, paths, headers, connections."""

import http.client
import json
import resource

from checks.batches import slow_batch
from runner import check, check_each, equal, expect

PATHS = ["/v1/batches", "/v1/batches/{id}", "/v1/batches/{id}/results", "/v1/batches/{id}/events",
         "/v1/batches/{id}/cancel",
         "/v1/numbers/97", "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/"]


def fill_in(api, path):
    return path.replace("{id}", api.done([2])["id"]) if "{id}" in path else path


@check_each(PATHS)
def methods_a_path_does_not_have(api, path):
    target = fill_in(api, path)
    allowed = api.contract.allowed(api.contract.match(target)[1])
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"} - allowed:
        response = api.request(method, target, b"{}" if method in ("PUT", "PATCH", "POST") else None,
                               status=405)
        if method != "HEAD":
            equal(response.json["type"], "/problems/method-not-allowed", "the type")


@check_each(PATHS)
def options(api, path):
    target = fill_in(api, path)
    api.request("OPTIONS", target, status=204)
    api.request("OPTIONS", target, status=204,
                headers={"Origin": "http://example.org", "Access-Control-Request-Method": "POST"})


@check_each([path for path in PATHS if not path.endswith(("cancel", "events"))])
def head_is_get_without_the_body(api, path):
    target = fill_in(api, path)
    got, head = api.get(target), api.request("HEAD", target, status=200)
    equal(head.headers.get("Content-Type"), got.headers.get("Content-Type"), "Content-Type")
    if "Content-Length" in head.headers and path not in ("/metrics", "/v1/numbers/97"):
        equal(head.headers["Content-Length"], got.headers.get("Content-Length"), "Content-Length")


@check_each(["csv", "ndjson", "octets", "text"])
def head_of_a_stream(api, form):
    response = api.request("HEAD", f"{api.done([2])['links']['results']}?format={form}", status=200)
    expect(response.media, "a media type", dict(response.headers))


@check_each(["results", "results?format=csv", "results?format=ndjson", "results?format=octets", "events"])
def head_is_followed_by_the_next_answer(api, rest):
    target = api.done([2])["links"]["self"] + "/" + rest
    with api.socket() as connection:
        connection.sendall(f"HEAD {target} HTTP/1.1\r\nHost: x\r\n\r\n"
                           "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answers = b""
        while piece := connection.recv(65536):
            answers += piece
    first, _, rest = answers.partition(b"\r\n\r\n")
    expect(rest.startswith(b"HTTP/1.1 200") or b"\r\nConnection: close" in first,
           "the headers and nothing more, or the connection to be closed", answers)


@check
def head_of_events(api):
    equal(api.request("HEAD", fill_in(api, "/v1/batches/{id}/events"), status=200).media, "text/event-stream",
          "the media type")


@check_each(["/nope", "/v1", "/v1/", "/v1/batches/", "//", "//v1/batches", "/v1//batches", "/v1/numbers",
             "/v1/numbers/", "/v2/batches", "/V1/batches",
             "/v1/Batches", "/healthz/", "/healthz/x", "/openapi.yml", "/openapi.yaml/", "/../etc/passwd",
             "/%2e%2e/etc/passwd", "/..%5c..%5cetc",
             "/v1/batches/../../etc/passwd", "/%00", "/healthz%00", "/v1/batches/%00", "/v1/numbers/7%00",
             "/%FF%FE", "/.", "/..",
             "/index.html", "/*", "/%",
             "/v1/numbers/97/98", "/v1/batches/x/y", "/v1/batches/x/results/y", "/" + "a/" * 500,
             "/" + "x" * 4000, "/%E2%82%AC", "/a%20b", "/<script>"])
def paths_that_are_not_there(api, path):
    for method in ("GET", "POST", "DELETE", "OPTIONS", "BREW"):
        equal(api.request(method, path, status=404).json["type"], "/problems/not-found", "the type")
    api.request("HEAD", path, status=404)


@check
def a_path_beyond_all_measure(api):
    status = api.raw(b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * 1000000))
    expect(status in (None, 400, 404, 414, 431), "404, 414 or 431, or the connection closed", status)
    api.get("/healthz")


@check
def headers_beyond_all_measure(api):
    for headers in (b"X: %b\r\n" % (b"x" * 1000000), b"X: y\r\n" * 100000):
        status = api.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n%b\r\n" % headers)
        expect(status in (None, 400, 431), "431, or the connection closed", status)
        api.get("/healthz")


@check_each([b"\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n",
             b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
             b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
             b"GET /healthz HTTP/1.1\r\nno colon\r\nHost: x\r\n\r\n",
             b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
             b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
             b"\x00" * 100 + b"\r\n\r\n",
             b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n"])
def what_is_not_http(api, data):
    with api.socket() as connection:
        connection.sendall(data)
        connection.shutdown(1)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    expect(answer == b"" or b" 4" in answer[:14] or b" 5" in answer[:14] or data.startswith(b"GET /healthz"),
           "an error or nothing", answer)
    api.get("/healthz")


@check_each(["a", "nightly-7", "x" * 128, "!~", '"quoted"', "{}", "%s%n", "a,b;c=d", "\\"])
def a_request_id_comes_back(api, name):
    for target, status in (("/healthz", 200), ("/nope", 404), ("/v1/batches?limit=0", 400)):
        response = api.get(target, status, headers={"X-Request-Id": name})
        equal(response.headers["X-Request-Id"], name, "X-Request-Id")


@check_each(["", "x" * 129, "a b", "é", "a\tb", " ", "\x7f"])
def a_request_id_that_will_not_do(api, name):
    response = api.get("/healthz", headers={"X-Request-Id": name})
    expect(response.headers["X-Request-Id"] != name, "a fresh X-Request-Id", response.headers["X-Request-Id"])


@check
def fresh_request_ids_differ(api):
    ids = {api.get("/healthz").headers["X-Request-Id"] for _ in range(50)}
    equal(len(ids), 50, "the number of different ids")


@check
def one_connection_serves_many_requests(api):
    connection = api.connect()
    for _ in range(3):
        api.get("/healthz", connection=connection)
        api.get("/nope", 404, connection=connection)
        api.request("POST", "/v1/batches?wait=5", b"[2]", {"Content-Type": "application/json"}, 200,
                    connection)
        api.request("POST", "/v1/batches", b"[null]", {"Content-Type": "application/json"}, 422, connection)
        api.request("HEAD", "/", status=200, connection=connection)
    connection.close()


@check_each(["csv", "ndjson", "text", "octets"])
def a_connection_survives_a_stream(api, form):
    connection, home = api.connect(), api.done([2])["links"]["results"]
    for _ in range(2):
        api.get(f"{home}?format={form}", connection=connection)
        api.request("HEAD", f"{home}?format={form}", connection=connection)


@check_each([("application/xml", 415), ("application/json", 400), ("text/plain", 422)])
def a_connection_survives_a_refusal(api, case):
    media, status = case
    connection = api.connect()
    for _ in range(2):
        api.request("POST", "/v1/batches", b"[x" + b" " * 50000, {"Content-Type": media}, status, connection)
        api.get("/healthz", connection=connection)


@check
def a_request_without_a_host(api):
    equal(api.raw(b"GET /healthz HTTP/1.1\r\n\r\n"), 400, "status")


@check
def lengths_that_contradict_each_other(api):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n"
    equal(api.raw(head + b"[2]  "), 400, "status")


@check
def a_target_in_absolute_form(api):
    equal(api.raw(b"GET http://%b/healthz HTTP/1.1\r\nHost: x\r\n\r\n" % api.host.encode()), 200, "status")


@check
def requests_sent_ahead(api):
    with api.socket() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: one\r\n\r\n"
                           b"GET /nope HTTP/1.1\r\nHost: x\r\nX-Request-Id: two\r\n\r\n"
                           b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Request-Id: three\r\nConnection: close\r\n\r\n")
        data = b""
        while piece := connection.recv(65536):
            data += piece
    ids = [line.split(b": ")[1] for line in data.split(b"\r\n") if line.lower().startswith(b"x-request-id:")]
    equal(ids, [b"one", b"two", b"three"], "the answers, in order")


@check
def a_client_of_http_1_0(api):
    with api.socket() as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        equal(answer.status, 200, "status")
        equal(json.loads(answer.read()), {"status": "ok"}, "the body, until the connection is closed")


@check
def accept_is_ignored_elsewhere(api):
    for target in ("/v1/batches", "/healthz", "/v1/numbers/7", "/openapi.yaml", "/metrics", "/"):
        api.get(target, headers={"Accept": "image/png"})


@check
def many_who_wait_hold_up_nobody(api):
    waiting = []
    with slow_batch(api) as slow:
        for target in (slow["links"]["self"] + "?wait=60", slow["links"]["self"] + "/events",
                       slow["links"]["results"] + "?format=csv"):
            for _ in range(100):
                waiting.append(api.socket())
                waiting[-1].sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        equal(api.post([97], status=200, wait=30).json["counts"]["prime"], 1, "the primes")
        api.get("/healthz")
    for connection in waiting:
        connection.close()


@check
def a_thousand_idle_connections(api):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1100 if hard == resource.RLIM_INFINITY else min(1100, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    idle = []
    try:
        for _ in range(wanted - 100):
            idle.append(api.socket())
        for connection in idle[::2]:
            connection.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[")
        equal(api.post([97], status=200, wait=10).json["counts"]["prime"], 1, "the primes")
    finally:
        for connection in idle:
            connection.close()
