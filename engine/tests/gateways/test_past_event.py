"""Events of the past: pushed again over gRPC; and signals, which are kept as events but are nobody's to look at."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2, events_pb2
from mattock_engine.core.command import EventItem, PushEvents
from mattock_engine.core.subscription import SIGNAL_PREFIX
from mattock_engine.identity import new_id

from .test_refusal import PUT, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
REPLAY = "/EventsService/ReplaySingleEvent"


async def events(client: Any, **params: Any) -> list[dict[str, Any]]:
    """What the list has."""
    rows: list[dict[str, Any]] = (await client.http.get(f"{client.stable}/events", params=params)).json()["rows"]
    return rows


async def test_an_event_is_pushed_again(house: Any, name: str) -> None:
    client, key = house.ours, f"{name}:paid"
    await client.call(PUT, workflow(name=name, event_triggers=[key]), admin_pb2.CreateWorkflowVersionResponse)
    push = events_pb2.PushEventRequest(
        key=key, payload='{"n":1}', additional_metadata='{"who":"me"}', priority=3, scope="here"
    )
    first = await client.call("/EventsService/Push", push, events_pb2.Event)
    again = await client.call(REPLAY, events_pb2.ReplayEventRequest(event_id=first.event_id.upper()), events_pb2.Event)
    assert again.event_id != first.event_id
    assert (again.key, again.payload, again.additional_metadata) == (key, '{"n":1}', '{"who": "me"}')
    rows = await events(client, keys=key)
    assert [row["metadata"]["id"] for row in rows] == [again.event_id, first.event_id]
    assert [(row["payload"], row["additionalMetadata"], row["scope"]) for row in rows] == [
        ({"n": 1}, {"who": "me"}, "here")
    ] * 2
    started = [run["workflowRunId"] for row in rows for run in row["triggeredRuns"]]
    assert len(set(started)) == 2
    runs = [(await client.http.get(f"/api/v1/stable/workflow-runs/{each}")).json()["run"] for each in started]
    assert {run["additionalMetadata"]["hatchet__event_id"] for run in runs} == {again.event_id, first.event_id}
    code, message = await house.theirs.refused(REPLAY, events_pb2.ReplayEventRequest(event_id=first.event_id))
    assert (code, message) == (grpc.StatusCode.NOT_FOUND, f"event_id: no event {first.event_id}")
    code, message = await client.refused(REPLAY, events_pb2.ReplayEventRequest(event_id="me"))
    assert (code, message) == (grpc.StatusCode.INVALID_ARGUMENT, "event_id: 'me' is no UUID")


async def test_signals_are_left_out_unless_asked_for(house: Any, name: str) -> None:
    client = house.ours
    ours = EventItem(new_id(), f"{name}:go", f'{{"word":"{name}"}}', scope=name)
    task_id = new_id()
    signal = EventItem(new_id(), f"{SIGNAL_PREFIX}{task_id}/go", f'{{"word":"{name}"}}', scope=task_id)
    await house.engine.call(client.tenant_id, PushEvents([ours, signal]))

    async def found(**params: Any) -> set[str]:
        return {row["metadata"]["id"] for row in await events(client, **params)} & {ours.event_id, signal.event_id}

    both = {ours.event_id, signal.event_id}
    assert await found() == {ours.event_id}
    assert await found(search=name) == {ours.event_id}
    assert await found(search=name, signals=True) == both
    assert await found(scopes=[task_id, name]) == {ours.event_id}
    assert await found(keys=signal.key) == {signal.event_id}
    assert await found(eventIds=signal.event_id) == {signal.event_id}
    keys = (await client.http.get(f"{client.stable}/events/keys")).json()["rows"]
    assert ours.key in keys
    assert not [key for key in keys if key.startswith(SIGNAL_PREFIX)]
    # Pushing again what came since a time says nothing a second time to a task.
    body = {"since": "2020-01-01T00:00:00Z", "scopes": [name, task_id]}
    reply = await client.http.post(f"/api/v1/tenants/{client.tenant_id}/events/replay", json=body)
    assert len(reply.json()["ids"]) == 1


async def replay(client: Any, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
    """The answer to a replay that must be taken."""
    reply = await client.http.post(f"/api/v1/tenants/{client.tenant_id}/events/replay", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


async def pushed(house: Any, key: str, *metadata: str) -> list[str]:
    """Ids of events that are there, one for each metadata, with payloads that count them."""
    # Their order is that of their ids: these are of one moment.
    id_ = new_id()
    items = [
        EventItem(f"{id_[:-1]}{number}", key, f'{{"n":{number},"word":"w{number}{key}"}}', text)
        for number, text in enumerate(metadata)
    ]
    ids: list[str] = await house.engine.call(house.ours.tenant_id, PushEvents(items))
    return ids


@pytest.mark.parametrize(
    ("filter_", "numbers"),
    [
        ({}, [0, 1, 2, 3]),
        ({"additionalMetadata": ["of:a"]}, [0, 2, 3]),
        ({"additionalMetadata": ["of:a", "url:http://x"]}, [3]),
        ({"additionalMetadata": ["of:c"]}, []),
        ({"search": "w2"}, [2]),
        ({"search": "w1", "additionalMetadata": ["of:a"]}, []),
        ({"until": "2020-01-01T00:00:00Z"}, []),
    ],
)
async def test_events_are_pushed_again_by_filter(
    house: Any, name: str, filter_: dict[str, Any], numbers: list[int]
) -> None:
    old = await pushed(house, name, '{"of":"a"}', '{"of":"b"}', '{"of":"a"}', '{"of":"a","url":"http://x"}')
    ids = (await replay(house.ours, keys=[name], **filter_))["ids"]
    rows = {row["metadata"]["id"]: row["payload"]["n"] for row in await events(house.ours, keys=name)}
    assert [rows[each] for each in ids] == numbers
    assert set(rows) == {*old, *ids}


async def test_many_are_pushed_again_in_slices(house: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await pushed(house, name, *[""] * 5)
    answers: list[dict[str, Any]] = []
    cursor: str | None = None
    while not answers or cursor:
        answers.append(await replay(house.ours, keys=[name], limit=2, cursor=cursor))
        cursor = answers[-1].get("cursor")
    rows = {row["metadata"]["id"]: row["payload"]["n"] for row in await events(house.ours, keys=name)}
    # The newest slice first; what is new by now is in none of the next.
    assert [[rows[each] for each in answer["ids"]] for answer in answers] == [[3, 4], [1, 2], [0]]
    assert len(rows) == 2 * len(old)
    monkeypatch.setattr("mattock_engine.gateways.rest.event.MAX_REPLAY", 9)
    path = f"/api/v1/tenants/{house.ours.tenant_id}/events/replay"
    for body, words in (
        ({"keys": [name]}, "more than 9 events match: choose fewer, or so many at a time with a limit"),
        ({}, "eventIds: is missing; expected eventIds, or a filter by since, until, keys, scopes"),
        ({"limit": 3}, "eventIds: is missing"),
        ({"eventIds": old, "since": "2020-01-01T00:00:00Z"}, "expected either eventIds or since"),
        ({"keys": [name], "cursor": "none"}, "cursor: 'none'"),
        ({"keys": [name], "limit": 1001}, "limit"),
    ):
        reply = await house.ours.http.post(path, json=body)
        assert (reply.status_code, words in reply.text) == (400, True), reply.text
    assert len(await events(house.ours, keys=name)) == 2 * len(old)


async def test_a_replay_that_was_cut_off_pushes_nothing_twice(house: Any, name: str) -> None:
    old = await pushed(house, name, "", "")
    # What is made in the moment of the request could be its own.
    while int(new_id().replace("-", "")[:12], 16) <= int(old[-1].replace("-", "")[:12], 16):
        pass
    key = {"Idempotency-Key": name}
    first = await replay(house.ours, key, keys=[name])
    # As if its answer had not been kept.
    sql = "update mattock.once set status = null, body = null, leased_until = now() where key = $1"
    await house.store.pool.execute(sql, name)
    assert await replay(house.ours, key, keys=[name]) == first
    assert len(await events(house.ours, keys=name)) == 4
