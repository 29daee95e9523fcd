"""Requests that two readers might read differently: each is refused, and nothing after it is read."""

from check import Failure, check
from service import Service
from wire import exchange

HEAD = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
CHUNK = b"1\r\n7\r\n0\r\n\r\n"
NEXT = b"GET /v1/numbers/4711 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

REFUSED = {
    "a length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK,
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNK,
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n77",
    "the same length twice": HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n7",
    "a list of lengths": HEAD + b"Content-Length: 1, 1\r\n\r\n7",
    "a length with a sign": HEAD + b"Content-Length: +1\r\n\r\n7",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n7",
    "a length in hexadecimal": HEAD + b"Content-Length: 0x1\r\n\r\n7",
    "a length in two pieces": HEAD + b"Content-Length: 1 1\r\n\r\n7",
    "a length beyond 64 bits": HEAD + b"Content-Length: 18446744073709551617\r\n\r\n7",
    "no digits": HEAD + b"Content-Length: \r\n\r\n7",
    "a blank before the colon of a length": HEAD + b"Content-Length : 1\r\n\r\n7",
    "a tab before the colon of a length": HEAD + b"Content-Length\t: 1\r\n\r\n7",
    "a blank before the colon of chunks": HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNK,
    "a folded length": HEAD + b"Content-Length:\r\n 1\r\n\r\n7",
    "folded chunks": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNK,
    "chunks folded with a tab": HEAD + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n" + CHUNK,
    "a length folded behind another header": HEAD + b"X: y\r\n Content-Length: 1\r\n\r\n7",
    "a folded first header": GET + b" Host: x\r\n\r\n",
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNK,
    "a coding before chunks": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNK,
    "a coding after chunks": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNK,
    "a coding in quotes": HEAD + b'Transfer-Encoding: "chunked"\r\n\r\n' + CHUNK,
    "a coding behind a control character": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNK,
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNK,
    "chunks in HTTP/1.0": b"POST /v1/batches HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK,
    "a CR alone in a value": HEAD + b"X: a\rContent-Length: 1\r\n\r\n7",
    "a control character in a value": GET + b"Host: x\r\nX: a\x01b\r\n\r\n",
    "no name": GET + b": y\r\nHost: x\r\n\r\n",
    "a name that is no token": GET + b"Host: x\r\nX(y): z\r\n\r\n",
    "a line without a colon": GET + b"Host: x\r\nnothing\r\n\r\n",
    "two hosts": GET + b"Host: x\r\nHost: y\r\n\r\n",
    "no host": GET + b"\r\n",
    "a chunk size in hexadecimal notation": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\n7\r\n0\r\n\r\n",
    "a chunk size with a sign": HEAD + b"Transfer-Encoding: chunked\r\n\r\n+1\r\n7\r\n0\r\n\r\n",
    "a negative chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n7\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": HEAD + b"Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\n7\r\n0\r\n\r\n",
    "a chunk longer than its size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n77\r\n0\r\n\r\n",
    "a version of nobody's": b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

READ = {  # how many answers each gets, the next request's included
    "blanks around a length": (HEAD + b"Content-Length:   1\r\n\r\n7", 2),
    "a name in any case": (HEAD + b"tRANSFER-eNCODING: CHUNKED\r\n\r\n" + CHUNK, 2),
    "a chunk extension": (HEAD + b'Transfer-Encoding: chunked\r\n\r\n1;a="b"\r\n7\r\n0\r\n\r\n', 2),
    "a trailer that looks like a length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n"
                                           b"Content-Length: 50\r\n\r\n", 2),
    "a body that nobody wants": (GET + b"Host: x\r\nContent-Length: 5\r\n\r\nhello", 2),
    "a body that looks like a request": (GET + b"Host: x\r\nContent-Length: %d\r\n\r\n" % len(NEXT) + NEXT, 2),
    "bytes of no encoding in a value": (GET + b"Host: x\r\nX: \xff\xfe\xc0\xaf\r\n\r\n", 2),
}


@check
def requests_that_are_read_in_two_ways_are_refused(context):
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        for name, data in REFUSED.items():
            got = exchange(service, data + NEXT)
            if b"4711" in got:
                raise Failure(f"{name}: the next request was answered: {got}")
            if got[9:10] not in (b"4", b"5", b""):
                raise Failure(f"{name}: {got}")
        if service.metric("primed_batches_accepted_total") != 0:
            raise Failure("a batch was made of one of them")
        service.stop()
    return f"{len(REFUSED)} forms"


@check
def requests_that_are_odd_and_clear_are_read(context):
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        for name, (data, answers) in READ.items():
            got = exchange(service, data + NEXT)
            if got.count(b"HTTP/1.1 20") != answers or got.count(b'"n":"4711"') != 1:
                raise Failure(f"{name}: {got}")
        service.stop()


@check
def paths_that_try_to_be_others(context):
    """None of them leads anywhere but where it says, decoded once."""
    paths = ("/v1/batches%2f..", "/v1/%2e%2e/healthz", "/./healthz", "//healthz", "/healthz/", "/healthz%00",
             "/healthz%00.html", "/%2fhealthz", "/healthz%2f", "/page/..%2f..%2f..%2fetc%2fpasswd",
             "/page/%2e%2e%2fsite.c", "/page/../site.c", "/%c0%afhealthz", "/%e0%80%afhealthz", "/healthz%ff",
             "/heal%%74hz", "/heal%2574hz", "/\\healthz", "/v1/batches/%2e%2e%2f%2e%2e", "/healthz;a=b", "/%",
             "/healthz%0d%0aX-Y:%20z", "/v1/numbers/%0d%0aX-Y:%20z")
    with Service(context.primed, "--workers=1", memory=True) as service:
        service.start()
        for path in paths:
            got = exchange(service, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
            if got[9:12] not in (b"404", b"400") or b"\r\nX-Y" in got:
                raise Failure(f"{path}: {got}")
        for path in ("/%68ealthz", "/v1/numbers/%39%37"):  # the same as without the encoding
            got = exchange(service, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            if got[9:12] != b"200":
                raise Failure(f"{path}: {got}")
        service.stop()
