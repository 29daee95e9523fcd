"""Requests byte by byte, and all that comes back."""

import socket


def connect(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def exchange(service, data):
    """Send it, say that nothing more comes, and read to the end."""
    with connect(service) as connection:
        got = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                got += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before the end of it
        return got


def get(service, path, **headers):
    """The answer to a GET, without its connection: status, headers in lower case, body."""
    return request(service, "GET", path, **headers)


def request(service, method, path, body=b"", host="127.0.0.1", **headers):
    """One request with headers as given (`_` for `-`); status, headers by lower-case name, body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with connect(service) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    named = [field.split(": ", 1) for field in fields]
    return int(status.split()[1]), {name.lower(): value for name, value in named}, body
