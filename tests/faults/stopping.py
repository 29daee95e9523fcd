"""Drains and rolling restarts under full load: nothing is lost, and the rest goes on at the next start."""

import random
import signal
import threading
import time

import ledger as referee
from check import Failure, check
from ledger import Ledger, expect_rest
from service import Service, Unanswered

CLIENTS = 3


def crowd(service, ledger, seed, stopping, bodies):
    """Clients that hand in batches until they are refused for good; their threads."""
    def be_client(generator):
        client = service.client()
        while not stopping.is_set():
            kind = generator.choice(bodies)
            try:
                if ledger.post(client, kind(generator), kind.__name__) is None:
                    time.sleep(0.01)
            except Unanswered:
                time.sleep(0.01)
    threads = [threading.Thread(target=be_client, args=(random.Random(seed + i),)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads


@check
def a_drain_under_full_load_is_in_time_and_the_rest_resumes(context):
    timeout = 10
    with Service(context.primed, "--workers=2", f"--drain-timeout={timeout}s") as service:
        service.start()
        ledger = Ledger()
        stopping = threading.Event()
        threads = crowd(service, ledger, context.seed, stopping, (referee.big, referee.mixed, referee.large))
        took = []
        for _ in range(3):
            while len(ledger.accepted) < 20 * (len(took) + 1):
                time.sleep(0.01)
            began = time.monotonic()
            service.stop()
            took.append(time.monotonic() - began)
            service.start()
        stopping.set()
        for thread in threads:
            thread.join()
        ledger.verify_all(service)
        expect_rest(service)
        service.stop()
    if max(took) > timeout:
        raise Failure(f"drains took {took} s")
    return f"{max(took):.2f} s at most, {len(ledger.accepted)} batches"


@check
def rolling_restarts_under_load_lose_nothing(context):
    with Service(context.primed, "--workers=3") as service:
        service.start()
        ledger = Ledger()
        stopping = threading.Event()
        first = set(service.await_workers(3))
        threads = crowd(service, ledger, context.seed, stopping, (referee.big, referee.mixed, referee.large))
        for _ in range(10):
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.15)
        stopping.set()
        for thread in threads:
            thread.join()
        ledger.verify_all(service)
        expect_rest(service)
        last = set(service.await_workers(3))
        restarts = service.metric('primed_worker_restarts_total{cause="crashed"}')
        if first & last or restarts or ledger.refused:
            raise Failure(f"{len(first & last)} workers were left, {restarts:.0f} died, refused {ledger.refused}")
        service.stop()
    return f"{len(ledger.accepted)} batches"
