#!/usr/bin/python3
"""load_python.py KIND HOST:PORT big COUNT | small CLIENTS SECONDS - the client of RQ and of Celery: what load is for the others.

The same numbers and the same lines of output; see load.h. A client is a process, since Python has one lock for all threads. The
verdicts are checked by a Baillie-PSW test, which is a proof below 2^64; the workers' is by Miller-Rabin.
"""

import array
import multiprocessing
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
os.environ["BROKER_PORT"] = sys.argv[2].rpartition(":")[2]

import gmpy2  # noqa: E402
import python_jobs  # noqa: E402
import redis  # noqa: E402
import rq  # noqa: E402
import rq.results  # noqa: E402

SMALL, SMALL_KINDS = 20, 64  # numbers a small batch, different ones
JOB = 10000  # numbers a job of a big batch
PATIENCE_S = 120
WORD = (1 << 64) - 1


def number(i):
    """The i-th of work_number()."""
    z = (i + 1) * 0x9e3779b97f4a7c15 & WORD
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & WORD
    z = (z ^ z >> 27) * 0x94d049bb133111eb & WORD
    return (z ^ z >> 31) >> 1


def expected(numbers):
    return bytes(n == 2 or n % 2 == 1 and gmpy2.is_strong_bpsw_prp(n) for n in numbers)


class Rq:
    """Jobs are enqueued in one pipeline; each result is waited for where RQ puts it, not polled."""

    def __init__(self):
        self.connection = redis.Redis(port=int(os.environ["BROKER_PORT"]))
        self.queue = rq.Queue("jobs", connection=self.connection)

    def run(self, parts):
        jobs = self.queue.enqueue_many([rq.Queue.prepare_data(python_jobs.test, (part,), result_ttl=60) for part in parts])
        return [self.await_result(job) for job in jobs]

    def await_result(self, job):
        key = rq.results.Result.get_key(job.id)
        if not self.connection.xread({key: "0-0"}, count=1, block=PATIENCE_S * 1000):
            sys.exit("RQ has no result")
        return job.return_value(refresh=True)


class Celery:
    """A group of tasks, joined; one task alone is a group of one."""

    def run(self, parts):
        tasks = [python_jobs.celery_test.apply_async((part,)) for part in parts]
        return [task.get(timeout=PATIENCE_S) for task in tasks]


KINDS = {"rq": Rq, "celery": Celery}


def packed(numbers):
    return array.array("Q", numbers).tobytes()


def big(kind, count):
    numbers = [number(i) for i in range(count)]
    parts = [packed(numbers[i:i + JOB]) for i in range(0, count, JOB)]
    client = KINDS[kind]()
    began = time.monotonic()
    verdicts = b"".join(client.run(parts))
    took = time.monotonic() - began
    if verdicts != expected(numbers):
        sys.exit("a verdict is wrong")
    print(f"{took * 1000:.3f}")


def run_client(kind, start, seconds, batches, out):
    client = KINDS[kind]()
    client.run(batches[0][:1])  # connected, and everything imported
    start.wait()
    latencies = []
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        part, verdicts = batches[len(latencies) % SMALL_KINDS]
        if client.run([part]) != [verdicts]:
            sys.exit("a verdict is wrong")
        latencies.append(time.monotonic() - began)
    out.put(latencies)


def small(kind, clients, seconds):
    batches = []
    for i in range(SMALL_KINDS):
        numbers = [number(SMALL * i + j) for j in range(SMALL)]
        batches.append((packed(numbers), expected(numbers)))
    fork = multiprocessing.get_context("fork")
    start, out = fork.Barrier(clients + 1), fork.Queue()
    processes = [fork.Process(target=run_client, args=(kind, start, seconds, batches, out), daemon=True) for _ in range(clients)]
    for process in processes:
        process.start()
    start.wait(PATIENCE_S)
    began = time.monotonic()
    latencies = sorted(latency for _ in range(clients) for latency in out.get(timeout=PATIENCE_S))
    took = time.monotonic() - began
    for process in processes:
        process.join()
    print(f"{len(latencies) / took:.1f} {latencies[len(latencies) // 2] * 1000:.4f} "
          f"{latencies[len(latencies) - 1 - len(latencies) // 100] * 1000:.4f}")


def main():
    _, kind, _, what, count, *rest = sys.argv
    if what == "big":
        big(kind, int(count))
    else:
        small(kind, int(count), float(rest[0]))


main()
