"""TLS: what is spoken and what is not, everything that suspends a connection, and new certificates."""

import concurrent.futures
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

from certificates import Certificates
from check import Failure, check
from service import Service, Unanswered, wait_for

PRIME = 2**2203 - 1  # takes a worker some milliseconds
LARGE = b"\n".join(b"%d" % n for n in range(200_000))
LINES = {"Content-Type": "text/plain"}


def expect(condition, what):
    if not condition:
        raise Failure(what)


def check_over_tls(function):
    """A check of a service over TLS, and its certificates."""
    def over_tls(context):
        with Certificates() as certificates:
            with Service(context.primed, "--workers=2", *certificates.options, tls=certificates.client()) as service:
                service.start()
                figures = function(service, certificates)
                service.stop()
                return figures
    over_tls.__module__ = function.__module__
    return check(over_tls, function.__name__.replace("_", " "))


def subject_of(service, context):
    """The name in the certificate a new connection gets."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as session:
            return ssl.DER_cert_to_PEM_cert(session.getpeercert(binary_form=True))


def certificate_in(path):
    return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(path.read_text()))


# --- everything that suspends -----------------------------------------------------------------------


@check_over_tls
def waits_long_polls_events_and_streams(service, _):
    client = service.client()
    numbers = b"\n".join(b"%d" % PRIME for _ in range(40))
    slow = client.request("POST", "/v1/batches", numbers, LINES)
    expect(slow.status == 202, slow.status)
    home = slow.headers["Location"]
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        polls = [pool.submit(lambda: service.client().get(home + "?wait=60")) for _ in range(20)]
        events = [pool.submit(lambda: service.client().get(home + "/events")) for _ in range(5)]
        streams = [pool.submit(lambda: service.client().get(home + "/results?format=ndjson")) for _ in range(5)]
        small = [pool.submit(lambda: service.client().request("POST", "/v1/batches?wait=60", b"7\n9\n", LINES))
                 for _ in range(20)]
        for future in small:
            expect(future.result().json["counts"]["prime"] == 1, "a small batch among them")
        for future in polls:
            expect(future.result().json["counts"]["prime"] == 40, "a long poll")
        for future in events:
            expect(b"event: end" in future.result().body, "the end of the events")
        for future in streams:
            expect(future.result().body.count(b'"prime":true') == 40, "a stream of results")


@check_over_tls
def large_bodies_and_large_results(service, _):
    """More than the buffers of either side hold; the body waits for the disk now and then."""
    client = service.client()
    batch = client.request("POST", "/v1/batches?wait=60", LARGE, LINES)
    expect(batch.status in (200, 202), batch.status)
    home = batch.headers["Location"]
    expect(client.get(home + "?wait=60").json["status"] == "completed", "the end of the batch")
    octets = client.get(home + "/results?format=octets").body
    expect(len(octets) == 200_000 and sum(octets) == 17984, f"{len(octets)} verdicts, {sum(octets)} primes")
    lines = client.get(home + "/results?format=csv").body
    expect(lines.count(b"\n") == 200_001, "as many lines as numbers")


@check_over_tls
def chunks_pieces_and_requests_sent_ahead(service, certificates):
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as plain:
        with certificates.client().wrap_socket(plain, server_hostname="127.0.0.1") as session:
            for byte in b"POST /v1/batches?wait=60 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n7\r\n":
                session.sendall(bytes([byte]))
            session.sendall(b"0\r\n\r\n" + b"GET /v1/numbers/97 HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            got = b""
            while got.count(b'"n":"97"') < 20:
                piece = session.recv(65536)
                expect(piece, f"the connection to go on after {got[-200:]}")
                got += piece
    expect(got.count(b"HTTP/1.1 200") == 21, "an answer to each")


@check_over_tls
def clients_that_leave_in_the_middle_are_noticed(service, certificates):
    """While a poll waits, while a body comes, with and without saying good-bye."""
    client = service.client()
    home = client.request("POST", "/v1/batches", b"%d\n" % PRIME * 2000, LINES).headers["Location"]
    heads = [b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n7\n", b"GET /healthz HT",
             f"GET {home}?wait=5 HTTP/1.1\r\nHost: x\r\n\r\n".encode()]
    for head in heads:
        for polite in (True, False):
            plain = socket.create_connection(("127.0.0.1", service.port), timeout=60)
            session = certificates.client().wrap_socket(plain, server_hostname="127.0.0.1")
            session.sendall(head)
            if polite:
                session.settimeout(0)
                try:
                    session.unwrap()
                except (ssl.SSLError, OSError):
                    pass
            session.close()
    client.request("DELETE", home)
    wait_for(lambda: service.metric("primed_http_requests_in_flight", client) == 1, "the end of their requests")


# --- what is spoken ---------------------------------------------------------------------------------


def handshake(service, **settings):
    """The protocol and cipher agreed on, or None if there was no handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(settings.get("ciphers", "ALL:@SECLEVEL=0"))
    context.minimum_version = settings.get("low", ssl.TLSVersion.MINIMUM_SUPPORTED)
    context.maximum_version = settings.get("high", ssl.TLSVersion.MAXIMUM_SUPPORTED)
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as plain:
        try:
            with context.wrap_socket(plain) as session:
                return session.version(), session.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None


