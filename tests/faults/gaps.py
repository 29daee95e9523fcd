"""Every named gap of the sources, in the live service: one process dies there, once, and nothing is lost.

The gaps are what the sources say they are, so that none can be forgotten: a new FAULT_POINT fails
here until the walk below comes by it, and until docs/crash.md says what a death there leaves.
"""

import contextlib
import pathlib
import random
import re
import signal
import socket

import ledger as referee
from check import Failure, check
from ledger import Ledger
from service import Service, Unanswered, is_alive, signal_all, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("common", "worker", "server")


def points():
    """The names of all gaps, and how many places each has."""
    names = {}
    for folder in FOLDERS:
        for source in sorted((ROOT / folder).rglob("*.c")):
            for name in re.findall(r'FAULT_POINT\("([^"]+)"\)', source.read_text()):
                names[name] = names.get(name, 0) + 1
    return names


@check
def each_gap_has_one_place_and_a_row_in_crash_md(_):
    text = (ROOT / "docs/crash.md").read_text()
    rows = {name for line in text.splitlines() if line.startswith("| ")
            for name in re.findall(r"`(\w+\.\w+)`", line.split("|")[1])}
    found = points()
    if len(found) < 20:
        raise Failure(f"only {len(found)} gaps were found in the sources")
    for name, places in found.items():
        if places != 1:
            raise Failure(f"{name} is in {places} places")
    if missing := set(found) - rows:
        raise Failure(f"docs/crash.md has no row for {', '.join(sorted(missing))}")
    if stale := rows - set(found):
        raise Failure(f"docs/crash.md has a row for {', '.join(sorted(stale))}, which is in no source")


def begin_upload(service):
    """Send so much of a batch that it is written to the disk as it comes, and no end; the connection."""
    try:
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
        connection.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
                           b"Content-Length: 8000000\r\n\r\n" + bytes(4_000_000))
        return connection
    except OSError as error:
        raise Unanswered(repr(error)) from error


def post_a_mistake(client):
    """Send a batch of several chunks that turns out bad at its end."""
    client.request("POST", "/v1/batches", b"7\n" * 20_000 + b"1.5\n", {"Content-Type": "text/plain"})


def replace_workers(service):
    """A rolling restart, to its end, with nothing to do: who has a number in hand may be killed, not dismissed."""
    def there_are_two():
        service.revive()
        return len(found := service.workers()) == 2 and found
    old = wait_for(there_are_two, "two workers")
    signal_all([service.process.pid], signal.SIGHUP)
    wait_for(lambda: not any(map(is_alive, old)), "workers to be replaced")


def walk(service, ledger, generator):
    """Come by every gap: all that a service does, and a death of each kind."""
    client = service.client()

    def attempt(action, *arguments):
        """Somebody may die of it; a supervisor that has is started again."""
        with contextlib.suppress(Unanswered):
            return action(*arguments)
        service.await_ready()
        return None

    def post(kind):
        return attempt(lambda: ledger.post(client, kind(generator), kind.__name__))

    replace_workers(service)
    upload = attempt(begin_upload, service)
    attempt(post_a_mistake, client)
    for kind in (referee.small, referee.poison, referee.mixed, referee.large, referee.big):
        post(kind)
    signal_all(service.workers()[:1], signal.SIGKILL)  # orphans, and their reaping
    deleted = post(referee.large)
    canceled = attempt(lambda: ledger.post(client, referee.BIG * 20, "long"))
    if canceled:
        attempt(ledger.cancel, client, canceled)
    if deleted:
        attempt(ledger.verify, service, client, deleted)
        attempt(ledger.delete, client, deleted)
    for number in (signal.SIGHUP, signal.SIGTTOU, signal.SIGTTIN):
        signal_all([service.process.pid], number)
    post(referee.small)
    if upload:
        upload.close()
    signal_all(service.processes("primed-front"), signal.SIGKILL)
    service.await_ready()
    post(referee.mixed)
    post(referee.small)


def drain(service):
    """Drain it; where somebody dies of that, it may end in any way."""
    signal_all([service.process.pid], signal.SIGTERM)
    service.process.wait()
    service.expect_nobody()


def die_at(context, point):
    with Service(context.fault_primed, "--workers=2", environment={"PRIMED_POISON": str(referee.POISON)}) as service:
        token = service.directory / "token"
        token.touch()
        service.environment |= {"PRIMED_FAULT": point, "PRIMED_FAULT_TOKEN": str(token)}
        ledger = Ledger()
        service.launch().await_ready()
        walk(service, ledger, random.Random(context.seed))
        drain(service)
        service.launch().await_ready()
        if token.exists():
            raise Failure("nobody came by")
        ledger.verify_all(service)
        referee.expect_rest(service)
        service.stop()


for gap in points():
    check(lambda context, gap=gap: die_at(context, gap), f"a death at {gap}")
