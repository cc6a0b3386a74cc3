"""Strategies of concurrency limits by the numbers of older contracts, as an SDK of that time sends them."""

from __future__ import annotations

from typing import Any

import pytest
from mattock_engine.contracts.hatchet import admin_pb2

from .test_contract import RawWorker, result, trigger
from .test_refusal import PUT, limit, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
DROP_NEWEST, QUEUE_NEWEST = 1, 2


@pytest.mark.parametrize(("number", "stays"), [(DROP_NEWEST, None), (QUEUE_NEWEST, 2)], ids=["drop", "queue"])
async def test_an_older_number(house: Any, name: str, number: int, stays: int | None) -> None:
    """One runs, two more come: both are dropped, or the newer one takes the place of the other in the queue."""
    client = house.ours
    limits = [limit("input.key", max_runs=1, limit_strategy=number)]
    request = workflow(task(action=f"{name}:t", concurrency=limits), name=name)
    await client.call(PUT, request, admin_pb2.CreateWorkflowVersionResponse)
    worker = await RawWorker.start(client, f"{name}:t")
    runs = [await trigger(client, name, '{"key":"a"}')]
    first = await worker.stream.read()
    runs += [await trigger(client, name, '{"key":"a"}') for _ in range(2)]
    for place in (1, 2):
        if place != stays:
            (dropped,) = (await result(client, runs[place])).results
            assert "concurrency" in dropped.error
            assert await status(client, runs[place]) == "CANCELLED"
    assert await status(client, runs[0]) == "RUNNING"
    if stays is not None:
        assert await status(client, runs[stays]) == "QUEUED"
    await worker.report(first, "COMPLETED", "{}")
    expected = runs[stays] if stays is not None else await trigger(client, name, '{"key":"a"}')
    assert (await worker.stream.read()).workflow_run_id == expected
    await worker.leave()


async def status(client: Any, run_id: str) -> str:
    """Of a run."""
    return str((await client.http.get(f"/api/v1/stable/workflow-runs/{run_id}/status")).json())
