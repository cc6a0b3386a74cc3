"""Live changes: what a stream tells, to whom, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mattock_engine.access import Members
from mattock_engine.contracts.hatchet import admin_pb2, events_pb2
from mattock_engine.core.message import Change, TenantChanged
from mattock_engine.digest import MAX_CHANGES, Digests
from mattock_engine.engine import Engine
from mattock_engine.gateways.rest import feed
from mattock_engine.gateways.rest.feed import Reader
from mattock_engine.identity import new_id
from mattock_engine.role import Role

from .test_contract import RawWorker, trigger
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Events:
    """What a stream tells, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, Any, str]:
        """Name, data and id of the next event."""
        name, data, place = "", None, ""
        async with asyncio.timeout(20):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data = json.loads(value)
                elif field == "id":
                    place = value
                elif not line and name:
                    return name, data, place
        raise EOFError

    async def until(self, wanted: str) -> Any:
        """Data of the next event of that name."""
        while True:
            name, data, _ = await self.next()
            if name == wanted:
                return data

    async def change_of(self, run_id: str, status: str) -> str:
        """Waits until a run has a status; the place of the event that tells it."""
        while True:
            name, data, place = await self.next()
            if name == "changes" and any(r["run"] == run_id and r["status"] == status for r in data["runs"]):
                return place


@asynccontextmanager
async def listening(client: httpx.AsyncClient, path: str, **options: Any) -> AsyncIterator[Events]:
    async with client.stream("GET", path, **options) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


async def put(client: Any, name: str, *names: str) -> RawWorker:
    parts = [task(readable_id=part, action=f"{name}:{part}") for part in names]
    await client.call(PUT, workflow(*parts, name=name), admin_pb2.CreateWorkflowVersionResponse)
    return await RawWorker.start(client, *(f"{name}:{part}" for part in names))


async def test_a_tenant_is_told_of_runs_and_topics(house: Any, name: str) -> None:
    client = house.ours
    async with listening(client.http, f"{client.stable}/live") as events:
        assert (await events.next())[0] == "ready"
        worker = await put(client, name, "t")
        told: set[str] = set()
        while not {"workflows", "workers"} <= told:
            told |= set((await events.until("changes"))["topics"])
        run_id = await trigger(client, name)
        action = await worker.stream.read()
        await events.change_of(run_id, "RUNNING")
        log = events_pb2.PutLogRequest(task_run_external_id=run_id, message="hello")
        log.created_at.GetCurrentTime()
        await client.call("/EventsService/PutLog", log, events_pb2.PutLogResponse)
        while run_id not in (await events.until("changes"))["logged"]:
            pass
        await worker.report(action, "COMPLETED", "{}")
        await events.change_of(run_id, "COMPLETED")
    await worker.leave()


async def test_topics_that_were_not_asked_for_are_not_told(house: Any, name: str) -> None:
    client = house.ours
    async with listening(client.http, f"{client.stable}/live?topics=events,workers") as events:
        worker = await put(client, name, "t")
        await trigger(client, name)
        await worker.stream.read()
        await client.http.post(f"/api/v1/tenants/{client.tenant_id}/events", json={"key": name, "data": {}})
        told: set[str] = set()
        while "events" not in told:
            data = await events.until("changes")
            assert not data["runs"]
            assert not data["logged"]
            told |= set(data["topics"])
        assert told <= {"events", "workers"}
    reply = await client.http.get(f"{client.stable}/live?topics=runs,nonsense")
    assert reply.status_code == 400
    assert "topics" in reply.text
    await worker.leave()


