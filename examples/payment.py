"""A durable task waits for a payment, but not for ever; days pass in no time, for it runs in an engine for tests.

`python examples/payment.py` runs in memory, and prints:

    ann paid on day 2: thanked
    bob paid before the wait began: thanked
    eve never paid: cancelled after 8 days
    and a task that slept for a year is done
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import mattock.testing
from mattock import DurableContext, Mattock, SleepCondition, UserEventCondition, or_

client = Mattock()


@client.durable_task()
async def order(input: dict[str, str], ctx: DurableContext) -> str:
    paid = UserEventCondition("order:paid", f"input.customer == '{input['customer']}'")
    found = await ctx.aio_wait_for(or_(paid, SleepCondition("7d")))
    if "order:paid" not in found:
        await ctx.aio_sleep_for("1d", label="one more day")
        return "cancelled"
    return "thanked"


@client.durable_task()
async def late_order(input: dict[str, str], ctx: DurableContext) -> str:
    # An event of the last hour counts, too.
    await ctx.aio_wait_for_event(
        "order:paid", f"input.customer == '{input['customer']}'", scope=input["customer"], lookback_window="1h"
    )
    return "thanked"


@client.durable_task()
async def birthday(input: dict[str, str], ctx: DurableContext) -> str:
    now = await ctx.aio_now()
    await ctx.aio_sleep_until(now + timedelta(days=365))
    return "done"


async def main() -> None:
    async with mattock.testing.engine(order, late_order, birthday) as engine:
        ann = await order.aio_run_no_wait({"customer": "ann"})
        await engine.aio_sleep("2d")
        engine.push("order:paid", {"customer": "ann"})
        print(f"ann paid on day {engine.elapsed.days}:", await ann.aio_result())

        engine.push("order:paid", {"customer": "bob"}, scope="bob")
        print("bob paid before the wait began:", await late_order.aio_run({"customer": "bob"}))

        began = engine.now
        result = await order.aio_run({"customer": "eve"})
        print(f"eve never paid: {result} after {(engine.now - began).days} days")
        print("and a task that slept for a year is", await birthday.aio_run({}))


if __name__ == "__main__":
    asyncio.run(main())
