"""Processes that are stopped, and neither die nor go on."""


import gaps
import ledger as referee
from check import Failure, check
from ledger import Ledger, expect_rest
from service import Service

# The gaps a worker comes by while it holds a block, or looks for one.
WORKER = ("ring_pop.", "ring_wait.", "worker.", "board_")


def stop_at(context, point):
    """A worker that stops there holds up its batch for a second; then it is killed."""
    with Service(context.fault_primed, "--workers=1", "--number-timeout=0") as service:
        token = service.directory / "token"
        token.touch()
        service.environment |= {"PRIMED_FAULT": f"{point}:stop", "PRIMED_FAULT_TOKEN": str(token)}
        ledger = Ledger()
        service.start()
        numbers = [(n, v) for n, v in enumerate(referee.SIEVE[:20_000])]
        ledger.verify(service, service.client(), ledger.post(service.client(), numbers, "large"))
        if token.exists():
            raise Failure("nobody came by")
        ledger.verify_all(service)
        expect_rest(service)
        service.stop()


for gap in gaps.points():
    if gap.startswith(WORKER):
        check(lambda context, gap=gap: stop_at(context, gap), f"a worker stopped at {gap}")