def use_certificate_of(algorithm, certificates, service):
    certificates.make("another", algorithm=algorithm)
    before = service.log.read_text().count("certificate loaded")
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: service.log.read_text().count("certificate loaded") > before, "the certificate to be read")


@check_over_tls
def old_protocols_and_weak_ciphers_are_refused(service, certificates):
    versions = ssl.TLSVersion
    for algorithm in (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("rsa:2048",)):
        use_certificate_of(algorithm, certificates, service)
        expect(handshake(service)[0] == "TLSv1.3", "TLS 1.3 is spoken")
        expect(handshake(service, high=versions.TLSv1_2)[0] == "TLSv1.2", "TLS 1.2 is spoken")
        for old in (versions.TLSv1, versions.TLSv1_1):
            expect(handshake(service, low=old, high=old) is None, f"{old} is not spoken")
        kind = "RSA" if algorithm[0].startswith("rsa") else "ECDSA"
        for cipher in ("AES128-GCM-SHA256", "AES256-SHA", "DHE-RSA-AES256-GCM-SHA384", "AECDH-NULL-SHA", "NULL",
                       f"ECDHE-{kind}-AES128-SHA", f"ECDHE-{kind}-AES256-SHA384", f"ECDHE-{kind}-CAMELLIA128-SHA256"):
            expect(handshake(service, high=versions.TLSv1_2, ciphers=cipher + ":@SECLEVEL=0") is None, cipher)
        for cipher in (f"ECDHE-{kind}-AES128-GCM-SHA256", f"ECDHE-{kind}-CHACHA20-POLY1305"):
            expect(handshake(service, high=versions.TLSv1_2, ciphers=cipher), cipher)


@check_over_tls
def http_in_the_clear_is_cut_off(service, _):
    for data in (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 1000, b"\r\n" * 100):
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as plain:
            plain.sendall(data)
            got = b""
            try:
                while piece := plain.recv(65536):
                    got += piece
            except ConnectionResetError:
                pass
        expect(b"HTTP" not in got, f"an answer in the clear: {got}")
    expect(service.client().get("/healthz").status == 200, "the others are served")


@check_over_tls
def renegotiation_ends_the_connection(service, _):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", "-tls1_2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as asking:
        asking.stdin.write(b"R\n")  # asks for it
        asking.stdin.flush()
        said = asking.stdout.read()  # to its end, with standard input still open
    before, asked, after = said.partition(b"RENEGOTIATING")
    expect(b"Secure Renegotiation IS supported" in before and asked, said)
    expect(b"depth=" not in after, f"a second handshake: {after}")
    expect(service.client().get("/healthz").status == 200, "the others are served")


@check_over_tls
def the_health_command_asks_over_tls(service, certificates):
    def health(*options):
        return subprocess.run([service.primed, "health", f"--listen=127.0.0.1:{service.port}", *options],
                              capture_output=True).returncode
    expect(health(*certificates.options) == 0, "health over TLS")
    expect(health() == 1, "health in the clear has no answer")
    service.stop()
    expect(health(*certificates.options) == 1, "health of nobody")
    service.start()


@check
def a_handshake_that_stalls_is_cut_off(context):
    """Silent, or a byte at a time: it holds no thread meanwhile, and no connection for long."""
    with Certificates() as certificates:
        with Service(context.primed, "--workers=1", "--idle-timeout=2s", *certificates.options,
                     tls=certificates.client()) as service:
            service.start()
            silent = [socket.create_connection(("127.0.0.1", service.port), timeout=60) for _ in range(100)]
            for connection in silent[::2]:
                connection.sendall(b"\x16\x03\x01\x02\x00")  # the head of a record of 512 bytes
            slow = socket.create_connection(("127.0.0.1", service.port), timeout=60)
            slow.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            began = time.monotonic()
            expect(service.client(30).get("/healthz").status == 200, "the others are served")
            try:
                while time.monotonic() - began < 30:
                    slow.sendall(b"x")
                    time.sleep(0.1)
                raise Failure("a byte at a time goes on and on")
            except ConnectionError:
                took = time.monotonic() - began
            for connection in silent:
                try:
                    while connection.recv(1000):
                        pass
                except ConnectionResetError:
                    pass
                connection.close()
            service.stop()
    return f"{took:.1f} s"


# --- certificates -----------------------------------------------------------------------------------


