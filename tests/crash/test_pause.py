"""kill -9 of a server with paused runs, queues and workers, and limits: all of it stands, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mattock import TriggerError
from mattock.registration import register

from .process import ServerProcess
from .test_crash import client_of

COUNT = 300


async def test_pauses_and_limits_stand(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.start()
    client = client_of(server)
    order: list[int] = []

    async def note(input: dict[str, Any]) -> int:
        order.append(input["n"])
        return int(input["n"])

    task = client.task(name="noted", schedule_timeout="1h")(note)
    other = client.task(name="held", schedule_timeout="1h")(note)
    try:
        session = client.session
        await register(session.channel, session.settings, [task.workflow, other.workflow])
        refs = await task.aio_run_many_no_wait([{"n": n} for n in range(COUNT)])
        held = await other.aio_run_no_wait({"n": -1})
        ids = [ref.run_id for ref in refs]
        assert len(await client.runs.aio_pause(ids[::3])) == COUNT // 3
        held_id = (await client.runs.aio_get(held.run_id)).workflow_id
        await client.queues.aio_pause(held_id, "held")
        limits = await client.queues.aio_put_limits(max_queued=201, max_running=1)
        server.kill()
        server.start()
        assert await client.queues.aio_get_limits() == limits
        # As many are queued as may be; runs that are paused stand in no queue.
        with pytest.raises(TriggerError, match="has 201 queued tasks, and may have 201"):
            await task.aio_run_no_wait({"n": COUNT})
        assert await counted(client) == {"NO_WORKER": 200, "PAUSED": COUNT // 3 + 1}
        worker = client.worker("w", workflows=[task, other])
        serving = asyncio.create_task(worker.aio_start())
        rest = [ref for number, ref in enumerate(refs) if number % 3]
        await asyncio.gather(*(ref.aio_result() for ref in rest))
        # One runs at a time, so they came in their order.
        assert order == [n for n in range(COUNT) if n % 3]
        server.kill()
        server.start()
        await client.queues.aio_resume(held_id, "held")
        assert await held.aio_result() == -1
        assert set(await client.runs.aio_resume(ids)) == set(ids[::3])
        await asyncio.gather(*(ref.aio_result() for ref in refs))
        assert Counter(order) == Counter(range(-1, COUNT))
        worker.stop()
        await serving
    finally:
        await client.aio_close()
        server.stop()


async def counted(client: Any) -> dict[str, int]:
    """What waits, by reason."""
    counts: Counter[str] = Counter()
    for each in await client.queues.aio_waiting():
        counts[each.reason] += each.count
    return dict(counts)
