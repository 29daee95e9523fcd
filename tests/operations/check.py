#!/usr/bin/python3
"""check.py PRIMED - hold docs/operations.md, and the manifests it names, to what the service does.

The document knows the options there are; its back-up and restore are run as written; docker/kubernetes.yaml has no
field Kubernetes does not know, and agrees with the image, the contract and the options.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_S = 60
PRIMED = os.path.abspath(sys.argv[1])


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


DOCUMENT = read("docs/operations.md")


def output_of(*arguments):
    return subprocess.run([PRIMED, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def variables():
    """Every variable there is, and its default."""
    return dict(re.findall(r"^#(PRIMED_\w+)=(.*)$", output_of("--generate=env"), re.M))


def expect_equal(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found}, not {wanted}")


# --- the document -----------------------------------------------------------------------------------------------------


def the_options_are_those_there_are():
    table = DOCUMENT.split("## Options")[1].split("\n## ")[0]
    told = re.findall(r"^\| `--([a-z-]+)`", table, re.M)
    there = re.findall(r"^  --([a-z-]+)", output_of("--help"), re.M)
    expect_equal("rows", told, there)


def the_defaults_are_those_there_are():
    defaults = variables()
    for name, default in re.findall(r"^\| `--([a-z-]+)` \| `([^`]+)` \|", DOCUMENT, re.M):
        expect_equal(name, default, defaults["PRIMED_" + name.upper().replace("-", "_")])


def every_variable_that_is_named_exists():
    there = set(variables())
    for path in ("docs/operations.md", "docker/compose.yaml", "docker/kubernetes.yaml", "docker/Dockerfile",
                 "debian/primed.service"):
        named = set(re.findall(r"\bPRIMED_[A-Z_]+\b", read(path)))
        # compose.yaml's own, the port on this machine (kubernetes.yaml says why it does not want that one), and the client's.
        expect_equal(path, named - there - {"PRIMED_PORT", "PRIMED_TOKEN"}, set())


def every_log_line_that_is_named_exists():
    source = "".join(read(os.path.join(directory, name)) for top in ("server", "common", "worker")
                     for directory, _, names in os.walk(os.path.join(ROOT, top)) for name in names if name.endswith(".c"))
    source = re.sub(r'"\s*\n\s*"', "", source)
    table = DOCUMENT.split("## Troubleshooting")[1]
    lines = [line for row in re.findall(r"^\| (`.*?`[^|]*) \|", table, re.M) for line in re.findall(r"`([a-z][^`=]*)`", row)]
    expect_equal("few lines", len(lines) >= 15, True)
    expect_equal("unknown", [line for line in lines if line not in source], [])


# --- back-up and restore ----------------------------------------------------------------------------------------------


class Service:
    """A service whose data directory outlives it, ready."""

    def __init__(self, directory):
        self.process = subprocess.Popen([PRIMED, "--listen=127.0.0.1:0", "--workers=2",
                                         "--data-dir=" + os.path.join(directory, "data")],
                                        stderr=subprocess.PIPE, text=True)
        self.url = None  # what it logs from now on may get lost: it does not wait for us
        for line in self.process.stderr:
            if "listening" in line:
                self.url = "http://" + re.search(r"address=(\S+)", line)[1]
            if " ready " in line:
                return
        raise AssertionError("it does not start")

    def ask(self, path, body=None):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body), timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def post(self, query, first, count):
        body = "".join(f"{n}\n" for n in range(first, first + count)).encode()
        return json.loads(self.ask("/v1/batches" + query, body))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stderr.read()
        expect_equal("the drain", self.process.wait(PATIENCE_S), 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def commands(word):
    """The block of the document that has this word, a command a line."""
    return next(block for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.S) if word in block)


def run_commands(text, directory):
    """Run them as written, but on our directory and as ourselves."""
    text = text.replace("/var/lib/primed", directory + "/data").replace("/var/backups", directory)
    subprocess.run(["sh", "-eu", "-c", text.replace("-o primed -g primed ", "")], check=True)


def back_up_and_restore(word, copy):
    with tempfile.TemporaryDirectory() as directory:
        with Service(directory) as service:
            ended = service.post("?wait=60", 0, 10000)
            begun = service.post("", 10**12, 200000)
            run_commands(commands(word), directory)
            late = service.post("?wait=60", 0, 100)
            verdicts = service.ask(f"/v1/batches/{ended['id']}/results?format=octets")
            service.stop()
        restore = commands("install ").replace("/var/backups/primed.sqlite", "/var/backups/" + copy)
        run_commands(restore, directory)
        with Service(directory) as service:
            again = json.loads(service.ask(f"/v1/batches/{ended['id']}"))
            expect_equal("counts", again["counts"], ended["counts"])
            expect_equal("verdicts", service.ask(f"/v1/batches/{ended['id']}/results?format=octets"), verdicts)
            resumed = json.loads(service.ask(f"/v1/batches/{begun['id']}?wait=60"))
            expect_equal("the batch that had begun", resumed["status"], "completed")
            expect_equal("its numbers", resumed["counts"]["prime"] + resumed["counts"]["composite"], 200000)
            try:
                service.ask(f"/v1/batches/{late['id']}")
                raise AssertionError("a batch of after the back-up is there")
            except urllib.error.HTTPError as error:
                expect_equal("a batch of after the back-up", error.code, 404)
            service.stop()


def a_back_up_is_restored():
    back_up_and_restore(".backup", "primed.sqlite")


def a_back_up_in_one_transaction_is_restored():
    back_up_and_restore("VACUUM INTO", "primed-now.sqlite")


# --- kubernetes.yaml --------------------------------------------------------------------------------------------------


class Once(yaml.SafeLoader):
    """YAML in which no key is given twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        expect_equal("keys", sorted(keys), sorted(set(keys)))
        return super().construct_mapping(node, deep)


