"""Import ten thousand rows, and resume the import where it failed: chunks of child runs, recorded step by step.

`python examples/import_rows.py` starts a server and a worker of its own, and prints:

    failed: rows 7000 to 7999: ValueError: row 7777 has no price
    recorded before it: 7 chunks
    after the fix, resumed from the chunk that failed: 10000 rows
    chunks that were imported twice: 0
"""

from __future__ import annotations

import asyncio
from collections import Counter

import mattock
from mattock import DurableContext, Mattock, RunFailed

ROWS, CHUNK = 10_000, 1000
client = Mattock()
prices = {number: "9.90" for number in range(ROWS) if number != 7777}
imported: Counter[int] = Counter()


# A child run. One of a thousand rows: a run for each row would work, too, only more slowly.
@client.task()
def import_chunk(input: dict[str, int]) -> int:
    for number in range(input["first"], input["first"] + CHUNK):
        if number not in prices:
            raise ValueError(f"row {number} has no price")
    imported[input["first"]] += 1
    return CHUNK


@client.durable_task(execution_timeout="1h")
async def import_rows(input: dict[str, str], ctx: DurableContext) -> int:
    done = 0
    for first in range(0, ROWS, CHUNK):
        try:
            done += await import_chunk.aio_run({"first": first})
        except RunFailed as failed:
            error = f"{failed.tasks[0].exc_type}: {failed.tasks[0].message}"
            raise ValueError(f"rows {first} to {first + CHUNK - 1}: {error}") from None
    return done


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("imports", workflows=[import_rows, import_chunk])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        ref = await import_rows.aio_run_no_wait({"file": "prices.csv"})
        try:
            await ref.aio_result()
        except RunFailed as failed:
            print("failed:", failed.tasks[0].message)

        steps = await client.durable.aio_history(ref.run_id)
        print(f"recorded before it: {len(steps) - 1} chunks")
        prices[7777] = "9.90"
        await client.durable.aio_fork(ref.run_id, node=steps[-1].node)
        print("after the fix, resumed from the chunk that failed:", await ref.aio_result(), "rows")
        print("chunks that were imported twice:", sum(count > 1 for count in imported.values()))

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
