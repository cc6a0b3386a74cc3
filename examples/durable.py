"""A durable task: it leaves its worker while it waits, and goes on at another one as if nothing had happened.

`python examples/durable.py` starts a server and workers of its own, and prints:

    it waits, and holds no slot of its worker: True
    the first worker is gone, a second one takes over
    shipped by 2 parcels, paid: 80
    packed so often: 1
    recorded: memo pack, wait for event order:paid, wait for 0.2 s, 2 runs
"""

from __future__ import annotations

import asyncio

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


@client.durable_task(retries=3, eviction_policy=EvictionPolicy(ttl="1s", priority=1))
async def fulfil(order: Order, ctx: DurableContext) -> str:
    await ctx.aio_memo(pack, order.number)
    payment = await ctx.aio_wait_for_event("order:paid", f"input.order == {order.number}")
    await ctx.aio_sleep_for("200ms")
    parcels = await send_parcel.aio_run_many([{"n": 1}, {"n": 2}])
    return f"shipped by {sum(parcels)} parcels, paid: {payment['total']}"


async def serve(name: str) -> tuple[mattock.Worker, asyncio.Task[None]]:
    """Starts a worker."""
    worker = client.worker(name, workflows=[fulfil, send_parcel])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    return worker, serving


async def main() -> None:
    async with mattock.embedded():
        first, serving = await serve("first")
        ref = await fulfil.aio_run_no_wait(Order(number=7))
        while not (await ref.aio_details()).tasks[0].is_evicted:
            await asyncio.sleep(0.05)
        print("it waits, and holds no slot of its worker:", (await ref.aio_status()) == "RUNNING")
        first.stop()
        await serving

        print("the first worker is gone, a second one takes over")
        second, serving = await serve("second")
        await client.events.aio_push("order:paid", {"order": 7, "total": 80})
        print(await ref.aio_result())
        print("packed so often:", len(packed))
        steps = await client.durable.aio_history(ref.run_id)
        print("recorded:", ", ".join(step.description for step in steps[:3]) + f", {len(steps) - 3} runs")
        second.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
