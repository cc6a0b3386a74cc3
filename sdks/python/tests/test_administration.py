"""Workflows, filters, events, crons, schedules and rate limits, steered through the SDK: with a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mattock import EmbeddedServer, Mattock, RequestError, RunCancelled, Schedule
from mattock.event import Event
from serving import serve
from test_flow_control import Doors, waits, workflow_id

Input = dict[str, Any]
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Mattock]:
    client = server.client()
    yield client
    await client.aio_close()


async def id_of(client: Mattock, name: str) -> str:
    return next(each.workflow_id for each in await client.workflows.aio_list(name=name) if each.name == name)


async def test_a_paused_workflow(client: Mattock) -> None:
    doors = Doors(client, "paused-workflow")
    async with serve(client, doors.task):
        first = await doors.task.aio_run_no_wait({"n": 0})
        await doors.until(1)
        mine = await workflow_id(client, first.run_id)
        assert (await client.workflows.aio_pause(mine)).is_paused
        refs = [await doors.task.aio_run_no_wait({"n": n}) for n in (1, 2, 3)]
        await waits(client, mine, {"PAUSED": 3})
        doors.open()
        assert await first.aio_result() == 0
        assert doors.began == [0]
        assert (await client.workflows.aio_get(mine)).is_paused
        assert not (await client.workflows.aio_resume(mine)).is_paused
        assert [await ref.aio_result() for ref in refs] == [1, 2, 3]
        assert doors.began == [0, 1, 2, 3]


async def test_what_comes_while_a_workflow_is_paused(client: Mattock) -> None:
    """Schedules are dropped or held, as is asked; who is held for too long is cancelled."""

    async def note(input: Input) -> int:
        return int(input["n"])

    task = client.task(name="dropped-meanwhile")(note)
    async with serve(client, task):
        mine = await id_of(client, "dropped-meanwhile")
        await client.workflows.aio_pause(mine, crons="drop", schedules="drop")
        dropped = await client.schedules.aio_create("dropped-meanwhile", datetime.now(UTC), input={"n": 1})
        found = await client.schedules.aio_get(dropped.schedule_id)
        assert found.problem
        await client.workflows.aio_pause(mine, patience="50ms")
        held = await client.schedules.aio_create("dropped-meanwhile", datetime.now(UTC), input={"n": 2})
        run_id = (await client.schedules.aio_get(held.schedule_id)).run_id
        assert run_id is not None
        with pytest.raises(RunCancelled):
            await client.runs.ref(run_id).aio_result()
        await client.workflows.aio_resume(mine)
        assert await task.aio_run({"n": 3}) == 3
        runs = await client.runs.aio_list(workflow_ids=[mine])
        assert sorted(run.input["n"] for run in runs) == [2, 3]


async def test_workflows_are_found_and_taken_away(client: Mattock) -> None:
    async def nothing(input: Input) -> None: ...

    async with serve(client, client.task(name="taken-away")(nothing)):
        mine = await id_of(client, "taken-away")
    await client.workflows.aio_delete(mine)
    assert await client.workflows.aio_list(name="taken-away") == []
    with pytest.raises(RequestError) as refused:
        await client.workflows.aio_pause(mine)
    assert refused.value.code == 404


async def test_filters_are_made_and_changed(client: Mattock) -> None:
    came: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()

    async def hear(input: Input, ctx: Any) -> None:
        came.put_nowait((input["n"], dict(ctx.filter_payload)))

    async with serve(client, client.task(name="filtered", on_events=["f:made"])(hear)):
        mine = await id_of(client, "filtered")
        made = await client.filters.aio_create(mine, "input.n > 1", "shop", {"tag": "a"})
        assert [each.filter_id for each in await client.filters.aio_list(workflow_ids=[mine])] == [made.filter_id]
        assert await client.filters.aio_list(scopes=["other"]) == []
        few = await client.events.aio_push("f:made", {"n": 1}, scope="shop")
        assert few.triggered_runs == []
        await client.events.aio_push("f:made", {"n": 2}, scope="shop")
        assert await came.get() == (2, {"tag": "a"})
        changed = await client.filters.aio_change(made.filter_id, expression="input.n == 1")
        assert (changed.expression, changed.scope, changed.payload) == ("input.n == 1", "shop", {"tag": "a"})
        assert (await client.filters.aio_get(made.filter_id)).expression == "input.n == 1"
        await client.events.aio_push("f:made", {"n": 1}, scope="shop")
        assert (await came.get())[0] == 1
        assert (await client.filters.aio_delete(made.filter_id)).filter_id == made.filter_id
        with pytest.raises(RequestError) as refused:
            await client.filters.aio_get(made.filter_id)
        assert refused.value.code == 404


async def test_events_are_listed_and_replayed_by_filter(client: Mattock) -> None:
    began = datetime.now(UTC)
    ids = await client.events.aio_push_many(
        [Event(f"l:{'odd' if n % 2 else 'even'}", {"n": n}, {"size": str(n % 3)}) for n in range(5)]
    )
    seen: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        page = await client.events.aio_list(limit=2, cursor=cursor, keys=["l:odd", "l:even"])
        seen += [event.event_id for event in page]
        cursor, pages = page.next_cursor, pages + 1
    assert (sorted(seen), pages) == (sorted(ids), 3)
    assert [event.payload["n"] for event in await client.events.aio_list(keys=["l:odd"])] == [3, 1]
    zero = await client.events.aio_list(keys=["l:*", "l:even", "l:odd"], additional_metadata={"size": "0"})
    assert sorted(event.payload["n"] for event in zero) == [0, 3]
    assert {"l:odd", "l:even"} <= set(await client.events.aio_keys())
    again = await client.events.aio_replay(since=began - timedelta(minutes=1), keys=["l:even"])
    assert sorted([(await client.events.aio_get(each)).payload["n"] for each in again]) == [0, 2, 4]
    assert not {*again} & {*ids}
    zeros = await client.events.aio_replay(limit=1, keys=["l:odd"], additional_metadata={"size": "0"})
    assert [(await client.events.aio_get(each)).payload["n"] for each in zeros] == [3]
    odd = await client.events.aio_replay(limit=2, keys=["l:odd"], until=began + timedelta(minutes=1))
    more = await client.events.aio_replay(
        limit=2, cursor=odd.next_cursor, keys=["l:odd"], until=began + timedelta(minutes=1)
    )
    shown = [(await client.events.aio_get(each)).payload["n"] for each in (*odd, *more)]
    assert (shown, more.next_cursor) == ([3, 3, 1], None)
    with pytest.raises(TypeError, match="give ids, or filters"):
        await client.events.aio_replay()
    with pytest.raises(TypeError):
        await client.events.aio_replay(colour="red")


async def test_schedules_in_bulk(client: Mattock) -> None:
    async def remind(input: Input) -> int:
        return int(input["n"])

    async with serve(client, client.task(name="bulk-remind")(remind)):
        mine = await id_of(client, "bulk-remind")
        wanted = [Schedule("bulk-remind", LATER, {"n": n}, {"half": str(n // 2)}) for n in range(4)]
        with pytest.raises(RequestError, match="workflow not found"):
            await client.schedules.aio_create_many([*wanted, Schedule("no-such-workflow", LATER)])
        assert await client.schedules.aio_list(workflow_id=mine) == []
        ids = await client.schedules.aio_create_many(wanted)
        assert [(await client.schedules.aio_get(each)).input["n"] for each in ids] == [0, 1, 2, 3]
        first = await client.schedules.aio_list(workflow_id=mine, limit=3)
        second = await client.schedules.aio_list(workflow_id=mine, limit=3, cursor=first.next_cursor)
        assert sorted(each.schedule_id for each in [*first, *second]) == sorted(ids)
        half = await client.schedules.aio_list(workflow_id=mine, additional_metadata={"half": "1"})
        assert {each.schedule_id for each in half} == {*ids[2:]}
        missing = "00000000-0000-7000-8000-000000000000"
        moved = await client.schedules.aio_move_many({ids[0]: datetime.now(UTC), missing: LATER})
        assert (moved.ids, moved.problems) == ([ids[0]], {missing: "not found"})
        run_id = (await client.schedules.aio_get(ids[0])).run_id
        assert run_id is not None
        await client.runs.ref(run_id).aio_result()
        assert await client.schedules.aio_run(ids[1])
        gone = await client.schedules.aio_delete_many([ids[0]])
        assert (gone.ids, gone.problems) == ([], {ids[0]: "has fired already"})
        gone = await client.schedules.aio_delete_many(workflow_id=mine, additional_metadata={"half": "1"})
        assert {*gone.ids} == {*ids[2:]}
        assert {each.schedule_id for each in await client.schedules.aio_list(workflow_id=mine)} == {*ids[:2]}
        for wrong in ({}, {"workflow_id": ""}):
            with pytest.raises(TypeError):
                await client.schedules.aio_delete_many(**wrong)


async def test_crons_are_changed_and_run(client: Mattock) -> None:
    async def tick(input: Input) -> int:
        return int(input["n"])

    async with serve(client, client.task(name="changed-cron")(tick)):
        made = await client.crons.aio_create("changed-cron", "yearly", "0 0 1 1 *", input={"n": 1})
        await client.crons.aio_change(
            made.cron_id, expression="0 0 2 1 *", input={"n": 2}, additional_metadata={"a": "b"}
        )
        found = await client.crons.aio_get(made.cron_id)
        assert (found.cron, found.input, found.additional_metadata) == ("0 0 2 1 *", {"n": 2}, {"a": "b"})
        run_id = await client.crons.aio_run(made.cron_id)
        await client.runs.ref(run_id).aio_result()
        assert (await client.runs.aio_get(run_id)).input == {"n": 2}
        await client.crons.aio_delete(made.cron_id)
        with pytest.raises(RequestError) as refused:
            await client.crons.aio_get(made.cron_id)
        assert refused.value.code == 404


async def test_rate_limits_are_listed_and_deleted(client: Mattock) -> None:
    await client.rate_limits.aio_put("listed-limit", 7, "MINUTE")
    (found,) = await client.rate_limits.aio_list(search="listed-limit")
    assert (found.key, found.limit, found.value, found.window) == ("listed-limit", 7, 7, "1 minute")
    await client.rate_limits.aio_delete("listed-limit")
    assert await client.rate_limits.aio_list(search="listed-limit") == []


def test_blocking_calls(server: EmbeddedServer) -> None:
    """Each asks what its coroutine asks."""
    client = server.client()
    try:
        assert client.events.list(keys=["nowhere"]) == []
        keys = client.events.keys()
        assert "nowhere" not in keys
        assert client.filters.list(scopes=["nowhere"]) == []
        assert client.workflows.list(name="nowhere") == []
        assert client.schedules.list(additional_metadata={"no": "where"}) == []
        client.rate_limits.put("blocking-limit", 1)
        assert [each.key for each in client.rate_limits.list("blocking-limit")] == ["blocking-limit"]
        client.rate_limits.delete("blocking-limit")
        assert client.events.replay(since=timedelta(minutes=1), keys=["nowhere"]) == []
        missing = "00000000-0000-7000-8000-000000000000"
        for ask in (
            client.workflows.resume,
            client.workflows.get,
            client.crons.get,
            client.crons.run,
            client.filters.get,
        ):
            with pytest.raises(RequestError) as refused:
                ask(missing)
            assert refused.value.code == 404
        assert client.schedules.move_many({missing: LATER}).problems == {missing: "not found"}
        assert client.schedules.delete_many([missing]).problems == {missing: "not found"}
    finally:
        client.close()
