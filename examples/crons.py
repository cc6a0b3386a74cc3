"""Crons that are made while all runs: in a time zone, for days that have passed, and with a run that takes too long.

`python examples/crons.py` starts a server and a worker of its own, and prints:

    three o'clock in Berlin, in UTC: 28 at 02:00, 29 at 01:00, 30 at 01:00
    the report of 29 March was made once: True
    ticks while a run took its time: 3, runs: 1
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import mattock
from mattock import Context, Mattock

client = Mattock()
days: list[datetime] = []
ticks: asyncio.Queue[str] = asyncio.Queue()
slow_runs: list[str] = []
go = asyncio.Event()


@client.task()
async def report(input: dict[str, str], ctx: Context) -> None:
    days.append(datetime.fromisoformat(str(ctx.additional_metadata["hatchet__cron_scheduled_at"])))


@client.task()
async def tick(input: dict[str, str]) -> None:
    ticks.put_nowait("tick")


@client.task()
async def slow(input: dict[str, str], ctx: Context) -> None:
    slow_runs.append(ctx.run_id)
    await go.wait()


async def catch_up() -> None:
    """Runs of a past range: clocks changed on the 29th of March."""
    cron = await client.crons.aio_create("report", "nightly", "0 3 * * *", timezone="Europe/Berlin", missed="one")
    since, until = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
    for run_id in await client.crons.aio_backfill(cron.cron_id, since, until):
        await client.runs.ref(run_id).aio_result()
    print("three o'clock in Berlin, in UTC:", ", ".join(f"{day:%d at %H:%M}" for day in sorted(days)))
    again = await client.crons.aio_backfill(cron.cron_id, since, until)
    print("the report of 29 March was made once:", not again)


async def overlap() -> None:
    """A tick while the run of the one before has not ended."""
    await client.crons.aio_create("tick", "each second", "* * * * * *")
    cron = await client.crons.aio_create("slow", "each second", "* * * * * *", overlap="skip")
    while not slow_runs:
        await ticks.get()
    for _ in range(3):
        await ticks.get()
    print(f"ticks while a run took its time: 3, runs: {len(slow_runs)}")
    await client.crons.aio_pause(cron.cron_id)
    go.set()


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("reports", workflows=[report, tick, slow])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await catch_up()
        await overlap()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
