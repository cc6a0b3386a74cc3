"""Celery's tasks and worker."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery, signals  # type: ignore[import-untyped]

from ..tally import Tally

CONCURRENCY = 2
# Celery's own advice for short tasks is a high prefetch.
PREFETCH = 100
QUEUES = {"main": "main", "parked": "parked"}

app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"], backend=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_default_queue="main",
    task_routes={"parked": {"queue": "parked"}},
    worker_prefetch_multiplier=PREFETCH,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
)
tally = Tally()


@app.task(name="noop")  # type: ignore[untyped-decorator]
def noop() -> None:
    """Nothing."""


@app.task(name="echo")  # type: ignore[untyped-decorator]
def echo(payload: str) -> str:
    """Returns what it was given."""
    return payload


@app.task(name="stamp")  # type: ignore[untyped-decorator]
def stamp() -> int:
    """When it began."""
    return time.time_ns()


@app.task(name="total")  # type: ignore[untyped-decorator]
def total(children: list[Any]) -> int:
    """The end of a fan-out."""
    return len(children)


@app.task(name="parked", ignore_result=True)  # type: ignore[untyped-decorator]
def parked() -> None:
    """Waits in another queue; is counted."""
    tally.add()


def main() -> None:
    """Runs the worker."""

    @signals.worker_ready.connect  # type: ignore[untyped-decorator]
    def tell(**_: object) -> None:
        print("READY", flush=True)

    queues = os.environ["BENCH_SERVE"]
    app.worker_main(
        ["worker", "-Q", queues, "-c", str(CONCURRENCY), "-l", "WARNING", "--without-gossip", "--without-mingle"]
    )


if __name__ == "__main__":
    main()
