"""Steering the flow: a tenant with limits, paused runs, what waits and why, dead letters.

`python examples/steering.py` starts a server and a worker of its own, and prints:

    at most 2 ran at once
    2 runs waited, because they were paused
    dead letter: 1 x import_file, ValueError: no such file
    run again: rows of a.csv
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Mattock, RunFailed

client = Mattock()
running = most = 0
files: set[str] = set()


@client.task()
async def work(input: dict[str, int]) -> None:
    global running, most
    running += 1
    most = max(most, running)
    await asyncio.sleep(0.05)
    running -= 1


@client.task()
async def import_file(input: dict[str, str]) -> str:
    if input["name"] not in files:
        raise ValueError("no such file")
    return f"rows of {input['name']}"


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("steering", workflows=[work, import_file])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        await client.queues.aio_put_limits(max_running=2)
        refs = await work.aio_run_many_no_wait([{"n": n} for n in range(10)])
        paused = await client.runs.aio_pause([refs[8].run_id, refs[9].run_id])
        for ref in refs[:8]:
            await ref.aio_result()
        print(f"at most {most} ran at once")
        held = [run_id for run_id in paused if (await client.runs.aio_get(run_id)).is_paused]
        print(f"{len(held)} runs waited, because they were paused")
        await client.runs.aio_resume(held)
        for ref in refs[8:]:
            await ref.aio_result()

        ref = await import_file.aio_run_no_wait({"name": "a.csv"})
        try:
            await ref.aio_result()
        except RunFailed:
            (group,) = await client.dead_letters.aio_groups()
            print(f"dead letter: {group.count} x {group.workflow_name}, {group.error}")
        files.add("a.csv")
        await client.dead_letters.aio_replay(error=group.error)
        print("run again:", await ref.aio_result())

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
