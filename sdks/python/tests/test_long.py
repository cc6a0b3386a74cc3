"""Durable tasks that wait for very long, and very often."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import Any

from mattock import DurableContext, Mattock
from mattock.testing import engine

client = Mattock()
# `MATTOCK_LONG_EVENTS=100000` for as many as the documentation names.
EVENTS = int(os.environ.get("MATTOCK_LONG_EVENTS", "10000"))


@client.durable_task(name="yearly")
async def yearly(input: dict[str, Any], ctx: DurableContext) -> int:
    before = await ctx.aio_now()
    await ctx.aio_sleep_for("8760h")
    return (await ctx.aio_now() - before).days


@client.durable_task(name="counting")
async def counting(input: dict[str, int], ctx: DurableContext) -> int:
    total = 0
    for _ in range(input["count"]):
        total += (await ctx.aio_wait_for_event("tick"))["n"]
    return total


async def test_a_task_sleeps_for_a_year() -> None:
    async with engine(yearly) as running:
        assert await yearly.aio_run({}) == 365
        assert running.elapsed >= timedelta(days=365)


async def test_a_task_waits_for_one_event_after_the_other() -> None:
    """Each costs the same, however many came before."""
    async with engine(counting) as running:
        result = asyncio.ensure_future(counting.aio_run({"count": EVENTS}))
        while not result.done():
            # One that comes before its wait is for nobody.
            await asyncio.sleep(0)
            running.push("tick", {"n": 1})
        assert result.result() == EVENTS
