"""What events, crons and schedules start, and what they meet: filters, keys that are taken, full queues, debounce."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from mattock_engine.contracts.hatchet import admin_pb2
from mattock_engine.contracts.mattock import workflow_pb2

from .test_refusal import PUT, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
TAKEN = "idempotency key collision"


async def put(client: Any, name: str, **changes: Any) -> None:
    """A workflow that the event of its own name starts."""
    await client.call(
        PUT, workflow(name=name, event_triggers=[name], **changes), admin_pb2.CreateWorkflowVersionResponse
    )


async def put_ours(client: Any, name: str, **changes: Any) -> None:
    """The same with what only our contract has."""
    task = workflow_pb2.TaskDefinition(name="t", action=f"{name}:t")
    made = workflow_pb2.WorkflowDefinition(name=name, tasks=[task], event_triggers=[name], **changes)
    request = workflow_pb2.PutWorkflowRequest(workflow=made)
    await client.call("/mattock.v1.WorkflowService/PutWorkflow", request, workflow_pb2.PutWorkflowResponse)


async def push(client: Any, key: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The event that was made."""
    path = f"/api/v1/tenants/{client.tenant_id}/events"
    reply = await client.http.post(path, json={"key": key, "data": data, **more})
    assert reply.status_code == 200, reply.text
    event: dict[str, Any] = reply.json()
    return event


def started(event: dict[str, Any]) -> list[str]:
    return [run["workflowRunId"] for run in event["triggeredRuns"]]


async def status(client: Any, run_id: str) -> str:
    """Of a run."""
    found: str = (await client.http.get(f"/api/v1/stable/workflow-runs/{run_id}")).json()["run"]["status"]
    return found


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("additional_metadata.plan == 'gold'", True),
        ("additional_metadata.plan == 'tin'", False),
        ("'plan' in additional_metadata && !('other' in additional_metadata)", True),
        ("event_key.startsWith('flow-')", True),
        ("event_key.startsWith('other')", False),
        ("size(event_id) == 36", True),
        ("event_id == input.id", False),
        ("input.total > payload.least", True),
        ("input.total < payload.least", False),
        ("payload.gift == 'a rose' && input.total == 150 && additional_metadata.plan == payload.plan", True),
    ],
)
async def test_filters_see_all_of_an_event(house: Any, name: str, expression: str, matches: bool) -> None:
    payload = b'{"least": 100, "gift": "a rose", "plan": "gold"}'
    filter_ = admin_pb2.DefaultFilter(expression=expression, scope="shop", payload=payload)
    await put(house.ours, name, default_filters=[filter_])
    data, more = {"total": 150, "id": name}, {"additionalMetadata": {"plan": "gold"}}
    event = await push(house.ours, name, data, scope="shop", **more)
    assert (len(started(event)), event.get("problem")) == (int(matches), None)
    for other in ({"scope": "house"}, {}):
        assert started(await push(house.ours, name, data, **other, **more)) == []


async def test_a_filter_that_fails_says_so(house: Any, name: str) -> None:
    await put(
        house.ours,
        name,
        default_filters=[admin_pb2.DefaultFilter(expression="additional_metadata.plan == 'gold'", scope="shop")],
    )
    event = await push(house.ours, name, {}, scope="shop")
    assert started(event) == []
    assert "additional_metadata.plan" in event["problem"]


async def test_an_event_whose_key_is_taken(house: Any, name: str) -> None:
    client, other = house.ours, f"{name}-other"
    await put(client, name, idempotency=admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=3_600_000))
    # What the event starts besides is started all the same.
    await client.call(PUT, workflow(name=other, event_triggers=[name]), admin_pb2.CreateWorkflowVersionResponse)
    events = [await push(client, name, {"key": f"{name}/{key}"}) for key in ("a", "a", "b")]
    assert [len(started(event)) for event in events] == [2, 1, 2]
    assert [event.get("problem") for event in events] == [None, f"{name}: {TAKEN}", None]
    # The list says the same.
    rows = (await client.http.get(f"{client.stable}/events", params={"keys": name})).json()["rows"]
    assert [row.get("problem") for row in reversed(rows)] == [event.get("problem") for event in events]
    event = await push(client, name, {})
    assert len(started(event)) == 1
    assert event["problem"].startswith(f"{name}: idempotency.expression: ")


