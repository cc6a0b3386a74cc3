"""Branches of a workflow, a race of an event against a sleep, and an event that cancels.

`python examples/conditions.py` starts a server and a worker of its own, and prints:

    30 went: small, joined: True
    70 went: large, joined: True
    the payment came: {'paid': 12}
    the order was withdrawn: cancelled
"""

from __future__ import annotations

import asyncio
from typing import Any

import mattock
from mattock import (
    Context,
    Mattock,
    ParentCondition,
    RunCancelled,
    RunRef,
    SleepCondition,
    UserEventCondition,
    or_,
)

client = Mattock()
branches = client.workflow("branches")


@branches.task()
async def look(input: dict[str, int], ctx: Context) -> dict[str, int]:
    return {"size": input["size"]}


@branches.task(parents=[look], skip_if=[ParentCondition(look, "output.size > 50")])
async def small(input: dict[str, int], ctx: Context) -> str:
    return "small"


@branches.task(parents=[look], skip_if=[ParentCondition(look, "output.size <= 50")])
async def large(input: dict[str, int], ctx: Context) -> str:
    return "large"


@branches.task(parents=[small, large])
async def join(input: dict[str, int], ctx: Context) -> str:
    return "small" if ctx.was_skipped(large) else "large"


orders = client.workflow("orders")


@orders.task()
async def reserve(input: dict[str, str], ctx: Context) -> None:
    return None


paid = UserEventCondition("payment", "input.paid > 10", key="payment")


@orders.task(
    parents=[reserve],
    wait_for=[or_(paid, SleepCondition("1h"))],
    cancel_if=[UserEventCondition("order:withdrawn")],
)
async def ship(input: dict[str, str], ctx: Context) -> dict[str, int]:
    return dict(ctx.trigger_data["payment"])


async def use() -> None:
    for size in (30, 70):
        result = await branches.aio_run({"size": size})
        print(f"{size} went: {result['join']}, joined: {'join' in result}")
    order = await orders.aio_run_no_wait({})
    result = await push_until(order, "payment", {"paid": 12})
    print("the payment came:", result["ship"])
    try:
        await push_until(await orders.aio_run_no_wait({}), "order:withdrawn", {})
    except RunCancelled:
        print("the order was withdrawn: cancelled")


async def push_until(order: RunRef[dict[str, Any]], key: str, payload: dict[str, int]) -> dict[str, Any]:
    """Pushes an event until an order has ended: what came before `ship` waited, when `reserve` ended, is not seen."""
    result = asyncio.ensure_future(order.aio_result())
    while not result.done():
        await client.events.aio_push(key, payload)
        await asyncio.wait([result], timeout=0.05)
    return await result


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("conditions", workflows=[branches, orders])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await use()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