async def test_a_run_is_told_with_its_logs_and_chunks_to_its_end(house: Any, name: str) -> None:
    client = house.ours
    worker = await put(client, name, "t")
    run_id, other = await trigger(client, name), await trigger(client, name)
    actions = [await worker.stream.read() for _ in range(2)]
    action = next(each for each in actions if each.workflow_run_id == run_id)
    path = f"{client.stable}/workflow-runs/{run_id}/live"
    async with listening(client.http, path) as events:
        await events.until("ready")
        log = events_pb2.PutLogRequest(task_run_external_id=run_id, message="hello", level="WARN", metadata='{"a":1}')
        log.created_at.GetCurrentTime()
        await client.call("/EventsService/PutLog", log, events_pb2.PutLogResponse)
        line = await events.until("log")
        assert (line["task"], line["message"], line["level"], line["metadata"]) == (run_id, "hello", "WARN", {"a": 1})
        chunk = events_pb2.PutStreamEventRequest(task_run_external_id=run_id, message=b"part", event_index=0)
        chunk.created_at.GetCurrentTime()
        await client.call("/EventsService/PutStreamEvent", chunk, events_pb2.PutStreamEventResponse)
        assert (await events.until("chunk"))["data"] == "part"
        # One that comes late gets the chunks that were kept.
        async with listening(client.http, path) as late:
            assert (await late.until("chunk"))["index"] == 0
        await worker.report(next(each for each in actions if each.workflow_run_id == other), "COMPLETED", "{}")
        await worker.report(action, "COMPLETED", "{}")
        seen: list[Any] = []
        while not seen or seen[-1][0] != "ended":
            seen.append((await events.next())[:2])
        assert seen[-1][1] == {"status": "COMPLETED"}
        assert {run["id"] for name, data in seen if name == "changes" for run in data["runs"]} <= {run_id}
        with pytest.raises(EOFError):
            await events.next()
    async with listening(client.http, path) as events:
        await events.until("ended")
    assert (await client.http.get(f"{client.stable}/workflow-runs/{new_id()}/live")).status_code == 404
    await worker.leave()


async def test_who_comes_again_gets_what_came_meanwhile(house: Any, name: str) -> None:
    client = house.ours
    worker = await put(client, name, "t")
    async with listening(client.http, f"{client.stable}/live?topics=runs") as events:
        first = await trigger(client, name)
        place = await events.change_of(first, "RUNNING")
        second = await trigger(client, name)
        await events.change_of(second, "RUNNING")
    async with listening(client.http, f"{client.stable}/live?topics=runs", headers={"Last-Event-ID": place}) as events:
        await events.change_of(second, "RUNNING")
    for unknown in ("of-another-server-1", "x", f"{place.partition('-')[0]}-x"):
        async with listening(client.http, f"{client.stable}/live", params={"last_event_id": unknown}) as events:
            assert await events.until("refresh")
    await worker.leave()


async def test_a_revoked_token_ends_its_stream(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mattock_engine.gateways.rest import live

    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    token = await house.tokens.issue(house.ours.tenant_id, "listener", role=Role.VIEWER)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=house.ours.http.base_url, headers=headers) as client:
        async with listening(client, f"{house.ours.stable}/live") as events:
            await events.until("ready")
            rows = await house.store.credentials.tokens(house.ours.tenant_id)
            await house.tokens.revoke(
                house.ours.tenant_id, next(r["token_id"] for r in rows if r["name"] == "listener")
            )
            assert "revoked" in (await events.until("closed"))["reason"]
        assert (await client.get(f"{house.ours.stable}/live")).status_code == 403
        assert (await client.get(f"{house.theirs.stable}/live")).status_code == 403


