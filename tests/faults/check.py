"""Checks: naming them, and running several at a time, since most of their time goes in waiting."""

import concurrent.futures
import re
import time
import traceback

checks = []  # (name, function of the context), in the order they were written


class Failure(AssertionError):
    """What was expected, and what came."""


class Skip(Exception):
    """Why a check cannot be made here."""


class Context:
    """What every check is given."""

    def __init__(self, build, seed):
        self.primed = f"{build}/primed"
        self.fault_primed = f"{build}/fault/primed"
        self.shim = f"{build}/tests/shim.so"
        self.seed = seed


def check(function, name=None):
    """Make a function of the context a check, named by its own name or the one that is given."""
    subject = function.__module__
    checks.append((f"{subject}: {name or function.__name__.replace('_', ' ')}", function))
    return function


def run_one(name, function, context):
    """Its line of output, and which count it goes into."""
    began = time.monotonic()
    try:
        figures = function(context)
    except Skip as reason:
        return "skipped", f"skip {name}: {reason}"
    except AssertionError as failure:
        return "failed", f"FAIL {name}: {failure}"
    except Exception:  # of the connection, or of an answer too odd to look at
        return "failed", f"FAIL {name}: {traceback.format_exc()}"
    return "passed", f"ok   {name} ({time.monotonic() - began:.1f} s){f': {figures}' if figures else ''}"


def run(context, pattern, jobs):
    """Run the checks whose names match, so many at once; the number of failures."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        chosen = [(name, function, context) for name, function in checks if re.search(pattern, name)]
        for count, line in pool.map(lambda arguments: run_one(*arguments), chosen):
            counts[count] += 1
            print(line, flush=True)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return counts["failed"]
