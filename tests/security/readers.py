"""Clients that read long answers slowly: who reads as slowly as nobody needs to is cut off, and the others are not."""

import http.client
import pathlib
import socket
import threading
import time

from check import Failure, check
from service import PATIENCE, Service, wait_for
from wire import connect

MIB = 1 << 20
COUNT = 1_000_000
LINES = {"Content-Type": "text/plain"}


def expect(condition, what):
    if not condition:
        raise Failure(what)


def make_batch(service):
    """A batch whose results are some 80 MB of lines; its path."""
    numbers = b"".join(b"%d\n" % number for number in range(COUNT))
    answer = service.client().request("POST", "/v1/batches?wait=60", numbers, LINES)
    expect(answer.status == 200, answer.status)
    return answer.headers["Location"]


def ask(service, path, buffer=4096):
    """Ask for an answer, into a buffer of that size, and read nothing of it."""
    connection = socket.socket()
    connection.settimeout(PATIENCE)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect(("127.0.0.1", service.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def in_flight(service):
    return service.metric("primed_http_requests_in_flight") - 1  # but the one that asks


def kept_for(service):
    """Bytes that the kernel keeps for the clients of the service, which have not taken them."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if int(row[1].split(":")[1], 16) == service.port)


@check
def readers_that_stall_or_trickle_are_cut_off(context):
    """In time, whatever kind of answer it is; until then they hold little, of the service and of the kernel."""
    crowd_size = 300
    with Service(context.primed, "--workers=2", "--idle-timeout=4s", memory=True) as service:
        service.start()
        batch = make_batch(service)
        paths = [f"{batch}/results?format=ndjson", f"{batch}/results?limit=10000", f"{batch}/results?format=csv"]
        front = service.front()
        before = service.pss(front)
        crowd = [ask(service, paths[number % len(paths)]) for number in range(crowd_size)]
        wait_for(lambda: in_flight(service) >= crowd_size - 5, "the readers")
        used, kept = service.pss(front) - before, kept_for(service)
        trickler, stop = ask(service, paths[0]), threading.Event()

        def trickle():
            try:
                while not stop.is_set() and trickler.recv(1):
                    time.sleep(0.05)
            except ConnectionError:
                pass
        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()
        wait_for(lambda: in_flight(service) == 0, "the end of all of them")
        took = time.monotonic() - began
        stop.set()
        thread.join()
        wait_for(lambda: kept_for(service) == 0, "the kernel to keep nothing for them")
        for connection in [*crowd, trickler]:
            connection.close()
        service.stop()
    expect(used < crowd_size * MIB // 2, f"{used / MIB:.0f} MiB of the service's")
    expect(kept < crowd_size * MIB // 4, f"{kept / MIB:.0f} MiB of the kernel's")
    return f"{used / MIB:.0f} MiB and {kept / MIB:.0f} MiB of the kernel's for {crowd_size}, gone after {took:.1f} s"


@check
def pages_that_nobody_reads_fill_no_memory(context):
    """Each page of results is made whole before it is sent, and of long numbers has 4 MiB."""
    crowd_size, most = 300, 200 * MIB
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        client = service.client()
        numbers = (b"1" + b"0" * 500 + b"\n") * 10_000
        batch = client.request("POST", "/v1/batches?wait=60", numbers, LINES).headers["Location"]
        path = f"{batch}/results?limit=10000"
        expect(len(client.get(path).body) > 4_000_000, "a page of 4 MiB")
        front = service.front()
        before = service.pss(front)
        crowd = [ask(service, path) for _ in range(crowd_size)]
        wait_for(lambda: in_flight(service) == crowd_size, "the readers")
        used = service.pss(front) - before
        page = client.get(path).json  # shorter, and the next one goes on behind it
        expect(page["results"] and f"after={len(page['results']) - 1}&" in page["next"], page["next"])
        for connection in crowd:
            connection.close()
        wait_for(lambda: in_flight(service) == 0, "the end of all of them")
        expect(len(client.get(path).body) > 4_000_000, "a page of 4 MiB again")
        service.stop()
    expect(used < most, f"{used / MIB:.0f} MiB")
    return f"{used / MIB:.0f} MiB for {crowd_size}"


@check
def a_reader_that_is_slow_gets_its_answer(context):
    """Some kilobytes a second, for several times as long as a connection may stand still."""
    with Service(context.primed, "--workers=2", "--idle-timeout=6s", memory=True) as service:
        service.start()
        connection = ask(service, f"{make_batch(service)}/results?format=ndjson", buffer=16384)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        began, slow, lines = time.monotonic(), 0, 0
        while time.monotonic() - began < 20:
            piece = answer.read(4096)
            slow += len(piece)
            lines += piece.count(b"\n")
            time.sleep(0.25)
        while piece := answer.read(MIB):  # an error where it breaks off
            lines += piece.count(b"\n")
        expect(lines == COUNT, f"{lines} lines")
        connection.close()
        service.stop()
    return f"{slow} bytes in 20 s"


@check
def who_waits_for_more_is_not_slow(context):
    """A stream of a batch that runs, of events or of results, has nothing to read for long; then it goes on."""
    huge = b"1" + b"0" * 9994 + b"33603"  # prime
    with Service(context.primed, "--workers=1", "--idle-timeout=1s", "--number-timeout=5s", memory=True) as service:
        service.start()
        batch = service.client().request("POST", "/v1/batches", b"2\n" + huge + b"\n", LINES).headers["Location"]
        answers = []
        for path in ("results?format=ndjson", "events"):
            connection = connect(service)
            connection.sendall(f"GET {batch}/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answers.append(http.client.HTTPResponse(connection))
            answers[-1].begin()
        results, events = (answer.read() for answer in answers)  # an error where they break off
        expect(results.count(b"\n") == 2 and b"event: end" in events, f"{results[:100]} {events[-100:]}")
        ended = service.client().get(batch).json
        service.stop()
    expect(ended["elapsed_seconds"] > 3, f"a batch of {ended['elapsed_seconds']} s proves nothing")
    return f"{ended['elapsed_seconds']:.1f} s"
