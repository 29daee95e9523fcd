"""Who guesses: the ids of others' batches, and tokens."""

import hashlib
import secrets

from check import Failure, check
from service import Service

COUNT = 400
RANDOM_BITS = 56  # the last of an id


def expect(condition, what):
    if not condition:
        raise Failure(what)


def with_tokens(context, *names):
    """A service that has those clients, not yet started; and how each of them says who it is."""
    tokens = {name: f"primed_{secrets.token_hex(32)}" for name in names}
    service = Service(context.primed, "--workers=1", memory=True)
    file = service.directory / "tokens"
    file.touch(0o600)
    file.write_text("".join(f"{name} sha256:{hashlib.sha256(token.encode()).hexdigest()}\n" for name, token in tokens.items()))
    service.options = (*service.options, f"--token-file={file}")
    return service, {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


def refusal(answer):
    """What is said beside what was asked."""
    return answer.status, {name: value for name, value in answer.json.items() if name not in ("instance", "request_id")}


@check
def ids_cannot_be_guessed_and_a_right_guess_tells_nothing(context):
    service, headers = with_tokens(context, "alice", "bob")
    with service:
        service.start()
        client = service.client()
        bodies = {**headers["alice"], "Content-Type": "text/plain"}
        ids = [client.request("POST", "/v1/batches", b"7\n", bodies).json["id"] for _ in range(COUNT)]
        values = [int(batch.replace("-", ""), 16) for batch in ids]
        tails = [value % (1 << RANDOM_BITS) for value in values]
        expect(len(set(tails)) == COUNT, "no two ends alike")
        for bit in range(RANDOM_BITS):
            ones = sum(tail >> bit & 1 for tail in tails)
            expect(COUNT // 4 < ones < COUNT * 3 // 4, f"bit {bit} is 1 in {ones} of {COUNT}")
        steps = {(after - before) % (1 << RANDOM_BITS) for before, after in zip(tails, tails[1:])}
        expect(len(steps) == COUNT - 1, "ends that do not follow from those before")

        guesses = {name: f"{number:032x}" for name, number in (
            ("the one itself", values[0]), ("the next", values[-1] + 1), ("another end", values[0] ^ 0xff),
            ("another time", values[0] + (1 << 90)))}
        said = {}
        for name, digits in guesses.items():
            path = "/v1/batches/" + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            for method, rest in (("GET", ""), ("GET", "/results"), ("GET", "/events"), ("POST", "/cancel"), ("DELETE", "")):
                answer = client.request(method, path + rest, None, headers["bob"])
                expect(answer.status == 404, f"{name}: {answer.status}")
                said.setdefault(method + rest, []).append(refusal(answer))
        for call, refusals in said.items():
            expect(all(each == refusals[0] for each in refusals), f"{call}: {refusals}")
        mine = client.request("GET", f"/v1/batches/{ids[0]}", None, headers["alice"])
        expect(mine.status == 200, f"{mine.status}: it is there still")
        service.stop()
    return f"{COUNT} ids"


@check
def tokens_that_are_nearly_right_are_wrong(context):
    """With a right one in any other place as well; and each is answered alike."""
    service, headers = with_tokens(context, "alice")
    with service:
        service.start()
        client = service.client()
        right = headers["alice"]["Authorization"]
        digest = hashlib.sha256(right.removeprefix("Bearer ").encode()).hexdigest()
        expect(client.request("GET", "/v1/status", None, headers["alice"]).status == 200, "the right one to be right")
        said = []
        for wrong in (right[:-1], right + "0", right[:-1] + ("0" if right[-1] != "0" else "1"), right.upper(), right + ",",
                      right.replace("primed_", ""), f"Bearer {digest}", f"Bearer sha256:{digest}", "Bearer alice",
                      "Bearer " + "0" * 71, "Bearer " + "x" * 5000, f"{right} {right.removeprefix('Bearer ')}"):
            answer = client.request("GET", "/v1/status", None, {"Authorization": wrong})
            said.append(refusal(answer))
            expect(answer.status == 401, f"{wrong}: {answer.status}")
        expect(all(each == said[0] for each in said), said)
        for path in (f"/v1/status?token={right[7:]}", f"/v1/status?access_token={right[7:]}"):
            expect(client.request("GET", path).status == 401, path)
        service.stop()
