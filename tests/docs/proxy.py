"""proxy - a way to the service that is as bad as networks are, and asks for a token.

The answer to the first batch is lost: the service has it, the client hears nothing. The second time the service is
"busy". From then on all goes well. Without the right token there is only a 401, and with it no /metrics,
which have the figures of all.
"""

import http.client
import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def problem(self, status, kind, title, detail, *headers):
        body = json.dumps({"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail, "instance": self.path}).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            return self.problem(401, "unauthorized", "Unauthorized", "a bearer token is needed", ("WWW-Authenticate", "Bearer"))
        if self.path == "/metrics":
            return self.problem(403, "forbidden", "Forbidden", "the token has not the right to this")
        if self.command == "POST":
            self.server.keys.append(self.headers["Idempotency-Key"])
            if len(self.server.keys) == 2:
                return self.problem(503, "full", "The store is full", "try again", ("Retry-After", "1"))
        to = http.client.HTTPConnection(self.server.service, timeout=60)
        to.request(self.command, self.path, body, {name: value for name, value in self.headers.items() if name.lower() != "host"})
        answer = to.getresponse()
        if self.command == "POST" and len(self.server.keys) == 1:
            answer.read()
            self.close_connection = True
            return None
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := answer.read1(65536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
        return None

    do_GET = do_POST = forward


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service, token, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:  # the handshake is the business of the thread that has the connection
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.service, self.token, self.keys = service, token, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # clients leave, and some before a handshake is done

    def close(self):
        self.shutdown()
        self.server_close()