async def test_a_person_listens_by_a_cookie(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mattock_engine.gateways.rest import live

    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    members = Members(house.store, house.people)
    code = await members.invite(house.ours.tenant_id, Role.OWNER, "onlooker@example.com", Role.VIEWER, "test")
    async with httpx.AsyncClient(base_url=house.ours.http.base_url) as client:
        body = {"code": code, "name": "T", "password": "long enough for it"}
        assert (await client.post("/api/v1/users/invitations/accept", json=body)).status_code == 204
        async with listening(client, f"{house.ours.stable}/live") as events:
            await events.until("ready")
            headers = {"x-csrf-token": client.cookies["mattock_csrf"]}
            assert (await client.post("/api/v1/users/logout", headers=headers)).status_code == 204
            await events.until("closed")


async def test_nobody_listens_and_nothing_is_gathered(house: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[str] = []
    monkeypatch.setattr(Digests, "add", lambda self, tenant_id, records: gathered.append(tenant_id))
    worker = await put(house.theirs, name, "t")
    await trigger(house.theirs, name)
    await worker.stream.read()
    assert house.theirs.tenant_id not in gathered
    await worker.leave()


async def test_what_changed_while_the_state_was_rebuilt_is_told_as_a_refresh(house: Any, name: str) -> None:
    client = house.ours
    async with listening(client.http, f"{client.stable}/live") as events:
        await events.until("ready")
        house.engine._rebuilt(client.tenant_id)
        await events.until("refresh")
        worker = await put(client, name, "t")
        run_id = await trigger(client, name)
        await events.change_of(run_id, "RUNNING")
    await worker.leave()


async def test_another_replica_tells_it_too(house: Any, name: str) -> None:
    client = house.ours
    assert house.engine.owns(client.tenant_id)
    other = Engine(house.store, replica_id=new_id())
    await other.start()
    feeds, reader = feed.Feeds(other), Reader(frozenset({"runs"}))
    try:
        feeds.join(client.tenant_id, reader)
        worker = await put(client, name, "t")
        run_id = await trigger(client, name)
        lines_reader = Reader(frozenset({"logs"}), run_id)
        lines = feeds.lines(client.tenant_id, lines_reader)
        await lines.start()
        async with asyncio.timeout(20):
            while run_id not in reader.changes:
                reader.wake.clear()
                await reader.wake.wait()
            await worker.report(await worker.stream.read(), "COMPLETED", "{}")
            while not lines_reader.ended:
                lines_reader.wake.clear()
                await lines_reader.wake.wait()
        lines.close()
        await worker.leave()
    finally:
        await other.stop()


def digest(count: int, more: int = 0) -> TenantChanged:
    return TenantChanged([Change(new_id(), "", new_id(), 0, 1, 0) for _ in range(count)], more, [], ["runs"])


async def test_a_slow_reader_costs_bounded_memory() -> None:
    reader = Reader(frozenset({"runs"}))
    for number in range(200):
        reader.take(f"a-{number}", digest(MAX_CHANGES))
    assert len(reader.changes) <= feed.MAX_WAITING
    assert reader.refresh
    assert len(reader.changes) + reader.more == 200 * MAX_CHANGES
    reader.clear()
    assert not reader.refresh


async def test_a_run_that_may_be_among_what_was_left_out_is_read_anew() -> None:
    reader = Reader(frozenset({"runs"}), new_id())
    reader.take("a-1", digest(3))
    assert not reader.wake.is_set()
    reader.take("a-2", digest(3, more=1))
    assert reader.refresh
    assert reader.wake.is_set()


async def test_a_digest_names_no_more_runs_than_it_may() -> None:
    from mattock_engine.core.record import Records
    from mattock_engine.core.row import RunRow

    sent: list[TenantChanged] = []
    done = asyncio.Event()

    def release(_tenant: str, _session: str, messages: Any) -> bool:
        sent.extend(messages)
        done.set()
        return True

    digests = Digests(release, lambda _: ["s"])
    for _ in range(3):
        records = Records()
        for _ in range(MAX_CHANGES):
            row = RunRow(run_id=new_id(), kind=0, workflow_id=new_id(), version_id=new_id(), status=0)
            records.inserted[row.run_id] = row
        digests.add("t", records)
    await done.wait()
    (message,) = sent
    assert (len(message.runs), message.more) == (MAX_CHANGES, 2 * MAX_CHANGES)
    digests.stop()
