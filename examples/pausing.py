"""Hold what is queued, and let it go on: some runs, one queue of a workflow, all of it, a worker to be taken away.

`python examples/pausing.py` starts a server and a worker of its own, and prints:

    acme's 2 runs are paused, the others went on: 1, 3
    and acme's, when they were resumed: 1, 3, 2, 4
    the queue of `send` is paused: rendered 3, sent 0
    and goes on: rendered 3, sent 3
    the newsletter is paused: rendered 3, and goes on: rendered 4
    the worker is drained: DRAINED
    what came meanwhile, when it is back: 5
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import Mattock

client = Mattock()
numbers: list[int] = []
rendered: list[int] = []
sent: list[int] = []
newsletter = client.workflow("newsletter")


@client.task()
async def work(input: dict[str, int]) -> int:
    numbers.append(input["n"])
    return input["n"]


@newsletter.task()
async def render(input: dict[str, int]) -> None:
    rendered.append(input["n"])


@newsletter.task(parents=[render])
async def send(input: dict[str, int]) -> None:
    sent.append(input["n"])


async def pause_runs(worker_id: str) -> None:
    """Those of one customer, before the worker takes anything."""
    await client.workers.aio_pause(worker_id)
    customers = {1: "ann", 2: "acme", 3: "bob", 4: "acme"}
    refs = {
        n: await work.aio_run_no_wait({"n": n}, additional_metadata={"customer": name}) for n, name in customers.items()
    }
    paused = await client.runs.aio_pause(additional_metadata={"customer": "acme"})
    await client.workers.aio_pause(worker_id, False)
    for n in (1, 3):
        await refs[n].aio_result()
    print(f"acme's {len(paused)} runs are paused, the others went on:", ", ".join(map(str, numbers)))
    await client.runs.aio_resume(additional_metadata={"customer": "acme"})
    for n in (2, 4):
        await refs[n].aio_result()
    print("and acme's, when they were resumed:", ", ".join(map(str, numbers)))


async def pause_queue() -> str:
    """Everything is rendered, and nothing sent. Returns the workflow's id."""
    first = await newsletter.aio_run_no_wait({"n": 0})
    await first.aio_result()
    workflow_id = (await client.runs.aio_get(first.run_id)).workflow_id
    rendered.clear()
    sent.clear()
    await client.queues.aio_pause(workflow_id, "send")
    refs = await newsletter.aio_run_many_no_wait([{"n": n} for n in range(3)])
    while len(rendered) < 3:
        await asyncio.sleep(0.05)
    print(f"the queue of `send` is paused: rendered {len(rendered)}, sent {len(sent)}")
    await client.queues.aio_resume(workflow_id, "send")
    for ref in refs:
        await ref.aio_result()
    print(f"and goes on: rendered {len(rendered)}, sent {len(sent)}")
    return workflow_id


async def pause_workflow(workflow_id: str) -> None:
    """Nothing of it is started."""
    await client.workflows.aio_pause(workflow_id)
    ref = await newsletter.aio_run_no_wait({"n": 3})
    text = f"the newsletter is paused: rendered {len(rendered)}"
    await client.workflows.aio_resume(workflow_id)
    await ref.aio_result()
    print(f"{text}, and goes on: rendered {len(rendered)}")


async def drain(worker_id: str) -> None:
    """A worker that is to be taken away gets nothing new, and says when it holds nothing."""
    await client.workers.aio_drain(worker_id)
    ref = await work.aio_run_no_wait({"n": 5})
    print("the worker is drained:", (await client.workers.aio_get(worker_id)).drain)
    await client.workers.aio_pause(worker_id, False)
    print("what came meanwhile, when it is back:", await ref.aio_result())


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("worker", slots=1, workflows=[work, newsletter])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        await pause_runs(worker.id)
        await pause_workflow(await pause_queue())
        await drain(worker.id)
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
