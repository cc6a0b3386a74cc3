"""In which order what is queued begins: newest first, in turns, by priority; and a low priority that is not starved.

`python examples/order.py` runs in memory, and prints:

    first in, first out: a, b, c
    last in, first out: c, b, a
    customers take turns: a1, b1, a2, b2, a3
    by priority: high, middle, low
    a low one that has waited for 21 minutes: low, high
"""

from __future__ import annotations

import asyncio
from typing import Any

import mattock.testing
from mattock import DesiredLabel, Mattock, RoundRobin, RunRef, SoleTask
from mattock.testing import Engine

client = Mattock()
begun: list[str] = []

# They wait for a machine that is switched on when all have been queued.
machine = [DesiredLabel("printer", "on", required=True)]


@client.task(desired_worker_labels=machine, schedule_timeout="1h")
async def queue(input: dict[str, str]) -> None:
    begun.append(input["name"])


@client.task(queue_order="LIFO", desired_worker_labels=machine, schedule_timeout="1h")
async def stack(input: dict[str, str]) -> None:
    begun.append(input["name"])


@client.task(queue_order=RoundRobin("input.customer"), desired_worker_labels=machine, schedule_timeout="1h")
async def turns(input: dict[str, str]) -> None:
    begun.append(input["name"])


@client.task(desired_worker_labels=machine, schedule_timeout="1h")
async def urgent(input: dict[str, str]) -> None:
    begun.append(input["name"])


@client.task(priority_ageing="10m", desired_worker_labels=machine, schedule_timeout="1h")
async def patient(input: dict[str, str]) -> None:
    begun.append(input["name"])


async def tell(what: str, engine: Engine, task: SoleTask[Any, Any], refs: list[RunRef[Any]]) -> None:
    """Switches the machine on, and prints the order in which runs begin on its one slot."""
    begun.clear()
    await engine.aio_serve(task, labels={"printer": "on"}, slots=1)
    for ref in refs:
        await ref.aio_result()
    print(f"{what}:", ", ".join(begun))


async def main() -> None:
    async with mattock.testing.engine(queue, stack, turns, urgent, patient) as engine:
        names = [{"name": name} for name in "abc"]
        await tell("first in, first out", engine, queue, await queue.aio_run_many_no_wait(names))
        await tell("last in, first out", engine, stack, await stack.aio_run_many_no_wait(names))

        many = [{"customer": name[0], "name": name} for name in ("a1", "a2", "a3", "b1", "b2")]
        await tell("customers take turns", engine, turns, await turns.aio_run_many_no_wait(many))

        letters = [
            await urgent.aio_run_no_wait({"name": "low"}, priority=1),
            await urgent.aio_run_no_wait({"name": "middle"}, priority=2),
            await urgent.aio_run_no_wait({"name": "high"}, priority=3),
        ]
        await tell("by priority", engine, urgent, letters)

        old = await patient.aio_run_no_wait({"name": "low"}, priority=1)
        await engine.aio_sleep("21m")
        new = await patient.aio_run_no_wait({"name": "high"}, priority=3)
        await tell("a low one that has waited for 21 minutes", engine, patient, [old, new])


if __name__ == "__main__":
    asyncio.run(main())
