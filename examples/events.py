"""Events that start workflows, with wildcards and filters.

`python examples/events.py` starts a server and a worker of its own, and prints:

    an order of 80 started: ship
    an order of 200 started: ship, thank
    thanked with: a rose
    runs of the second order: 2
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Context, EventFilter, Mattock

client = Mattock()


@client.task(on_events=["order:*"])
async def ship(input: dict[str, int], ctx: Context) -> str:
    return "ship"


@client.task(
    on_events=["order:created"],
    default_filters=[
        EventFilter("input.total > payload.least", scope="shop", payload={"least": 100, "gift": "a rose"})
    ],
)
async def thank(input: dict[str, int], ctx: Context) -> str:
    return str(ctx.filter_payload["gift"])


async def push(total: int) -> list[str]:
    """Pushes an order, and awaits what it starts."""
    event = await client.events.aio_push("order:created", {"total": total}, scope="shop")
    results = {}
    for run in event.triggered_runs:
        result = await client.runs.ref(run.run_id).aio_result()
        results.update(result)
    print(f"an order of {total} started: {', '.join(sorted(results))}")
    if "thank" in results:
        print("thanked with:", results["thank"])
        print("runs of the second order:", len((await client.events.aio_get(event.event_id)).triggered_runs))
    return sorted(results)


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("events", workflows=[ship, thank])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await push(80)
        await push(200)
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
