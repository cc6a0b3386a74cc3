"""What queues, waits or is limited when the engine dies."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from mattock import (
    Debounce,
    Idempotency,
    QueueLimit,
    RateLimit,
    RoundRobin,
    RunCancelled,
    RunFailed,
    RunRef,
    SoleTask,
    TriggerError,
)
from mattock.registration import register

from .scene import Door, Input, Scene, until


class Orders(Scene):
    """Queues keep their order: the last first, keys in turn, priorities, and those that have waited for long."""

    def declare(self) -> None:
        self.doors: dict[str, Door] = {}
        self.tasks: dict[str, SoleTask[Any, Any]] = {}
        self._add("lifo", queue_order="LIFO")
        self._add("turns", queue_order=RoundRobin("input.key"))
        self._add("priority")
        self._add("ageing", priority_ageing=timedelta(milliseconds=1))
        self.workflows = tuple(self.tasks.values())

    def _add(self, name: str, **options: Any) -> None:
        door = self.doors[name] = Door()

        async def run(input: Input) -> str:
            await door.knock(input["key"])
            return str(input["key"])

        self.tasks[name] = self.client.task(
            name=f"midst-{name}", concurrency=1, schedule_timeout="1h", execution_timeout="1h", **options
        )(run)

    async def begin(self) -> None:
        self.refs: list[RunRef[Any]] = []
        for name, task in self.tasks.items():
            self.refs.append(await task.aio_run_no_wait({"key": "first"}))
            await self.doors[name].until(1)
            for key in ("a", "a", "a", "b", "c"):
                options: Any = {"priority": 3 if key == "c" else 1} if name in ("priority", "ageing") else {}
                self.refs.append(await task.aio_run_no_wait({"key": key}, **options))

    def dead(self) -> None:
        assert [door.came for door in self.doors.values()] == [["first"]] * 4

    async def end(self) -> None:
        for door in self.doors.values():
            door.open()
        await asyncio.gather(*(ref.aio_result() for ref in self.refs))
        assert self.doors["lifo"].came == ["first", *"cbaaa"]
        assert self.doors["priority"].came == ["first", *"caaab"]
        assert self.doors["ageing"].came == ["first", *"aaabc"]
        turns = self.doors["turns"].came
        assert sorted(turns[1:4]) == ["a", "b", "c"]
        assert turns[4:] == ["a", "a"]


class FullQueue(Scene):
    """As many wait as may: one more is refused, before and after; who waits for room gets it."""

    def declare(self) -> None:
        self.door = Door()

        @self.client.task(name="midst-full", concurrency=1, queue_limit=QueueLimit(3), schedule_timeout="1h")
        async def full(input: Input) -> int:
            await self.door.knock(input["n"])
            return int(input["n"])

        self.task = full
        self.workflows = (full,)

    async def begin(self) -> None:
        self.refs = [await self.task.aio_run_no_wait({"n": 0})]
        await self.door.until(1)
        self.refs += await self.task.aio_run_many_no_wait([{"n": n} for n in (1, 2, 3)])
        self.patient = asyncio.create_task(self.task.aio_run({"n": 6}, when_full="wait"))

    def dead(self) -> None:
        assert not self.patient.done()

    async def end(self) -> None:
        with pytest.raises(TriggerError, match="has 3 queued runs"):
            await self.task.aio_run_no_wait({"n": 4})
        self.door.open()
        assert await asyncio.gather(*(ref.aio_result() for ref in self.refs)) == [0, 1, 2, 3]
        assert await self.patient == 6
        assert await self.task.aio_run({"n": 5}) == 5


class OldestDropped(Scene):
    """As many wait as may: the oldest goes for one more, after the death as before."""

    def declare(self) -> None:
        self.door = Door()
        limit = QueueLimit(3, when_full="drop_oldest")

        @self.client.task(
            name="midst-drop", concurrency=1, queue_limit=limit, schedule_timeout="1h", execution_timeout="1h"
        )
        async def full(input: Input) -> int:
            await self.door.knock(input["n"])
            return int(input["n"])

        self.task = full
        self.workflows = (full,)

    async def begin(self) -> None:
        self.refs = [await self.task.aio_run_no_wait({"n": 0})]
        await self.door.until(1)
        self.refs += await self.task.aio_run_many_no_wait([{"n": n} for n in (1, 2, 3, 4)])
        await self._gone(1)

    async def _gone(self, n: int) -> None:
        with pytest.raises(RunCancelled, match="too many runs of its workflow"):
            await self.refs[n].aio_result()

    async def end(self) -> None:
        self.refs.append(await self.task.aio_run_no_wait({"n": 5}))
        await self._gone(2)
        self.refs += await self.task.aio_run_many_no_wait([{"n": n} for n in (6, 7)])
        await self._gone(3)
        await self._gone(4)
        self.door.open()
        left = [self.refs[n] for n in (0, 5, 6, 7)]
        assert await asyncio.gather(*(ref.aio_result() for ref in left)) == [0, 5, 6, 7]
        assert self.door.came == [0, 5, 6, 7]


class Smoothed(Scene):
    """A pace is kept across the death: no two starts come closer than it says."""

    COUNT = 8

    def declare(self) -> None:
        self.ran: list[int] = []

        @self.client.task(name="midst-pace", pace=1, schedule_timeout="1h")
        async def paced(input: Input) -> None:
            self.ran.append(input["n"])

        self.task = paced
        self.workflows = (paced,)

    async def hurry(self) -> None:
        self.refs = await self.task.aio_run_many_no_wait([{"n": n} for n in range(self.COUNT)])

    def dead(self) -> None:
        assert len(self.ran) < self.COUNT

    async def end(self) -> None:
        await asyncio.gather(*(ref.aio_result() for ref in self.refs))
        assert sorted(self.ran) == list(range(self.COUNT))
        rows = [await self.client.runs.aio_get_task(ref.run_id) for ref in self.refs]
        starts = sorted(row.started_at.timestamp() for row in rows if row.started_at is not None)
        assert len(starts) == self.COUNT
        # A worker tells of its start a little late, and not always equally so.
        assert starts[-1] - starts[0] > self.COUNT - 2


class Debounced(Scene):
    """Of those that came before the last one runs, once its time has come."""

    def declare(self) -> None:
        self.ran: list[int] = []

        @self.client.task(name="midst-debounce", debounce=Debounce("input.page", "8s"))
        async def index(input: Input) -> int:
            self.ran.append(input["n"])
            return int(input["n"])

        self.task = index
        self.workflows = (index,)

    async def hurry(self) -> None:
        self.refs = [await self.task.aio_run_no_wait({"page": "p", "n": n}) for n in range(3)]

    def dead(self) -> None:
        assert not self.ran

    async def end(self) -> None:
        assert await self.refs[-1].aio_result() == 2
        for ref in self.refs[:-1]:
            with pytest.raises(RunCancelled, match="newer run with the same key"):
                await ref.aio_result()
        assert self.ran == [2]


class HalfABatch(Scene):
    """What was gathered stays gathered: the one that fills the batch comes afterwards."""

    def declare(self) -> None:
        self.batches: list[list[int]] = []

        @self.client.batch_task(name="midst-batch", batch_size=3, batch_interval="1h", schedule_timeout="2h")
        async def gather(inputs: list[dict[str, int]]) -> list[int]:
            self.batches.append([each["n"] for each in inputs])
            return [each["n"] for each in inputs]

        self.task = gather
        self.workflows = (gather,)

    async def begin(self) -> None:
        self.refs = await self.task.aio_run_many_no_wait([{"n": n} for n in (0, 1)])

    def dead(self) -> None:
        assert not self.batches

    async def end(self) -> None:
        assert await self.task.aio_run({"n": 2}) == 2
        assert [await ref.aio_result() for ref in self.refs] == [0, 1]
        assert [sorted(batch) for batch in self.batches] == [[0, 1, 2]]


class ClaimedKey(Scene):
    """Who has claimed a key has it still, until it ends."""

    def declare(self) -> None:
        self.door = Door()
        key = Idempotency("'midst/' + input.order", ttl="1h", until_end=True)

        @self.client.task(name="midst-key", idempotency=key)
        async def charge(input: Input) -> str:
            await self.door.knock(input["order"])
            return str(input["order"])

        self.task = charge
        self.workflows = (charge,)

    async def begin(self) -> None:
        self.ref = await self.task.aio_run_no_wait({"order": "o1"})
        await self.door.until(1)

    async def end(self) -> None:
        with pytest.raises(TriggerError) as refused:
            await self.task.aio_run_no_wait({"order": "o1"})
        assert refused.value.existing_run_id == self.ref.run_id
        self.door.open()
        assert await self.ref.aio_result() == "o1"
        assert await self.task.aio_run({"order": "o1"}) == "o1"
        assert self.door.came == ["o1", "o1"]


class ChangedLimit(Scene):
    """A rate limit that was changed while tasks waited for it holds as it was changed; what is used up is used up."""

    def declare(self) -> None:
        self.door = Door()
        limited = RateLimit("midst-rate")

        @self.client.task(name="midst-rate", rate_limits=[limited], schedule_timeout="1h", execution_timeout="1h")
        async def call(input: Input) -> int:
            await self.door.knock(input["n"])
            return int(input["n"])

        self.task = call

    async def begin(self) -> None:
        await self.client.rate_limits.aio_put("midst-rate", 5, "DAY")
        self.stack = AsyncExitStack()
        await self.stack.enter_async_context(self.serve("midst-rate", self.task))
        self.refs = [await self.task.aio_run_no_wait({"n": 0})]
        await self.door.until(1)
        await self.client.rate_limits.aio_put("midst-rate", 2, "DAY")
        self.refs += await self.task.aio_run_many_no_wait([{"n": n} for n in range(1, 5)])
        await self.door.until(3)

    def dead(self) -> None:
        assert len(self.door.came) == 3

    async def end(self) -> None:
        async def waits() -> bool:
            found = [each for each in await self.client.queues.aio_waiting() if each.workflow_name == "midst-rate"]
            return [(each.reason, each.count) for each in found] == [("RATE_LIMIT", 2)]

        await until(waits)
        self.door.open()
        await asyncio.gather(*(ref.aio_result() for ref in self.refs[:3]))
        assert len(self.door.came) == 3
        await self.client.rate_limits.aio_put("midst-rate", 50, "SECOND")
        await asyncio.gather(*(ref.aio_result() for ref in self.refs))
        assert sorted(self.door.came) == list(range(5))
        await self.stack.aclose()


class TimeToLive(Scene):
    """The time of a run that waits goes on while there is no engine, and is over once."""

    def declare(self) -> None:
        async def never(input: Input) -> None:
            raise AssertionError("no worker has it")

        self.task = self.client.task(name="midst-ttl")(never)

    async def begin(self) -> None:
        session = self.client.session
        await register(session.channel, session.settings, [self.task.workflow])

    async def hurry(self) -> None:
        self.ref = await self.task.aio_run_no_wait({}, ttl="1s")
        self.other = await self.task.aio_run_no_wait({}, ttl="1h")

    async def end(self) -> None:
        with pytest.raises(RunFailed):
            await self.ref.aio_result()
        letters = [each for each in await self.client.dead_letters.aio_list(1000) if each.run_id == self.ref.run_id]
        assert [each.reason for each in letters] == ["EXPIRED"]
        assert await self.other.aio_status() == "QUEUED"
        await self.other.aio_cancel()


class DeadLetters(Scene):
    """What failed for good is there to be run again; what was dealt with is not."""

    def declare(self) -> None:
        self.broken = True

        @self.client.task(name="midst-letter", retries=1)
        async def deliver(input: Input) -> int:
            if self.broken:
                raise RuntimeError("the post office is closed")
            return int(input["n"])

        self.task = deliver
        self.workflows = (deliver,)

    async def begin(self) -> None:
        self.refs = await self.task.aio_run_many_no_wait([{"n": n} for n in (1, 2)])
        for ref in self.refs:
            with pytest.raises(RunFailed):
                await ref.aio_result()
        assert await self.client.dead_letters.aio_discard([self.refs[1].run_id]) == [self.refs[1].run_id]

    async def end(self) -> None:
        self.broken = False
        assert await self._letters() == [(self.refs[0].run_id, "FAILED", 2)]
        error = "RuntimeError: the post office is closed"
        assert await self.client.dead_letters.aio_replay(error=error) == [self.refs[0].run_id]
        assert await self.task.ref(self.refs[0].run_id).aio_result() == 1
        assert await self._letters() == []

    async def _letters(self) -> list[tuple[str, str, int]]:
        ids = {ref.run_id for ref in self.refs}
        found = await self.client.dead_letters.aio_list(1000)
        return [(each.run_id, each.reason, each.attempts) for each in found if each.run_id in ids]


class Drained(Scene):
    """A worker that is drained keeps what it has, and gets nothing new."""

    def declare(self) -> None:
        self.door = Door()

        @self.client.task(name="midst-drain", schedule_timeout="1h", execution_timeout="1h")
        async def hold(input: Input) -> int:
            await self.door.knock(input["n"])
            return int(input["n"])

        self.task = hold

    async def begin(self) -> None:
        self.stack = AsyncExitStack()
        self.worker_id = await self.stack.enter_async_context(self.serve("midst-drain", self.task))
        self.first = await self.task.aio_run_no_wait({"n": 0})
        await self.door.until(1)
        assert (await self.client.workers.aio_drain(self.worker_id)).drain == "DRAINING"

    async def end(self) -> None:
        workers = self.client.workers
        second = await self.task.aio_run_no_wait({"n": 1})
        assert (await workers.aio_get(self.worker_id)).drain == "DRAINING"
        self.door.open()
        assert await self.first.aio_result() == 0
        assert (await workers.aio_get(self.worker_id)).drain == "DRAINED"
        assert self.door.came == [0]
        await workers.aio_pause(self.worker_id, False)
        assert await second.aio_result() == 1
        await self.stack.aclose()
