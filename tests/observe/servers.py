"""A service and a Prometheus that scrapes it, each on a free port of the loopback and in a directory of its own."""

import ctypes
import json
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds no machine should need
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def wait_for(condition, what, every=0.1):
    """The first true value of condition(); an error if there is none."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(every)
    return value


class Server:
    """A program that logs where it listens, as an address behind `mark`; killed with whoever started it."""

    mark = None

    def launch(self, *command):
        self.directory = tempfile.TemporaryDirectory(prefix="primed-observe.")
        self.log = pathlib.Path(self.directory.name) / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [part.replace("DIR", self.directory.name) for part in command], stdout=log, stderr=log,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        try:
            self.address = wait_for(self._listening, f"{command[0]} to listen")
        except BaseException:
            self.__exit__()
            raise

    def _listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log.read_text()}")
        for line in self.log.read_text().splitlines():
            if self.mark in line and "address=" in line:
                return line.split("address=")[1].split()[0]
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.directory.cleanup()

    def get(self, path):
        """The text behind a path; None where nobody answers, or not with 200."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=PATIENCE) as answer:
                return answer.read().decode()
        except OSError:
            return None


class Service(Server):
    mark = " listening "

    def __init__(self, primed, *options):
        self.launch(primed, "--listen=127.0.0.1:0", "--workers=2", "--data-dir=DIR/data", "--log-requests=none", *options)
        try:
            wait_for(lambda: self.get("/readyz"), "a service that is ready")
        except BaseException:
            self.__exit__()
            raise

    def post(self, body):
        """The status that a batch of these lines is answered with."""
        request = urllib.request.Request(f"http://{self.address}/v1/batches?wait=20", body.encode(),
                                         {"Content-Type": "text/plain"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def work(self):
        """A little of everything: small batches, a large one, one that is refused, one for the workers."""
        for _ in range(5):
            self.post("2\n3\n18446744073709551557\n")
        self.post("".join(f"{n}\n" for n in range(2000)))
        self.post(f"{2**2203 - 1}\n" * 4)
        self.post("no number\n")

    def metric(self, sample):
        for line in (self.get("/metrics") or "").splitlines():
            if line.startswith(sample + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def workers(self):
        """The pids of the workers there are."""
        status = self.get("/v1/status")
        return [worker["pid"] for worker in json.loads(status)["workers"]] if status else []

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        if status != 0:
            raise AssertionError(f"the service ended with {status}:\n{self.log.read_text()}")


class Prometheus(Server):
    """As deploy/prometheus/prometheus.yml has it, but for the address to scrape, more often, and with what else is given."""

    mark = "Listening on"

    def __init__(self, service, **scrape):
        config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(ROOT / "deploy/prometheus" / name) for name in config["rule_files"]]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [service.address]
        config["scrape_configs"][0] |= scrape
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump(config, file)
            file.flush()
            self.launch("prometheus", f"--config.file={file.name}", "--storage.tsdb.path=DIR/data",
                        "--web.listen-address=127.0.0.1:0")
            try:
                wait_for(lambda: self.get("/-/ready"), "a Prometheus that is ready")
            except BaseException:
                self.__exit__()
                raise

    def api(self, path):
        answer = json.loads(self.get(f"/api/v1/{path}") or "null")
        if not answer or answer["status"] != "success":
            raise AssertionError(f"{path}: {answer}")
        return answer["data"]

    def values(self, expression):
        """The numbers an expression is now, NaN left out; an error if it cannot be evaluated."""
        found = self.api("query?" + urllib.parse.urlencode({"query": expression}))["result"]
        return [value for sample in found if (value := float(sample["value"][1])) == value]
