"""Spikes: keys that take turns, full queues, a burst that is run once, a pace.

`python examples/spikes.py` starts a server and a worker of its own, and prints:

    the small customer was served among the first 2
    of 10 runs 3 were queued, 6 refused; one more waited for room
    of 10 frames the first and the last 3 were shown: 0, 7, 8, 9
    of 5 saves the last one was indexed: draft 4
    6 calls at 10 a second took more than 0.2 s
"""

from __future__ import annotations

import asyncio
import time

import mattock
from mattock import Debounce, Mattock, QueueLimit, RoundRobin, RunCancelled, TriggerError

client = Mattock()
served: list[str] = []
shown: list[int] = []
begun, go = asyncio.Event(), asyncio.Event()


@client.task(queue_order=RoundRobin("input.customer"))
async def serve(input: dict[str, str]) -> None:
    served.append(input["customer"])


@client.task(concurrency=1, queue_limit=QueueLimit(3))
async def guarded(input: dict[str, int]) -> None:
    begun.set()
    await go.wait()


@client.task(concurrency=1, queue_limit=QueueLimit(3, when_full="drop_oldest"))
async def show(input: dict[str, int]) -> None:
    shown.append(input["frame"])
    begun.set()
    await go.wait()


@client.task(debounce=Debounce("input.page", "300ms", max_wait="5s"))
async def index(input: dict[str, str]) -> str:
    return input["text"]


@client.task(pace=10)
async def call(input: dict[str, str]) -> None:
    return None


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("spikes", slots=1, workflows=[serve, guarded, show, index, call])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        flood = [{"customer": "large"}] * 200
        await serve.aio_run_many([*flood, {"customer": "small"}])
        print("the small customer was served among the first", served.index("small") + 1)

        first = await guarded.aio_run_no_wait({"n": 0})
        await begun.wait()
        queued, refused = [], 0
        for number in range(1, 10):
            try:
                queued.append(await guarded.aio_run_no_wait({"n": number}))
            except TriggerError:
                refused += 1
        patient = asyncio.create_task(guarded.aio_run({"n": 10}, when_full="wait"))
        go.set()
        for ref in (first, *queued):
            await ref.aio_result()
        await patient
        print(f"of 10 runs {len(queued)} were queued, {refused} refused; one more waited for room")

        begun.clear()
        go.clear()
        frames = [await show.aio_run_no_wait({"frame": 0})]
        await begun.wait()
        frames += await show.aio_run_many_no_wait([{"frame": number} for number in range(1, 10)])
        go.set()
        await asyncio.gather(*(frame.aio_result() for frame in frames), return_exceptions=True)
        print("of 10 frames the first and the last 3 were shown:", ", ".join(str(frame) for frame in shown))

        saves = [await index.aio_run_no_wait({"page": "p", "text": f"draft {n}"}) for n in range(5)]
        found = await asyncio.gather(*(save.aio_result() for save in saves), return_exceptions=True)
        kept = [each for each in found if not isinstance(each, RunCancelled)]
        print(f"of {len(saves)} saves the last one was indexed: {kept[0]}")

        began = time.monotonic()
        await call.aio_run_many([{}] * 6)
        print("6 calls at 10 a second took more than", min(0.2, round(time.monotonic() - began, 1)), "s")

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