async def test_events_are_throttled_until_the_key_is_free(house: Any, name: str) -> None:
    config = admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=3_600_000)
    await put(house.ours, name, idempotency=config)
    data = {"key": name}
    first = await push(house.ours, name, data)
    assert started(await push(house.ours, name, data)) == []
    config.ttl_ms, config.method = 3_600_000, admin_pb2.IdempotencyMethod.STATUS
    free = f"{name}-free"
    await put(house.ours, free, idempotency=config)
    again = await push(house.ours, free, {"key": free})
    assert started(await push(house.ours, free, {"key": free})) == []
    path = f"{house.ours.stable}/tasks/cancel"
    assert (await house.ours.http.post(path, json={"externalIds": started(again) + started(first)})).status_code == 200
    # This one's key is taken until its run has ended, the first one's for its time.
    assert len(started(await push(house.ours, free, {"key": free}))) == 1
    assert started(await push(house.ours, name, data)) == []


async def test_an_event_that_meets_a_full_queue(house: Any, name: str) -> None:
    await put_ours(house.ours, name, queue_limit=workflow_pb2.QueueLimit(max_queued=1))
    assert len(started(await push(house.ours, name, {}))) == 1
    event = await push(house.ours, name, {})
    assert started(event) == []
    assert event["problem"].startswith(f"{name}: ")
    assert "queued" in event["problem"]


async def test_events_are_debounced(house: Any, name: str) -> None:
    debounce = workflow_pb2.Debounce(expression="input.page", delay=3600)
    await put_ours(house.ours, name, debounce=debounce)
    runs = [run for page in "aab" for run in started(await push(house.ours, name, {"page": page}))]
    assert len(set(runs)) == 3
    statuses = [await status(house.ours, run) for run in runs]
    assert statuses[0] == "CANCELLED"
    assert "CANCELLED" not in statuses[1:]


async def test_a_schedule_whose_key_is_taken(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name, idempotency=admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=3_600_000))
    assert len(started(await push(client, name, {"key": name}))) == 1
    now = datetime.now(UTC).isoformat()
    body = {"triggerAt": now, "input": {"key": name}, "additionalMetadata": {}}
    made = await client.http.post(f"/api/v1/tenants/{client.tenant_id}/workflows/{name}/scheduled", json=body)
    assert made.status_code == 200, made.text
    path = f"/api/v1/tenants/{client.tenant_id}/workflows/scheduled/{made.json()['metadata']['id']}"
    found = (await client.http.get(path)).json()
    assert found["problem"] == TAKEN


async def test_a_cron_whose_key_is_taken(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name, idempotency=admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=3_600_000))
    assert len(started(await push(client, name, {"key": name}))) == 1
    body = {"cronName": "n", "cronExpression": "* * * * * *", "input": {"key": name}, "additionalMetadata": {}}
    made = await client.http.post(f"/api/v1/tenants/{client.tenant_id}/workflows/{name}/crons", json=body)
    assert made.status_code == 200, made.text
    path = f"/api/v1/tenants/{client.tenant_id}/workflows/crons/{made.json()['metadata']['id']}"
    refused = await client.http.post(path)
    assert (refused.status_code, TAKEN in refused.text) == (409, True), refused.text
    async with asyncio.timeout(60):
        while (await client.http.get(path)).json().get("problem") != TAKEN:
            # The next tick comes within a second.
            pass
    # It is as it was: the next tick may find the key free.
    assert (await client.http.get(path)).json()["enabled"]
    assert (await client.http.delete(path)).status_code == 204


async def test_tasks_are_counted_by_their_event_and_their_metadata(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    first = await push(client, name, {}, additionalMetadata={"who": "ann", "run": name})
    await push(client, name, {}, additionalMetadata={"who": "bob", "run": name})

    async def queued(**params: Any) -> int:
        query = {"since": "2020-01-01T00:00:00Z", **params}
        reply = await client.http.get(f"{client.stable}/task-metrics", params=query)
        assert reply.status_code == 200, reply.text
        counts: dict[str, int] = {row["status"]: row["count"] for row in reply.json()}
        return counts["QUEUED"]

    assert await queued(triggering_event_external_id=first["metadata"]["id"]) == 1
    assert await queued(additional_metadata=f"run:{name}") == 2
    assert await queued(additional_metadata=["who:ann", f"run:{name}"], workflow_ids=[]) >= 2
    assert await queued(triggering_event_external_id=first["metadata"]["id"], additional_metadata="who:bob") == 0
