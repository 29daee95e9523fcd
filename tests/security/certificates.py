"""Certificates for one test, made by openssl, and contexts of clients that know them."""

import pathlib
import shutil
import ssl
import subprocess
import tempfile


class Certificates:
    """A directory with cert.pem and key.pem, for a service on 127.0.0.1; removed at the end."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="primed-security."))
        self.cert, self.key = self.directory / "cert.pem", self.directory / "key.pem"
        self.make()

    def make(self, name="first", days=2, cert=None, key=None, algorithm=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        """Make a certificate of that name, and its key, in the place of those that are there."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", str(days),
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        key or self.key, "-out", cert or self.cert], check=True, capture_output=True)

    def expired(self, out):
        """Write to `out` the certificate there is, as it would be had it ended yesterday."""
        subprocess.run(["openssl", "x509", "-in", self.cert, "-signkey", self.key, "-days", "-1", "-out", out],
                       check=True, capture_output=True)

    @property
    def options(self):
        return f"--tls-cert={self.cert}", f"--tls-key={self.key}"

    def client(self):
        """The context of a client that trusts what is there now."""
        return ssl.create_default_context(cafile=self.cert)

    def lenient_client(self):
        """The context of a client that trusts anybody."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory)
