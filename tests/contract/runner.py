"""Checks: naming them, running them, and what they say when they fail."""

import re
import time
import traceback

checks = []  # (name, function of the client), in the order they were written


class Failure(Exception):
    """What was expected, and what came."""


class Skip(Exception):
    """Why a check cannot be made of this service."""


def check(function):
    """Make a function of the client a check; its name, in words, is what is checked."""
    checks.append((f"{subject(function)}: {words(function)}", function))
    return function


def check_each(cases):
    """Make a function of the client and a case one check for each case; a dict names its cases."""
    def decorate(function):
        named = cases.items() if isinstance(cases, dict) else ((repr(case), case) for case in cases)
        for name, case in named:
            name = name if len(name) <= 60 else f"{name[:60]}…"
            checks.append((f"{subject(function)}: {words(function)} [{name}]",
                           lambda api, case=case: function(api, case)))
        return function
    return decorate


def subject(function):
    return function.__module__.split(".")[-1]


def words(function):
    return function.__name__.replace("_", " ")


def expect(condition, expected, came):
    if not condition:
        raise Failure(f"expected {one_line(expected)}; came {one_line(came)}")


def equal(came, expected, what):
    expect(came == expected, f"{what} {expected!r}", repr(came))


def one_line(value, limit=300):
    text = re.sub(r"\s+", " ", value if isinstance(value, str) else repr(value))
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def place_in_check(error):
    """The line of a check that an exception went through last."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame.line for frame in frames if "/checks/" in frame.filename][-1]


def run(api, pattern, verbose):
    """Run the checks whose names match; the number of failures."""
    passed = failed = 0
    for name, function in checks:
        if not re.search(pattern, name):
            continue
        began = time.monotonic()
        try:
            function(api)
            passed += 1
            if verbose:
                print(f"ok   {name} ({time.monotonic() - began:.2f} s)", flush=True)
        except Skip as reason:
            if verbose:
                print(f"skip {name}: {reason}", flush=True)
        except Failure as failure:
            failed += 1
            print(f"FAIL {name}: {failure}", flush=True)
        except Exception as error:  # of the connection, or of an answer too odd to look at
            failed += 1
            print(f"FAIL {name}: {error!r} at `{place_in_check(error)}`", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed
