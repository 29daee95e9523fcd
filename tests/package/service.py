#!/usr/bin/python3
"""service.py PRIMED DATA_DIR [UID] - run an installed primed as its unit does, with us as the service manager.

It must be ready when it says so, answer, reload and go on, and drain with status 0 although TERM goes to every
process of it: a service manager that kills the whole group, as systemd does without KillMode=, stops no work.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

PATIENCE_S = 60


def await_line(manager, line):
    """Read messages until one has the line."""
    while line not in (message := manager.recv(4096).decode()).split("\n"):
        pass
    return message


def ask(url, body=None):
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=PATIENCE_S) as answer:
        return json.load(answer)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def check(primed, data_dir, uid, manager, address, log):
    variables = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000000", "PRIMED_DATA_DIR": data_dir,
                 "PRIMED_LISTEN": "127.0.0.1:0"}
    process = subprocess.Popen([primed, "serve"], env=variables, stderr=log, user=uid, group=uid,
                               extra_groups=[] if uid else None)
    try:
        await_line(manager, "READY=1")
        with open(log.name, encoding="utf-8") as lines:
            url = "http://" + next(line for line in lines if "listening" in line).split("address=")[1].split()[0]
        assert ask(url + "/readyz")["status"] == "ready"
        await_line(manager, "WATCHDOG=1")
        batch = ask(url + "/v1/batches?wait=60", b"\n".join(b"%d" % n for n in range(100)))
        assert batch["counts"]["prime"] == 25 and batch["durable"], batch
        process.send_signal(signal.SIGHUP)
        await_line(manager, "RELOADING=1")
        await_line(manager, "READY=1")
        assert ask(url + batch["links"]["self"])["counts"] == batch["counts"]
        for pid in [*children(process.pid), process.pid]:
            os.kill(pid, signal.SIGTERM)
        await_line(manager, "STOPPING=1")
        assert process.wait(PATIENCE_S) == 0, process.returncode
        assert os.path.exists(os.path.join(data_dir, "primed.sqlite"))
    finally:
        process.kill()
        process.wait()


def main():
    primed, data_dir = sys.argv[1:3]
    uid = int(sys.argv[3]) if len(sys.argv) > 3 else None
    address = f"@primed-package-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
            tempfile.NamedTemporaryFile("w+", encoding="utf-8") as log:
        manager.bind("\0" + address[1:])
        manager.settimeout(PATIENCE_S)
        try:
            check(primed, data_dir, uid, manager, address, log)
        except BaseException:
            with open(log.name, encoding="utf-8") as lines:
                sys.stdout.write(lines.read())
            raise


main()
