"""Mattock's tasks and worker, with our SDK."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

import mattock
from mattock import Concurrency, DurableContext, EvictionPolicy, RateLimit

from ..tally import Tally
from .dag import PARENTS

SLOTS = 1000
DURABLE_SLOTS = 10_000
# A backlog waits for longer than the default allows.
LONG = "24h"
tally = Tally()


@mattock.task(schedule_timeout=LONG)
async def noop(input: dict[str, Any]) -> dict[str, Any]:
    """Nothing."""
    return {}


@mattock.task(schedule_timeout=LONG)
async def echo(input: dict[str, Any]) -> dict[str, Any]:
    """Returns what it was given."""
    return input


@mattock.task(schedule_timeout=LONG)
async def stamp(input: dict[str, Any]) -> dict[str, int]:
    """When it began."""
    return {"at": time.time_ns()}


@mattock.task(schedule_timeout=LONG, execution_timeout=LONG)
async def fan(input: dict[str, Any]) -> dict[str, int]:
    """Starts children, and awaits them."""
    return {"children": len(await noop.aio_run_many([{}] * input["children"]))}


@mattock.task(schedule_timeout=LONG, concurrency=Concurrency("input.key", max_runs=5))
async def keyed(input: dict[str, Any]) -> None:
    """Nothing, at most five of a key at once."""


@mattock.task(schedule_timeout=LONG, rate_limits=[RateLimit(dynamic_key="'r' + input.key", limit=1_000_000, window=1)])
async def rated(input: dict[str, Any]) -> None:
    """Nothing, within a rate."""


@mattock.durable_task(schedule_timeout=LONG)
async def steps(input: dict[str, Any], ctx: DurableContext) -> None:
    """Records steps."""
    for number in range(input["steps"]):
        await ctx.aio_memo(str, number)


@mattock.durable_task(schedule_timeout=LONG)
async def durable_fan(input: dict[str, Any], ctx: DurableContext) -> int:
    """Starts children, and awaits them."""
    return len(await noop.aio_run_many([{}] * input["children"]))


@mattock.durable_task(schedule_timeout=LONG, eviction_policy=EvictionPolicy(ttl=0.1))
async def sleeper(input: dict[str, Any], ctx: DurableContext) -> None:
    """Sleeps."""
    await ctx.aio_sleep_for("1h")


@mattock.task(schedule_timeout=LONG)
async def parked(input: dict[str, Any]) -> dict[str, Any]:
    """Waits in another queue; is counted."""
    tally.add()
    return {}


def declare_dag() -> mattock.Workflow[dict[str, Any]]:
    """The workflow of ten tasks."""
    workflow = mattock.workflow("dag", input_validator=dict[str, Any])
    known: dict[str, mattock.Task[Any, Any]] = {}
    for name, parents in PARENTS.items():

        async def nothing(input: dict[str, Any], ctx: mattock.Context) -> dict[str, Any]:
            return {}

        declare = workflow.task(name=name, parents=[known[parent] for parent in parents], schedule_timeout=LONG)
        known[name] = declare(nothing)
    return workflow


dag = declare_dag()


async def run() -> None:
    """Runs the worker until it is told to end."""
    serve = os.environ["BENCH_SERVE"].split(",")
    workflows: list[Any] = [
        *((noop, echo, stamp, fan, dag, keyed, rated, steps, durable_fan, sleeper) if "main" in serve else ())
    ]
    workflows += [parked] if "parked" in serve else []
    worker = mattock.worker("bench", workflows=workflows, slots=SLOTS, durable_slots=DURABLE_SLOTS)
    running = asyncio.create_task(worker.aio_start())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await asyncio.to_thread(worker.ready.wait)
    print("READY", flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(run())
