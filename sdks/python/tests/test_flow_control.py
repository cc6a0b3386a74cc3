"""Limits of the tenant, pauses, what waits and why, dead letters: with a real server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from mattock import Concurrency, EmbeddedServer, Mattock, RequestError, RunCancelled, RunFailed, SoleTask, TriggerError
from test_server import Serving

Input = dict[str, Any]


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Mattock]:
    client = server.client()
    yield client
    await client.queues.aio_put_limits()
    await client.aio_close()


class Doors:
    """A task whose attempts end when they are let out, and which runs began."""

    def __init__(self, client: Mattock, name: str, **options: Any) -> None:
        self.began: list[int] = []
        self.running = self.most = 0
        self._go = asyncio.Event()
        self._changed = asyncio.Event()

        async def hold(input: Input) -> int:
            self.began.append(input["n"])
            self.running += 1
            self.most = max(self.most, self.running)
            self._changed.set()
            await self._go.wait()
            self.running -= 1
            return int(input["n"])

        self.task: SoleTask[Any, Any] = client.task(name=name, **options)(hold)

    async def until(self, count: int) -> None:
        """Waits until so many have begun."""
        while len(self.began) < count:
            self._changed.clear()
            await self._changed.wait()

    def open(self) -> None:
        self._go.set()


async def workflow_id(client: Mattock, run_id: str) -> str:
    return (await client.runs.aio_get(run_id)).workflow_id


async def waits(client: Mattock, workflow: str, wanted: dict[str, int]) -> None:
    """Asks what of a workflow waits, by reason, until it is so. (An answer is good for a second.)"""
    counts: Counter[str] = Counter()
    while counts != wanted:
        counts.clear()
        for each in await client.queues.aio_waiting():
            if each.workflow_id == workflow:
                counts[each.reason] += each.count


async def test_a_tenant_with_limits(client: Mattock) -> None:
    doors = Doors(client, "tenant-limited")
    async with Serving(client, doors.task, slots=50):
        kept = await client.queues.aio_put_limits(max_queued=4, max_running=2)
        assert (kept.max_queued, kept.when_full, kept.max_running, kept.pace) == (4, "REJECT", 2, None)
        assert await client.queues.aio_get_limits() == kept
        refs = [await doors.task.aio_run_no_wait({"n": n}) for n in range(2)]
        await doors.until(2)
        refs += [await doors.task.aio_run_no_wait({"n": n}) for n in range(2, 6)]
        with pytest.raises(TriggerError, match="max_queued: the tenant has 4 queued tasks, and may have 4") as refused:
            await doors.task.aio_run_no_wait({"n": 6})
        assert refused.value.code == 8
        patient = asyncio.create_task(doors.task.aio_run({"n": 6}, when_full="wait"))
        reason = (await client.runs.aio_get_task(refs[-1].run_id)).wait_reason
        assert reason == "the tenant's limit of 2 running tasks"
        doors.open()
        assert [await ref.aio_result() for ref in refs] == list(range(6))
        assert await patient == 6
    assert doors.most == 2


async def test_a_full_tenant_drops_the_oldest(client: Mattock) -> None:
    doors = Doors(client, "tenant-dropping")
    async with Serving(client, doors.task, slots=1):
        await client.queues.aio_put_limits(max_queued=3, when_full="drop_oldest")
        first = await doors.task.aio_run_no_wait({"n": 0})
        await doors.until(1)
        refs = [await doors.task.aio_run_no_wait({"n": n}) for n in range(1, 8)]
        for ref in refs[:4]:
            with pytest.raises(RunCancelled, match="Dropped: too many tasks of the tenant"):
                await ref.aio_result()
        doors.open()
        assert [await ref.aio_result() for ref in (first, *refs[4:])] == [0, 5, 6, 7]
        dropped = [each for each in await client.dead_letters.aio_list() if each.reason == "DROPPED"]
        assert {each.run_id for each in dropped} == {ref.run_id for ref in refs[:4]}
        await client.queues.aio_put_limits()
        again = await client.dead_letters.aio_replay([each.run_id for each in dropped])
        assert set(again) == {ref.run_id for ref in refs[:4]}
        assert [await ref.aio_result() for ref in refs[:4]] == [1, 2, 3, 4]


async def test_a_tenant_with_a_pace(client: Mattock) -> None:
    doors = Doors(client, "tenant-paced")
    doors.open()
    async with Serving(client, doors.task):
        await client.queues.aio_put_limits(pace=20)
        refs = await doors.task.aio_run_many_no_wait([{"n": n} for n in range(25)])
        reasons = {(await client.runs.aio_get_task(ref.run_id)).wait_reason for ref in refs[-3:]}
        assert reasons == {"the tenant's pace"}
        assert [await ref.aio_result() for ref in refs] == list(range(25))


async def test_limits_that_are_none(client: Mattock) -> None:
    with pytest.raises(RequestError, match="maxRunning: 0 is out of range") as refused:
        await client.queues.aio_put_limits(max_running=0)
    assert (refused.value.code, refused.value.field) == (400, "maxRunning")
    with pytest.raises(RequestError, match="pace"):
        await client.queues.aio_put_limits(pace=-1)


async def test_paused_runs_keep_their_places(client: Mattock) -> None:
    doors = Doors(client, "paused-runs")
    async with Serving(client, doors.task, slots=1):
        first = await doors.task.aio_run_no_wait({"n": 0})
        await doors.until(1)
        refs = [
            await doors.task.aio_run_no_wait({"n": n}, additional_metadata={"odd": str(n % 2)}) for n in range(1, 7)
        ]
        ids = [ref.run_id for ref in refs]
        workflow = await workflow_id(client, first.run_id)
        chosen = await client.runs.aio_pause(
            workflow_ids=[workflow], additional_metadata={"odd": "1"}, since=timedelta(hours=1)
        )
        assert set(chosen) == {ids[0], ids[2], ids[4]}
        # What runs goes on, and is paused for what comes after.
        assert await client.runs.aio_pause([first.run_id, ids[0]]) == [first.run_id]
        assert (await client.runs.aio_get(ids[0])).is_paused
        assert (await client.runs.aio_get_task(ids[0])).wait_reason == "its run is paused"
        await waits(client, workflow, {"PAUSED": 3, "NO_SLOT": 3})
        assert await client.runs.aio_resume(ids[2]) == [ids[2]]
        doors.open()
        assert [await ref.aio_result() for ref in (first, *refs[1::2], refs[2])] == [0, 2, 4, 6, 3]
        assert doors.began == [0, 2, 3, 4, 6]
        assert set(await client.runs.aio_resume(workflow_ids=[workflow])) == {ids[0], ids[4]}
        assert [await refs[0].aio_result(), await refs[4].aio_result()] == [1, 5]
    with pytest.raises(TypeError, match="give ids, or filters"):
        await client.runs.aio_pause()


async def test_a_paused_queue(client: Mattock) -> None:
    workflow = client.workflow("paused-queue")
    order: list[str] = []

    @workflow.task()
    async def one(input: Input) -> None:
        order.append("one")

    @workflow.task(parents=[one])
    async def two(input: Input) -> None:
        order.append("two")

    async with Serving(client, workflow):
        await workflow.aio_run({})
        found = (await client.runs.aio_list(limit=1))[0].workflow_id
        await client.queues.aio_pause(found, "two")
        refs = [await workflow.aio_run_no_wait({}) for _ in range(3)]
        await waits(client, found, {"PAUSED": 3})
        assert Counter(order) == {"one": 4, "two": 1}
        await client.queues.aio_resume(found, "two")
        for ref in refs:
            await ref.aio_result()
        with pytest.raises(RequestError, match="no task 'three'") as refused:
            await client.queues.aio_pause(found, "three")
        assert refused.value.code == 404


async def test_a_worker_that_is_drained(client: Mattock) -> None:
    doors = Doors(client, "drained")
    async with Serving(client, doors.task) as serving:
        first = await doors.task.aio_run_no_wait({"n": 0})
        await doors.until(1)
        worker_id = next(each.id for each in await client.workers.aio_list(["ACTIVE"]) if each.name == "worker")
        drained = await client.workers.aio_drain(worker_id)
        assert (drained.status, drained.drain) == ("PAUSED", "DRAINING")
        second = await doors.task.aio_run_no_wait({"n": 1})
        doors.open()
        assert await first.aio_result() == 0
        assert (await client.workers.aio_get(worker_id)).drain == "DRAINED"
        assert doors.began == [0]
        resumed = await client.workers.aio_pause(worker_id, False)
        assert (resumed.status, resumed.drain) == ("ACTIVE", None)
        assert await second.aio_result() == 1
        assert serving.worker


async def test_who_holds_the_places(client: Mattock) -> None:
    doors = Doors(client, "keyed-places", concurrency=Concurrency("input.key", max_runs=2))
    async with Serving(client, doors.task):
        items = [{"n": n, "key": f"place-{n % 3}"} for n in range(9)]
        refs = await doors.task.aio_run_many_no_wait(items)
        await doors.until(6)
        found = await client.queues.aio_concurrency("place-")
        assert [(each.key, each.limit, each.running, each.waiting) for each in found] == [
            ("place-0", 2, 2, 1),
            ("place-1", 2, 2, 1),
            ("place-2", 2, 2, 1),
        ]
        assert {each.workflow_name for each in found} == {"keyed-places"}
        assert set(found[0].holders) == {refs[0].run_id, refs[3].run_id}
        await waits(client, await workflow_id(client, refs[0].run_id), {"CONCURRENCY": 3})
        path = f"/api/v1/stable/tenants/{client.settings.tenant_id}/concurrency"
        keys: list[str] = []
        cursor = None
        while True:
            page = await client.queues._aio_send(_get(path, {"search": "place-", "limit": 2, "cursor": cursor}))
            keys += [row["key"] for row in page["rows"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert keys == ["place-0", "place-1", "place-2"]
        with pytest.raises(RequestError, match="cursor"):
            await client.queues._aio_send(_get(path, {"cursor": "nonsense"}))
        doors.open()
        await asyncio.gather(*(ref.aio_result() for ref in refs))


def _get(path: str, query: dict[str, Any]) -> Any:
    from mattock.rest import _Request

    return _Request("GET", path, lambda found: found, query)


async def test_dead_letters(client: Mattock) -> None:
    broken = True

    @client.task(name="dead", retries=1)
    async def dead(input: Input) -> int:
        if broken:
            raise ValueError(f"boom {input['kind']}")
        return 1

    async with Serving(client, dead):
        refs = [await dead.aio_run_no_wait({"kind": kind}) for kind in "aab"]
        for ref in refs:
            with pytest.raises(RunFailed):
                await ref.aio_result()
        workflow = await workflow_id(client, refs[0].run_id)
        groups = await client.dead_letters.aio_groups(workflow_ids=[workflow])
        assert [(each.count, each.reason, "boom a" in each.error) for each in groups] == [
            (2, "FAILED", True),
            (1, "FAILED", False),
        ]
        letters = await client.dead_letters.aio_list(workflow_ids=[workflow], error=groups[0].error)
        assert [each.attempts for each in letters] == [2, 2]
        assert await client.dead_letters.aio_discard(refs[2].run_id) == [refs[2].run_id]
        assert await client.dead_letters.aio_discard(refs[2].run_id) == []
        assert len(await client.dead_letters.aio_list(workflow_ids=[workflow])) == 2
        broken = False
        again = await client.dead_letters.aio_replay(workflow_ids=[workflow], error=groups[0].error)
        assert set(again) == {ref.run_id for ref in refs[:2]}
        assert [await ref.aio_result() for ref in refs[:2]] == [1, 1]
        assert await client.dead_letters.aio_groups(workflow_ids=[workflow]) == []
        assert (await client.runs.aio_get(refs[2].run_id)).status == "FAILED"


async def test_a_run_with_a_time_to_live(client: Mattock) -> None:
    doors = Doors(client, "short-lived-run", schedule_timeout="1h")
    async with Serving(client, doors.task, slots=1):
        first = await doors.task.aio_run_no_wait({"n": 0})
        await doors.until(1)
        patient = await doors.task.aio_run_no_wait({"n": 1})
        hasty = await doors.task.aio_run_no_wait({"n": 2}, ttl="100ms")
        with pytest.raises(RunFailed, match="no worker took it in time"):
            await hasty.aio_result()
        (letter,) = await client.dead_letters.aio_list(limit=1)
        assert (letter.run_id, letter.reason) == (hasty.run_id, "EXPIRED")
        doors.open()
        assert [await first.aio_result(), await patient.aio_result()] == [0, 1]
        with pytest.raises(TriggerError, match="ttl"):
            await doors.task.aio_run_no_wait({"n": 3}, ttl="90000d")
