"""Lists by pages: each that grows has a cursor, and page after page shows every row once, in the list's order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2, shared_pb2, workflows_pb2
from mattock_engine.gateways.rest.app import build
from mattock_engine.identity import new_id

from .conftest import Client, House, new_tenant
from .test_contract import trigger
from .test_refusal import PUT, task, workflow
from .test_wall import made

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOCUMENT: dict[str, Any] = build(None, "0", 1).openapi()
# What has no cursor, and why it needs none.
BOUNDED = {
    "tenants of a person": {"get_me"},
    "made by hand": {
        *("list_members", "list_invitations", "list_alert_channels", "list_alert_rules", "list_tokens"),
    },
    "what one thing names": {"get_alert_rule"},
    "as many as were asked for": {"preview_cron", "list_firings", "list_ids"},
    "slices of a time, or one row for each workflow, status or error": {
        *("task_points", "custom_metrics", "task_figures", "task_errors", "log_points", "list_dead_letter_groups"),
        *("count_children", "count_tasks", "workflow_stats", "list_waiting", "list_event_keys"),
    },
    "of one run, whose tasks, attempts, steps and spans are bounded": {
        *("get_run", "list_run_events", "list_task_events", "list_spans", "get_history", "get_event"),
    },
    "tasks of a workflow": {"list_queues"},
}


def lists() -> dict[str, dict[str, Any]]:
    """The operations that show lists, by their names; each with its path."""
    found = {}
    for path, methods in DOCUMENT["paths"].items():
        operation = methods.get("get", {})
        for content in operation.get("responses", {}).get("200", {}).get("content", {}).values():
            schema = content["schema"]
            if "$ref" in schema:
                schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            if "array" in [schema.get("type"), *[each.get("type") for each in schema.get("properties", {}).values()]]:
                found[operation["operationId"]] = {**operation, "path": path}
    return found


def parameters(operation: dict[str, Any]) -> set[str]:
    return {each["name"] for each in operation.get("parameters", ())}


async def test_every_list_that_grows_has_a_cursor() -> None:
    without = {name for name, operation in lists().items() if not {"cursor", "before"} & parameters(operation)}
    assert without == set().union(*BOUNDED.values())


APPROVAL = (
    "insert into mattock.step (tenant_id, task_id, branch, node, kind, fingerprint, what, label, invocation,"
    " recorded_at, place, settled_at, failed) values ($1, $2, 1, $3, 2, '', 'May I?', 'approval:' || $4, 1, $5, $6, $7,"
    " false)"
)
DEAD = (
    "insert into mattock.finished_run (tenant_id, run_id, kind, workflow_id, version_id, status, attempt, app_failures,"
    " reassignments, priority, queue_id, sort_key, error, skipped, slot_released, created_at, finished_at)"
    " select $1, $2, 0, workflow_id, version_id, 3, 0, 0, 0, 1, 0, 0, 'no', false, false, now(), now() - $3 * interval"
    " '1 s' from mattock.workflow_version where tenant_id = $1 and name = $4"
)
LINE = (
    "insert into mattock.log_line (tenant_id, task_id, attempt, at, level, message, fields)"
    " values ($1, $2, 1, now() - $3 * interval '1 s', 'INFO', $4, '')"
)
ALERT = (
    "insert into mattock.alert (tenant_id, alert_id, rule_id, rule, kind, workflow, summary, details, value, fired_at,"
    " notified_at, resolved_at) values ($1, $2, $2, 'r', 'FAILURES', '', 's', '[]', 1, $3, $3, $4)"
)


async def several_of_each(client: Client, pool: Any, name: str) -> None:
    """Fills a tenant's lists; some rows have their times in common."""
    base, soon = f"/api/v1/tenants/{client.tenant_id}", datetime.now(UTC) + timedelta(days=9)
    for number in range(5):
        flow = workflow(task(action=f"{name}-{number}:t"), name=f"{name}-{number}")
        flow_id = (await client.call(PUT, flow, admin_pb2.CreateWorkflowVersionResponse)).workflow_id
        hello = dispatcher_pb2.WorkerRegisterRequest(worker_name=f"w{number}", actions=["x:y"])
        await client.call("/Dispatcher/Register", hello, dispatcher_pb2.WorkerRegisterResponse)
        cron = {"cronName": f"c{number % 3}", "cronExpression": "0 0 1 1 *", "input": {}, "additionalMetadata": {}}
        await made(client, f"{base}/workflows/{name}-{number}/crons", cron)
        at = (soon + timedelta(hours=number // 2)).isoformat()
        schedule = {"triggerAt": at, "input": {}, "additionalMetadata": {}}
        await made(client, f"{base}/workflows/{name}-0/scheduled", schedule)
        await made(client, f"{base}/events", {"key": name, "data": {}})
        rule = {"workflowId": flow_id, "expression": "true", "scope": f"s{number % 2}"}
        await made(client, f"{client.stable}/filters", rule)
        auth = {"authType": "API_KEY", "auth": {"headerName": "x", "apiKey": "k"}}
        hook = {"sourceName": "GENERIC", "name": f"{name}-{number}", "eventKeyExpression": "'a'", **auth}
        await made(client, f"{client.stable}/webhooks", hook)
        limit = {"key": f"{name}-{number}", "limit": number % 2 + 1, "duration": "HOUR"}
        assert (await client.http.put(f"{base}/rate-limits", json=limit)).status_code == 204
        run_id = await trigger(client, f"{name}-0")
        for node, (place, settled) in enumerate(((0, 0.0), (1, 100.0 + number // 2))):
            values = (client.tenant_id, run_id, node, str(node), 50.0 + number // 2, place, settled)
            await pool.execute(APPROVAL, *values)
        await pool.execute(DEAD, client.tenant_id, new_id(), number // 2, f"{name}-0")
        await pool.execute(LINE, client.tenant_id, run_id, number // 2, f"{name} {number}")
        await pool.execute(ALERT, client.tenant_id, new_id(), float(number // 2), float(number % 2))


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def filled(house: House) -> AsyncIterator[Client]:
    """A client of a tenant that no other test fills: page after page is walked, two rows a page."""
    async with new_tenant(house) as client:
        await several_of_each(client, house.store.pool, f"page-{new_id()}")
        yield client


PLAIN: dict[str, str] = {}
LISTS = [
    ("list_runs", {"since": "2020-01-01T00:00:00Z", "only_tasks": False}),
    ("list_runs", {"since": "2020-01-01T00:00:00Z", "only_tasks": True}),
    ("list_events", PLAIN),
    ("list_workflows", PLAIN),
    ("list_workers", PLAIN),
    ("list_crons", PLAIN),
    ("list_crons", {"orderByField": "name", "orderByDirection": "ASC"}),
    ("list_schedules", PLAIN),
    ("list_schedules", {"orderByDirection": "ASC"}),
    ("list_schedules", {"orderByField": "createdAt"}),
    ("list_filters", PLAIN),
    ("list_webhooks", PLAIN),
    ("list_rate_limits", PLAIN),
    ("list_rate_limits", {"orderByField": "limitValue", "orderByDirection": "desc"}),
    ("list_approvals", PLAIN),
    ("list_approvals", {"decided": True}),
    ("list_alerts", PLAIN),
    ("list_dead_letters", PLAIN),
    ("list_tenant_logs", PLAIN),
    ("list_tenant_logs", {"order_by_direction": "ASC"}),
]
# The keys of limits and the audit log have tests of their own; a task's log is the tenant's, narrowed.
ELSEWHERE = {"list_concurrency", "list_audit", "list_logs"}


async def test_every_list_with_a_cursor_is_walked() -> None:
    with_one = {name for name, operation in lists().items() if {"cursor", "before"} & parameters(operation)}
    assert with_one == {name for name, _ in LISTS} | ELSEWHERE


@pytest.mark.parametrize(("operation", "query"), LISTS)
async def test_pages(filled: Client, operation: str, query: dict[str, Any]) -> None:
    path = lists()[operation]["path"].replace("{tenant}", filled.tenant_id)

    async def page(**more: Any) -> tuple[list[Any], str | None]:
        response = await filled.http.get(path, params={**query, **more})
        assert response.status_code == 200, response.text
        found = response.json()
        return found["rows"], found.get("nextCursor") or found.get("pagination", {}).get("next_cursor")

    def name(row: Any) -> Any:
        if operation == "list_approvals":
            return row["taskExternalId"], row["key"]
        plain = {"list_rate_limits": "key", "list_dead_letters": "runId", "list_tenant_logs": "message"}
        return row[plain[operation]] if operation in plain else row.get("id") or row["metadata"]["id"]

    whole, after = await page(limit=1000)
    assert after is None
    assert len({name(row) for row in whole}) == len(whole) >= 5
    walked, cursor = await page(limit=2)
    while cursor is not None:
        rows, cursor = await page(limit=2, cursor=cursor)
        assert 0 < len(rows) <= 2
        walked += rows
    assert [name(row) for row in walked] == [name(row) for row in whole]
    for wrong in ("nonsense", "WzEsMiwzXQ", "bnVsbA"):
        refused = await filled.http.get(path, params={**query, "cursor": wrong})
        assert refused.status_code == 400, (wrong, refused.text)
        assert refused.json()["errors"][0]["field"] == "cursor"


async def test_runs_of_one_moment_are_all_walked(house: Any, name: str) -> None:
    """Those of a bulk that wait have one time, and are more than a page."""
    client, number = house.theirs, 900
    put = workflow(task(action=f"{name}:t"), name=name)
    workflow_id = (await client.call(PUT, put, admin_pb2.CreateWorkflowVersionResponse)).workflow_id
    runs = [shared_pb2.TriggerWorkflowRequest(name=name, input="{}") for _ in range(number)]
    bulk = workflows_pb2.BulkTriggerWorkflowRequest(workflows=runs)
    reply = await client.call("/WorkflowService/BulkTriggerWorkflow", bulk, workflows_pb2.BulkTriggerWorkflowResponse)
    path = lists()["list_runs"]["path"].replace("{tenant}", client.tenant_id)
    wanted = {"since": "2020-01-01T00:00:00Z", "only_tasks": False, "limit": 100, "workflow_ids": workflow_id}
    walked: list[str] = []
    cursor = None
    while cursor is not None or not walked:
        found = (await client.http.get(path, params=wanted | ({"cursor": cursor} if cursor else {}))).json()
        walked += [row["metadata"]["id"] for row in found["rows"]]
        cursor = found["pagination"].get("next_cursor")
    assert len(walked) == number
    assert set(walked) == set(reply.workflow_run_ids)
