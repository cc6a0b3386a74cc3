"""Progress: a task says how far it is, and whoever looks sees it.

`python examples/progress.py` starts a server and a worker of its own, and prints:

    seen while it ran: 40 %, page 4 of 10
    seen at the end: 100 %, page 10 of 10
    its children: 3 of 3 are over
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Context, Mattock

client = Mattock()
looked = asyncio.Event()


@client.task()
async def import_file(input: dict[str, int], ctx: Context) -> None:
    for number in range(1, input["pages"] + 1):
        ctx.progress(number / input["pages"], f"page {number} of {input['pages']}")
        if number == 4:
            # So that the program below has something to see.
            await looked.wait()


@client.task()
async def import_all(input: dict[str, int], ctx: Context) -> None:
    await import_file.aio_run_many([{"pages": pages} for pages in (1, 2, 3)])


async def seen(task_id: str, fraction: float) -> str:
    """Looks until a task is so far."""
    while True:
        told = (await client.runs.aio_get_task(task_id)).progress
        if told is not None and told.fraction >= fraction:
            return f"{told.fraction * 100:.0f} %, {told.text}"
        await asyncio.sleep(0.05)


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("importing", workflows=[import_file, import_all])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        run = await import_file.aio_run_no_wait({"pages": 10})
        print("seen while it ran:", await seen(run.run_id, 0.4))
        looked.set()
        await run.aio_result()
        print("seen at the end:", await seen(run.run_id, 1))

        parent = await import_all.aio_run_no_wait({})
        await parent.aio_result()
        found = await client.runs.aio_get_task(parent.run_id)
        print(f"its children: {found.num_finished_children} of {found.num_spawned_children} are over")

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
