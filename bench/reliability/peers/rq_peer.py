"""RQ on a redis that syncs each write; a job is tried again when it fails, at once."""

import rq

import peer
import work


class Rq(peer.RedisPeer):
    name = "RQ"
    settings = "redis appendfsync always; Retry(max=3); job_timeout 180 s"

    def start(self):
        self.start_redis()
        self.queue = rq.Queue("jobs", connection=self.redis)
        self.workers = [self.spawn("/usr/bin/python3", "/usr/bin/rq", "worker", "-u", f"redis://127.0.0.1:{self.port}", "jobs")
                        for _ in range(peer.WORKERS)]

    def submit(self, job):
        self.queue.enqueue(work.test, job, job_id=str(job), retry=rq.Retry(max=3), result_ttl=3600)

    def result(self, job):
        return rq.job.Job.fetch(str(job), connection=self.redis).result

    def testing(self):
        return [pid for worker in self.workers for pid in peer.children_of(worker.pid)]
