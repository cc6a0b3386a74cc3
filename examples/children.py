"""Fan-out: one run that starts thousands of others, and finds them again when it is begun anew.

`python examples/children.py` runs in memory, and prints:

    2000 children, added up: 1999000
    the parent was begun 2 times, its children 2000 times
"""

from __future__ import annotations

import asyncio

import mattock.testing
from mattock import DurableContext, Mattock

client = Mattock()
begun = {"parent": 0, "children": 0}


@client.task()
async def count_words(input: dict[str, int]) -> int:
    begun["children"] += 1
    return input["page"]


@client.durable_task(retries=1)
async def count_book(input: dict[str, int], ctx: DurableContext) -> int:
    begun["parent"] += 1
    counts = await count_words.aio_run_many({"page": page} for page in range(input["pages"]))
    if ctx.attempt_number == 1:
        raise ConnectionError("fails when all children have run")
    return sum(counts)


async def main() -> None:
    async with mattock.testing.engine(count_book, count_words):
        total = await count_book.aio_run({"pages": 2000})
        print(f"{begun['children']} children, added up: {total}")
        print(f"the parent was begun {begun['parent']} times, its children {begun['children']} times")


if __name__ == "__main__":
    asyncio.run(main())
