"""What the processes of a contender take: memory and processor time, summed over whole sessions."""

import contextlib
import pathlib
import threading


def of_sessions(sessions):
    """The pids of every process whose session is one of those."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) in sessions:
                found.append(int(stat.parent.name))
    return found


def pss_mb(pids):
    """Their memory, in MB of 2^20 octets; what several of them share counts once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def cpu_s(pids):
    """Processor time that their threads have taken so far; of threads and processes that live."""
    total = 0
    for pid in pids:
        for schedstat in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(schedstat.read_text().split()[0])
    return total / 1e9


class Peak:
    """The most memory seen within a with statement, looked at every INTERVAL seconds."""

    INTERVAL = 0.1

    def __init__(self, pids):
        self.pids, self.mb, self.over = pids, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while True:
            self.mb = max(self.mb, pss_mb(self.pids))
            if self.over.wait(self.INTERVAL):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.mb = max(self.mb, pss_mb(self.pids))
