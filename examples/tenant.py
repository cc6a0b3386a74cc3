"""Limits of a whole tenant, whatever is started in it; and a look at what waits and why.

`python examples/tenant.py` starts a server and a worker of its own, and prints:

    of 6 runs at once: 2
    the third waits for: the tenant's limit of 2 running tasks
    the queue says: 4 x work, TENANT_LIMIT
    one more: max_queued: the tenant has 4 queued tasks, and may have 4
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Mattock, TriggerError

client = Mattock()
running = most = 0
begun, go = asyncio.Semaphore(0), asyncio.Event()


@client.task()
async def work(input: dict[str, int]) -> None:
    global running, most
    running += 1
    most = max(most, running)
    begun.release()
    await go.wait()
    running -= 1


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("worker", workflows=[work])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        await client.queues.aio_put_limits(max_running=2, max_queued=4)
        refs = [await work.aio_run_no_wait({"n": n}) for n in range(2)]
        await begun.acquire()
        await begun.acquire()
        refs += [await work.aio_run_no_wait({"n": n}) for n in range(2, 6)]
        reason = (await client.runs.aio_get_task(refs[2].run_id)).wait_reason
        # Counts are good for a second.
        while not (waiting := await client.queues.aio_waiting()) or waiting[0].count < 4:
            await asyncio.sleep(0.1)
        try:
            await work.aio_run_no_wait({"n": 6})
        except TriggerError as refused:
            full = str(refused)
        go.set()
        for ref in refs:
            await ref.aio_result()
        print("of 6 runs at once:", most)
        print("the third waits for:", reason)
        print(f"the queue says: {waiting[0].count} x {waiting[0].workflow_name}, {waiting[0].reason}")
        print("one more:", full)

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
