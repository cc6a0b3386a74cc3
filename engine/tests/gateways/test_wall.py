"""Between tenants stands a wall: no operation of REST shows or changes what another tenant has, by whatever id."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from mattock_engine.access import Members
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2, events_pb2
from mattock_engine.gateways.rest.app import build
from mattock_engine.identity import new_id
from mattock_engine.role import Role

from .conftest import new_tenant
from .test_contract import trigger
from .test_refusal import PUT, task, workflow
from .test_role import GUARDED, asked

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "top-secret-of-ours"
DOCUMENT: dict[str, Any] = build(None, "0", 1).openapi()
# They change by themselves, or by being asked: leases, who was seen when.
RESTLESS = {"lease", "api_token", "worker"}


async def made(client: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Makes something; what is answered."""
    response = await client.http.post(path, json=body)
    assert response.status_code in (200, 201), response.text
    return dict(response.json())


async def belongings(house: Any, name: str) -> dict[str, str]:
    """Makes one of everything that has an id in a path; the ids by the parameters' names."""
    ours, base = house.ours, f"/api/v1/tenants/{house.ours.tenant_id}"
    flow = workflow(task(action=f"{name}:t"), name=name, description=SECRET)
    flow_id = (await ours.call(PUT, flow, admin_pb2.CreateWorkflowVersionResponse)).workflow_id
    run_id = await trigger(ours, name, f'{{"a":"{SECRET}"}}')
    line = events_pb2.PutLogRequest(task_run_external_id=run_id, message=SECRET)
    line.created_at.FromDatetime(datetime.now(UTC))
    await ours.call("/EventsService/PutLog", line, events_pb2.PutLogResponse)
    hello = dispatcher_pb2.WorkerRegisterRequest(worker_name=SECRET, actions=["x:y"])
    worker_id = (await ours.call("/Dispatcher/Register", hello, dispatcher_pb2.WorkerRegisterResponse)).worker_id
    data = {"input": {"a": SECRET}, "additionalMetadata": {"who": SECRET}}
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    cron = await made(ours, f"{base}/workflows/{name}/crons", {"cronName": name, "cronExpression": "0 0 1 1 *", **data})
    schedule = await made(ours, f"{base}/workflows/{name}/scheduled", {"triggerAt": at, **data})
    event = await made(ours, f"{base}/events", {"key": name, "data": {"a": SECRET}})
    rule = {"workflowId": flow_id, "expression": "true", "scope": SECRET, "payload": {"a": SECRET}}
    made_filter = await made(ours, f"{ours.stable}/filters", rule)
    auth = {"headerName": "x-key", "apiKey": SECRET}
    hook = {"sourceName": "GENERIC", "name": name, "eventKeyExpression": f"'{SECRET}'", "authType": "API_KEY"}
    await made(ours, f"{ours.stable}/webhooks", {**hook, "auth": auth})
    token = await house.tokens.issue(ours.tenant_id, SECRET)
    members = Members(house.store, house.people)
    email = f"{SECRET}-{new_id()}@wall.example"
    code = await members.invite(ours.tenant_id, Role.OWNER, email, Role.VIEWER, "test")
    await members.accept(code, SECRET, "long enough for it")
    invited = f"/api/v1/tenants/{ours.tenant_id}/invitations"
    await made(ours, invited, {"email": f"{SECRET}-{new_id()}@wall.example", "role": "VIEWER"})
    invitation = (await ours.http.get(invited)).json()["rows"][0]["id"]
    url = f"http://127.0.0.1:9/{SECRET}"
    channel = await made(ours, f"{ours.stable}/alert-channels", {"name": name, "kind": "WEBHOOK", "url": url})
    few = {"name": name, "kind": "FEW_WORKERS", "threshold": 1, "channelIds": [channel["metadata"]["id"]]}
    rule_of_alerts = await made(ours, f"{ours.stable}/alert-rules", few)
    return {
        "workflow": flow_id,
        "run": run_id,
        "task": run_id,
        "worker": worker_id,
        "cron": cron["metadata"]["id"],
        "schedule": schedule["metadata"]["id"],
        "event": event["metadata"]["id"],
        "filter_id": made_filter["metadata"]["id"],
        "token": house.tokens.verify(token).token_id,
        "person": await house.people.by_email(email),
        "invitation": invitation,
        "channel": channel["metadata"]["id"],
        "rule": rule_of_alerts["metadata"]["id"],
        "name": name,
        "key": name,
    }