# The fields of the Kubernetes API (core/v1, apps/v1) that the manifest may use, and of which type each is: a list
# of one means items of that type, `...` any key.
LABELS = {...: str}
PROBE = {"httpGet": {"path": str, "port": str}, "periodSeconds": int, "timeoutSeconds": int, "failureThreshold": int}
METADATA = {"name": str, "labels": LABELS}
CONTAINER = {
    "name": str, "image": str, "env": [{"name": str, "value": str}], "ports": [{"name": str, "containerPort": int}],
    "resources": {"requests": {"cpu": str, "memory": str}, "limits": {"cpu": str, "memory": str}},
    "securityContext": {"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool, "capabilities": {"drop": [str]}},
    "startupProbe": PROBE, "livenessProbe": PROBE, "readinessProbe": PROBE,
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}
POD = {
    "automountServiceAccountToken": bool, "enableServiceLinks": bool, "terminationGracePeriodSeconds": int,
    "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "runAsGroup": int, "fsGroup": int,
                        "seccompProfile": {"type": str}},
    "containers": [CONTAINER], "volumes": [{"name": str, "secret": {"secretName": str, "defaultMode": int}}],
}
CLAIM = {"metadata": METADATA, "spec": {"accessModes": [str], "resources": {"requests": {"storage": str}}}}
KINDS = {
    "v1 Service": {"selector": LABELS, "ports": [{"name": str, "port": int, "targetPort": str}]},
    "apps/v1 StatefulSet": {"serviceName": str, "replicas": int, "selector": {"matchLabels": LABELS},
                            "template": {"metadata": METADATA, "spec": POD}, "volumeClaimTemplates": [CLAIM]},
}


def expect_shape(where, value, shape):
    if isinstance(shape, dict):
        expect_equal(where, type(value), dict)
        for key, item in value.items():
            if key not in shape and ... not in shape:
                raise AssertionError(f"{where}: there is no field {key}")
            expect_shape(f"{where}.{key}", item, shape.get(key, shape.get(...)))
    elif isinstance(shape, list):
        expect_equal(where, type(value), list)
        for i, item in enumerate(value):
            expect_shape(f"{where}[{i}]", item, shape[0])
    else:
        expect_equal(where, type(value), shape)


