"""What a durable task does once, however often its code begins anew: side effects, the time, random values.

`python examples/memo.py` runs in memory, and prints:

    the code began 3 times
    the card was charged 1 times
    the same time, number and id each time: True
"""

from __future__ import annotations

import asyncio

import mattock.testing
from mattock import DurableContext, Mattock

client = Mattock()
charged: list[int] = []
seen: list[tuple[str, str, str]] = []


async def charge(cents: int) -> str:
    charged.append(cents)
    return f"receipt {len(charged)}"


@client.durable_task(retries=5)
async def buy(input: dict[str, int], ctx: DurableContext) -> str:
    at = await ctx.aio_now()
    lottery = await ctx.aio_random()
    key = await ctx.aio_uuid()
    seen.append((at.isoformat(), str(lottery), str(key)))
    receipt = await ctx.aio_memo(charge, input["cents"])
    if ctx.attempt_number < 3:
        raise ConnectionError("the shop is not there")
    return receipt


async def main() -> None:
    async with mattock.testing.engine(buy):
        assert await buy.aio_run({"cents": 80}) == "receipt 1"
        print(f"the code began {len(seen)} times")
        print(f"the card was charged {len(charged)} times")
        print("the same time, number and id each time:", len(set(seen)) == 1)


if __name__ == "__main__":
    asyncio.run(main())
