"""A primality service as one would write it in Python: Flask, a pool of processes, gmpy2. Run by gunicorn."""

import json
import os
from concurrent.futures import ProcessPoolExecutor

import flask
import gmpy2

PART = 10000  # numbers a job of the pool
app = flask.Flask(__name__)
pool = ProcessPoolExecutor(os.cpu_count())


def test(numbers):
    return bytes(gmpy2.is_prime(n) for n in numbers)


@app.post("/")
def serve():
    numbers = json.loads(flask.request.get_data())
    if len(numbers) < 1000:
        verdicts = pool.submit(test, numbers).result()
    else:
        verdicts = b"".join(pool.map(test, (numbers[i:i + PART] for i in range(0, len(numbers), PART))))
    if "octet" in flask.request.headers.get("Accept", ""):
        return flask.Response(verdicts, mimetype="application/octet-stream")
    items = [{"n": str(n), "prime": bool(v)} for n, v in zip(numbers, verdicts)]
    return flask.Response(json.dumps(items, separators=(",", ":")), mimetype="application/json")
