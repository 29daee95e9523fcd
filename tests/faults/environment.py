"""What the machine does to a service: no forks, no memory, no descriptors, no disk, another time."""

import contextlib
import ctypes
import errno
import os
import pathlib
import re
import resource
import signal
import socket
import struct
import tempfile
import time

import ledger as referee
from check import Failure, Skip, check
from ledger import Ledger, expect_rest
from service import Service, Unanswered, is_alive, libc, set_limit, signal_all, wait_for

MIB = 1 << 20
LARGE = [(n, v) for n, v in enumerate(referee.SIEVE[:20_000])]
SMALL = LARGE[:20]
VAST = referee.EDGES * 4000  # more than a draft keeps in memory, and slow enough to be read from the disk


class Shim:
    """The preloaded library that makes calls fail and moves the clock; see shim.c."""

    def __init__(self, context, service):
        self.path = service.directory / "shim"
        self.set()
        service.environment |= {"LD_PRELOAD": context.shim, "SHIM": str(self.path)}

    def set(self, clock=0, fork=0, write=0):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("<3q", clock, fork, write))


@contextlib.contextmanager
def small_disk(options):
    """A directory on a small disk of its own."""
    with tempfile.TemporaryDirectory(prefix="primed-faults.") as directory:
        if libc.mount(b"tmpfs", directory.encode(), b"tmpfs", 0, options.encode()) != 0:
            raise Skip(f"cannot mount a disk here: {os.strerror(ctypes.get_errno())}")
        try:
            yield directory
        finally:
            libc.umount2(directory.encode(), 2)


def post(ledger, service, numbers):
    """Hand in a batch, which may be refused: its tag or None."""
    return ledger.post(service.client(), numbers, "batch")


def expect_all_right(ledger, service):
    ledger.verify_all(service)
    expect_rest(service)
    service.stop()


# --- processes --------------------------------------------------------------------------------------


@check
def a_front_that_is_stopped_and_continued_loses_nothing(context):
    with Service(context.primed, "--workers=2") as service:
        ledger = Ledger()
        service.start()
        tags = [post(ledger, service, LARGE) for _ in range(10)]
        front = service.front()
        os.kill(front, signal.SIGSTOP)
        signal_all(service.workers(), signal.SIGKILL)
        service.await_log("worker died")
        os.kill(front, signal.SIGCONT)
        expect_all_right(ledger, service)
        if None in tags or service.logged("front died"):
            raise Failure("the front was not left alone")


@check
def a_supervisor_that_is_stopped_and_continued_makes_up_for_what_it_missed(context):
    with Service(context.primed, "--workers=2") as service:
        ledger = Ledger()
        service.start()
        for _ in range(10):
            post(ledger, service, LARGE)
        os.kill(service.process.pid, signal.SIGSTOP)
        workers = service.workers()
        signal_all(workers, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, workers)), "the death of the workers")
        os.kill(service.process.pid, signal.SIGCONT)
        expect_all_right(ledger, service)


@check
def forks_that_fail_are_tried_again_until_they_work(context):
    with Service(context.primed, "--workers=3") as service:
        shim = Shim(context, service)
        ledger = Ledger()
        service.start()
        post(ledger, service, LARGE)
        shim.set(fork=errno.EAGAIN)
        signal_all(service.workers(), signal.SIGKILL)
        service.await_log("cannot fork a worker")
        began = time.monotonic()
        tag = post(ledger, service, SMALL)  # taken, though there is nobody to work on it
        signal_all(service.processes("primed-front"), signal.SIGKILL)
        service.await_log("cannot fork the front")
        time.sleep(0.5)  # what is looked at is how often it tries meanwhile
        tries = service.log.read_text().count("cannot fork")
        most = 2 * (10 * (time.monotonic() - began) + 2)
        shim.set()
        service.await_ready()
        expect_all_right(ledger, service)
        if tag is None or tries > most:
            raise Failure(f"{tries} tries, more than {most:.0f}")
        return f"{tries} tries"


@check
def a_drain_without_a_front_waits_for_nobody(context):
    with Service(context.primed, "--workers=2", "--drain-timeout=60s") as service:
        shim = Shim(context, service)
        ledger = Ledger()
        service.start()
        post(ledger, service, LARGE)
        shim.set(fork=errno.EAGAIN)
        signal_all(service.processes("primed-front"), signal.SIGKILL)
        service.await_log("cannot fork the front")
        service.stop(status=1)
        if not service.logged("there is no front to drain"):
            raise Failure("it waited for the drain timeout")
        shim.set()
        service.start()
        expect_all_right(ledger, service)


# --- memory and descriptors -------------------------------------------------------------------------


@check
def a_front_at_its_memory_limit_refuses_and_loses_nothing(context):
    with Service(context.primed, "--workers=2") as service:
        ledger = Ledger()
        service.start()
        post(ledger, service, LARGE)
        front = service.front()
        status = pathlib.Path(f"/proc/{front}/status").read_text()
        set_limit(front, resource.RLIMIT_DATA, int(re.search(r"VmData:\s+(\d+) kB", status)[1]) * 1024)
        unanswered = 0
        for numbers in (VAST, LARGE, SMALL, VAST, VAST, SMALL):
            try:
                ledger.post(service.client(3), numbers, "batch")
            except Unanswered:  # there is no memory for a connection, or the front had to start again
                unanswered += 1
        if not unanswered and not ledger.refused and not service.logged("front died"):
            raise Failure("the limit was not felt")
        with contextlib.suppress(ProcessLookupError):  # the front may be another by now
            set_limit(front, resource.RLIMIT_DATA, resource.RLIM_INFINITY)
        service.await_ready()
        post(ledger, service, VAST)
        expect_all_right(ledger, service)
        return f"of 6 batches {sum(ledger.refused.values())} were refused, {unanswered} not answered"


