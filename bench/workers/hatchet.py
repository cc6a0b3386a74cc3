"""Mattock's tasks and worker, with Hatchet's published Python SDK."""

from __future__ import annotations

import logging
import os
import time
from datetime import timedelta
from typing import Any

from hatchet_sdk import ClientConfig, Context, EmptyModel, Hatchet
from pydantic import BaseModel

from ..tally import Tally
from .dag import PARENTS

SLOTS = 500
LONG = timedelta(hours=24)
# Its log says a line a task otherwise.
logging.getLogger("bench-hatchet").setLevel(logging.WARNING)
hatchet = Hatchet(config=ClientConfig(logger=logging.getLogger("bench-hatchet")))
tally = Tally()


class Payload(BaseModel):
    """Input of `echo`."""

    payload: str


class Size(BaseModel):
    """Input of `fan`."""

    children: int


@hatchet.task(name="noop", schedule_timeout=LONG)
async def noop(input: EmptyModel, ctx: Context) -> dict[str, Any]:
    """Nothing."""
    return {}


@hatchet.task(name="echo", input_validator=Payload, schedule_timeout=LONG)
async def echo(input: Payload, ctx: Context) -> dict[str, str]:
    """Returns what it was given."""
    return {"payload": input.payload}


@hatchet.task(name="stamp", schedule_timeout=LONG)
async def stamp(input: EmptyModel, ctx: Context) -> dict[str, int]:
    """When it began."""
    return {"at": time.time_ns()}


@hatchet.task(name="fan", input_validator=Size, schedule_timeout=LONG, execution_timeout=LONG)
async def fan(input: Size, ctx: Context) -> dict[str, int]:
    """Starts children, and awaits them."""
    return {"children": len(await noop.aio_run_many([noop.create_bulk_run_item() for _ in range(input.children)]))}


@hatchet.task(name="parked", schedule_timeout=LONG)
async def parked(input: EmptyModel, ctx: Context) -> dict[str, Any]:
    """Waits in another queue; is counted."""
    tally.add()
    return {}


dag = hatchet.workflow(name="dag")


def _declare_dag() -> None:
    known: dict[str, Any] = {}
    for name, parents in PARENTS.items():

        async def nothing(input: EmptyModel, ctx: Context) -> dict[str, Any]:
            return {}

        declare = dag.task(name=name, parents=[known[parent] for parent in parents], schedule_timeout=LONG)
        known[name] = declare(nothing)


_declare_dag()


def main() -> None:
    """Runs the worker until it is told to end."""
    serve = os.environ["BENCH_SERVE"].split(",")
    workflows: list[Any] = [*((noop, echo, stamp, fan, dag) if "main" in serve else ())]
    workflows += [parked] if "parked" in serve else []
    worker = hatchet.worker("bench", slots=SLOTS, workflows=workflows)
    # It tells nobody when it is ready: the first tasks wait for it.
    print("READY", flush=True)
    worker.start()


if __name__ == "__main__":
    main()
