"""command - `prime` behind TLS, before a service that asks for a token or for patience, and before a stranger."""

import http.server
import json
import os
import re
import signal
import ssl
import subprocess
import threading
import urllib.request

from proxy import Proxy
from service import ROOT, Service

PATIENCE_S = 60
TOKEN = "example-token"
ID = "019abc12-3456-7def-8123-456789abcdef"
COMMANDS = [["97"], ["97", "91"], ["ls"], ["wait", ID], ["get", ID], ["cancel", ID], ["rm", ID], ["submit", "numbers.txt"], ["top", "--json"]]


def prime(*arguments, work, **variables):
    """Run it; its exit status, output and errors."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRIMED_")}
    done = subprocess.run([ROOT / "build/prime", *arguments], cwd=work, env={**kept, "no_proxy": "*", **variables}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout, done.stderr


def expect(came, status, out, err):
    assert came[0] == status and re.search(out, came[1]) and re.search(err, came[2]), f"expected {status}, {out}, {err}; came {came}"


def make_certificate(work):
    """One for 127.0.0.1, signed by itself."""
    certificate, key = work / "certificate.pem", work / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=primed", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def speaks_tls(service, work):
    certificate, context = make_certificate(work)
    proxy = Proxy(service.address, TOKEN, tls=context)
    try:
        url = proxy.url.replace("http:", "https:")
        known = {"work": work, "PRIMED_URL": url, "PRIMED_TOKEN": TOKEN}
        expect(prime("97", **known), 2, "^$", "self-signed certificate; --cacert names")
        expect(prime("97", "--cacert", certificate, **known), 0, '"prime":true', "^$")
        expect(prime("97", PRIMED_CACERT=str(certificate), **known), 0, '"prime":true', "^$")
        expect(prime("97", "--cacert", "nowhere.pem", **known), 2, "^$", "nowhere.pem")
        expect(prime("97", "--cacert", certificate, "--url", url.replace("127.0.0.1", "localhost"), **known), 2, "^$", "localhost")
        expect(prime("97", work=work, PRIMED_URL=service.url.replace("http:", "https:")), 2, "^$", "does it speak http://")
    finally:
        proxy.close()


def shows_a_token(service, work):
    proxy = Proxy(service.address, TOKEN)
    path = work / "token"
    path.write_text(TOKEN + "\n")
    known = {"work": work, "PRIMED_URL": proxy.url}
    try:
        expect(prime("97", **known), 4, "^$", "Unauthorized: a bearer token is needed\nA token is shown to it where PRIMED_TOKEN")
        expect(prime("97", PRIMED_TOKEN="wrong", **known), 4, "^$", "Unauthorized: a bearer token is needed\n$")
        expect(prime("97", PRIMED_TOKEN=TOKEN, **known), 0, '"prime":true', "^$")
        expect(prime("top", "--json", PRIMED_TOKEN=TOKEN, **known), 0, '"workers":2,', "^$")
        for mode in (0o600, 0o640):
            path.chmod(mode)
            expect(prime("97", "--token-file", "token", **known), 0, '"prime":true', "^$")
        for mode in (0o644, 0o602):
            path.chmod(mode)
            expect(prime("97", "--token-file", "token", **known), 2, "^$", "token: everybody may read this token; chmod o= 'token'")
    finally:
        proxy.close()


class Busy(http.server.BaseHTTPRequestHandler):
    """Somebody whose quota is used up for a while: the answers are those of the server, in turn."""

    def do_GET(self):
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET

    def log_message(self, *_):
        pass


def answering(answers):
    """A server that gives these answers, one a request."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.answers = answers
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


QUOTA = (b'{"type":"/problems/over-quota","title":"Over quota","status":429,"detail":"100 requests a second are the most",'
         b'"instance":"/v1/numbers/97"}')


def heeds_a_quota(_, work):
    problem = ("Content-Type", "application/problem+json")
    verdict = (200, [("Content-Type", "application/json")], b'{"n":"97","prime":true,"certainty":"proven","elapsed":1e-7}')
    server, url = answering([(429, [problem, ("Retry-After", "1")], QUOTA), verdict, (429, [problem, ("Retry-After", "3600")], QUOTA)])
    try:
        expect(prime("97", work=work, PRIMED_URL=url), 0, '"prime":true', "^$")
        expect(prime("97", work=work, PRIMED_URL=url), 4, "^$", "Over quota: 100 requests.*\nIt asks to try again in 3600 s")
        assert not server.answers, "three requests"
    finally:
        server.shutdown()
        server.server_close()


def knows_a_stranger(_, work):
    """Another server at that address, which is fine with everything, has no batches and no primes."""
    (work / "numbers.txt").write_text("2\n")
    for kind in ("text/html", "application/json"):
        server, url = answering([(200, [("Content-Type", kind)], b"<html>It works!</html>")] * 100)
        try:
            for command in COMMANDS if kind == "text/html" else (["97"], ["97", "91"], ["submit", "numbers.txt"], ["ls"], ["cancel", ID], ["top", "--json"]):
                came = prime(*command, work=work, PRIMED_URL=url, PRIMED_TIMEOUT="1")
                expect(came, 2 if kind == "text/html" else 4, "^$", "answers, but not like primed")
        finally:
            server.shutdown()
            server.server_close()


def ends_quietly_with_its_reader(service, work):
    """As in `prime get ID | head -n 1`."""
    numbers = "".join(f"{n}\n" for n in range(200_000)).encode()
    with urllib.request.urlopen(f"{service.url}/v1/batches?wait=60", numbers) as answer:
        batch = json.load(answer)
    process = subprocess.Popen([ROOT / "build/prime", "get", batch["id"], "--url", service.url], cwd=work, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={**os.environ, "no_proxy": "*"})
    assert json.loads(process.stdout.readline())["n"] == "0"
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(PATIENCE_S) == -signal.SIGPIPE and not error, (process.returncode, error)


def check_all(wanted, say):
    service = Service()
    try:
        for check in (speaks_tls, shows_a_token, heeds_a_quota, knows_a_stranger, ends_quietly_with_its_reader):
            name = f"prime: {check.__name__.replace('_', ' ')}"
            if not re.search(wanted, name):
                continue
            try:
                check(service, service.work)
                say("ok  ", name)
            except (AssertionError, subprocess.SubprocessError) as failure:
                say("FAIL", name, str(failure))
    finally:
        service.stop()
