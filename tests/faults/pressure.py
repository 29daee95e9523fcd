"""Clients that send or read slowly, too much, or too many at once: memory is bounded, and others are served."""

import contextlib
import http.client
import resource
import socket
import time

import ledger as referee
from check import Failure, check
from ledger import Ledger, expect_rest
from service import Service, wait_for

MIB = 1 << 20
MANY = 3000


def allow_files(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard) if hard != resource.RLIM_INFINITY else count, hard))


def connect(service, text=b"", buffer=None):
    connection = socket.socket()
    connection.settimeout(30)
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect(("127.0.0.1", service.port))
    connection.sendall(text)
    return connection


def answer_of(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer


def head(length, *more):
    return "\r\n".join(["POST /v1/batches HTTP/1.1", "Host: x", "Content-Type: text/plain",
                        f"Content-Length: {length}", *more, "", ""]).encode()


def expect_served(service):
    """An ordinary client is served as if it were alone."""
    answer = service.client(10).request("POST", "/v1/batches?wait=10", b"2\n3\n4\n", {"Content-Type": "text/plain"})
    if answer.status != 200 or answer.json["counts"]["prime"] != 2:
        raise Failure(f"{answer.status}: {answer.body[:200]!r}")


@check
def slow_writers_hold_no_thread_and_little_memory(context):
    """Each has sent the beginning of a body, and sends a little now and then."""
    allow_files(2 * MANY)
    with Service(context.primed, "--workers=2", "--idle-timeout=3s") as service:
        service.start()
        front = service.front()
        before = service.pss(front)
        writers = [connect(service, head(1_000_000) + b"7\n" * 1000) for _ in range(MANY)]
        expect_served(service)
        used = service.pss(front) - before
        for writer in writers[::100]:
            with contextlib.suppress(ConnectionError):  # a slow machine may have taken longer than they have
                writer.sendall(b"7\n")
        expect_served(service)
        wait_for(lambda: service.metric("primed_http_requests_in_flight") == 1, "the end of the slow")
        for writer in writers:
            writer.close()
        if service.metric("primed_store_bytes") > 20_000:
            raise Failure("what they had sent was kept")
        expect_rest(service)
        service.stop()
    if used > MANY * 256 * 1024:
        raise Failure(f"{used / MIB:.0f} MiB for {MANY} of them")
    return f"{used / MIB:.0f} MiB for {MANY}"


@check
def a_body_that_trickles_is_cut_off_in_time(context):
    """Its sender is never idle for long, and would keep a connection for as long as it likes."""
    with Service(context.primed, "--workers=1", "--idle-timeout=1s") as service:
        service.start()
        writer = connect(service, head(1_000_000))
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:
                writer.sendall(b"7")
                time.sleep(0.1)
            raise Failure("it goes on and on")
        except ConnectionError:
            took = time.monotonic() - began
        expect_served(service)
        expect_rest(service)
        service.stop()
    return f"{took:.1f} s"


@check
def slow_readers_of_results_hold_no_thread_and_little_memory(context):
    readers_count = 300
    with Service(context.primed, "--workers=2", "--idle-timeout=3s") as service:
        service.start()
        ledger = Ledger()
        client = service.client()
        tag = ledger.post(client, [(n, v) for n, v in enumerate(referee.SIEVE[:500_000])], "large")
        ledger.verify(service, client, tag)
        front = service.front()
        before = service.pss(front)
        path = f"GET /v1/batches/{ledger.accepted[tag]}/results?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n"
        readers = [connect(service, path.encode(), buffer=4096) for _ in range(readers_count)]
        wait_for(lambda: service.metric("primed_http_requests_in_flight", client) == readers_count + 1, "the readers")
        expect_served(service)
        used = service.pss(front) - before
        wait_for(lambda: service.metric("primed_http_requests_in_flight", client) == 1, "the end of the slow")
        for reader in readers:
            reader.close()
        expect_rest(service)
        service.stop()
    if used > readers_count * 512 * 1024:
        raise Failure(f"{used / MIB:.0f} MiB for {readers_count} of them")
    return f"{used / MIB:.0f} MiB for {readers_count}"


@check
def waiters_are_capped_and_the_rest_is_answered_at_once(context):
    """However many wait, there are connections left for those who do not."""
    connections = 400
    allow_files(2 * MANY)
    with Service(context.primed, "--workers=1", "--number-timeout=0", "--max-digits=100000",
                 f"--max-connections={connections}") as service:
        service.start()
        client = service.client()
        huge = str(2**216091 - 1).encode()
        path = client.request("POST", "/v1/batches", huge, {"Content-Type": "text/plain"}).headers["Location"]
        waiting, most = [], connections * 3 // 4
        for _ in range(most):
            waiting.append(connect(service, f"GET {path}?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
        wait_for(lambda: service.metric("primed_http_requests_in_flight", client) == most + 1, "the waiters")
        for number in range(20):  # a wait is a preference: these are answered with the batch as it is
            late = service.client(10).get(f"{path}?wait=60")
            if "Preference-Applied" in late.headers or late.status != 200 or late.json["status"] not in ("queued", "running"):
                raise Failure(f"{late.status}: {late.body[:200]!r}")
        for stream in ("events", "results?format=csv"):  # and these break off
            connection = connect(service, f"GET {path}/{stream} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            try:
                answer_of(connection).read()
                raise Failure(f"the stream of {stream} looks complete")
            except http.client.IncompleteRead:
                connection.close()
        if (status := service.client(10).get(f"/v1/numbers/{2**127 - 1}").status) != 503:
            raise Failure(f"a number that has to wait: {status}")
        client.request("DELETE", path)
        for connection in waiting:
            answer_of(connection).read()
            connection.close()
        expect_rest(service)
        service.stop()
    return f"{most} of {connections} connections wait"


@check
def a_full_store_refuses_before_the_body_is_sent(context):
    """With Expect: 100-continue, and where the declared length is more than is worth reading."""
    with Service(context.primed, "--workers=1", "--max-store=1M") as service:
        service.start()
        client = service.client()
        # As many batches as there is room for, down to their own records.
        for numbers in (70_000, 7000, 700, 70, 1):
            body = b"7\n" * numbers
            while client.request("POST", "/v1/batches", body, {"Content-Type": "text/plain"}).status == 202:
                pass
        while client.request("POST", "/v1/batches", b"[]", {"Content-Type": "application/json"}).status == 202:
            pass
        for request in (head(1000, "Expect: 100-continue"), head(1 << 29)):
            connection = connect(service, request)
            answer = answer_of(connection)
            if answer.status != 503 or "Retry-After" not in answer.headers:
                raise Failure(f"{answer.status} with {answer.headers}")
            connection.close()
        service.stop()


@check
def a_front_under_all_this_is_bounded_in_memory(context):
    """Many large batches, faster than they are worked on: what waits is on the disk."""
    with Service(context.primed, "--workers=1") as service:
        service.start()
        ledger = Ledger()
        client = service.client()
        numbers = referee.BIG * 200 + referee.EDGES * 1000
        peak = 0
        for _ in range(12):
            ledger.post(client, numbers, "large")
            peak = max(peak, service.pss(service.front()))
        queued = service.metric("primed_queue_numbers", client)
        for tag in list(ledger.accepted):
            ledger.cancel(client, tag)
        ledger.verify_all(service)
        service.stop()
    if peak > 256 * MIB:
        raise Failure(f"{peak / MIB:.0f} MiB")
    return f"{peak / MIB:.0f} MiB at most, {queued:.0f} numbers queued"
