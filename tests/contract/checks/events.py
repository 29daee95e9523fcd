"""GET /v1/batches/{id}/events: server-sent events."""

import concurrent.futures
import json
import time

from checks.batches import slow_batch
from primes import GREAT, GREAT_DIGITS
from rules import ENDED, batch_mistakes
from runner import Skip, check, equal, expect


def read_events(answer):
    """The events of a stream until it ends, as (event, batch)."""
    equal(answer.status, 200, "status")
    equal(answer.headers.get_content_type(), "text/event-stream", "the media type")
    events, name, data = [], None, []
    for line in answer:
        expect(line.endswith(b"\n"), "whole lines", line)
        field, _, value = line.decode().rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "" and line.strip() == b"" and data:
            events.append((name, json.loads("\n".join(data))))
            name, data = None, []
    return events


def check_events(api, events):
    names = [name for name, _ in events]
    equal(names, ["progress"] * (len(events) - 1) + ["end"], "the events")
    for _, batch in events:
        mistakes = api.contract.mistakes(api.contract.schema("Batch"), batch) + batch_mistakes(batch)
        expect(not mistakes, "a Batch", mistakes)
    pending = [batch["counts"]["pending"] for _, batch in events]
    equal(pending, sorted(pending, reverse=True), "the pending counts")
    expect(events[-1][1]["status"] in ENDED, "a batch that has ended", events[-1][1]["status"])


@check
def a_batch_that_has_ended_has_one_event(api):
    batch = api.done([2, 4])
    batch.pop("results", None)
    equal(read_events(api.open("GET", batch["links"]["self"] + "/events")), [("end", batch)], "the events")


@check
def the_events_of_a_running_batch(api):
    batch = api.post([2**1279 - 1] * 400, status=202).json
    began = time.monotonic()
    events = read_events(api.open("GET", batch["links"]["self"] + "/events"))
    seconds = time.monotonic() - began
    check_events(api, events)
    expect(len(events) > 1, "progress on the way", events)
    expect(len(events) <= 3 + 8 * seconds, "about five events a second", f"{len(events)} in {seconds} s")
    equal(events[-1][1], api.get(batch["links"]["self"]).json, "the final batch")


@check
def cancel_ends_the_events(api):
    with slow_batch(api) as batch, concurrent.futures.ThreadPoolExecutor() as pool:
        answer = api.open("GET", batch["links"]["self"] + "/events")
        events = pool.submit(read_events, answer)
        api.request("POST", batch["links"]["cancel"], status=(200, 202))
        check_events(api, events.result())
        equal(events.result()[-1][1]["status"], "canceled", "the final status")


@check
def events_of_an_empty_batch(api):
    batch = api.done([])
    check_events(api, read_events(api.open("GET", batch["links"]["self"] + "/events")))


@check
def the_stream_of_events_is_not_cached(api):
    response = api.get(api.done([2])["links"]["self"] + "/events")
    equal(response.headers.get("Cache-Control"), "no-store", "Cache-Control")


@check
def silence_is_kept_alive(api):
    if api.limits.max_digits < GREAT_DIGITS or api.limits.number_timeout < 20:
        raise Skip("no number may take long enough")
    batch = api.post([GREAT], status=202).json
    answer = api.open("GET", batch["links"]["self"] + "/events")
    began = time.monotonic()
    for line in answer:
        silence, began = time.monotonic() - began, time.monotonic()
        expect(silence < 17, "a comment every 15 s", f"{silence} s of silence")
        if line.startswith((b":", b"event: end")):
            break
    api.request("DELETE", batch["links"]["self"], status=204)
