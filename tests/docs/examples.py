"""examples - the programs of examples/, each through a connection that breaks, a service that is busy, and mistakes."""

import json
import os
import re
import shutil
import subprocess
import urllib.request

from proxy import Proxy
from service import ROOT, Service

PATIENCE_S = 120
TOKEN = "example-token"
NUMBERS = [*range(1, 101), -7, 2**64 - 59, 2**127 - 1, 2**53 + 1]
PRIMES = [n for n in range(2, 101) if all(n % d for d in range(2, n))] + [2**64 - 59, 2**127 - 1]
# Name: the program it needs, how it is built (with {out} for what that makes), how it is run.
LANGUAGES = {
    "shell": ("jq", None, ["sh", "examples/shell/primes.sh"]),
    "Python": ("python3", None, ["/usr/bin/python3", "-W", "error", "examples/python/primes.py"]),
    "JavaScript": ("node", None, ["node", "examples/javascript/primes.mjs"]),
    "Perl": ("perl", None, ["perl", "examples/perl/primes.pl"]),
    "C": ("cc", ["cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "examples/c/primes.c",
                 "-o", "{out}", "-lcurl", "-ljansson"], ["{out}"]),
    "Go": ("go", ["go", "build", "-o", "{out}", "examples/go/primes.go"], ["{out}"]),
    "Java": ("java", None, ["java", "examples/java/Primes.java"]),
}


class Example:
    """A program that is ready to be run."""

    def __init__(self, command, work):
        self.command, self.work = command, work

    def run(self, numbers, **environment):
        path = self.work / "numbers.txt"
        path.write_text("".join(f"{number}\n" for number in numbers))
        return subprocess.run([*self.command, path], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S,
                              env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", "PRIMED_TOKEN": TOKEN, **environment})


def batches(service):
    with urllib.request.urlopen(f"{service.url}/v1/batches") as answer:
        return json.load(answer)["batches"]


def finds_the_primes(example, service, proxy):
    """Big or small, in order, from one batch, though it was sent three times; the progress is shown."""
    before = len(batches(service))
    done = example.run(NUMBERS, PRIMED_URL=proxy.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(prime) for prime in PRIMES], done.stdout
    assert re.search(rf"100% of {len(NUMBERS)} numbers", done.stderr), done.stderr
    assert done.stderr.endswith(f"{len(PRIMES)} primes, the largest {2**127 - 1}\n"), done.stderr
    assert len(batches(service)) == before + 1, "one batch more"
    assert len(proxy.keys) == 3 and len(set(proxy.keys)) == 1, f"three requests under one key; came {proxy.keys}"


def names_the_mistake(example, service, _):
    done = example.run([97, 1.5], PRIMED_URL=service.url)
    assert done.returncode == 1 and not done.stdout, done
    assert re.search("^primes: Not a batch of integers: .*1.5.* is not an integer$", done.stderr, re.M), done.stderr


def says_that_a_token_is_needed(example, _, proxy):
    done = example.run([97], PRIMED_URL=proxy.url, PRIMED_TOKEN="")
    assert done.returncode == 1 and not done.stdout, done
    assert "primes: Unauthorized: a bearer token is needed" in done.stderr, done.stderr


def check_language(name, build, command, service, say):
    out = service.work / "primes"
    if build:
        subprocess.run([part.format(out=out) for part in build], cwd=ROOT, check=True,
                       env={**os.environ, "GOCACHE": str(ROOT / "build/go"), "GOFLAGS": "-mod=mod"})
    example = Example([part.format(out=out) for part in command], service.work)
    for check in (finds_the_primes, names_the_mistake, says_that_a_token_is_needed):
        proxy = Proxy(service.address, TOKEN)
        try:
            check(example, service, proxy)
            say("ok  ", f"examples: {name} {check.__name__.replace('_', ' ')}")
        except (AssertionError, subprocess.SubprocessError) as failure:
            say("FAIL", f"examples: {name} {check.__name__.replace('_', ' ')}", str(failure))
        finally:
            proxy.close()


def check_all(wanted, say):
    service = Service()
    try:
        for name, (program, build, command) in LANGUAGES.items():
            if not re.search(wanted, f"examples {name}"):
                continue
            if not shutil.which(program):
                say("skip", f"examples: {name}", f"there is no {program} here")
                continue
            check_language(name, build, command, service, say)
    finally:
        service.stop()
