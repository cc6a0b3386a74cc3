"""Keys of requests, tags of things, and the shape of a refusal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mattock_engine.contracts.hatchet import admin_pb2
from mattock_engine.gateways.rest import once
from mattock_engine.gateways.rest.once import _ids_from
from mattock_engine.identity import new_id

from .test_contract import RawWorker, result
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def put(client: Any, name: str) -> None:
    request = workflow(task(action=f"{name}:t"), name=name)
    await client.call(PUT, request, admin_pb2.CreateWorkflowVersionResponse)


async def runs_of(client: Any, name: str) -> list[str]:
    query = {"since": "2020-01-01T00:00:00Z", "only_tasks": "false", "search": name}
    reply = await client.http.get(f"{client.stable}/workflow-runs", params=query)
    return [row["metadata"]["id"] for row in reply.json()["rows"]]


async def trigger(client: Any, name: str, key: str, value: object = 1) -> Any:
    body = {"workflowName": name, "input": {"a": value}}
    return await client.http.post(f"{client.stable}/workflow-runs/trigger", json=body, headers={"Idempotency-Key": key})


async def test_a_request_made_again_is_answered_as_the_first(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    replies = await asyncio.gather(*(trigger(client, name, name) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.text for reply in replies}) == 1
    assert sorted(reply.headers.get("idempotency-replayed", "") for reply in replies) == ["", *["true"] * 4]
    assert len(await runs_of(client, name)) == 1
    other = await trigger(client, name, name, 2)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    # Another tenant's key of the same text is another key.
    assert (await trigger(house.theirs, name, name)).status_code == 400
    assert (await trigger(client, name, f"{name}2")).status_code == 200
    assert len(await runs_of(client, name)) == 2
    assert (await trigger(client, name, "x" * 300)).status_code == 400


async def test_a_refused_request_leaves_its_key_free(house: Any, name: str) -> None:
    client = house.ours
    assert (await trigger(client, name, name)).status_code == 400
    await put(client, name)
    assert (await trigger(client, name, name)).status_code == 200


async def test_a_request_whose_answer_was_lost_makes_nothing_twice(
    house: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = house.ours
    await put(client, name)
    first = await trigger(client, name, name)
    run_id = first.json()["run"]["metadata"]["id"]
    # As if the replica had died between its commit and the keeping of the answer.
    await house.store.pool.execute(
        "update mattock.once set status = null, body = null, leased_until = now() where key = $1", name
    )
    again = await trigger(client, name, name)
    assert (again.status_code, again.json()["run"]["metadata"]["id"]) == (200, run_id)
    assert "idempotency-replayed" not in again.headers
    assert await runs_of(client, name) == [run_id]
    # While it is under way elsewhere, others are told so.
    monkeypatch.setattr(once, "_WAIT_SECONDS", 0.0)
    await house.store.pool.execute(
        "update mattock.once set status = null, leased_until = now() + interval '1 hour' where key = $1", name
    )
    assert (await trigger(client, name, name)).status_code == 409


async def test_events_and_crons_take_a_key(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    headers = {"Idempotency-Key": name}
    for path, body in (
        (f"/api/v1/tenants/{client.tenant_id}/events", {"key": name, "data": {}}),
        (f"/api/v1/tenants/{client.tenant_id}/events/bulk", {"events": [{"key": name, "data": {}}]}),
        (
            f"/api/v1/tenants/{client.tenant_id}/workflows/{name}/crons",
            {"cronName": name, "cronExpression": "0 0 * * *", "input": {}, "additionalMetadata": {}},
        ),
        (
            f"/api/v1/tenants/{client.tenant_id}/workflows/{name}/scheduled",
            {"triggerAt": "2999-01-01T00:00:00Z", "input": {}, "additionalMetadata": {}},
        ),
    ):
        first, second = [await client.http.post(path, json=body, headers=headers) for _ in range(2)]
        assert first.status_code == 200, first.text
        assert first.text == second.text
    events = await client.http.get(f"{client.stable}/events", params={"keys": name})
    assert len(events.json()["rows"]) == 2


async def test_ids_of_a_key_stand_where_new_ones_would() -> None:
    seed = new_id()
    ids = [next(_ids_from(seed)) for _ in range(2)]
    made = _ids_from(seed)
    more = [next(made) for _ in range(3)]
    assert ids[0] == ids[1] == more[0]
    assert len(set(more)) == 3
    assert all(each[:13] == seed[:13] and each[14] == "7" for each in more)


async def test_tags_hold_off_who_has_seen_an_older_state(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    crons = f"/api/v1/tenants/{client.tenant_id}/workflows"
    body = {"cronName": name, "cronExpression": "0 0 * * *", "input": {}, "additionalMetadata": {}}
    cron = (await client.http.post(f"{crons}/{name}/crons", json=body)).json()["metadata"]["id"]
    path = f"{crons}/crons/{cron}"
    tag = (await client.http.get(path)).headers["etag"]
    assert (await client.http.get(path, headers={"If-None-Match": tag})).status_code == 304
    change = {"enabled": False}
    assert (await client.http.patch(path, json=change, headers={"If-Match": tag})).status_code == 204
    stale = await client.http.patch(path, json={"enabled": True}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (412, "If-Match")
    assert (await client.http.delete(path, headers={"If-Match": tag})).status_code == 412
    assert (await client.http.get(path, headers={"If-None-Match": tag})).status_code == 200
    assert (await client.http.get(path)).json()["enabled"] is False
    fresh = (await client.http.get(path)).headers["etag"]
    assert (await client.http.delete(path, headers={"If-Match": f'"x", {fresh}'})).status_code == 204
    assert (await client.http.delete(path, headers={"If-Match": "*"})).status_code == 404


async def test_settings_and_rules_have_tags(house: Any, name: str) -> None:
    client, tenant = house.theirs, f"/api/v1/tenants/{house.theirs.tenant_id}"
    rule = {"name": name, "kind": "FEW_WORKERS", "threshold": 1, "channelIds": [], "enabled": False}
    made = (await client.http.post(f"{client.stable}/alert-rules", json=rule)).json()["metadata"]["id"]
    for method, path, bodies in (
        ("PUT", f"{tenant}/limits", ({"maxRunning": 7}, {})),
        ("PUT", f"{tenant}/retention", ({"days": 7}, {})),
        ("PATCH", tenant, ({"name": name[:40]}, {"name": "Theirs"})),
        ("PATCH", f"{client.stable}/alert-rules/{made}", ({"threshold": 3}, {"threshold": 1})),
    ):
        headers = {"If-Match": (await client.http.get(path)).headers["etag"]}
        assert (await client.http.request(method, path, json=bodies[0], headers=headers)).status_code == 200, path
        assert (await client.http.request(method, path, json=bodies[1], headers=headers)).status_code == 412, path
        assert (await client.http.request(method, path, json=bodies[1])).status_code == 200, path


async def test_a_replay_under_a_key_is_made_once(house: Any, name: str) -> None:
    client = house.ours
    await put(client, name)
    worker = await RawWorker.start(client, f"{name}:t")
    response = await trigger(client, name, new_id())
    run_id = response.json()["run"]["metadata"]["id"]
    await worker.report(await worker.stream.read(), "COMPLETED", "{}")
    await result(client, run_id)
    headers = {"Idempotency-Key": name}
    for number in range(2):
        replayed = await client.http.post(
            f"{client.stable}/tasks/replay", json={"externalIds": [run_id]}, headers=headers
        )
        assert (replayed.status_code, replayed.json()["ids"]) == (200, [run_id])
        if number == 0:
            await worker.report(await worker.stream.read(), "COMPLETED", "{}")
            await result(client, run_id)
    assert (await client.http.get(f"/api/v1/stable/tasks/{run_id}")).json()["attempt"] == 2
    await worker.leave()


async def test_a_refusal_is_a_problem_and_names_each_field(house: Any) -> None:
    client = house.ours
    reply = await client.http.get(f"{client.stable}/workflow-runs", params={"limit": "x"})
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == reply.status_code == 400
    assert problem["type"] == "urn:mattock:problem:bad-request"
    assert {item["field"] for item in problem["errors"]} == {"since", "only_tasks", "limit"}
    assert all(item["description"] for item in problem["errors"])
    assert problem["title"]
    assert "limit" in problem["detail"]
    missing = await client.http.get(f"/api/v1/stable/workflow-runs/{new_id()}")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)


async def test_what_the_store_cannot_keep_is_refused(house: Any) -> None:
    client = house.ours
    reply = await client.http.post("/api/v1/users/login", json={"email": "a\0b", "password": "x"})
    assert (reply.status_code, reply.json()["status"]) == (400, 400)
    half = b'{"email": "\\ud800", "password": "x"}'
    headers = {"content-type": "application/json"}
    assert (await client.http.post("/api/v1/users/login", content=half, headers=headers)).status_code in (400, 403)
