"""The client of the checks: every answer it hands out has been held to the contract."""

import contextlib
import copy
import http.client
import json
import socket
import struct
import urllib.parse

import rules

TIMEOUT = 90  # seconds without a byte; the longest wait the contract knows is 60


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def media(self):
        return self.headers.get_content_type() if "Content-Type" in self.headers else None

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, url, contract, limits):
        address = urllib.parse.urlsplit(url)
        self.host, self.port = address.hostname, address.port or 80
        self.contract = contract
        self.limits = limits
        self.token = limits.token
        self.created = []

    def of(self, token):
        """The same client with another token, or with none."""
        other = copy.copy(self)
        other.token = token
        return other

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)

    def socket(self):
        return socket.create_connection((self.host, self.port), timeout=TIMEOUT)

    def open(self, method, target, body=None, headers=(), connection=None):
        """Send a request; the http.client answer, not yet read. A body in pieces is sent in pieces, as chunks
        unless Content-Length is among the headers."""
        connection = connection or self.connect()
        headers = dict(headers)
        names = {name.lower() for name in headers}
        if self.token and "authorization" not in names:
            headers["Authorization"] = f"Bearer {self.token}"
        connection.putrequest(method, target, skip_accept_encoding=True)
        pieces = [body] if isinstance(body, bytes) else body
        chunked = body is not None and not isinstance(body, bytes) and "content-length" not in names
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None and "content-length" not in names:
            connection.putheader("Content-Length", str(len(body)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for piece in pieces or ():
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                connection.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the end of the body: the answer says why
        return connection.getresponse()

    def request(self, method, target, body=None, headers=(), status=None, connection=None):
        """Send a request and hold its answer to the contract, and to a status, or one of several."""
        answer = self.open(method, target, body, headers, connection)
        response = Response(answer.status, answer.headers, answer.read())
        rules.check(self.contract, method, target, dict(headers), response)
        if status is not None:
            wanted = (status,) if isinstance(status, int) else status
            rules.expect_status(method, target, wanted, response)
        if method == "POST" and "Location" in response.headers:
            self.created.append(response.headers["Location"])
        return response

    def get(self, target, status=200, **rest):
        return self.request("GET", target, status=status, **rest)

    def post(self, body, media="application/json", status=(200, 202), wait=None, headers=()):
        """Post a batch. A body that is no bytes and no pieces of them is sent as JSON."""
        if not isinstance(body, bytes) and not (isinstance(body, tuple)):
            body = json.dumps(body).encode()
        headers = dict(headers)
        if media is not None:
            headers["Content-Type"] = media
        target = "/v1/batches" if wait is None else f"/v1/batches?wait={wait}"
        return self.request("POST", target, body, headers, status)

    def ended(self, batch):
        """Wait for the end of a batch; the batch as it is then."""
        while batch["status"] not in ("completed", "canceled"):
            batch = self.get(batch["links"]["self"] + "?wait=60").json
        return batch

    def done(self, body, media="application/json"):
        """Post a batch and wait for its end."""
        return self.ended(self.post(body, media, wait=60).json)

    def items(self, batch, query=""):
        """All the results of a batch, page by page."""
        items, target = [], f"{batch['links']['results']}?limit=10000{query}"
        while target:
            page = self.get(target).json
            items += page["results"]
            target = page["next"]
        return items

    def raw(self, data):
        """Send bytes as they are; the status of the answer, or None if there is none."""
        with self.socket() as connection:
            # Who is refused in the middle may find the connection closed before all is sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            answer = http.client.HTTPResponse(connection)
            try:
                answer.begin()
            except (http.client.BadStatusLine, ConnectionResetError):
                return None
            return answer.status

    def abandon(self, data, reset):
        """Send the beginning of a request, and leave; by a reset of the connection, or in good order."""
        with self.socket() as connection:
            connection.sendall(data)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def tidy(self):
        """Delete every batch that was created."""
        for location in self.created:
            self.open("DELETE", location).read()
