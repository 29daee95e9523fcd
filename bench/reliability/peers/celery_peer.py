"""Celery on a redis that syncs each write; messages are acknowledged late, and given back when a worker is lost."""

import json
import os

import celery
import redis

import peer
import work

app = celery.Celery("celery_peer")
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1,
                broker_connection_retry=True)


def url(port, database):
    return f"redis://127.0.0.1:{port}/{database}"


@app.task
def test(job):
    return work.test(job)


class Celery(peer.RedisPeer):
    name = "Celery"
    settings = ("redis appendfsync always; acks_late, reject_on_worker_lost, prefetch 1; "
                "visibility_timeout 1 h, the default")

    def start(self):
        self.start_redis()
        # The results are read where the workers leave them: the client's own consumer does not outlive a redis.
        app.conf.broker_url = url(self.port, 0)
        self.results = redis.Redis(port=self.port, db=1)
        self.worker = self.spawn("/usr/bin/python3", "-m", "celery", "-A", "celery_peer", "worker", "-P", "prefork", "-c",
                                 str(peer.WORKERS), "--without-gossip", "--without-mingle", "-l", "WARNING")

    def submit(self, job):
        test.apply_async((job,), task_id=str(job))

    def result(self, job):
        found = self.results.get(f"celery-task-meta-{job}")
        return json.loads(found)["result"] if found else None

    def testing(self):
        return peer.children_of(self.worker.pid)


if "BROKER_PORT" in os.environ:  # a worker
    app.conf.update(broker_url=url(os.environ["BROKER_PORT"], 0), result_backend=url(os.environ["BROKER_PORT"], 1))
