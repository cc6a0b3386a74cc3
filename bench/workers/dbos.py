"""DBOS's workflows and worker."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

from dbos import DBOS

from ..tally import Tally
from .dag import LAYERS

CONCURRENCY = 200
POLL_SECONDS = 0.05
APPLICATION = "bench"
VERSION = "1"
# The queues, and what holds for each partition of them.
QUEUES: dict[str, dict[str, Any]] = {
    "main": {},
    "parked": {},
    "keyed": {"partition_concurrency": 5},
    "rated": {"partition_limiter": {"limit": 1_000_000, "period": 1.0}},
}
tally = Tally()


@DBOS.workflow(name="noop")
async def noop() -> None:
    """Nothing."""


@DBOS.workflow(name="echo")
async def echo(payload: str) -> str:
    """Returns what it was given."""
    return payload


@DBOS.workflow(name="stamp")
async def stamp() -> int:
    """When it began."""
    return time.time_ns()


@DBOS.workflow(name="parked")
async def parked() -> None:
    """Waits in another queue; is counted."""
    tally.add()


@DBOS.workflow(name="fan")
async def fan(children: int) -> int:
    """Starts children on the queue, and awaits them."""
    await _layer(children)
    return children


@DBOS.workflow(name="dag")
async def dag() -> int:
    """Ten tasks in layers, each a workflow on the queue."""
    for size in LAYERS:
        await _layer(size)
    return sum(LAYERS)


@DBOS.step(name="step")
async def step() -> int:
    """A recorded step."""
    return 1


@DBOS.workflow(name="steps")
async def steps(count: int) -> None:
    """Records steps."""
    for _ in range(count):
        await step()


async def _layer(size: int) -> None:
    handles = [await DBOS.enqueue_workflow_async("main", noop) for _ in range(size)]
    for handle in handles:
        await handle.get_result(polling_interval_sec=POLL_SECONDS)


async def run() -> None:
    """Runs the worker until it is told to end."""
    url = os.environ["BENCH_DATABASE_URL"]
    DBOS(config={"name": APPLICATION, "system_database_url": url, "log_level": "ERROR", "application_version": VERSION})
    served = os.environ["BENCH_SERVE"].split(",")
    queues = {queue: limits for queue, limits in QUEUES.items() if queue in served or ("limited" in served and limits)}
    DBOS.listen_queues(list(queues))
    DBOS.launch()
    for queue, limits in queues.items():
        await DBOS.register_queue_async(
            queue, worker_concurrency=CONCURRENCY, polling_interval_sec=POLL_SECONDS, **limits
        )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print("READY", flush=True)
    await ended.wait()
    DBOS.destroy(workflow_completion_timeout_sec=0)


if __name__ == "__main__":
    asyncio.run(run())
