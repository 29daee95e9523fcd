"""Numbers that kill their workers, that take too long, and that nobody wants any more."""

import statistics
import time

import ledger as referee
from check import Failure, check
from ledger import FAILED, TIMEOUT, Ledger, expect_rest
from service import Service, wait_for

HUGE = 2**86243 - 1  # keeps a worker busy for many seconds
HUGE_DIGITS = "--max-digits=100000"


@check
def numbers_that_kill_three_workers_each_are_failed_and_no_other(context):
    """Several in one chunk, side by side, first and last; in several chunks; with a crowd beside them."""
    numbers = [(n, v) for n, v in enumerate(referee.SIEVE[:10_000])]
    places = (0, 1, 700, 2047, 2048, 5000, 9999)
    for place in places:
        numbers[place] = (referee.POISON, FAILED)
    with Service(context.fault_primed, "--workers=2", environment={"PRIMED_POISON": str(referee.POISON)}) as service:
        service.start()
        ledger = Ledger()
        client = service.client()
        tag = ledger.post(client, numbers, "poison")
        for _ in range(20):
            ledger.post(client, referee.BIG + numbers[10:100], "mixed")
        ledger.verify_all(service)
        deaths = service.metric('primed_worker_restarts_total{cause="crashed"}', client)
        if deaths != 3 * len(places):
            raise Failure(f"{deaths:.0f} workers died, not 3 for each of {len(places)} numbers")
        expect_rest(service)
        service.stop()
        return f"batch {tag} with {len(places)} of them"


@check
def numbers_that_take_too_long_time_out_and_no_other(context):
    numbers = [(n, v) for n, v in enumerate(referee.SIEVE[:200])]
    for place in (0, 1, 100, 199):
        numbers[place] = (HUGE, TIMEOUT)
    with Service(context.primed, "--workers=2", "--number-timeout=300ms", HUGE_DIGITS) as service:
        service.start()
        ledger = Ledger()
        client = service.client()
        tag = ledger.post(client, numbers, "slow")
        batch = ledger.await_end(service, client, tag)
        verdicts = client.get(f"/v1/batches/{batch['id']}/results?format=octets").body
        right = bytes(verdict for _, verdict in numbers)
        if verdicts != right or batch["counts"]["failed"] != 4:
            raise Failure(f"{verdicts.hex()} and {batch['counts']}")
        expect_rest(service)
        service.stop()


@check
def a_cancel_takes_effect_inside_one_huge_number(context):
    times = []
    with Service(context.primed, "--workers=2", "--number-timeout=0", HUGE_DIGITS) as service:
        service.start()
        client = service.client()
        for _ in range(5):
            answer = client.request("POST", "/v1/batches", str(HUGE).encode(), {"Content-Type": "text/plain"})
            path = answer.headers["Location"]
            wait_for(lambda: service.metric('primed_blocks{state="running"}', client) == 1, "a running block")
            began = time.monotonic()
            client.request("POST", f"{path}/cancel", b"")
            batch = client.get(f"{path}?wait=10").json
            times.append((time.monotonic() - began) * 1000)
            if batch["status"] != "canceled" or batch["counts"]["canceled"] != 1:
                raise Failure(f"{batch}")
        expect_rest(service)
        service.stop()
    if statistics.median(times) > 1000:  # ten times what is promised
        raise Failure(f"it took {times} ms")
    return f"{statistics.median(times):.0f} ms, at most {max(times):.0f}"
