"""Clients that want to use up connections, memory or time: each is held to a limit, and the others are served."""

import concurrent.futures
import gzip
import json
import socket
import time
import zlib

from check import Failure, check
from service import PATIENCE, Service, wait_for
from wire import connect, exchange

MIB = 1 << 20
LINES = {"Content-Type": "text/plain"}
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_served(service):
    answer = service.client(30).request("POST", "/v1/batches?wait=30", b"2\n3\n4\n", LINES)
    expect(answer.status == 200 and answer.json["counts"]["prime"] == 2, f"{answer.status} {answer.body}")


def trickle(connection, byte=b"x"):
    """Send a byte at a time until the service closes; how long that took."""
    began = time.monotonic()
    try:
        while time.monotonic() - began < PATIENCE:
            connection.sendall(byte)
            time.sleep(0.05)
    except ConnectionError:
        return time.monotonic() - began
    raise Failure(f"it goes on and on: {byte}")


def read_answer(connection, size=65536):
    """What comes back at once; "" if the connection is closed."""
    try:
        return connection.recv(size)
    except ConnectionResetError:
        return b""


# --- time -------------------------------------------------------------------------------------------


@check
def a_head_that_trickles_is_cut_off_in_time(context):
    """The first of a connection, in each of its parts, and one after others; and many at once hold up nobody."""
    with Service(context.primed, "--workers=1", "--idle-timeout=5s", memory=True) as service:
        service.start()
        crowd = [connect(service) for _ in range(300)]
        for connection in crowd:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        expect_served(service)

        def begin(beginning):
            with connect(service) as connection:
                if beginning == HEALTH[:20]:  # after others
                    for _ in range(3):
                        connection.sendall(HEALTH)
                        expect(read_answer(connection).startswith(b"HTTP/1.1 200"), "an answer before it")
                connection.sendall(beginning)
                return trickle(connection, b"x: y\r\n" if beginning == HEALTH[:-2] else b"x")

        beginnings = (b"GET /", b"GET /healthz?", HEALTH[:-2] + b"X: ", HEALTH[:-2], HEALTH[:20])
        with concurrent.futures.ThreadPoolExecutor(len(beginnings)) as pool:
            took = list(pool.map(begin, beginnings))
        expect(service.logged("the head of a request took too long"), "the log to say so")
        for connection in crowd:
            expect(read_answer(connection) == b"", "those of the crowd are closed, too")
            connection.close()
        expect_served(service)
        service.stop()
    return ", ".join(f"{seconds:.1f} s" for seconds in took)


@check
def a_connection_that_is_used_is_kept(context):
    """However long it lasts in all: the time for a head begins anew with each."""
    with Service(context.primed, "--workers=1", "--idle-timeout=8s", memory=True) as service:
        service.start()
        with connect(service) as connection:
            began = time.monotonic()
            while time.monotonic() - began < 17:  # more than any one head may take
                connection.sendall(HEALTH)
                expect(read_answer(connection).startswith(b"HTTP/1.1 200"), "the connection to last")
                time.sleep(0.05)
            connection.sendall(b"GET /v1/batches?wait=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            expect(read_answer(connection).startswith(b"HTTP/1.1 200"), "the connection to last")
        service.stop()


# --- connections ------------------------------------------------------------------------------------


def connect_from(service, address):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60, source_address=(address, 0))


@check
def one_address_has_so_many_connections_and_no_more(context):
    most = 10
    with Service(context.primed, "--workers=1", f"--max-connections-per-address={most}", memory=True) as service:
        service.start()
        held = []
        for _ in range(most):
            held.append(connect_from(service, "127.0.0.9"))
            held[-1].sendall(HEALTH)
            expect(read_answer(held[-1]).startswith(b"HTTP/1.1 200"), "an answer to each of them")
        for _ in range(5):
            with connect_from(service, "127.0.0.9") as another:
                try:
                    another.sendall(HEALTH)
                except ConnectionError:
                    continue
                expect(read_answer(another) == b"", "no answer to one more")
        expect_served(service)  # who has another address
        held.pop().close()

        def answered():
            with connect_from(service, "127.0.0.9") as another:
                try:
                    another.sendall(HEALTH)
                except ConnectionError:
                    return False
                return read_answer(another).startswith(b"HTTP/1.1 200")
        wait_for(answered, "an answer once there is room")
        for connection in held:
            connection.close()
        service.stop()


