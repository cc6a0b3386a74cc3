"""Where tasks run: labels that a worker must or should have, and runs whose tasks stay on one worker.

`python examples/placement.py` starts a server and two workers of its own, and prints:

    the model runs on: gpu
    the small job prefers: cpu
    tasks of one run, on one worker: True
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


together = mattock.workflow("together", sticky="SOFT")


@together.task()
async def download(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


@together.task(parents=[download])
async def unpack(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.name


async def use() -> None:
    print("the model runs on:", await model.aio_run({}))
    print("the small job prefers:", await small.aio_run({}))
    result = await together.aio_run({})
    print("tasks of one run, on one worker:", result["download"] == result["unpack"])


async def main() -> None:
    async with mattock.embedded():
        workflows = [model, small, together]
        workers = [
            mattock.worker("gpu", labels={"kind": "gpu", "memory": 256}, workflows=workflows),
            mattock.worker("cpu", labels={"kind": "cpu", "memory": 64}, workflows=workflows),
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