@check
def a_front_without_descriptors_goes_on_when_there_are_some_again(context):
    with Service(context.primed, "--workers=2") as service:
        ledger = Ledger()
        service.start()
        client = service.client()
        client.get("/healthz")
        front = service.front()
        used = {int(name) for name in os.listdir(f"/proc/{front}/fd")}
        limits = resource.prlimit(front, resource.RLIMIT_NOFILE)
        set_limit(front, resource.RLIMIT_NOFILE, next(n for n in range(10_000) if n not in used))
        # On the one connection there is; the numbers go to the disk, and cannot be read from there now, be it for the
        # workers, who may have had them before, or for a client.
        tag = ledger.post(client, VAST, "vast")
        crowd = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(20)]
        wait_for(lambda: client.get("/v1/batches") and service.logged("cannot read the database"), "a read that fails")
        set_limit(front, resource.RLIMIT_NOFILE, limits[0])
        for connection in crowd:
            connection.close()
        if tag is None or service.logged("front died"):
            raise Failure(f"refused: {ledger.refused}")
        expect_all_right(ledger, service)


# --- the disk ---------------------------------------------------------------------------------------


@check
def a_disk_that_fails_for_a_while_loses_nothing(context):
    """Read-only, or broken: the front ends, and starts again until it can write."""
    for error in (errno.EROFS, errno.EIO):
        with Service(context.primed, "--workers=2") as service:
            shim = Shim(context, service)
            ledger = Ledger()
            service.start()
            for _ in range(5):
                post(ledger, service, LARGE)
            shim.set(write=error)
            with contextlib.suppress(Unanswered):
                if ledger.post(service.client(5), SMALL, "small"):
                    raise Failure(f"a batch was accepted in spite of {os.strerror(error)}")
            service.await_log("cannot")
            time.sleep(0.3)  # it tries and fails
            shim.set()
            service.await_ready()
            post(ledger, service, LARGE)
            expect_all_right(ledger, service)


@check
def a_disk_its_own_log_has_filled_is_used_again_when_it_grows(context):
    with small_disk("size=6m") as disk, Service(context.primed, "--workers=2", base=disk) as service:
        ledger = Ledger()
        service.start()
        client = service.client()
        for _ in range(200):
            if ledger.post(client, LARGE, "large") is None:
                break
        if 507 not in ledger.refused:
            raise Failure(f"not full: {ledger.refused}")
        answer = client.request("POST", "/v1/batches", b"[7]", {"Content-Type": "application/json"})
        if answer.status != 507 or "Retry-After" not in answer.headers:
            raise Failure(f"{answer.status} with {dict(answer.headers)}")
        if libc.mount(b"tmpfs", disk.encode(), b"tmpfs", 32, b"size=64m") != 0:  # MS_REMOUNT
            raise Skip(f"cannot make the disk grow: {os.strerror(ctypes.get_errno())}")
        wait_for(lambda: ledger.post(client, SMALL, "small"), "a batch that is accepted", every=0.1)
        ledger.verify_all(service)
        if service.logged("front died"):
            raise Failure("the front had to start again")
        expect_all_right(ledger, service)
        return f"{len(ledger.accepted)} batches"


# --- the clock --------------------------------------------------------------------------------------


@check
def a_wall_clock_that_jumps_by_hours_disturbs_nothing(context):
    with Service(context.primed, "--workers=2", "--ttl=7d") as service:
        shim = Shim(context, service)
        ledger = Ledger()
        service.start()
        client = service.client()
        ids = []
        for hours in (0, 6, -6, 12, -12, 0):
            shim.set(clock=hours * 3600)
            began = time.monotonic()
            tag = ledger.post(client, referee.BIG * 3, "long", "?wait=30")
            if time.monotonic() - began > 25:
                raise Failure(f"a wait took {time.monotonic() - began:.0f} s")
            batch = ledger.await_end(service, client, tag)
            ids.append(batch["id"])
            if not 0 <= batch["elapsed_seconds"] < 30 or batch["ended_at"] < batch["started_at"]:
                raise Failure(f"odd times: {batch}")
            # And it jumps while a batch is at work.
            tag = ledger.post(client, referee.BIG * 10, "long")
            shim.set(clock=-hours * 3600 + 60)
            batch = ledger.await_end(service, client, tag)
            ids.append(batch["id"])
            if batch["elapsed_seconds"] < 0 or batch["expires_at"] < batch["ended_at"]:
                raise Failure(f"odd times: {batch}")
        if ids != sorted(ids):
            raise Failure("ids are not in the order of the batches")
        expect_all_right(ledger, service)
        # A new start finds ids of the future on the disk, and goes on from there.
        service.start()
        newest = ledger.await_end(service, client, post(ledger, service, SMALL))["id"]
        if newest <= max(ids):
            raise Failure("an id is older than that of an older batch")
        expect_all_right(ledger, service)
