"""Events that start workflows, with wildcards and filters; many at once, and again.

`python examples/events.py` starts a server and a worker of its own, and prints:

    an order of 80 started: ship
    an order of 200 started: ship, thank
    thanked with: a rose
    runs of the second order: 2
    of 100 events in one call, this one started: ship
    pushed again, under another id: ship
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Context, Event, EventFilter, Mattock

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


async def push_many() -> None:
    """Pushes many in one call, all or none, and one of them once more."""
    ids = await client.events.aio_push_many([Event("order:changed", {"total": total}) for total in range(100)])
    print("of 100 events in one call, this one started:", await started_by(ids[42]))
    (again,) = await client.events.aio_replay([ids[42]])
    assert again not in ids
    print("pushed again, under another id:", await started_by(again))


async def started_by(event_id: str) -> str:
    """The names of what an event has started."""
    runs = (await client.events.aio_get(event_id)).triggered_runs
    return ", ".join([name for run in runs for name in await client.runs.ref(run.run_id).aio_result()])


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("events", workflows=[ship, thank])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await push(80)
        await push(200)
        await push_many()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
