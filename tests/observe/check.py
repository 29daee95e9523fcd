"""check.py PRIMED - all checks of the suite, in order; exits 0 if none failed."""

import sys
import traceback

import documents
import live
from servers import Prometheus, Service


class Tally:
    """Says a line a check, and counts."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, what, function, *arguments):
        try:
            reason = function(*arguments)
        except Exception:
            print(f"FAIL {what}\n{traceback.format_exc()}", flush=True)
            self.failed += 1
            return
        if reason:
            print(f"skip {what}: {reason}", flush=True)
            self.skipped += 1
        else:
            print(f"ok   {what}", flush=True)
            self.passed += 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tally = Tally()
    tally.check("the rules are valid", documents.rules_are_valid)
    tally.check("each alert fires when it should, and only then", documents.rules_pass_their_tests)
    tally.check("each alert has a test, and says what is wrong and what to do", documents.alerts_are_whole)
    tally.check("the dashboard is well-formed", documents.dashboard_is_well_formed)
    tally.check("the compose files go together", documents.compose_files_are_valid)
    with Service(sys.argv[1]) as service, Prometheus(service) as prometheus:
        tally.check("promtool finds no fault with the metrics", live.metrics_are_clean, service)
        tally.check("the document lists the metrics there are, as they are", live.document_is_true, service)
        tally.check("what the rules select is there", live.rules_select_something, service, prometheus)
        tally.check("the dashboard's queries have answers", live.dashboard_has_data, service, prometheus)
        tally.check("Prometheus evaluates each rule", live.rules_are_evaluated, service, prometheus)
        tally.check("workers that crash raise the alert", live.crashes_raise_the_alert, service, prometheus)
        tally.check("the service drains", service.stop)
    tally.check("a token lets Prometheus in, as the document says", live.a_token_lets_prometheus_in, sys.argv[1])
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
