"""Clients with tokens, and what each of them may be answered; for generated requests (fuzz)."""

import hashlib
import pathlib
import secrets

import rules
from runner import expect

ADMIN = "ops"
# Name: what its line in the file of tokens says, and how often it asks. Strangers have a token that is none, or none.
TERMS = {"alice": ("numbers=any", 8), "bob": ("metrics", 6), "carol": ("requests=40/m numbers=400 cost=2s", 4),
         "stranger": (None, 1), "nobody": (None, 1)}
RIGHTS = {"bob": "/metrics"}
QUOTA = "carol"


class People:
    """Their tokens, and which batch is whose."""

    def __init__(self, directory):
        self.tokens = {name: None if name == "nobody" else f"primed_{secrets.token_hex(32)}" for name in (*TERMS, ADMIN)}
        self.owners = {}
        self.file = pathlib.Path(directory, "tokens")
        self.file.touch(0o600)
        self.file.write_text("".join(
            f"{name} sha256:{hashlib.sha256(self.tokens[name].encode()).hexdigest()} {terms}\n"
            for name, terms in ((ADMIN, "admin"), *((name, terms) for name, (terms, _) in TERMS.items())) if terms))

    def choose(self, random):
        return random.choices(list(TERMS), [weight for _, weight in TERMS.values()])[0]

    def check(self, contract, name, request, response):
        """What is to be said of who asks: 401, 403, 404 and 429 come where they should, and nowhere else."""
        status, said = response.status, rules.describe(response)
        operation = contract.document["paths"][request.path].get(request.method.lower())
        known = TERMS[name][0] is not None
        if operation is None or request.wrong & {"method", "path"}:
            return
        needs_token = contract.needs_token(operation)
        expect((status == 401) == (needs_token and not known), f"401 for {name} exactly if it needs a token", said)
        if status == 401:
            return
        forbidden = request.path == "/metrics" and RIGHTS.get(name) != request.path
        expect(status != 403 or forbidden, f"no 403 for {name}", said)
        expect(not forbidden or status in (403, 429), f"403 for {name}", said)
        expect(status != 429 or (needs_token and name == QUOTA), f"no 429 for {name}", said)
        expect(status != 429 or int(response.headers["Retry-After"]) >= 0, "Retry-After", dict(response.headers))
        ids = [part for part in request.target.split("?")[0].split("/") if part in self.owners]
        if ids and self.owners[ids[0]] != name and not request.wrong:
            expect(status in (404, 429), f"another's batch to be unknown to {name}", said)
        if request.path == "/v1/batches" and request.method == "GET" and status == 200:
            listed = {self.owners[batch["id"]] for batch in response.json["batches"]}
            expect(listed <= {name}, f"{name} to see its own batches", listed)
