"""Which attempt a report of a batch is of: the shared contract tells no retry count of batches, and SDKs say 0."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2

from .test_contract import RawWorker, result, trigger
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZE = 2


async def put(client: Any, name: str) -> None:
    """A batch task of `SIZE`."""
    batch = admin_pb2.TaskBatchConfig(batch_max_size=SIZE, batch_max_interval_ms=60_000)
    request = workflow(task(action=f"{name}:t", batch=batch), name=name)
    await client.call(PUT, request, admin_pb2.CreateWorkflowVersionResponse)


async def report(worker: RawWorker, action: Any, kind: str, payload: str = "") -> None:
    """What an SDK says of a whole batch."""
    items = [
        dispatcher_pb2.BatchActionEventItem(task_run_external_id=member, event_payload=payload, retry_count=0)
        for member in json.loads(action.action_payload)
    ]
    event = dispatcher_pb2.BatchActionEvent(
        worker_id=worker.worker_id,
        action_id=action.action_id,
        batch_id=action.batchId,
        event_type=f"STEP_EVENT_TYPE_{kind}",
        items=items,
    )
    await worker.client.call("/Dispatcher/SendBatchActionEvent", event, dispatcher_pb2.ActionEventResponse)


async def output(client: Any, run_id: str) -> str:
    """What the run's task returned."""
    (only,) = (await result(client, run_id)).results
    return str(only.output)


async def hand_over(client: Any, name: str) -> tuple[list[str], RawWorker, Any, RawWorker, Any]:
    """A batch that its worker leaves, and another one gets: its runs, and each worker with the action that it got."""
    await put(client, name)
    first = await RawWorker.start(client, f"{name}:t")
    ids = [await trigger(client, name) for _ in range(SIZE)]
    lost = await first.stream.read()
    await report(first, lost, "STARTED")
    await first.leave()
    second = await RawWorker.start(client, f"{name}:t")
    return ids, first, lost, second, await second.stream.read()


async def test_another_worker_completes_what_the_first_left(house: Any, name: str) -> None:
    client = house.ours
    ids, first, lost, second, action = await hand_over(client, name)
    assert set(json.loads(action.action_payload)) == set(ids)
    assert action.batchId != lost.batchId
    await report(first, lost, "COMPLETED", '{"by":"first"}')
    await report(second, action, "STARTED")
    await report(second, action, "COMPLETED", '{"by":"second"}')
    assert [await output(client, run_id) for run_id in ids] == ['{"by":"second"}'] * SIZE
    await second.leave()


async def test_a_later_attempt_is_cancelled_by_the_key_that_sdks_know(house: Any, name: str) -> None:
    client = house.ours
    ids, _, _, second, action = await hand_over(client, name)
    cancel = admin_pb2.CancelTasksRequest(external_ids=[ids[0]])
    await client.call("/v1.AdminService/CancelTasks", cancel, admin_pb2.CancelTasksResponse)
    told = await second.stream.read()
    assert (told.action_type, told.task_run_external_id, told.retry_count) == (1, ids[0], 0)
    await report(second, action, "COMPLETED", "{}")
    assert await output(client, ids[1]) == "{}"
    await second.leave()
