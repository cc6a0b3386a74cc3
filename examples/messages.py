"""Speak to a running durable task: signals, queries and updates.

`python examples/messages.py` starts a server and a worker of its own, and prints:

    asked how far it is: {'packed': 2}
    added two more; the answer: 4 items now
    what it packed: pen, ink, nib, cap
    asked after its end: {'packed': 4}
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import DurableContext, Mattock

client = Mattock()


@client.durable_task()
async def pack(input: dict[str, list[str]], ctx: DurableContext) -> str:
    items = list(input["items"])
    await ctx.aio_publish("state", {"packed": len(items)})

    more = await ctx.aio_wait_for_update("add")
    items += more.data
    await ctx.aio_publish("state", {"packed": len(items)})
    await ctx.aio_reply(more, f"{len(items)} items now")

    # A signal that comes before somebody waits for it is kept.
    await ctx.aio_wait_for_signal("close")
    return ", ".join(items)


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("packing", workflows=[pack])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        ref = await pack.aio_run_no_wait({"items": ["pen", "ink"]})
        while len(await client.durable.aio_history(ref.run_id)) < 2:
            await asyncio.sleep(0.05)
        print("asked how far it is:", await client.durable.aio_query(ref.run_id, "state"))
        await client.durable.aio_signal(ref.run_id, "close")
        print("added two more; the answer:", await client.durable.aio_update(ref.run_id, "add", ["nib", "cap"]))
        print("what it packed:", await ref.aio_result())
        print("asked after its end:", await client.durable.aio_query(ref.run_id, "state"))

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
