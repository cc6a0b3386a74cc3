"""Several limits at once: per customer by what they pay for, and for all; and what else can become of runs above one.

`python examples/concurrency.py` runs in memory, and prints:

    most at once: free 1, paid 3, all 4
    uploads to one site at once: 1, renderings: 3
    the second click: cancelled
    of 4 drafts were printed: 1, 4
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import mattock.testing
from mattock import Concurrency, Mattock, RunCancelled

client = Mattock()
running: Counter[str] = Counter()
most: Counter[str] = Counter()
begun = asyncio.Event()


@asynccontextmanager
async def counted(*keys: str) -> AsyncIterator[None]:
    """Counts how many are here at once, by key."""
    running.update(keys)
    most.update({key: max(0, running[key] - most[key]) for key in keys})
    await asyncio.sleep(0.05)
    yield
    running.subtract(keys)


@client.task(
    concurrency=[Concurrency("input.customer", max_runs="input.paid ? 3 : 1"), Concurrency("'all'", max_runs=4)]
)
async def report(input: dict[str, str | bool]) -> None:
    async with counted(str(input["customer"]), "all"):
        pass


publish = client.workflow("publish")


@publish.task()
async def render(input: dict[str, str]) -> None:
    async with counted("render"):
        pass


@publish.task(parents=[render], concurrency=Concurrency("input.site", max_runs=1))
async def upload(input: dict[str, str]) -> None:
    async with counted("upload"):
        pass


@client.task(concurrency=Concurrency("input.user", strategy="CANCEL_NEWEST"))
async def export(input: dict[str, str]) -> str:
    async with counted("export"):
        return "exported"


@client.task(concurrency=Concurrency("input.document", strategy="CANCEL_QUEUED_EXCEPT_NEWEST"))
async def print_draft(input: dict[str, str]) -> str:
    begun.set()
    async with counted("print"):
        return input["draft"]


async def main() -> None:
    async with mattock.testing.engine(report, publish, export, print_draft):
        orders = [{"customer": "free", "paid": False}] * 6 + [{"customer": "paid", "paid": True}] * 6
        await report.aio_run_many(orders)
        print(f"most at once: free {most['free']}, paid {most['paid']}, all {most['all']}")

        await publish.aio_run_many([{"site": "blog"}] * 3)
        print(f"uploads to one site at once: {most['upload']}, renderings: {most['render']}")

        clicks = await export.aio_run_many([{"user": "ann"}] * 2, return_exceptions=True)
        print("the second click:", "cancelled" if isinstance(clicks[1], RunCancelled) else clicks[1])

        drafts = [{"document": "letter", "draft": str(number)} for number in range(1, 5)]
        printing = asyncio.create_task(print_draft.aio_run(drafts[0]))
        await begun.wait()
        found = [*await print_draft.aio_run_many(drafts[1:], return_exceptions=True), await printing]
        print("of 4 drafts were printed:", ", ".join(sorted(each for each in found if isinstance(each, str))))


if __name__ == "__main__":
    asyncio.run(main())
