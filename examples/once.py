"""Idempotency: of the triggers with one key, one starts a run.

`python examples/once.py` starts a server and a worker of its own, and prints:

    charged: 80
    again: refused, the first run has the key: True
    another customer: 20
    of many at once: 1 started, 4 refused
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Idempotency, Mattock, TriggerError

client = Mattock()


@client.task(idempotency=Idempotency("'charge/' + input.order", ttl="1h"))
async def charge(input: dict[str, str]) -> str:
    return input["total"]


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("billing", workflows=[charge])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        first = await charge.aio_run_no_wait({"order": "a", "total": "80"})
        print("charged:", await first.aio_result())
        try:
            await charge.aio_run({"order": "a", "total": "80"})
        except TriggerError as refused:
            print("again: refused, the first run has the key:", refused.existing_run_id == first.run_id)
        print("another customer:", await charge.aio_run({"order": "b", "total": "20"}))
        found = await charge.aio_run_many([{"order": "c", "total": "1"}] * 5, return_exceptions=True)
        refused_many = sum(isinstance(each, TriggerError) for each in found)
        print(f"of many at once: {len(found) - refused_many} started, {refused_many} refused")

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
