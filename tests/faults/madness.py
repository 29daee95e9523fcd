"""A worker that loses its mind: it writes random words into the arena, or calls what it may not.

No verdict comes out wrong, whatever it wrote to, and neither the front nor the supervisor dies of it
or hangs. A number that drives every worker mad fails, and no other.
"""

import mmap
import random

import ledger as referee
from check import Failure, check
from ledger import Ledger
from service import Service, wait_for

# Of the block it has, no octet that is written could be a verdict; else its own might be wrong, and nobody could tell.
PARTS = ("results", "tail", "board", "claims", "desk")
# Where no worker may write, or not this one: it dies of it, like of anything else.
GUARDED = ("papers", "others", "desks", "slots", "ring", "control")
NUMBERS = [(n, v) for n, v in enumerate(referee.SIEVE[:20_000])]


def strike(service, part):
    """Start it with one worker about to lose its mind in its next block but a few."""
    token = service.directory / "token"
    token.touch()
    service.environment |= {"PRIMED_MAD": part, "PRIMED_FAULT_TOKEN": str(token)}
    service.start()
    return token


def expect_served(service):
    """Batches that come now are right, as if nothing had been."""
    ledger = Ledger()
    client = service.client()
    for kind in (referee.small, referee.mixed, referee.large):
        ledger.verify(service, client, ledger.post(client, kind(random.Random(1)), kind.__name__))


def end(service):
    """Drain it. It says so, and ends with 1, where the arena is not whole."""
    service.process.terminate()
    if service.process.wait(60) not in (0, 1):
        raise Failure(f"it ended with {service.process.returncode}")
    service.expect_nobody()


def go_mad(context, part):
    with Service(context.fault_primed, "--workers=2", "--drain-timeout=5s") as service:
        token = strike(service, part)
        ledger = Ledger()
        client = service.client()
        tags = [ledger.post(client, NUMBERS, "large") for _ in range(6)]
        tags += [ledger.post(client, referee.BIG, "big") for _ in range(4)]
        wait_for(lambda: not token.exists(), "a worker that loses its mind")
        for tag in tags:
            ledger.verify(service, client, tag)
        if service.logged("front died") and not service.logged("starting anew"):
            raise Failure(f"the front died of it:\n{service.tail()}")
        if part in GUARDED and mmap.PAGESIZE == 4096:
            service.await_log("signal=11")
            if service.logged("was scribbled over"):
                raise Failure(f"a block was lost:\n{service.tail()}")
        expect_served(service)
        end(service)


for each in PARTS + GUARDED:
    check(lambda context, part=each: go_mad(context, part), f"a worker that scribbles over {each}")


def mad_each_time(context, part):
    """A number drives each worker mad that tests it, among numbers, and batches, that do not."""
    mad = 7919
    failed = [(mad, referee.FAILED)]
    with Service(context.fault_primed, "--workers=2", "--drain-timeout=5s") as service:
        service.environment |= {"PRIMED_MAD": part, "PRIMED_MAD_NUMBER": str(mad)}
        service.start()
        others = [(n, v) for n, v in NUMBERS if n != mad]
        ledger = Ledger()
        client = service.client()
        for numbers in (others, others, others + failed, others[:5000] + failed + others[5000:], others):
            ledger.post(client, numbers, "large")
            ledger.post(client, referee.BIG, "big")
        ledger.verify_all(service)
        end(service)


for each in ("results", "claims", "others", "papers"):
    check(lambda context, part=each: mad_each_time(context, part), f"a number that has every worker scribble over {each}")


@check
def a_worker_that_calls_what_it_may_not_dies_and_nothing_is_lost(context):
    with Service(context.fault_primed, "--workers=2", "--sandbox=required") as service:
        token = strike(service, "call")
        ledger = Ledger()
        client = service.client()
        ledger.verify(service, client, ledger.post(client, NUMBERS, "large"))
        service.await_log("it tried a forbidden system call")
        if token.exists():
            raise Failure("somebody else was killed")
        ledger.verify_all(service)
        referee.expect_rest(service)
        service.stop()
