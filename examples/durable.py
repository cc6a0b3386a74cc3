"""A durable task: it waits for a payment, asks a person, and remembers all of it when its worker is gone.

`python examples/durable.py` starts a server and workers of its own, and prints:

    published: waiting for the payment
    it has left its worker while it waits
    a second worker takes over
    paid: 80
    asked: Ship order 7 for 80?
    shipped by two parcels, approved by Ada
    the update was answered: noted: ring twice
    steps: publish state, wait for event order:paid, memo pack, update address, reply, Ship order 7 for 80?, 2 runs
    forked at the approval: not shipped, said Bob
    packed so often: 1
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import mattock
from mattock import DurableContext, EvictionPolicy, Mattock
from pydantic import BaseModel

client = Mattock()
packed: list[int] = []


class Order(BaseModel):
    number: int


@client.task()
async def send_parcel(input: dict[str, int]) -> int:
    return 1


def pack(number: int) -> str:
    packed.append(number)
    return f"box {number}"


@client.durable_task(eviction_policy=EvictionPolicy(ttl=timedelta(seconds=1)))
async def fulfil(order: Order, ctx: DurableContext) -> str:
    await ctx.aio_publish("state", "waiting for the payment")
    payment = await ctx.aio_wait_for_event("order:paid", f"input.order == {order.number}")
    # Done once, whatever happens to this worker.
    await ctx.aio_memo(pack, order.number)
    address = await ctx.aio_wait_for_update("address")
    await ctx.aio_reply(address, f"noted: {address.data}")
    approval = await ctx.aio_wait_for_approval("ship", title=f"Ship order {order.number} for {payment['total']}?")
    if approval is None or not approval.approved:
        return f"not shipped, said {approval.by if approval else 'nobody'}"
    parcels = sum(await send_parcel.aio_run_many([{"n": 1}, {"n": 2}]))
    return f"shipped by {'two' if parcels == 2 else parcels} parcels, approved by {approval.by}"


async def serve(name: str) -> tuple[mattock.Worker, asyncio.Task[None]]:
    """Starts a worker."""
    worker = client.worker(name, workflows=[fulfil, send_parcel])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    return worker, serving


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What an awaited look gives, once it gives something."""
    for _ in range(1000):
        if found := await look():
            return found
        await asyncio.sleep(0.03)
    raise TimeoutError


async def approval_of(task_id: str) -> Any:
    """What a task asks for."""
    return next((each for each in await client.durable.aio_approvals() if each.task_id == task_id), None)


async def waits_at(task_id: str, node: int) -> bool:
    """Whether a task has come to a step."""
    return any(step.node == node for step in await client.durable.aio_history(task_id))


async def is_evicted(ref: mattock.RunRef[str]) -> bool:
    """Whether a task has left its worker."""
    return (await ref.aio_details()).tasks[0].is_evicted


async def main() -> None:
    async with mattock.embedded():
        first, serving = await serve("first")
        ref = await fulfil.aio_run_no_wait(Order(number=7))
        await until(lambda: waits_at(ref.run_id, 2))
        print("published:", await client.durable.aio_query(ref.run_id, "state"))
        await until(lambda: is_evicted(ref))
        print("it has left its worker while it waits")
        first.stop()
        await serving

        print("a second worker takes over")
        second, serving = await serve("second")
        await client.events.aio_push("order:paid", {"order": 7, "total": 80})
        print("paid:", 80)
        answer = await client.durable.aio_update(ref.run_id, "address", "ring twice")
        approval = await until(lambda: approval_of(ref.run_id))
        print("asked:", approval.title)
        await client.durable.aio_approve(ref.run_id, approval.key, by="Ada")
        print(await ref.aio_result())
        print("the update was answered:", answer)
        steps = await client.durable.aio_history(ref.run_id)
        print("steps:", ", ".join(step.description for step in steps[:6]) + f", {len(steps) - 6} runs")

        await client.durable.aio_fork(ref.run_id, 6)
        again = await until(lambda: approval_of(ref.run_id))
        await client.durable.aio_approve(ref.run_id, again.key, by="Bob", approved=False)
        print("forked at the approval:", await fulfil.ref(ref.run_id).aio_result())
        print("packed so often:", len(packed))
        second.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