def manifest():
    documents = list(yaml.load_all(read("docker/kubernetes.yaml"), Once))
    return {document["kind"]: document for document in documents}


def the_manifest_has_only_fields_there_are():
    for kind, document in manifest().items():
        spec = KINDS[f"{document['apiVersion']} {kind}"]
        expect_shape(kind, document, {"apiVersion": str, "kind": str, "metadata": METADATA, "spec": spec})


def the_manifest_agrees_with_itself():
    service, stateful = manifest()["Service"], manifest()["StatefulSet"]["spec"]
    pod = stateful["template"]["spec"]
    labels = stateful["template"]["metadata"]["labels"]
    expect_equal("the selector", stateful["selector"]["matchLabels"], labels)
    expect_equal("the service's selector", service["spec"]["selector"], labels)
    expect_equal("the service's name", stateful["serviceName"], service["metadata"]["name"])
    container, = pod["containers"]
    ports = {port["name"] for port in container["ports"]}
    used = {port["targetPort"] for port in service["spec"]["ports"]}
    used |= {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    expect_equal("ports", used, ports)
    expect_equal("volumes", [mount["name"] for mount in container["volumeMounts"]],
                 [claim["metadata"]["name"] for claim in stateful["volumeClaimTemplates"]] +
                 [volume["name"] for volume in pod["volumes"]])
    expect_equal("instances of one data directory", stateful["replicas"], 1)


def the_manifest_agrees_with_the_service():
    pod = manifest()["StatefulSet"]["spec"]["template"]["spec"]
    container, = pod["containers"]
    image = read("docker/Dockerfile")
    contract = yaml.safe_load(read("openapi.yaml"))
    user = int(re.search(r"^USER (\d+)", image, re.M)[1])
    expect_equal("the user", {pod["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")}, {user})
    expect_equal("the port", container["ports"][0]["containerPort"], int(re.search(r"^EXPOSE (\d+)", image, re.M)[1]))
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    expect_equal("the volume", mounts["data"], re.search(r"^VOLUME (\S+)", image, re.M)[1])
    expect_equal("the version", container["image"].split(":")[1], read("VERSION").strip())
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        expect_equal("a probe", container[probe]["httpGet"]["path"] in contract["paths"], True)
    drain_s = int(variables()["PRIMED_DRAIN_TIMEOUT"].removesuffix("s"))
    expect_equal("the grace is longer than a drain", pod["terminationGracePeriodSeconds"] > drain_s, True)
    # With what the image says, it starts, once the secret is where it is mounted.
    given = dict(re.findall(r"\b(PRIMED_\w+)=(\S+)", image[image.index("\nENV "):]))
    given |= {variable["name"]: variable["value"] for variable in container["env"]}
    expect_equal("the file of tokens", os.path.dirname(given["PRIMED_TOKEN_FILE"]), mounts["tokens"])
    with tempfile.NamedTemporaryFile("w") as tokens:
        tokens.write(output_of("token", "alice"))
        tokens.flush()
        subprocess.run([PRIMED, "--check"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, **given, "PRIMED_TOKEN_FILE": tokens.name})


# --- all --------------------------------------------------------------------------------------------------------------

CHECKS = (
    the_options_are_those_there_are, the_defaults_are_those_there_are, every_variable_that_is_named_exists,
    every_log_line_that_is_named_exists, a_back_up_is_restored, a_back_up_in_one_transaction_is_restored,
    the_manifest_has_only_fields_there_are, the_manifest_agrees_with_itself, the_manifest_agrees_with_the_service,
)


def main():
    failed = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check()
            print("ok  ", name)
        except Exception as error:  # whatever it is, the others are worth knowing
            failed += 1
            print("FAIL", name + ":", repr(error))
    print(f"{len(CHECKS) - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
