"""What can be told of rules, dashboard and compose files without running any of them."""

import json
import re
import shutil
import subprocess

import yaml

from servers import ROOT

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/primed.json"
COMPOSE = ["docker/compose.yaml", "docker/compose.monitoring.yaml"]


def run(*command):
    """What it says; an error unless it ends with 0."""
    done = subprocess.run(command, cwd=PROMETHEUS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def rules():
    return [rule for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


# --- the checks ---


def rules_are_valid():
    run("promtool", "check", "config", "prometheus.yml")
    run("promtool", "check", "rules", "--lint-fatal", "rules.yml")


def rules_pass_their_tests():
    run("promtool", "test", "rules", "rules.test.yml")


def alerts_are_whole():
    tests = (PROMETHEUS / "rules.test.yml").read_text()
    for name, rule in alerts().items():
        expect(f"name: {name} fires\n" in tests, f"no test of {name}")
        expect(rule["labels"]["severity"] in ("page", "ticket"), f"severity of {name}")
        for annotation in ("summary", "description", "runbook"):
            expect(len(rule["annotations"].get(annotation, "")) > 20, f"{annotation} of {name}")
        expect("$labels.instance" in rule["annotations"]["summary"], f"{name} does not say which service")


def dashboard_is_well_formed():
    dashboard = json.loads(DASHBOARD.read_text())
    expect(dashboard["schemaVersion"] >= 36 and dashboard["uid"] and dashboard["title"], "its head")
    every = dashboard["panels"]
    expect(len({panel["id"] for panel in every}) == len(every), "ids that are there once")
    taken = set()
    for panel in every:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        expect(at["x"] + at["w"] <= 24 and not cells & taken, f"{panel['title']} overlaps another, or the edge")
        taken |= cells
    for panel in panels():
        title = panel["title"]
        expect(len(panel["description"]) > 10, f"a description of {title}")
        expect(panel["fieldConfig"]["defaults"]["unit"], f"a unit of {title}")
        expect(panel["datasource"]["uid"] == "${datasource}", f"the data source of {title}")
        letters = [target["refId"] for target in panel["targets"]]
        expect(letters and len(set(letters)) == len(letters), f"queries of {title}")
        expect(all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"]), f"queries of {title}")
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) - {"__rate_interval", "__all"}
    expect(used == known, f"variables: {used} are used, {known} are there")


def find_compose():
    """The command, of the newer engine or the older; None where there is neither."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            return command
    return None


def compose_files_are_valid():
    command = find_compose()
    if not command:
        return "there is no docker compose"
    files = [part for name in COMPOSE for part in ("-f", str(ROOT / name))]
    together = yaml.safe_load(run(*command, *files, "config"))
    services = together["services"]
    expect(set(services) == {"primed", "prometheus", "grafana"}, services)
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    expect(config["scrape_configs"][0]["static_configs"][0]["targets"] == ["primed:8080"], "Prometheus looks elsewhere")
    for name in ("prometheus", "grafana"):
        for volume in services[name]["volumes"]:
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            expect(not source.startswith("/") or re.match(f"{re.escape(str(ROOT))}/deploy/", source), source)
            if source.startswith("/"):
                expect((ROOT / source).exists(), f"{source} is not there")
    for port in (port for service in services.values() for port in service["ports"]):
        host = port["host_ip"] if isinstance(port, dict) else port.split(":")[0]
        expect(host == "127.0.0.1", f"{port} is open to the network")
    return None