def refusal(context, *options):
    """What it says on standard error; it must exit with 2, with and without --check."""
    said = set()
    for command in (["--check"], []):
        ran = subprocess.run([context.primed, "--listen=127.0.0.1:0", "--store=memory", *command, *options],
                             capture_output=True, text=True, timeout=60)
        expect(ran.returncode == 2, f"{options}: {ran.returncode}, {ran.stderr}")
        said.add(ran.stderr)
    expect(len(said) == 1, said)
    return said.pop()


@check
def what_is_wrong_with_a_certificate_is_said(context):
    with Certificates() as certificates:
        directory, (cert, key) = certificates.directory, certificates.options
        other = directory / "other.pem"
        certificates.make(cert=directory / "unused.pem", key=other)
        stale = directory / "stale.pem"
        certificates.expired(stale)
        nonsense = directory / "nonsense.pem"
        nonsense.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        for options, words in (
                ((cert,), "--tls-key is missing"), ((key,), "--tls-cert is missing"),
                ((cert, f"--tls-key={directory}/none.pem"), "cannot read the key: No such file"),
                ((f"--tls-cert={directory}/none.pem", key), "cannot read the certificate: No such file"),
                ((cert, f"--tls-key={other}"), "key do not match"), ((f"--tls-cert={stale}", key), "has expired"),
                ((f"--tls-cert={nonsense}", key), "cannot use them"), ((f"--tls-cert={directory}", key), "cannot use"),
                ((cert, f"--tls-key={certificates.cert}"), "cannot use them")):
            said = refusal(context, *options)
            expect(words in said, f"{words!r} in {said!r}")


@check_over_tls
def a_new_certificate_serves_those_who_come_after_it(service, certificates):
    """Connections that are open go on, under load, and no request is lost."""
    old = service.client()
    expect(old.get("/healthz").status == 200, "before")
    front, kept = service.front(), old.connection
    service.tls = certificates.lenient_client()
    stop, failures, answered = threading.Event(), [], []

    def load():
        while not stop.is_set():
            client = service.client()
            try:
                for _ in range(5):
                    if client.request("POST", "/v1/batches?wait=60", b"7\n", LINES).status != 200:
                        failures.append("status")
                    answered.append(1)
            except Unanswered as error:
                failures.append(error)
            client.close()

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(5):
            certificates.make(f"next {number}")
            wanted, so_far = certificate_in(certificates.cert), len(answered)
            service.process.send_signal(signal.SIGHUP)
            wait_for(lambda: subject_of(service, service.tls) == wanted, "the new certificate")
            wait_for(lambda: len(answered) > so_far + 20 or failures, "requests")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    expect(not failures, failures[:3])
    expect(old.get("/healthz").status == 200 and old.connection is kept, "the old connection goes on")
    expect(service.front() == front, "the same front")
    service.tls = certificates.client()
    expect(service.client().get("/healthz").status == 200, "who verifies, verifies the new one")
    return f"{len(answered)} requests"


@check_over_tls
def a_broken_new_certificate_changes_nothing(service, certificates):
    before, good = certificate_in(certificates.cert), certificates.client()
    cert = certificates.cert.read_bytes()

    def hup(what):
        count = service.log.read_text().count("keeping the old certificate")
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: service.log.read_text().count("keeping the old certificate") > count, what)
        expect(subject_of(service, good) == before, what)

    certificates.cert.write_bytes(cert[:200])
    hup("half a certificate")
    certificates.cert.unlink()
    hup("no certificate")
    certificates.make("another", key=certificates.directory / "other.pem")
    hup("a certificate of another key")
    certificates.cert.write_bytes(cert)
    certificates.expired(certificates.directory / "stale.pem")
    (certificates.directory / "stale.pem").replace(certificates.cert)
    hup("an expired certificate")
    certificates.cert.write_bytes(cert)
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: service.log.read_text().count("certificate loaded") >= 2, "the certificate that is right again")


@check_over_tls
def a_front_that_dies_comes_back_with_its_certificate(service, certificates):
    front = service.front()
    os.kill(front, signal.SIGKILL)
    wait_for(lambda: service.front() != front, "another front")
    service.await_ready()
    expect(subject_of(service, certificates.client()) == certificate_in(certificates.cert), "the certificate")


@check_over_tls
def a_front_that_dies_comes_back_with_a_certificate_that_has_expired(service, certificates):
    """Where it was good at the start: better than nobody to answer."""
    stale = certificates.directory / "stale.pem"
    certificates.expired(stale)
    stale.replace(certificates.cert)
    front = service.front()
    os.kill(front, signal.SIGKILL)
    service.tls = certificates.lenient_client()
    wait_for(lambda: service.front() != front, "another front")
    service.await_ready()
    service.await_log("the certificate has expired")
    expect(subject_of(service, service.tls) == certificate_in(certificates.cert), "the certificate")
