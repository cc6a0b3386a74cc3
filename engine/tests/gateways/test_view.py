"""What the dashboard asks for: figures, what is to come, changes of what is there."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mattock_engine.access import token as token_module
from mattock_engine.contracts.hatchet import admin_pb2, events_pb2

from .test_contract import RawWorker, result, trigger
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def put(client: Any, name: str, **changes: Any) -> str:
    """Registers a workflow of one task; its id."""
    reply = await client.call(
        PUT, workflow(task(action=f"{name}:t"), name=name, **changes), admin_pb2.CreateWorkflowVersionResponse
    )
    return str(reply.workflow_id)


def crons(client: Any) -> str:
    return f"/api/v1/tenants/{client.tenant_id}/workflows"


async def make_cron(client: Any, workflow_name: str, **changes: Any) -> dict[str, Any]:
    body = {"cronName": "nightly", "cronExpression": "0 3 * * *", "input": {}, "additionalMetadata": {}, **changes}
    response = await client.http.post(f"{crons(client)}/{workflow_name}/crons", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_a_version_says_all_of_its_definition(house: Any, name: str) -> None:
    workflow_id = await put(house.ours, name, default_priority=2)
    found = (await house.ours.http.get(f"/api/v1/workflows/{workflow_id}/versions")).json()["workflowConfig"]
    assert (found["name"], found["default_priority"], found["sticky"]) == (name, 2, "NONE")
    assert found["tasks"][0]["retries"] == 0


async def test_how_a_workflow_fares(house: Any, name: str) -> None:
    client = house.ours
    workflow_id = await put(client, name)
    worker = await RawWorker.start(client, f"{name}:t")
    for kind in ("COMPLETED", "FAILED"):
        run_id = await trigger(client, name)
        await worker.report(await worker.stream.read(), kind, "{}" if kind == "COMPLETED" else "no")
        await result(client, run_id)
    rows = (await client.http.get(f"{client.stable}/workflow-stats")).json()["rows"]
    own = next(row for row in rows if row["workflowId"] == workflow_id)
    assert (own["completed"], own["failed"], own["queued"], own["running"]) == (1, 1, 0, 0)
    assert (own["lastRunId"], own["lastRunStatus"]) == (run_id, "FAILED")
    await worker.leave()


async def test_log_lines_by_level_over_time(house: Any, name: str) -> None:
    client = house.ours
    workflow_id = await put(client, name)
    run_id = await trigger(client, name)
    for level in ("INFO", "ERROR", "ERROR"):
        line = events_pb2.PutLogRequest(task_run_external_id=run_id, message=f"{name} {level}", level=level)
        line.created_at.FromDatetime(datetime.now(UTC))
        await client.call("/EventsService/PutLog", line, events_pb2.PutLogResponse)
    query = {"search": name, "workflow_ids": workflow_id}
    for _ in range(500):
        points = (await client.http.get(f"{client.stable}/log-point-metrics", params=query)).json()["results"]
        if sum(point["INFO"] + point["ERROR"] for point in points) == 3:
            break
        await asyncio.sleep(0.01)
    assert [sum(point[level] for point in points) for level in ("DEBUG", "INFO", "WARN", "ERROR")] == [0, 1, 0, 2]


async def test_a_cron_is_changed(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    cron = await make_cron(client, name)
    path = f"{crons(client)}/crons/{cron['metadata']['id']}"
    change = {
        "cronExpression": "30 4 * * *",
        "timezone": "Europe/Berlin",
        "overlap": "skip",
        "missed": "all",
        "jitter": 5,
        "input": {"a": 1},
        "priority": 3,
        "cronName": "early",
    }
    assert (await client.http.patch(path, json=change)).status_code == 204
    found = (await client.http.get(path)).json()
    assert {key: found[key] for key in ("timezone", "overlap", "missed", "jitter", "input", "priority")} == {
        key: change[key] for key in ("timezone", "overlap", "missed", "jitter", "input", "priority")
    }
    assert (found["cron"], found["name"]) == ("30 4 * * *", "early")
    preview = {"expression": "30 4 * * *", "timezone": "Europe/Berlin", "count": 3}
    times = (await client.http.get(f"{crons(client)}/crons/preview", params=preview)).json()["times"]
    assert times[0] == found["nextAt"]
    assert len(times) == 3
    # The old name is free again; the new one is taken.
    await make_cron(client, name)
    taken = await client.http.post(
        f"{crons(client)}/{name}/crons",
        json={"cronName": "early", "cronExpression": "30 4 * * *", "input": {}, "additionalMetadata": {}},
    )
    assert taken.status_code == 400


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"cronExpression": "often"}, "cronExpression", "is no cron expression"),
        ({"timezone": "Mars/Olympus"}, "timezone", "is no time zone"),
        ({"cronName": " "}, "cronName", "is empty"),
        ({"jitter": -1}, "jitter", "greater than or equal to 0"),
        ({"overlap": "twice"}, "overlap", "'allow', 'skip'"),
    ],
)
async def test_bad_changes_of_a_cron(house: Any, name: str, change: Any, field: str, words: str) -> None:
    await put(house.ours, name)
    cron = await make_cron(house.ours, name)
    response = await house.ours.http.patch(f"{crons(house.ours)}/crons/{cron['metadata']['id']}", json=change)
    assert response.status_code == 400
    error = response.json()["errors"][0]
    assert error["field"] == field
    assert words in error["description"]
    after = (await house.ours.http.get(f"{crons(house.ours)}/crons/{cron['metadata']['id']}")).json()
    assert after == cron


async def test_a_declared_cron_keeps_its_expression(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name, cron_triggers=["0 5 * * *"])
    (cron,) = (await client.http.get(f"{crons(client)}/crons", params={"workflowName": name})).json()["rows"]
    path = f"{crons(client)}/crons/{cron['metadata']['id']}"
    refused = await client.http.patch(path, json={"cronExpression": "0 6 * * *"})
    assert refused.status_code == 409
    assert "the workflow declares this cron" in refused.text
    assert (await client.http.patch(path, json={"overlap": "queue", "enabled": False})).status_code == 204
    found = (await client.http.get(path)).json()
    assert (found["overlap"], found["enabled"], found["cron"]) == ("queue", False, "0 5 * * *")


async def test_what_is_to_come(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    hourly = (await make_cron(client, name, cronExpression="0 * * * *"))["metadata"]["id"]
    minutely = (await make_cron(client, name, cronExpression="* * * * *"))["metadata"]["id"]
    begin = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    at = begin + timedelta(hours=5)
    schedule = await client.http.post(
        f"{crons(client)}/{name}/scheduled",
        json={"triggerAt": at.isoformat(), "input": {}, "additionalMetadata": {}},
    )
    query = {"since": begin.isoformat(), "until": (begin + timedelta(days=2)).isoformat()}
    rows = (await client.http.get(f"{crons(client)}/firings", params=query)).json()["rows"]
    own = [row for row in rows if row["workflowName"] == name]
    assert [(row["count"], row["more"]) for row in own if row["id"] == minutely] == [(24, True)] * 2
    assert [row["count"] for row in own if row["id"] == hourly] == [23, 24]
    assert [row["at"] for row in own if row["kind"] == "SCHEDULE"] == [schedule.json()["triggerAt"]]
    bad = await client.http.get(f"{crons(client)}/firings", params={**query, "until": query["since"]})
    assert bad.status_code == 400
    assert bad.json()["errors"][0]["field"] == "until"


async def test_events_are_searched(house: Any, name: str) -> None:
    client = house.ours
    for word in ("apple", "pear"):
        body = {"key": f"{name}:new", "data": {"fruit": word}}
        assert (await client.http.post(f"/api/v1/tenants/{client.tenant_id}/events", json=body)).status_code == 200

    async def found(search: str) -> list[str]:
        rows = (await client.http.get(f"{client.stable}/events", params={"search": search})).json()["rows"]
        return [row["payload"]["fruit"] for row in rows if row["key"] == f"{name}:new"]

    assert await found("APPLE") == ["apple"]
    assert await found(name.upper()) == ["pear", "apple"]
    assert await found("no such thing") == []


async def test_a_tenant_has_another_name(house: Any) -> None:
    path = f"/api/v1/tenants/{house.theirs.tenant_id}"
    assert (await house.theirs.http.patch(path, json={"name": " The others "})).json()["name"] == "The others"
    refused = await house.theirs.http.patch(path, json={"name": " "})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "name"
    assert (await house.theirs.http.get(path)).json()["name"] == "The others"


async def test_the_last_use_of_a_token(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_module, "NOTE_SECONDS", 0.0)
    before = time.time()
    made = await house.tokens.issue(house.ours.tenant_id, "used once")
    path = f"/api/v1/tenants/{house.ours.tenant_id}"
    rows = (await house.ours.http.get(f"{path}/api-tokens")).json()["rows"]
    assert next(row for row in rows if row["name"] == "used once")["lastUsedAt"] is None
    await house.ours.http.get(path, headers={"Authorization": f"Bearer {made}"})
    used = None
    for _ in range(500):
        rows = (await house.ours.http.get(f"{path}/api-tokens")).json()["rows"]
        used = next(row for row in rows if row["name"] == "used once")["lastUsedAt"]
        if used is not None:
            break
        await asyncio.sleep(0.01)
    assert used is not None
    assert datetime.fromisoformat(used).timestamp() >= before - 1


async def test_the_audit_log_is_narrowed(house: Any, name: str) -> None:
    client = house.ours
    path = f"/api/v1/tenants/{client.tenant_id}"
    await client.http.post(f"{path}/api-tokens", json={"name": name})
    await client.http.post(f"{path}/api-tokens", json={"name": name, "expiresIn": "soon"})

    async def entries(**query: Any) -> list[dict[str, Any]]:
        query = {"actor": "test", "operation": "make_token", **query}
        return list((await client.http.get(f"{path}/audit", params=query)).json()["rows"])

    assert {row["status"] for row in await entries()} >= {200, 400}
    assert {row["status"] for row in await entries(refused=True)} == {400}
    assert 400 not in {row["status"] for row in await entries(refused=False)}
    assert await entries(actor="nobody") == []
    assert await entries(operation="revoke_token", search=name) == []
    assert await entries(until=(datetime.now(UTC) - timedelta(hours=1)).isoformat()) == []


async def test_a_webhook_has_another_secret(house: Any, name: str) -> None:
    client = house.ours
    path = f"{client.stable}/webhooks"
    body = {
        "sourceName": "GENERIC",
        "name": name,
        "eventKeyExpression": "'hook'",
        "authType": "API_KEY",
        "auth": {"headerName": "x-key", "apiKey": "old"},
    }
    assert (await client.http.post(path, json=body)).status_code == 200
    refused = await client.http.patch(f"{path}/{name}", json={"auth": {"headerName": "x-key"}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "auth.apiKey"
    change = {"auth": {"headerName": "x-key", "apiKey": "new"}}
    assert (await client.http.patch(f"{path}/{name}", json=change)).status_code == 200
    for key, status in (("old", 403), ("new", 204)):
        assert (await client.http.post(f"{path}/{name}", json={}, headers={"x-key": key})).status_code == status
