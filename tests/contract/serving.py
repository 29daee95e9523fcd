"""A service of one's own: starting it, and its address."""

import subprocess
import sys
import threading


def serve(primed, options):
    """Start the service; its process and address."""
    service = subprocess.Popen([primed, "--listen", "127.0.0.1:0", *options], stderr=subprocess.PIPE, text=True)
    for line in service.stderr:
        if " listening " in line:
            address = line.split("address=")[1].split()[0]
            threading.Thread(target=service.stderr.read, daemon=True).start()
            return service, f"http://{address}"
    sys.exit(f"{primed} ended with {service.wait()} before it listened")
