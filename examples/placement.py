"""Where tasks run: labels that a worker must or should have, and runs whose tasks stay on one worker.

`python examples/placement.py` starts a server and two workers of its own, and prints:

    the model runs on: gpu
    the small job prefers: cpu
    of two wishes the one of more weight: cpu
    tasks of one run, on one worker: True; of one that must: True
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Context, DesiredLabel


@mattock.task(desired_worker_labels=[DesiredLabel("kind", "gpu", required=True)])
async def model(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


@mattock.task(desired_worker_labels=[DesiredLabel("memory", 64, "<=")])
async def small(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


@mattock.task(desired_worker_labels=[DesiredLabel("kind", "gpu", weight=10), DesiredLabel("region", "eu", weight=50)])
async def near(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


async def download(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


async def unpack(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


# Rather together, but elsewhere if that worker is full; or together at any price: the second task waits for the worker.
together = mattock.workflow("together", sticky="SOFT")
inseparable = mattock.workflow("inseparable", sticky="HARD")
for workflow in (together, inseparable):
    workflow.task(parents=[workflow.task()(download)])(unpack)


async def use() -> None:
    print("the model runs on:", await model.aio_run({}))
    print("the small job prefers:", await small.aio_run({}))
    print("of two wishes the one of more weight:", await near.aio_run({}))
    rather, must = await together.aio_run({}), await inseparable.aio_run({})
    same = [found["download"] == found["unpack"] for found in (rather, must)]
    print(f"tasks of one run, on one worker: {same[0]}; of one that must: {same[1]}")


async def main() -> None:
    async with mattock.embedded():
        workflows = [model, small, near, together, inseparable]
        workers = [
            mattock.worker("gpu", labels={"kind": "gpu", "memory": 256}, workflows=workflows),
            mattock.worker("cpu", labels={"kind": "cpu", "memory": 64, "region": "eu"}, workflows=workflows),
        ]
        serving = [asyncio.create_task(worker.aio_start()) for worker in workers]
        for worker in workers:
            await worker.aio_ready()
        await use()
        for worker in workers:
            worker.stop()
        await asyncio.gather(*serving)


if __name__ == "__main__":
    asyncio.run(main())
