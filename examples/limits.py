"""Limits: five runs a customer at once, three calls a second to a service, a newer run that replaces an older one.

`python examples/limits.py` starts a server and a worker of its own, and prints:

    most at once for one customer: 5
    seven calls took more than 2 s: True
    the older search: cancelled
    the newer search: cats and dogs
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import mattock
from mattock import Concurrency, Context, Mattock, RateLimit, RunCancelled

client = Mattock()
running: Counter[str] = Counter()
most: Counter[str] = Counter()


@client.task(concurrency=Concurrency("input.customer", max_runs=5))
async def invoice(input: dict[str, str], ctx: Context) -> None:
    customer = input["customer"]
    running[customer] += 1
    most[customer] = max(most[customer], running[customer])
    await asyncio.sleep(0.2)
    running[customer] -= 1


@client.task(rate_limits=[RateLimit(dynamic_key="'service-' + input.service", limit=3, window=1)])
async def call_service(input: dict[str, str], ctx: Context) -> None:
    return None


@client.task(concurrency=Concurrency("input.user", strategy="CANCEL_IN_PROGRESS"))
async def search(input: dict[str, str], ctx: Context) -> str:
    if input["words"] == "cats":
        await asyncio.Event().wait()
    return input["words"]


async def use() -> None:
    await invoice.aio_run_many([{"customer": name} for name in ("ann", "bob") * 10])
    print("most at once for one customer:", max(most.values()))

    began = time.monotonic()
    await call_service.aio_run_many([{"service": "maps"}] * 7)
    print("seven calls took more than 2 s:", time.monotonic() - began > 1.9)

    older = await search.aio_run_no_wait({"user": "eve", "words": "cats"})
    newer = await search.aio_run({"user": "eve", "words": "cats and dogs"})
    try:
        await older.aio_result()
    except RunCancelled:
        print("the older search: cancelled")
    print("the newer search:", newer)


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("limits", workflows=[invoice, call_service, search])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await use()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