@check
def connections_that_do_nothing_make_room(context):
    """All connections are taken, and none does anything: the next client waits for them to be closed."""
    with Service(context.primed, "--workers=1", "--max-connections=40", "--idle-timeout=1s", memory=True) as service:
        service.start()
        crowd = [connect(service) for _ in range(100)]
        expect_served(service)
        for connection in crowd:
            connection.close()
        service.stop()


# --- memory and work --------------------------------------------------------------------------------


def grown(service, before):
    return service.pss(service.front()) - before


@check
def bodies_that_are_made_to_be_large_in_memory(context):
    """Each is some megabytes on the way and must stay a few in the service."""
    keys = b"{" + b",".join(b'"%07d":1' % number for number in range(1_000_000)) + b"}"
    bodies = {
        "a million keys": (b'{"numbers":[2],"metadata":' + keys + b"}", (413, 422)),
        "a million unknown members": (keys[:-1] + b',"numbers":[2]}', (413, 422)),
        "deep arrays": (b'{"numbers":' + b"[" * 5_000_000, (400, 413, 422)),
        "deep objects": (b'{"numbers":[2],"metadata":' + b'{"a":' * 1_000_000, (400, 413, 422)),
        "one long number": (b"[" + b"7" * 20_000_000 + b"]", (422,)),
        "one long string": (b'["' + b"x" * 20_000_000 + b'"]', (413, 422)),
        "one long name": (b'{"' + b"x" * 20_000_000 + b'":1}', (413, 422)),
        "zeros before a number": (b'["' + b"0" * 20_000_000 + b'7"]', (202,)),
        "millions of mistakes": (b"[" + b"null," * 4_000_000 + b"2]", (422,)),
        "nothing but blanks": (b" " * 20_000_000 + b"[2]", (202,)),
    }
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        expect_served(service)
        before, most = service.pss(service.front()), 0
        for name, (body, wanted) in bodies.items():
            answer = service.client().request("POST", "/v1/batches", body, {"Content-Type": "application/json"})
            expect(answer.status in wanted, f"{name}: {answer.status} {answer.body[:200]}")
            expect(len(answer.body) < 10_000, f"{name}: an answer of {len(answer.body)} bytes")
            most = max(most, grown(service, before))
        expect_served(service)
        service.stop()
    expect(most < 32 * MIB, f"{most / MIB:.0f} MiB more")
    return f"{most / MIB:.1f} MiB more"


