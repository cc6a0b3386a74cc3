"""Many runs in one call of the shared contract: all of them, or none."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2, shared_pb2, workflows_pb2
from mattock_engine.contracts.mattock import workflow_pb2
from mattock_engine.core.row import TenantLimits
from mattock_engine.core.steer import PutTenantLimits

from .test_contract import trigger
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
BULK = "/WorkflowService/BulkTriggerWorkflow"


def bulk(*items: tuple[str, dict[str, Any]]) -> workflows_pb2.BulkTriggerWorkflowRequest:
    """Runs of workflows with inputs."""
    runs = [shared_pb2.TriggerWorkflowRequest(name=name, input=json.dumps(input)) for name, input in items]
    return workflows_pb2.BulkTriggerWorkflowRequest(workflows=runs)


async def count(client: Any, *names: str) -> int:
    """How many runs these workflows have."""
    # Other tests have made a history that lies in the future.
    query = "since=2020-01-01&until=2030-01-01&only_tasks=false&limit=1000"
    rows = (await client.http.get(f"{client.stable}/workflow-runs?{query}")).json()
    return sum(row["workflowName"] in names for row in rows["rows"])


async def put_limited(client: Any, name: str, most: int) -> None:
    """A workflow of which so many runs may be queued."""
    definition = workflow_pb2.WorkflowDefinition(
        name=name,
        tasks=[workflow_pb2.TaskDefinition(name="t", action=f"{name}:t")],
        queue_limit=workflow_pb2.QueueLimit(max_queued=most),
    )
    request = workflow_pb2.PutWorkflowRequest(workflow=definition)
    await client.call("/mattock.v1.WorkflowService/PutWorkflow", request, workflow_pb2.PutWorkflowResponse)


async def test_a_queue_limit_that_is_met_midway(house: Any, name: str) -> None:
    client, free = house.ours, f"{name}-free"
    await put_limited(client, name, 3)
    await client.call(PUT, workflow(name=free), admin_pb2.CreateWorkflowVersionResponse)
    await trigger(client, name)
    code, message = await client.refused(BULK, bulk((free, {}), (name, {}), (name, {}), (name, {}), (free, {})))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert message == f"workflow: {name!r} has 1 queued runs, and may have 3; none of these 3 was started"
    assert await count(client, name, free) == 1
    reply = await client.call(BULK, bulk((free, {}), (name, {}), (name, {})), workflows_pb2.BulkTriggerWorkflowResponse)
    assert len(set(reply.workflow_run_ids)) == 3
    assert await count(client, name, free) == 4


async def test_a_key_that_cannot_be_told_midway(house: Any, name: str) -> None:
    client = house.ours
    keyed = workflow(name=name, idempotency=admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=60_000))
    await client.call(PUT, keyed, admin_pb2.CreateWorkflowVersionResponse)
    code, message = await client.refused(BULK, bulk((name, {"key": f"{name}/1"}), (name, {})))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("idempotency.expression: ")
    assert await count(client, name) == 0
    # Nor has anybody claimed the first one's key.
    assert await trigger(client, name, json.dumps({"key": f"{name}/1"}))


async def test_runs_of_several_tasks_below_the_tenants_limit(house: Any, name: str) -> None:
    """What is counted is runs: the tasks of those before do not hold back those after."""
    client = house.theirs
    roots = [task(readable_id=each, action=f"{name}:{each}") for each in "abc"]
    await client.call(PUT, workflow(*roots, name=name), admin_pb2.CreateWorkflowVersionResponse)
    # What other tests have left in the queue counts too.
    waiting = {"filter": {"since": "2000-01-01T00:00:00Z", "statuses": ["QUEUED"]}}
    await client.http.post(f"/api/v1/stable/tenants/{client.tenant_id}/tasks/cancel", json=waiting)
    await house.engine.call(client.tenant_id, PutTenantLimits(TenantLimits(max_queued=2)))
    try:
        await client.call(BULK, bulk((name, {}), (name, {})), workflows_pb2.BulkTriggerWorkflowResponse)
        code, message = await client.refused(BULK, bulk((name, {})))
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert message.startswith("max_queued: the tenant has 6 queued tasks")
    finally:
        await house.engine.call(client.tenant_id, PutTenantLimits(TenantLimits()))
    assert await count(client, name) == 2
