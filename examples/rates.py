"""Rate limits: calls that cost more than one unit, a limit that is changed while it holds, and what a task waits for.

`python examples/rates.py` starts a server and a worker of its own, and prints:

    of 4 mails with a limit of 3 an hour were sent: 3
    the fourth waits for: rate limit 'mails'
    what needs no mail goes on: counted
    with a limit of 10: 4
    a model's 1000 tokens an hour for each customer: ann 900, bob 700
    ann's next question waits for: rate limit 'tokens-ann'
"""

from __future__ import annotations

import asyncio
from collections import Counter

import mattock
from mattock import Mattock, RateLimit, RunRef

client = Mattock()
sent: list[str] = []
used: Counter[str] = Counter()


@client.task(rate_limits=[RateLimit("mails")])
async def send_mail(input: dict[str, str]) -> None:
    sent.append(input["to"])


@client.task()
async def count(input: dict[str, str]) -> str:
    return "counted"


@client.task(
    rate_limits=[RateLimit(dynamic_key="'tokens-' + input.customer", units="input.tokens", limit=1000, window="1h")]
)
async def ask_model(input: dict[str, str | int]) -> None:
    used[str(input["customer"])] += int(input["tokens"])


async def reason(ref: RunRef[None]) -> str:
    """Why a task waits, once it does."""
    while not (found := (await client.runs.aio_get_task(ref.run_id)).wait_reason or "").startswith("rate"):
        await asyncio.sleep(0.05)
    return found


async def main() -> None:
    async with mattock.embedded():
        await client.rate_limits.aio_put("mails", 3, "HOUR")
        worker = client.worker("mails", workflows=[send_mail, count, ask_model])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        mails = await send_mail.aio_run_many_no_wait([{"to": name} for name in ("ann", "bob", "eve", "joe")])
        for mail in mails[:3]:
            await mail.aio_result()
        print("of 4 mails with a limit of 3 an hour were sent:", len(sent))
        print("the fourth waits for:", await reason(mails[3]))
        print("what needs no mail goes on:", await count.aio_run({}))
        await client.rate_limits.aio_put("mails", 10, "HOUR")
        await mails[3].aio_result()
        print("with a limit of 10:", len(sent))

        await ask_model.aio_run_many([{"customer": "ann", "tokens": 900}, {"customer": "bob", "tokens": 700}])
        print(f"a model's 1000 tokens an hour for each customer: ann {used['ann']}, bob {used['bob']}")
        question = await ask_model.aio_run_no_wait({"customer": "ann", "tokens": 200})
        print("ann's next question waits for:", await reason(question))
        await question.aio_cancel()

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
