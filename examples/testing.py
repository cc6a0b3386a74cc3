"""A workflow of a week, tested in milliseconds: `pytest examples/testing.py`.

`python examples/testing.py` does the same by itself, and prints:

    a customer who pays: thanked, reminded 1 times
    one who does not: given up, reminded 3 times
    both took 3 weeks of the engine's time
"""

from __future__ import annotations

import asyncio

import mattock.testing
from mattock import DurableContext, Mattock, SleepCondition, UserEventCondition, or_
from mattock.testing import Engine

client = Mattock()


@client.task()
async def remind(input: dict[str, str]) -> None:
    raise RuntimeError("a test must not send mail")


@client.durable_task()
async def invoice(input: dict[str, str], ctx: DurableContext) -> str:
    for _ in range(3):
        await remind.aio_run(input)
        paid = UserEventCondition("paid", f"input.invoice == '{input['invoice']}'")
        if "paid" in await ctx.aio_wait_for(or_(SleepCondition("7d"), paid)):
            return "thanked"
    return "given up"


async def pay(engine: Engine) -> str:
    """A customer who pays on the second day."""
    reminded = engine.mock(remind)
    ref = await invoice.aio_run_no_wait({"invoice": "a"})
    await engine.aio_sleep("2d")
    engine.push("paid", {"invoice": "a"})
    return f"{await ref.aio_result()}, reminded {reminded.calls} times"


async def never_pay(engine: Engine) -> str:
    """One who does not."""
    reminded = engine.mock(remind)
    return f"{await invoice.aio_run({'invoice': 'b'})}, reminded {reminded.calls} times"


async def test_who_pays_is_thanked() -> None:
    async with mattock.testing.engine(invoice, remind) as engine:
        assert await pay(engine) == "thanked, reminded 1 times"


async def test_who_does_not_is_given_up_after_three_weeks() -> None:
    async with mattock.testing.engine(invoice, remind) as engine:
        assert await never_pay(engine) == "given up, reminded 3 times"
        assert engine.elapsed.days == 21


def test_with_the_fixture(mattock_engine: Engine) -> None:
    mattock_engine.serve(invoice, remind)
    reminded = mattock_engine.mock(remind)
    assert invoice.run({"invoice": "c"}) == "given up"
    assert reminded.inputs == [{"invoice": "c"}] * 3


async def main() -> None:
    async with mattock.testing.engine(invoice, remind) as engine:
        print("a customer who pays:", await pay(engine))
        print("one who does not:", await never_pay(engine))
        print("both took", engine.elapsed.days // 7, "weeks of the engine's time")


if __name__ == "__main__":
    asyncio.run(main())
