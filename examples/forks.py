"""Go back in a run: from a step on, with another input, or with another result of a step; what came before is kept.

`python examples/forks.py` starts a server and a worker of its own, and prints:

    first: 'Tea, by three points', for readers
    with another input from the last step on: 'Tea, by three points', for cooks
    with another result of the first step: 'Tea, by five points', for readers
    the model was asked for an outline 1 times
    branches in the history: 3
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import DurableContext, Mattock

client = Mattock()
asked: list[str] = []


async def outline(topic: str) -> str:
    """What costs: a model is asked."""
    asked.append(topic)
    return f"{topic}, by three points"


async def write(text: str, reader: str) -> str:
    return f"{text!r}, for {reader}"


@client.durable_task()
async def article(input: dict[str, str], ctx: DurableContext) -> str:
    text = await ctx.aio_memo(outline, input["topic"])
    return await ctx.aio_memo(write, text, input["reader"])


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("writers", workflows=[article])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        ref = await article.aio_run_no_wait({"topic": "Tea", "reader": "readers"})
        print("first:", await ref.aio_result())
        first, last = await client.durable.aio_history(ref.run_id)

        await client.durable.aio_fork(ref.run_id, node=last.node, input={"topic": "Tea", "reader": "cooks"})
        print("with another input from the last step on:", await ref.aio_result())

        # Of branch 1: the new input is that of branch 2.
        again = {"topic": "Tea", "reader": "readers"}
        await client.durable.aio_fork(ref.run_id, node=first.node, branch=1, input=again, result="Tea, by five points")
        print("with another result of the first step:", await ref.aio_result())

        print(f"the model was asked for an outline {len(asked)} times")
        history = await client.durable.aio_history(ref.run_id)
        print("branches in the history:", len({step.branch for step in history}))

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
