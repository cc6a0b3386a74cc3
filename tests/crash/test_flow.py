"""kill -9 in the midst of batches, limits and idempotency keys: each run has one outcome, and no limit is exceeded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from mattock import ConnectionError, SoleTask, TriggerError

from .process import ServerProcess
from .test_crash import check_store, client_of

SECONDS = 200
BATCHED = 1500
LIMITED = 600
KEYS = 10

pytestmark = pytest.mark.timeout(SECONDS + 60)


async def trigger(task: SoleTask[Any, Any], item: dict[str, Any]) -> str:
    """Starts a run, until a server has it or has refused it as started before; its id."""
    while True:
        try:
            return (await task.aio_run_no_wait(item)).run_id
        except TriggerError as refused:
            if not refused.existing_run_id:
                raise
            return refused.existing_run_id
        except ConnectionError:
            await asyncio.sleep(0.1)


async def test_flow_control_survives(accident: tuple[ServerProcess, Callable[[], None]]) -> None:
    server, happen = accident
    client = client_of(server)

    async def never(input: dict[str, Any]) -> dict[str, int]:
        raise AssertionError("runs in the worker's process alone")

    batch = client.task(name="crash-batch")(never)
    limited = client.task(name="crash-limited")(never)
    try:
        async with asyncio.timeout(SECONDS):
            refs = await batch.aio_run_many_no_wait([{"number": number} for number in range(BATCHED)])
            results = asyncio.gather(*(ref.aio_result() for ref in refs))
            items = [{"key": f"k{number % KEYS}", "number": number} for number in range(LIMITED)]
            ids = asyncio.gather(*(trigger(limited, item) for item in items))
            again = asyncio.gather(*(trigger(limited, item) for item in items))
            await asyncio.to_thread(happen)
            assert await ids == await again
            await asyncio.to_thread(happen)
            found = await results
            ends = await asyncio.gather(*(limited.ref(run_id).aio_result() for run_id in await ids))
    finally:
        await client.aio_close()
    assert found == [{"number": number, "key": number % 3} for number in range(BATCHED)]
    assert {end["most"] for end in ends} <= {1, 2}
    await check_store(server, [*(ref.run_id for ref in refs), *(await ids)])