@check
def bodies_that_unpack_to_much_more(context):
    """Little gzip that is much, in one member and in many: what it unpacks to is bounded, on the way as well."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * MIB) for _ in range(256)) + packer.flush()
    pieces = gzip.compress(b" " * MIB) * 1000
    headers = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    with Service(context.primed, "--workers=1", "--max-body=8M", memory=True) as service:
        service.start()
        expect_served(service)
        before, most = service.pss(service.front()), 0
        for name, body in (("one member", bomb), ("a thousand members", pieces)):
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                answers = pool.map(lambda _, body=body: service.client().request("POST", "/v1/batches", body, headers), range(4))
                statuses = {answer.status for answer in answers}
            expect(statuses == {413}, f"{name}: {statuses}")
            most = max(most, grown(service, before))
        expect_served(service)
        service.stop()
    expect(most < 32 * MIB, f"{most / MIB:.0f} MiB more")
    return f"{len(bomb) / MIB:.2f} MiB are 256 MiB; {most / MIB:.1f} MiB more"


@check
def the_dearest_numbers_hold_up_nobody(context):
    """Primes, and composites that pass most tests, of as many digits as are taken: each has its time, and no more."""
    digits = 10_000
    hardest = b"1" + b"0" * (digits - 6) + b"33603"  # 10^9999 + 33603 is prime
    strong = b"803837457453639491257079614341942108138837688287558145837488917522297427376533365218650233616396004545791504202360320876656996676098728404396540823292873879185086916685732826776177102938969773947016708230428687109997439976544144845341155872450633409279022275296229414984230688168540432645753401832978611129896064484521619165287259753490117"
    with Service(context.primed, "--workers=2", "--number-timeout=1s", memory=True) as service:
        service.start()
        client = service.client()
        assert len(hardest) == digits
        dear = client.request("POST", "/v1/batches", (hardest + b"\n") * 3 + (strong + b"\n") * 20, LINES)
        expect(dear.status == 202, dear.status)
        for _ in range(3):
            expect_served(service)
        ended = client.get(dear.headers["Location"] + "?wait=60").json
        expect(ended["status"] == "completed" and ended["counts"]["composite"] == 20, ended["counts"])
        results = client.get(dear.headers["Location"] + "/results").json["results"]
        for item in results[:3]:
            expect(item["prime"] or item["error"] == "timeout", item)
        service.stop()


@check
def large_numbers_asked_for_singly_are_so_many_at_once(context):
    """Each is a batch of its own for a worker; more than 64 are refused, and who has left is asked for nobody."""
    most, more = 64, 16
    hardest = b"1" + b"0" * 9994 + b"33603"
    with Service(context.primed, "--workers=2", memory=True) as service:
        service.start()

        def in_flight():
            return service.metric("primed_http_requests_in_flight") - 1

        def ask():
            connection = connect(service)
            connection.sendall(b"GET /v1/numbers/" + hardest + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            return connection
        asking = [ask() for _ in range(most)]
        wait_for(lambda: in_flight() == most, "as many as there may be")
        late = [ask() for _ in range(more)]
        refused = sum(read_answer(connection).startswith(b"HTTP/1.1 503") for connection in late)
        expect(more // 2 <= refused <= more, f"{refused} refused")  # some may have been answered meanwhile
        expect_served(service)
        for connection in asking + late:
            connection.close()
        wait_for(lambda: in_flight() == 0, "the end of all of them")
        service.stop()
    return f"{refused} of {most + more} refused"


# --- texts ------------------------------------------------------------------------------------------


@check
def bytes_that_are_no_utf8_come_out_as_text(context):
    """In answers, and in the log."""
    odd = (b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80")
    places = (b"GET /%s HTTP/1.1\r\nHost: x\r\n", b"GET /v1/numbers/%s HTTP/1.1\r\nHost: x\r\n",
              b"GET /v1/batches?status=%s HTTP/1.1\r\nHost: x\r\n", b"%s /healthz HTTP/1.1\r\nHost: x\r\n",
              b"GET /nope HTTP/1.1\r\nHost: x.%s\r\n", b"GET /nope HTTP/1.1\r\nHost: x\r\nOrigin: http://%s\r\n",
              b"GET /nope HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\n",
              b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Type: %s\r\n",
              b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nIdempotency-Key: %s\r\n",
              b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Encoding: %s\r\n")
    with Service(context.primed, "--workers=1", "--log-format=json", "--log-requests=all", memory=True) as service:
        service.start()
        for place in places:
            for text in odd:
                got = exchange(service, place % text + b"Connection: close\r\n\r\n7")
                head, _, body = got.partition(b"\r\n\r\n")
                expect(head.startswith(b"HTTP/1.1 4"), f"{place % text}: {got}")
                expect(json.loads(body.decode("utf-8"))["status"] >= 400, f"{place % text}: {got}")
        service.stop()
        for line in service.log.read_bytes().decode("utf-8").splitlines():
            json.loads(line)
    return f"{len(places) * len(odd)} requests"
