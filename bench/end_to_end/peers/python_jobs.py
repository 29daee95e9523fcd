"""What the workers of RQ and Celery do, and Celery's application: packed 64-bit numbers in, an octet a number out."""

import array
import os

import celery
import gmpy2

app = celery.Celery("python_jobs")
app.conf.update(task_serializer="pickle", result_serializer="pickle", accept_content=["pickle"], result_expires=60)
if "BROKER_PORT" in os.environ:
    broker = f"redis://127.0.0.1:{os.environ['BROKER_PORT']}"
    app.conf.update(broker_url=f"{broker}/0", result_backend=f"{broker}/1")


def test(packed):
    return bytes(map(gmpy2.is_prime, array.array("Q", packed)))


celery_test = app.task(name="test")(test)
