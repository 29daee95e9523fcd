#!/usr/bin/python3
"""check.py URL - hold a live service to openapi.yaml.

Sends it some thousand requests, and validates every answer: its status is one the operation lists,
its headers, media type and body are as described, and what no schema can say holds as well (counts
add up, results are in input order, verdicts are right by an independent test, nothing is kept of
what was refused). Prints a line for each check that fails, then `N passed, N failed`, and exits 0
if none failed. The service should be the checker's alone while it runs; the checker deletes the
batches it made. Needs python3-yaml and python3-jsonschema.
"""

import argparse
import importlib
import sys

import runner
from client import Client
from contract import Contract

SUBJECTS = ("service", "protocol", "intake", "refusals", "batches", "idempotency", "results", "events",
            "tokens")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the service's address, such as http://127.0.0.1:8080")
    parser.add_argument("-k", "--match", default="", metavar="PATTERN",
                        help="only the checks whose name matches")
    parser.add_argument("-l", "--list", action="store_true", help="list the checks, and do nothing")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the checks that pass as well")
    limits = parser.add_argument_group(
        "limits", "what the service was started with; some checks need small ones")
    limits.add_argument("--max-digits", type=int, default=10000)
    limits.add_argument("--max-body", type=int, default=2**30, help="in bytes")
    limits.add_argument("--max-store", type=int, default=2**30, help="in bytes")
    limits.add_argument("--number-timeout", type=float, default=60, help="in seconds")
    tokens = parser.add_argument_group("tokens", "of a service that has some")
    tokens.add_argument("--token", help="one with the right metrics, for all requests")
    tokens.add_argument("--other", help="one of another client, without rights")
    tokens.add_argument("--admin", help="one with the right admin")
    tokens.add_argument("--poor", help="one that may send 6 requests an hour, and have 10 numbers queued")
    arguments = parser.parse_args()

    sys.set_int_max_str_digits(0)
    for subject in SUBJECTS:
        importlib.import_module(f"checks.{subject}")
    if arguments.list:
        print("\n".join(name for name, _ in runner.checks))
        return
    api = Client(arguments.url, Contract.read(), arguments)
    failed = runner.run(api, arguments.match, arguments.verbose)
    api.tidy()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
