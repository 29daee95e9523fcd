"""Bodies that come slowly and are worked on meanwhile: they become right batches, or nothing."""

import http.client
import random
import time

import ledger as referee
from chaos import Chaos
from check import Failure, check
from ledger import FAILED, Ledger, expect_rest
from service import Answer, Service, Unanswered, wait_for

PIECES = 8


def send_slowly(service, body, pause, leave=False):
    """Post JSON in pieces, each after a pause: the answer, None if the client leaves before the last, or Unanswered."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    body = body.encode()
    size = -(-len(body) // PIECES)
    try:
        connection.putrequest("POST", "/v1/batches")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        for piece in range(PIECES - leave):
            connection.send(body[piece * size:(piece + 1) * size])
            pause()
        if leave:
            return None
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(repr(error)) from error
    finally:
        connection.close()


def spoil(body):
    """The same with a mistake at the end of its numbers."""
    return body.replace("], ", ", 1.5], ", 1)


def expect_none(service, client):
    """There is no batch, nothing kept, and nothing under way."""
    expect_rest(service)
    wait_for(lambda: service.metric("primed_store_bytes", client) == 0, "an empty store")
    if client.get("/v1/batches").json["batches"] or service.metric("primed_numbers_accepted_total", client):
        raise Failure("there is a batch")


@check
def a_number_that_kills_its_workers_in_a_body_that_is_refused(context):
    """It is tried as in any batch, its fellows have their verdicts; and then nobody knows of it."""
    numbers = [(n, v) for n, v in enumerate(referee.SIEVE[:20_000])]
    numbers[5000] = (referee.POISON, FAILED)
    with Service(context.fault_primed, "--workers=2", environment={"PRIMED_POISON": str(referee.POISON)}) as service:
        service.start()
        client, ledger = service.client(), Ledger()

        def deaths():
            return service.metric('primed_worker_restarts_total{cause="crashed"}', client)

        def let_three_die():
            wait_for(lambda: deaths() == before + 3, "three deaths")

        for ending in ("refused", "left", "accepted"):
            tag, body = ledger.announce(numbers)
            before = deaths()
            begun = iter([lambda: None] * 5 + [let_three_die] + [lambda: None] * 2)  # it is in the second of eight pieces
            answer = send_slowly(service, spoil(body) if ending == "refused" else body, lambda: next(begun)(),
                                 leave=ending == "left")
            if ending == "accepted":
                if not ledger.note(tag, answer, "poison"):
                    raise Failure(f"{answer.status}: {answer.body[:200]!r}")
                continue
            ledger.withdraw(tag)
            if answer and (answer.status != 422 or b'"#/numbers/20000"' not in answer.body):
                raise Failure(f"{answer.status}: {answer.body[:200]!r}")
            expect_none(service, client)
        ledger.verify_all(service)
        if deaths() != 9:
            raise Failure(f"{deaths():.0f} workers died, not 3 for each body")
        expect_rest(service)
        service.stop()


class SlowChaos(Chaos):
    """Kills at random while bodies come slowly, some of which end badly, or not at all."""

    def be_client(self, seed):
        generator = random.Random(seed)

        def pause():
            time.sleep(generator.uniform(0, 0.02))

        while not self.stopping.is_set():
            kind = generator.choice((referee.large, referee.large, referee.poison, referee.mixed))
            ending = generator.choice(("whole", "whole", "spoilt", "left"))
            tag, body = self.ledger.announce(kind(generator))
            try:
                answer = send_slowly(self.service, spoil(body) if ending == "spoilt" else body, pause,
                                     leave=ending == "left")
            except Unanswered:
                time.sleep(0.005)
                answer = None
                if ending == "whole":
                    continue  # it may be a batch
            if ending == "whole":
                self.ledger.note(tag, answer, kind.__name__)
                continue
            self.ledger.withdraw(tag)
            if answer and answer.status != 422:
                raise referee.Wrong(f"a body with a mistake was answered {answer.status}: {answer.body[:200]!r}")


@check
def nothing_is_lost_nor_kept_in_kills_at_random_while_bodies_come_slowly(context):
    environment = {"PRIMED_POISON": str(referee.POISON)}
    with Service(context.fault_primed, "--workers=3", environment=environment) as service:
        chaos = SlowChaos(service.start(), context.seed)
        chaos.run(8)
        return chaos.line()
