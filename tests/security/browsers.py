"""What pages in browsers may ask: their own service all, others nothing, those that are named what CORS says."""

import json

from certificates import Certificates
from check import Failure, check
from service import Service
from wire import get, request

LISTED = "https://app.example.org"
FOREIGN = ("http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "https://app.example.org.evil.example",
           "https://app.example.org:8443", "http://app.example.org", "file://", "127.0.0.1", "://127.0.0.1:{port}x", "*")


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_problem(answer, status, kind):
    expect(answer[0] == status and json.loads(answer[2])["type"] == f"/problems/{kind}", f"{status} {kind}: {answer}")
    expect("access-control-allow-origin" not in answer[1], answer)


@check
def a_page_of_another_origin_gets_nothing_done(context):
    """Not even what browsers send without asking first: a POST of text/plain, a form."""
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        host = f"127.0.0.1:{service.port}"
        for origin in FOREIGN:
            for kind in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
                answer = request(service, "POST", "/v1/batches", b"12345678", host, Origin=origin.format(port=service.port),
                                 Content_Type=kind)
                expect_problem(answer, 403, "foreign-origin")
            for method, path in (("GET", "/v1/batches"), ("GET", "/"), ("GET", "/nowhere"), ("OPTIONS", "/v1/batches"),
                                 ("DELETE", "/v1/batches/x"), ("POST", "/v1/batches/x/cancel")):
                expect_problem(request(service, method, path, b"", host, Origin=origin.format(port=service.port)), 403,
                               "foreign-origin")
        expect(service.metric("primed_batches_accepted_total") == 0, "a batch was made")
        for own in (f"http://{host}", f"https://{host}", f"HTTP://{host}"):
            answer = request(service, "POST", "/v1/batches?wait=9", b"7\n", host, Origin=own, Content_Type="text/plain")
            expect(answer[0] == 200 and "vary" not in answer[1], f"{own}: {answer}")
        answer = request(service, "POST", "/v1/batches?wait=9", b"7\n", "localhost:1", Origin="http://LOCALHOST:1")
        expect(answer[0] == 200, answer)
        expect(request(service, "POST", "/v1/batches?wait=9", b"7\n", host)[0] == 200, "a client that is no browser")
        service.stop()


@check
def a_name_that_was_made_to_mean_loopback_gets_nothing(context):
    """DNS rebinding: the page is of the same origin then, and asks for its own name."""
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        for host in ("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3",
                     "localhost.", "evil.localhost.example:80", "[::1].evil.example", "[evil]", ".", "xlocalhost.x"):
            expect_problem(request(service, "POST", "/v1/batches", b"7\n", host, Origin=f"http://{host}"), 421,
                           "foreign-host")
            expect_problem(get(service, "/v1/batches", host=host), 421, "foreign-host")
        for host in ("127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:8080", "a.localhost", "[::1]", "[::1]:8080",
                     "192.0.2.7", "primed", "primed:8080"):
            expect(get(service, "/healthz", host=host)[0] == 200, host)
        service.stop()


@check
def a_service_of_the_network_answers_to_any_name(context):
    """It cannot know its names; neither can one behind a proxy on the same machine."""
    for options in (("--listen=0.0.0.0:{port}", "--insecure"), ("--trusted-proxy=127.0.0.1",)):
        service = Service(context.primed, "--workers=1", memory=True)
        with service:
            service.options = [option.format(port=service.port) for option in options]
            service.start()
            expect(get(service, "/healthz", host="primes.example.org")[0] == 200, options)
            answer = request(service, "POST", "/v1/batches?wait=9", b"7\n", "primes.example.org",
                             Origin="https://primes.example.org")
            expect(answer[0] == 200, answer)
            expect_problem(request(service, "POST", "/v1/batches", b"7\n", "primes.example.org",
                                   Origin="https://evil.example"), 403, "foreign-origin")
            service.stop()


@check
def origins_that_are_named_may_ask(context):
    with Service(context.primed, "--workers=1", f"--cors-origin={LISTED},http://localhost:3000", memory=True) as service:
        service.start()
        for origin in (LISTED, "http://localhost:3000"):
            for status, path in ((200, "/healthz"), (404, "/nowhere"), (200, "/v1/batches")):
                answer = get(service, path, Origin=origin)
                expect(answer[0] == status and answer[1]["access-control-allow-origin"] == origin, answer)
                expect(answer[1]["vary"] == "Origin", answer)
                expect("access-control-allow-credentials" not in answer[1], answer)
                for name in ("Location", "X-Request-Id", "Retry-After", "Idempotency-Replayed"):
                    expect(name in answer[1]["access-control-expose-headers"], answer)
            asked = request(service, "OPTIONS", "/v1/batches", Origin=origin, Access_Control_Request_Method="POST",
                            Access_Control_Request_Headers="content-type,idempotency-key")
            expect(asked[0] == 204 and asked[1]["access-control-allow-origin"] == origin, asked)
            expect(asked[1]["access-control-allow-methods"] == asked[1]["allow"], asked)
            expect("POST" in asked[1]["allow"], asked)
            for name in ("Content-Type", "Idempotency-Key", "Prefer", "Authorization"):
                expect(name in asked[1]["access-control-allow-headers"], asked)
            asked = request(service, "OPTIONS", "/v1/batches/x", Origin=origin, Access_Control_Request_Method="DELETE")
            expect("DELETE" in asked[1]["access-control-allow-methods"], asked)
        plain = get(service, "/healthz")
        expect(plain[0] == 200 and plain[1]["vary"] == "Origin", "caches know that it depends on Origin")
        expect("access-control-allow-origin" not in plain[1], plain)
        for origin in FOREIGN:
            answer = get(service, "/healthz", host=f"127.0.0.1:{service.port}", Origin=origin.format(port=service.port))
            expect_problem(answer, 403, "foreign-origin")
        service.stop()


@check
def every_answer_tells_browsers_what_not_to_do(context):
    with Certificates() as certificates:
        with Service(context.primed, "--workers=1", memory=True) as service:
            service.start()
            for path in ("/", "/docs", "/healthz", "/nowhere", "/openapi.yaml", "/metrics", "/v1/batches", "/v1/status",
                         "/v1/numbers/7", "/v1/numbers/x"):
                headers = get(service, path)[1]
                expect(headers["x-content-type-options"] == "nosniff", path)
                expect("default-src 'none'" in headers["content-security-policy"], path)
                expect("frame-ancestors 'none'" in headers["content-security-policy"], path)
                expect(headers["cross-origin-resource-policy"] == "same-origin", path)
                expect(headers["cache-control"] in ("no-store", "no-cache"), path)
                expect(path.startswith("/v1") <= (headers["cache-control"] == "no-store"), path)
                expect("strict-transport-security" not in headers, path)
            expect("permissions-policy" in get(service, "/")[1], "of the page")
            service.stop()
        with Service(context.primed, "--workers=1", *certificates.options, memory=True,
                     tls=certificates.client()) as service:
            service.start()
            answer = service.client().get("/healthz")
            expect(answer.headers["Strict-Transport-Security"] == "max-age=31536000", answer.headers)
            service.stop()
