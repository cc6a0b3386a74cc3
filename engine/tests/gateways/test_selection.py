"""Cancelling and replaying over gRPC what a filter chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2

from .test_contract import trigger
from .test_refusal import PUT, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
CANCEL, REPLAY = "/v1.AdminService/CancelTasks", "/v1.AdminService/ReplayTasks"


def at(**ahead: float) -> datetime:
    """A time from now."""
    return datetime.now(UTC) + timedelta(**ahead)


async def cancelled(client: Any, **filters: Any) -> set[str]:
    """Ids of what was cancelled."""
    request = admin_pb2.CancelTasksRequest(filter=admin_pb2.TasksFilter(**{"since": at(hours=-1), **filters}))
    return set((await client.call(CANCEL, request, admin_pb2.CancelTasksResponse)).cancelled_tasks)


async def status(client: Any, run_id: str) -> str:
    return str((await client.http.get(f"/api/v1/stable/workflow-runs/{run_id}/status")).json())


async def test_by_filter(house: Any, name: str) -> None:
    client = house.ours
    reply = await client.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    ids = [await trigger(client, name, additional_metadata=f'{{"set":"{name}","n":"{n}"}}') for n in range(4)]
    mine = [f"set:{name}"]
    # A time, a status, a workflow or metadata that do not fit leave all as it is.
    assert not await cancelled(client, additional_metadata=mine, until=at(minutes=-30))
    assert not await cancelled(client, additional_metadata=mine, since=at(minutes=30))
    assert not await cancelled(client, additional_metadata=mine, statuses=["RUNNING"])
    assert not await cancelled(client, additional_metadata=mine, workflow_ids=[name_of_nobody()])
    assert {await status(client, run_id) for run_id in ids} == {"QUEUED"}
    assert await cancelled(client, additional_metadata=["n:0"], workflow_ids=[reply.workflow_id]) == {ids[0]}
    assert await cancelled(client, additional_metadata=mine, statuses=["QUEUED"]) == set(ids[1:])
    assert {await status(client, run_id) for run_id in ids} == {"CANCELLED"}
    wanted = admin_pb2.TasksFilter(since=at(hours=-1), additional_metadata=mine, statuses=["CANCELLED"])
    replay = await client.call(REPLAY, admin_pb2.ReplayTasksRequest(filter=wanted), admin_pb2.ReplayTasksResponse)
    assert set(replay.replayed_tasks) == set(ids)
    assert {await status(client, run_id) for run_id in ids} == {"QUEUED"}
    # Those of another tenant are none of ours.
    assert not await cancelled(house.theirs, additional_metadata=mine)
    request = admin_pb2.CancelTasksRequest(external_ids=ids)
    assert set((await client.call(CANCEL, request, admin_pb2.CancelTasksResponse)).cancelled_tasks) == set(ids)


def name_of_nobody() -> str:
    return "00000000-0000-7000-8000-000000000009"


@pytest.mark.parametrize("kind", ["Cancel", "Replay"])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "external_ids: expected either external_ids or filter"),
        ({"external_ids": [name_of_nobody()], "filter": {}}, "external_ids: expected either external_ids or filter"),
        ({"external_ids": ["me"]}, "external_ids[0]: 'me' is no UUID"),
        ({"filter": {"statuses": ["queued"]}}, "filter.statuses[0]: 'queued' is unknown; expected one of QUEUED"),
        ({"filter": {"workflow_ids": ["me"]}}, "workflowIds: 'me' is no UUID"),
        ({"filter": {"additional_metadata": ["me"]}}, "additional_metadata: expected 'key:value'"),
    ],
)
async def test_bad_filters(house: Any, kind: str, fields: dict[str, Any], words: str) -> None:
    request = getattr(admin_pb2, f"{kind}TasksRequest")(**fields)
    code, message = await house.ours.refused(f"/v1.AdminService/{kind}Tasks", request)
    assert (code, message[: len(words)]) == (grpc.StatusCode.INVALID_ARGUMENT, words)
