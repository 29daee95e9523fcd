#!/usr/bin/python3
"""service.py PRIMED UNIT DATA_DIR [UID] - run an installed primed as its unit does, with us as the service manager.

It has the system calls that the unit leaves it, and no others.
It must be ready when it says so, answer, reload and go on, and drain with status 0 although TERM goes to every
process of it: a service manager that kills the whole group, as systemd does without KillMode=, stops no work.
"""

import ctypes
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

PATIENCE_S = 60
libseccomp = ctypes.CDLL("libseccomp.so.2")
libseccomp.seccomp_init.restype = ctypes.c_void_p
SCMP_ACT_ALLOW = 0x7FFF0000
SCMP_ACT_EPERM = 0x00050000 | errno.EPERM


def system_calls(name):
    """Those a word of SystemCallFilter= means: itself, or what is in the set."""
    if not name.startswith("@"):
        return {name}
    lines = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, stdout=subprocess.PIPE, text=True).stdout
    members = [word for line in lines.splitlines()[1:] for word in line.split("#")[0].split()]
    return set().union(*map(system_calls, members))


def allowed_by(unit):
    """What the unit's lines come to: the first says what is allowed, the others add to that, or with ~ take away."""
    allowed = system_calls("@default")
    with open(unit, encoding="utf-8") as file:
        for line in re.findall(r"^SystemCallFilter=(.*)$", file.read(), re.M):
            calls = set().union(*map(system_calls, line.lstrip("~").split()))
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def filter_of(unit):
    """What confines the process that calls it, and its children, to those; it gives up the way to more rights with that."""
    rules = ctypes.c_void_p(libseccomp.seccomp_init(SCMP_ACT_EPERM))
    for name in allowed_by(unit):
        number = libseccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            assert libseccomp.seccomp_rule_add(rules, SCMP_ACT_ALLOW, number, 0) == 0, name

    def confine():
        if libseccomp.seccomp_load(rules) != 0:
            os._exit(126)
    return confine


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


def check(primed, unit, data_dir, uid, manager, address, log):
    variables = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000000", "PRIMED_DATA_DIR": data_dir,
                 "PRIMED_LISTEN": "127.0.0.1:0"}
    process = subprocess.Popen([primed, "serve"], env=variables, stderr=log, user=uid, group=uid,
                               extra_groups=[] if uid else None, preexec_fn=filter_of(unit))
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
        with open(log.name, encoding="utf-8") as lines:
            assert "not filtered" not in lines.read(), "the unit forbids the service a filter of its own"
    finally:
        process.kill()
        process.wait()


def main():
    primed, unit, data_dir = sys.argv[1:4]
    uid = int(sys.argv[4]) if len(sys.argv) > 4 else None
    address = f"@primed-package-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
            tempfile.NamedTemporaryFile("w+", encoding="utf-8") as log:
        manager.bind("\0" + address[1:])
        manager.settimeout(PATIENCE_S)
        try:
            check(primed, unit, data_dir, uid, manager, address, log)
        except BaseException:
            with open(log.name, encoding="utf-8") as lines:
                sys.stdout.write(lines.read())
            raise


main()
