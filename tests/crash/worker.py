"""The worker that the crash tests kill."""

from __future__ import annotations

import asyncio
import logging
import random
import sys

from mattock import Context, Mattock

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


if __name__ == "__main__":
    # Says on standard output when it is ready.
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    mattock.worker("crash-worker", workflows=[short, fan], slots=100).start()
