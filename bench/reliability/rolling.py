"""What a rolling restart of the workers costs the batches that come in meanwhile.

The batches are of 20 numbers of 80 bits, which go to the workers; a big batch keeps these busy.
"""

import signal
import threading

import integers
import latency
import report
import service

HUP_INTERVAL = 1.0  # seconds


def measure(primed, rounds=3):
    primes = integers.primes_64(4096)
    found = {"no signal": [], "HUP once a second": []}
    hups = 0
    with service.serving(primed, "memory", "--max-store", "8G") as server:
        requests = latency.small_requests(server, 80)
        client = server.client()
        for _ in range(rounds):
            for name, samples in found.items():
                bulk = client.post_packed(primes, 10**8 // 4096)
                stop = threading.Event()

                def restart():
                    nonlocal hups
                    while not stop.wait(HUP_INTERVAL):
                        server.signal(signal.SIGHUP)
                        hups += 1

                thread = threading.Thread(target=restart)
                if name != "no signal":
                    thread.start()
                samples.append(latency.sample(server, requests, 2, None)[latency.IDLE])
                stop.set()
                if thread.ident:
                    thread.join()
                counts = client.wait(bulk["id"])["counts"]
                if counts["prime"] != bulk["counts"]["total"]:
                    raise RuntimeError(f"wrong or missing verdicts: {counts}")
                client.delete(bulk["id"])
    report.table(f"Batches of 20 80-bit numbers while 10^8 others run and the workers are replaced ({hups} HUPs), ms",
                 ["", "samples", "p50", "p99", "max"],
                 [[name, sum(map(len, samples)),
                   *(report.ms(report.median(report.percentile(each, percent) for each in samples))
                     for percent in (50, 99, 100))] for name, samples in found.items()])
