"""A worker: one process, one queue, the application loaded before the first job."""

from __future__ import annotations

import importlib

from flask import Flask
from redis import Redis
from rq import Queue, Worker
from rq.job import Job

from survey_app.extensions import close_connections, settings
from survey_app.queues import TASKS


class UnregisteredTask(Exception):
    """A job that nobody of us put there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a task of this queue.")


class RegisteredJob(Job):
    """Runs registered tasks only, with database connections of its own."""

    def perform(self) -> object:
        """Refuse anything that is not registered for the queue; else run it."""
        if self.func_name not in TASKS.get(self.origin or "", frozenset()):
            raise UnregisteredTask(str(self.func_name))
        close_connections(of_parent=True)  # connections of the parent must not cross the fork
        return super().perform()


def work(app: Flask, queue: str) -> None:
    """Work one queue until told to stop."""
    for task in TASKS[queue]:
        importlib.import_module(task.rpartition(".")[0])
    with app.app_context():
        connection = Redis.from_url(settings().redis_url)
        worker = Worker(
            [Queue(queue, connection=connection, job_class=RegisteredJob, serializer="json")],
            connection=connection,
            serializer="json",
            job_class=RegisteredJob,
            worker_ttl=60,
            maintenance_interval=60,
            default_result_ttl=0,
            log_job_description=False,
        )
        worker.work(logging_level="WARNING")