def body_of(schema: dict[str, Any], name: str, ids: dict[str, str]) -> Any:
    """A value that fits a schema, and speaks of what is ours wherever it can."""
    if "$ref" in schema:
        return body_of(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name, ids)
    if kinds := [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]:
        return body_of(kinds[0], name, ids)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return {key: body_of(each, key, ids) for key, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [body_of(schema["items"], name, ids)]
    if kind == "string" and schema.get("format") == "date-time":
        return datetime.now(UTC).isoformat()
    if kind == "string":
        known = next((id_ for word, id_ in ids.items() if word in name.lower()), ids["run"])
        return ids["name"] if "name" in name.lower() else known
    return {"boolean": True, "integer": schema.get("minimum", 1), "number": 1.0}.get(str(kind), {})


def request_of(method: str, path: str, tenant_id: str, ids: dict[str, str]) -> dict[str, Any]:
    """A request of an operation: its path is theirs, its ids are ours."""
    path = path.replace("{tenant}/workflows/{workflow}", f"{{tenant}}/workflows/{ids['name']}")
    path = path.replace("{tenant}", tenant_id)
    return {"path": re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path), "method": method}


async def state(house: Any) -> dict[str, list[str]]:
    """All that the store holds of ours."""
    pool, found = house.store.pool, {}
    tables = await pool.fetch(
        "select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relnamespace = 'mattock'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
    )
    for table in tables:
        if table["name"] not in RESTLESS:
            sql = f"select t::text as row from mattock.{table['name']} t where tenant_id = $1 order by 1"
            found[table["name"]] = [each["row"] for each in await pool.fetch(sql, house.ours.tenant_id)]
    sql = "select worker_id, name, paused, draining, removed_at from mattock.worker where tenant_id = $1 order by 1"
    found["worker"] = [str(row) for row in await pool.fetch(sql, house.ours.tenant_id)]
    sql = "select token_id, revoked_at from mattock.api_token where tenant_id = $1 order by 1"
    found["api_token"] = [str(row) for row in await pool.fetch(sql, house.ours.tenant_id)]
    return found


async def log_in(house: Any, client: httpx.AsyncClient) -> None:
    """Makes an owner of the other tenant, who is logged in."""
    members = Members(house.store, house.people)
    code = await members.invite(house.theirs.tenant_id, Role.OWNER, f"{new_id()}@wall.example", Role.OWNER, "test")
    body = {"code": code, "name": "T", "password": "long enough for it"}
    assert (await client.post("/api/v1/users/invitations/accept", json=body)).status_code == 204
    client.headers["x-csrf-token"] = client.cookies["mattock_csrf"]


@pytest_asyncio.fixture(loop_scope="session")
async def own(house: Any) -> AsyncIterator[Any]:
    """The house with two tenants of their own: what others have left would change, and what is asked changes theirs."""
    async with new_tenant(house) as ours, new_tenant(house) as theirs:
        yield replace(house, ours=ours, theirs=theirs)


@pytest_asyncio.fixture(loop_scope="session", params=["token", "person"])
async def stranger(own: Any, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """An owner of the other tenant: by a token, or logged in."""
    async with httpx.AsyncClient(base_url=own.ours.http.base_url) as client:
        if request.param == "token":
            client.headers["authorization"] = f"Bearer {own.theirs.token}"
        else:
            await log_in(own, client)
        yield client


async def test_another_tenants_ids_lead_nowhere(own: Any, name: str, stranger: httpx.AsyncClient) -> None:
    ids = await belongings(own, name)
    before = await state(own)
    assert SECRET in str(before)
    wrong = []
    for method, path, operation in GUARDED:
        asking = request_of(method, path, own.theirs.tenant_id, ids)
        content = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            asking["json"] = body_of(schema, "", ids)
        response = await asked(stranger, **asking)
        text = response.text if response.is_stream_consumed else ""
        told = f"{operation}: {response.status_code} {text[:200]}"
        # What has no id of ours in its path speaks of what is theirs.
        if "{" in path.replace("{tenant}", "") and response.status_code < 400:
            wrong.append(told)
        if SECRET in text or response.status_code >= 500:
            wrong.append(told)
    assert not wrong, "\n".join(wrong)
    after = await state(own)
    assert {table for table in before if before[table] != after[table]} == set()


async def test_ones_own_ids_lead_somewhere(house: Any, name: str) -> None:
    """The check above is no empty one: the same paths show what is there to whom it belongs."""
    ids = await belongings(house, name)
    shown = 0
    for method, path, _ in GUARDED:
        if method == "GET" and "{" in path.replace("{tenant}", ""):
            asking = request_of(method, path, house.ours.tenant_id, ids)
            response = await asked(house.ours.http, **asking)
            shown += response.is_stream_consumed and SECRET in response.text
    assert shown >= 10
