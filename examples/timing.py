"""Runs that the clock starts: a cron each second, and a run at a time.

`python examples/timing.py` starts a server and a worker of its own, and prints:

    the cron has fired: True
    the reminder says: tea is ready
    the schedule has fired: True
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import mattock
from mattock import Context, Mattock

client = Mattock()
ticked = asyncio.Event()
reminded: asyncio.Queue[str] = asyncio.Queue()


@client.task(on_crons=["* * * * * *"])
async def tick(input: dict[str, str], ctx: Context) -> None:
    ticked.set()


@client.task()
async def remind(input: dict[str, str], ctx: Context) -> None:
    reminded.put_nowait(input["text"])


async def use() -> None:
    await ticked.wait()
    print("the cron has fired:", ticked.is_set())

    at = datetime.now(UTC) + timedelta(seconds=1)
    schedule = await client.schedules.aio_create("remind", at, input={"text": "tea is ready"})
    print("the reminder says:", await reminded.get())
    print("the schedule has fired:", (await client.schedules.aio_get(schedule.schedule_id)).run_id is not None)


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("timing", workflows=[tick, remind])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await use()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
