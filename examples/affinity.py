"""Work goes to the worker that has what it needs: labels that change while a worker runs, and runs that stay.

`python examples/affinity.py` runs in memory, and prints:

    models loaded: large on the big machine, small on the other
    of 20 questions answered by a worker that had the model: 20
    all steps of a run on one worker: True
"""

from __future__ import annotations

import asyncio

import mattock.testing
from mattock import Context, DesiredLabel, Mattock

client = Mattock()
loaded: dict[str, str] = {}


@client.task()
async def load(input: dict[str, str], ctx: Context) -> None:
    ctx.worker.upsert_labels({"model": input["model"]})
    loaded[input["model"]] = str(ctx.worker.labels["machine"])


@client.task()
async def ask(input: dict[str, str], ctx: Context) -> bool:
    return ctx.worker.labels["model"] == input["model"]


session = client.workflow("session", sticky="HARD")


@session.task()
async def unpack(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.id


@session.task(parents=[unpack])
async def read(input: dict[str, str], ctx: Context) -> str:
    return ctx.worker.id


async def main() -> None:
    async with mattock.testing.engine() as engine:
        for machine, memory in (("big", 256), ("other", 16)):
            await engine.aio_serve(load, ask, session, labels={"machine": machine, "memory": memory})

        await load.aio_run({"model": "large"}, desired_worker_labels=[DesiredLabel("memory", 64, ">=", required=True)])
        await load.aio_run({"model": "small"}, desired_worker_labels=[DesiredLabel("memory", 64, "<")])
        print(f"models loaded: large on the {loaded['large']} machine, small on the {loaded['small']}")

        # Not required: if no worker had it, any would do.
        right = 0
        for number in range(20):
            model = "large" if number % 3 else "small"
            right += await ask.aio_run(
                {"model": model}, desired_worker_labels=[DesiredLabel("model", model, weight=50)]
            )
        print("of 20 questions answered by a worker that had the model:", right)

        runs = await session.aio_run_many([{}] * 10)
        print("all steps of a run on one worker:", all(run["unpack"] == run["read"] for run in runs))


if __name__ == "__main__":
    asyncio.run(main())
