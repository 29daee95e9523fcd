"""Metrics, document, rules and dashboard against a service at work, and a real Prometheus that scrapes it."""

import json
import os
import re
import signal
import subprocess
import tempfile

import yaml

from documents import DASHBOARD, ROOT, alerts, expect, panels, rules
from servers import Prometheus, Service, wait_for

# Labels that take more values than a document could list; each is bounded by something else.
OPEN = {"le", "worker", "version", "kernel", "store"}
SUFFIXES = re.compile("_(bucket|sum|count)$")
RECORDED = re.compile("instance:[a-z0-9_:]+")


# --- the metrics and their document ---


def metrics_are_clean(service):
    service.work()
    done = subprocess.run(["promtool", "check", "metrics"], input=service.get("/metrics"), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(done.returncode == 0 and not done.stdout.strip(), done.stdout)


def families(text):
    """The metrics of a text: {name: (type, help, {label: values})}."""
    found, kinds, helps = {}, {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, helps[name] = line.split(" ", 3)
        elif line.startswith("# TYPE "):
            _, _, name, kinds[name] = line.split(" ")
            found[name] = (kinds[name], helps[name], {})
        else:
            name, labels = re.match(r"(\w+)(?:\{(.*)\})? ", line).groups()
            name = name if name in found else SUFFIXES.sub("", name)
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels or ""):
                found[name][2].setdefault(label, set()).add(value)
    return found


def documented():
    """The metrics of docs/metrics.md: {name: (type, help, {label: values}, alerts)}."""
    found = {}
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        if line.startswith("| `primed_"):
            name, kind, labels, what, normal, raised = [cell.strip() for cell in line.strip("|").split("|")]
            expect(normal, f"what is normal of {name}")
            parts = [part.partition(":") for part in labels.split(";") if part.strip()]
            name = name.strip("`")
            expect(name not in found, f"{name} is there twice")
            found[name] = (kind, what, {part.strip(" `"): set(values.split()) for part, _, values in parts},
                           set(re.findall(r"\w+", raised)))
    return found


def document_is_true(service):
    live, written = families(service.get("/metrics")), documented()
    expect(live.keys() == written.keys(), f"only one of the two has {live.keys() ^ written.keys()}")
    recorded = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}
    for name, (kind, what, labels) in live.items():
        expect(written[name][:2] == (kind, what), f"{name} is {kind}: {what}")
        expect(written[name][2].keys() == labels.keys(), f"{name} has the labels {set(labels)}")
        for label, values in labels.items():
            expect(written[name][2][label] == (set() if label in OPEN else values), f"{name} has {label} {values}")
        raised = set()
        for alert, rule in alerts().items():
            expression = RECORDED.sub(lambda match: recorded[match[0]], rule["expr"])
            if re.search(rf"\b{name}(_bucket|_sum|_count)?\b", expression):
                raised.add(alert)
        expect(written[name][3] == raised, f"{name} is used by {raised}")


# --- Prometheus ---


def await_data(service, prometheus, expressions):
    """Keep the service at work until each expression has had a value."""
    missing = dict.fromkeys(expressions)

    def all_found():
        service.work()
        for expression in list(missing):
            if prometheus.values(expression):
                del missing[expression]
        return not missing

    try:
        wait_for(all_found, "data", every=0.5)
    except TimeoutError:
        raise AssertionError("no data of:\n" + "\n".join(missing)) from None


def rules_select_something(service, prometheus):
    """The alerts are silent, so whether they look at what there is shows only in what they select."""
    selectors = set()
    for rule in rules():
        expression = re.sub(r"by \(.*?\)", "", RECORDED.sub("", rule["expr"]))
        selectors.update(re.findall(r"\b(?:primed_\w+|up)\b(?:\{[^}]*\})?", expression))
    expect(len(selectors) > 20, selectors)
    await_data(service, prometheus, selectors)


def dashboard_has_data(service, prometheus):
    variables = {"$job": "primed", "$instance": ".+", "$__rate_interval": "15s"}
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    expect(len(expressions) > 30, expressions)
    for variable, value in variables.items():
        expressions = [expression.replace(variable, value) for expression in expressions]
    await_data(service, prometheus, expressions)
    for annotation in json.loads(DASHBOARD.read_text())["annotations"]["list"]:
        prometheus.values(re.sub(r"\$job|\$instance", ".+", annotation["expr"]))


def rules_are_evaluated(service, prometheus):
    def evaluated():
        found = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        wrong = [rule for rule in found if rule["health"] == "err"]
        expect(not wrong, wrong)
        return len(found) == len(rules()) and all(rule["health"] == "ok" for rule in found)

    wait_for(evaluated, "the evaluation of every rule")
    await_data(service, prometheus, [rule["record"] for rule in rules() if "record" in rule])


def crashes_raise_the_alert(service, prometheus):
    def firing():
        return {alert["labels"]["alertname"] for alert in prometheus.api("alerts")["alerts"] if alert["state"] == "firing"}

    expect("PrimedWorkersCrash" not in firing(), "it fires already")
    sample = 'primed_worker_restarts_total{cause="crashed"}'
    for deaths in range(1, 7):
        os.kill(wait_for(service.workers, "a worker")[0], signal.SIGKILL)
        wait_for(lambda: service.metric(sample) == deaths, f"{deaths} deaths")
    wait_for(lambda: "PrimedWorkersCrash" in firing(), "the alert")


# --- a service with tokens ---


def a_token_lets_prometheus_in(primed):
    """With the lines of docs/metrics.md, and the token that is made as it says."""
    document = (ROOT / "docs/metrics.md").read_text()
    words = re.search(r"`primed token (.*?) >>tokens`", document)[1].split()
    scrape = yaml.safe_load(re.search(r"```yaml\n(.*?)```", document, re.S)[1])
    made = subprocess.run([primed, "token", *words], check=True, capture_output=True, text=True)
    with tempfile.NamedTemporaryFile("w") as tokens, tempfile.NamedTemporaryFile("w") as token:
        for file, text in ((tokens, made.stdout), (token, made.stderr)):
            file.write(text)
            file.flush()
        scrape["authorization"]["credentials_file"] = token.name
        with Service(primed, f"--token-file={tokens.name}") as service, Prometheus(service, **scrape) as prometheus:
            expect(service.get("/metrics") is None, "the metrics are there for everybody")
            wait_for(lambda: prometheus.values("up") == [1], "Prometheus to be let in")
            expect(service.post("2\n") == 401, "a batch is taken without a token")
