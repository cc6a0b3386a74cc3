"""New code while runs of the old code are under way: what has begun goes the old way, what is new the new one.

`python examples/versions.py` starts a server and workers of its own, and prints:

    an order that began before the deployment: sent
    one that began after it: checked, sent
    without the marker: non-determinism error at step 1
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import DurableContext, Mattock, RunFailed, RunRef, SoleTask

# Three versions of one program: what follows, a deployment with a marker, and a careless one.
client = Mattock()
Order = dict[str, int]


@client.durable_task(name="fulfil")
async def first_version(input: Order, ctx: DurableContext) -> str:
    await ctx.aio_wait_for_signal("paid")
    return "sent"


@client.durable_task(name="fulfil")
async def second_version(input: Order, ctx: DurableContext) -> str:
    checked = ""
    if await ctx.aio_patched("check-stock"):
        await ctx.aio_memo(check_stock)
        checked = "checked, "
    await ctx.aio_wait_for_signal("paid")
    return checked + "sent"


@client.durable_task(name="fulfil")
async def careless_version(input: Order, ctx: DurableContext) -> str:
    await ctx.aio_memo(check_stock)
    await ctx.aio_wait_for_signal("paid")
    return "checked, sent"


def check_stock() -> int:
    return 7


Version = SoleTask[Order, str]


async def deploy(version: Version) -> tuple[mattock.Worker, asyncio.Task[None]]:
    """Starts a worker with a version of the code."""
    worker = client.worker("orders", workflows=[version])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    return worker, serving


async def begin(version: Version) -> RunRef[str]:
    """Starts an order, and returns when it waits to be paid."""
    ref = await version.aio_run_no_wait({})
    while not any(step.kind == "WAIT_FOR" for step in await client.durable.aio_history(ref.run_id)):
        await asyncio.sleep(0.05)
    return ref


async def main() -> None:
    async with mattock.embedded():
        worker, serving = await deploy(first_version)
        old, older = await begin(first_version), await begin(first_version)
        worker.stop()
        await serving

        worker, serving = await deploy(second_version)
        new = await begin(second_version)
        for ref in (old, new):
            await client.durable.aio_signal(ref.run_id, "paid")
        print("an order that began before the deployment:", await old.aio_result())
        print("one that began after it:", await new.aio_result())
        worker.stop()
        await serving

        worker, serving = await deploy(careless_version)
        await client.durable.aio_signal(older.run_id, "paid")
        try:
            await older.aio_result()
        except RunFailed as failed:
            print("without the marker:", failed.tasks[0].message.splitlines()[0])
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
