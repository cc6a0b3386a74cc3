"""The worker that the crash tests kill."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections import Counter
from typing import Any

from mattock import BatchContext, Concurrency, Context, DurableContext, EvictionPolicy, Idempotency, Mattock

mattock = Mattock()


@mattock.task(name="crash-short", retries=2, schedule_timeout=600)
async def short(input: dict[str, int], ctx: Context) -> dict[str, int]:
    """A little work; fails now and then, within its retries."""
    await asyncio.sleep(random.random() / 100)
    if ctx.retry_count == 0 and input["number"] % 50 == 0:
        raise RuntimeError("on purpose")
    return {"number": input["number"]}


@mattock.task(name="crash-fan", schedule_timeout=600, execution_timeout=300)
async def fan(input: dict[str, int], ctx: Context) -> dict[str, int]:
    """A parent of many children."""
    results = await short.aio_run_many([{"number": number} for number in range(1, input["children"] + 1)])
    return {"sum": sum(result["number"] for result in results)}


@mattock.batch_task(
    name="crash-batch", batch_size=7, batch_interval=0.1, batch_key="string(input.number % 3)", retries=2
)
async def batch(items: list[dict[str, int]], ctx: BatchContext) -> list[dict[str, int]]:
    """Many at once."""
    await asyncio.sleep(random.random() / 20)
    return [{"number": item["number"], "key": int(ctx.batch_key)} for item in items]


running: Counter[str] = Counter()


@mattock.task(
    name="crash-limited",
    concurrency=Concurrency("input.key", max_runs=2),
    idempotency=Idempotency("input.key + '/' + string(input.number)", ttl=3600),
    schedule_timeout=600,
)
async def limited(input: dict[str, Any]) -> dict[str, int]:
    """At most two of a key."""
    key = input["key"]
    running[key] += 1
    most = running[key]
    try:
        await asyncio.sleep(random.random() / 50)
    finally:
        running[key] -= 1
    return {"number": input["number"], "most": most}


QUICK = EvictionPolicy(ttl=0.2)


@mattock.durable_task(name="crash-durable", eviction_policy=QUICK, retries=5)
async def steps(input: dict[str, int], ctx: DurableContext) -> dict[str, list[str]]:
    """Steps of every kind, again and again."""
    seen: list[str] = []
    for number in range(input["rounds"]):
        seen.append(str(await ctx.aio_uuid()))
        await ctx.aio_sleep_for(0.3)
        numbers = [{"number": 1}, {"number": 2}]
        results = await short.aio_run_many(numbers)
        seen.append(str(sum(result["number"] for result in results)))
        signal = await ctx.aio_wait_for_signal("go")
        seen.append(f"{number}={signal}")
    return {"seen": seen}


if __name__ == "__main__":
    # Says on standard output when it is ready.
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    mattock.worker("crash-worker", workflows=[short, fan, steps, batch, limited], slots=100).start()
