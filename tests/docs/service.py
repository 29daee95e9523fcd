"""service - a service to talk to, in a directory of its own."""

import pathlib
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOWN = "127.0.0.1:8080"  # where the documents say it is


class Service:
    def __init__(self, *options):
        self.directory = tempfile.TemporaryDirectory(prefix="primed-docs-")
        self.work = pathlib.Path(self.directory.name)
        self.process = subprocess.Popen(
            [ROOT / "build/primed", "--listen", "127.0.0.1:0", "--workers", "2", "--log-format", "text", "--log-requests", "none",
             "--data-dir", self.work / "data", *options], stderr=subprocess.PIPE, text=True)
        self.log = ""
        for line in self.process.stderr:
            self.log += line
            if " ready " in line:
                break
        else:
            raise RuntimeError(f"the service does not start:\n{self.log}")
        self.address = self.log.split("listening address=")[1].split()[0]
        self.url = f"http://{self.address}"
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        """Drain it; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self.directory.cleanup()
