"""Runs at a time: moved, deleted, and kept while no server runs; each fires once.

`python examples/schedules.py` starts a server twice and a worker of its own, and prints:

    scheduled: call, write, visit
    the server stops, and starts again
    it says in time: write
    fired: write, in one run; deleted: visit; later: call
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta

import mattock
from mattock import EmbeddedServer, RequestError, Schedule

said: asyncio.Queue[str] = asyncio.Queue()


async def remind(input: dict[str, str]) -> None:
    said.put_nowait(input["text"])


async def prepare(server: EmbeddedServer) -> dict[str, str]:
    """Three schedules, made at once; their ids by what they say: one is moved, one deleted."""
    client = server.client()
    worker = client.worker("reminders", workflows=[client.task(name="remind")(remind)])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    later = datetime.now(UTC) + timedelta(hours=1)
    texts = ["call", "write", "visit"]
    ids = await client.schedules.aio_create_many([Schedule("remind", later, {"text": text}) for text in texts])
    made = dict(zip(texts, ids, strict=True))
    print("scheduled:", ", ".join(made))
    await client.schedules.aio_move(made["write"], datetime.now(UTC) + timedelta(seconds=2))
    await client.schedules.aio_delete(made["visit"])
    worker.stop()
    await serving
    return made


async def await_them(server: EmbeddedServer, made: dict[str, str]) -> None:
    """What becomes of them after a restart."""
    client = server.client()
    worker = client.worker("reminders", workflows=[client.task(name="remind")(remind)])
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    print("it says in time:", await said.get())
    found = {}
    for text, schedule_id in made.items():
        try:
            found[text] = (await client.schedules.aio_get(schedule_id)).run_id
        except RequestError:
            found[text] = "deleted"
    runs = await client.runs.aio_list()
    assert [run.run_id for run in runs] == [found["write"]]
    deleted = next(text for text, run_id in found.items() if run_id == "deleted")
    later = next(text for text, run_id in found.items() if run_id is None)
    print(f"fired: {runs[0].input['text']}, in one run; deleted: {deleted}; later: {later}")
    worker.stop()
    await serving


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with mattock.embedded(folder) as server:
            made = await prepare(server)
        print("the server stops, and starts again")
        async with mattock.embedded(folder) as server:
            await await_them(server, made)


if __name__ == "__main__":
    asyncio.run(main())
