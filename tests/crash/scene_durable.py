"""Durable tasks that wait when the engine dies: for people, for messages, in a branch of their history, in old code."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest
from mattock import (
    DurableContext,
    EvictionPolicy,
    RequestError,
    RunFailed,
    SleepCondition,
    UserEventCondition,
    or_,
)

from .scene import Door, Input, Scene

# They leave their worker at once: what comes after the restart is another run of their code.
QUICK = EvictionPolicy(ttl=0.1)


class Maker:
    """Makes something that must be made as often as it should, and not again after the death."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def make(self) -> int:
        """How often it was made."""
        self.made.append(1)
        return len(self.made)


class Approvals(Scene):
    """A decision of before stands; one that is asked for is still to be given, once."""

    def declare(self) -> None:
        @self.client.durable_task(name="midst-approval", eviction_policy=QUICK, execution_timeout="1h")
        async def release(input: Input, ctx: DurableContext) -> list[Any]:
            early = await ctx.aio_wait_for_approval("early")
            late = await ctx.aio_wait_for_approval("late", title="Ship it?")
            assert early is not None
            assert late is not None
            return [early.by, early.at.timestamp(), late.approved, late.by, late.comment, late.value]

        self.task = release
        self.workflows = (release,)

    async def begin(self) -> None:
        durable = self.client.durable
        self.ref = await self.task.aio_run_no_wait({})
        await self.recorded(self.ref.run_id, 1)
        await durable.aio_approve(self.ref.run_id, "early", by="ann")
        await self.recorded(self.ref.run_id, 2)
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        durable, run_id = self.client.durable, self.ref.run_id
        pending = [each for each in await durable.aio_approvals() if each.task_id == run_id]
        assert [(each.key, each.title) for each in pending] == [("late", "Ship it?")]
        await durable.aio_approve(run_id, "late", by="bob", approved=False, comment="no", value=7)
        by, at, *late = await self.ref.aio_result()
        assert (by, late) == ("ann", [False, "bob", "no", 7])
        assert at < pending[0].asked_at.timestamp()
        with pytest.raises(RequestError):
            await durable.aio_approve(run_id, "late", by="eve")


class Messages(Scene):
    """A signal that came early is kept, what was published is known, updates are answered."""

    def declare(self) -> None:
        @self.client.durable_task(name="midst-messages", eviction_policy=QUICK, execution_timeout="1h")
        async def talk(input: Input, ctx: DurableContext) -> list[Any]:
            await ctx.aio_publish("stage", "asking")
            update = await ctx.aio_wait_for_update("price")
            await ctx.aio_reply(update, update.data * 2)
            found = [await ctx.aio_wait_for_signal("item") for _ in range(3)]
            await ctx.aio_publish("stage", "done")
            return found

        self.task = talk
        self.workflows = (talk,)

    async def begin(self) -> None:
        self.ref = await self.task.aio_run_no_wait({})
        await self.recorded(self.ref.run_id, 2)
        for number in (1, 2):
            await self.client.durable.aio_signal(self.ref.run_id, "item", number)
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        durable, run_id = self.client.durable, self.ref.run_id
        assert await durable.aio_query(run_id, "stage") == "asking"
        assert await durable.aio_update(run_id, "price", 21) == 42
        await durable.aio_signal(run_id, "item", 3)
        assert await self.ref.aio_result() == [1, 2, 3]
        assert await durable.aio_query(run_id, "stage") == "done"


class Recorded(Scene):
    """What was computed, the time and what was drawn are those of the first time."""

    def declare(self) -> None:
        self.maker = Maker()
        self.seen: list[list[Any]] = []

        @self.client.durable_task(name="midst-recorded", eviction_policy=QUICK, execution_timeout="1h")
        async def record(input: Input, ctx: DurableContext) -> list[Any]:
            now = await ctx.aio_now()
            values = [
                await ctx.aio_memo(self.maker.make),
                now.isoformat(),
                await ctx.aio_random(),
                str(await ctx.aio_uuid()),
            ]
            self.seen.append(values)
            await ctx.aio_wait_for_signal("go")
            return values

        self.task = record
        self.workflows = (record,)

    async def begin(self) -> None:
        self.ref = await self.task.aio_run_no_wait({})
        await self.recorded(self.ref.run_id, 5)
        await self.left(self.ref.run_id)

    def dead(self) -> None:
        assert len(self.seen) == 1

    async def end(self) -> None:
        await self.client.durable.aio_signal(self.ref.run_id, "go")
        assert await self.ref.aio_result() == self.seen[0] == self.seen[1]
        assert self.maker.made == [1]


class Forks(Scene):
    """A run that is done again from a step on goes on in its new branch, with its new input."""

    def declare(self) -> None:
        self.maker = Maker()

        @self.client.durable_task(name="midst-fork", eviction_policy=QUICK, execution_timeout="1h")
        async def fork(input: Input, ctx: DurableContext) -> list[Any]:
            first = await ctx.aio_memo(self.maker.make)
            return [input["n"], first, await ctx.aio_wait_for_signal("go")]

        self.task = fork
        self.workflows = (fork,)

    async def begin(self) -> None:
        durable = self.client.durable
        self.ref = await self.task.aio_run_no_wait({"n": 1})
        await durable.aio_signal(self.ref.run_id, "go", "first")
        assert await self.ref.aio_result() == [1, 1, "first"]
        await durable.aio_fork(self.ref.run_id, 2, input={"n": 2})
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        run_id = self.ref.run_id
        steps = await self.client.durable.aio_history(run_id)
        assert [(step.branch, step.node) for step in steps] == [(1, 1), (1, 2), (2, 2)]
        await self.client.durable.aio_signal(run_id, "go", "second")
        # The result of before is of before: this is a reference that has not heard of it.
        assert await self.task.ref(run_id).aio_result() == [2, 1, "second"]
        assert self.maker.made == [1]


class Patched(Scene):
    """A run of the code of before goes the old way in the new code; a new run goes the new way."""

    def declare(self) -> None:
        async def before(input: Input, ctx: DurableContext) -> str:
            await ctx.aio_publish("way", "old")
            await ctx.aio_wait_for_signal("go")
            return "old"

        async def after(input: Input, ctx: DurableContext) -> str:
            if await ctx.aio_patched("new-way"):
                return "new"
            return await before(input, ctx)

        options: Any = {"name": "midst-patched", "eviction_policy": QUICK, "execution_timeout": "1h"}
        self.old = self.client.durable_task(**options)(before)
        self.new = self.client.durable_task(**options)(after)

    async def begin(self) -> None:
        async with self.serve("midst-old", self.old):
            self.ref = await self.old.aio_run_no_wait({})
            await self.recorded(self.ref.run_id, 2)
            await self.left(self.ref.run_id)

    async def end(self) -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.serve("midst-new", self.new))
            await self.client.durable.aio_signal(self.ref.run_id, "go")
            assert await self.ref.aio_result() == "old"
            assert await self.new.aio_run({}) == "new"


class Replayed(Scene):
    """A run that is done again from its start makes all anew, once; what it was before is kept."""

    def declare(self) -> None:
        self.maker = Maker()

        @self.client.task(name="midst-replay-child")
        async def child(input: Input) -> int:
            return int(input["n"])

        @self.client.durable_task(name="midst-replay", eviction_policy=QUICK, execution_timeout="1h")
        async def replay(input: Input, ctx: DurableContext) -> list[Any]:
            first = await ctx.aio_memo(self.maker.make)
            return [first, await child.aio_run({"n": first}), await ctx.aio_wait_for_signal("go")]

        self.task = replay
        self.workflows = (replay, child)

    async def begin(self) -> None:
        self.ref = await self.task.aio_run_no_wait({})
        await self.client.durable.aio_signal(self.ref.run_id, "go", "first")
        assert await self.ref.aio_result() == [1, 1, "first"]
        await self.client.runs.aio_replay(self.ref.run_id)
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        run_id = self.ref.run_id
        steps = await self.client.durable.aio_history(run_id)
        assert [(step.branch, step.node) for step in steps] == [
            (branch, node) for branch in (1, 2) for node in (1, 2, 3)
        ]
        assert [step.current for step in steps] == [False] * 3 + [True] * 3
        assert steps[1].child_run_id != steps[4].child_run_id
        await self.client.durable.aio_signal(run_id, "go", "second")
        assert await self.task.ref(run_id).aio_result() == [2, 2, "second"]
        assert self.maker.made == [1, 1]


class Results(Scene):
    """A run that is done again with another result of a step goes on with that one."""

    def declare(self) -> None:
        self.maker = Maker()

        @self.client.durable_task(name="midst-result", eviction_policy=QUICK, execution_timeout="1h")
        async def result(input: Input, ctx: DurableContext) -> list[Any]:
            first = await ctx.aio_memo(self.maker.make, key="first")
            return [first, await ctx.aio_wait_for_signal("go")]

        self.task = result
        self.workflows = (result,)

    async def begin(self) -> None:
        self.ref = await self.task.aio_run_no_wait({})
        await self.client.durable.aio_signal(self.ref.run_id, "go", "first")
        assert await self.ref.aio_result() == [1, "first"]
        await self.client.durable.aio_fork(self.ref.run_id, 1, result="corrected")
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        await self.client.durable.aio_signal(self.ref.run_id, "go", "second")
        assert await self.task.ref(self.ref.run_id).aio_result() == ["corrected", "second"]
        assert self.maker.made == [1]


class Waits(Scene):
    """Groups of waits: an event that came before the death counts after it, where it is looked back at, too."""

    def declare(self) -> None:
        @self.client.durable_task(name="midst-waits", eviction_policy=QUICK, execution_timeout="1h")
        async def wait(input: Input, ctx: DurableContext) -> list[Any]:
            both = await ctx.aio_wait_for(
                or_(UserEventCondition("midst:first"), SleepCondition("9h")), UserEventCondition("midst:second")
            )
            back = or_(UserEventCondition("midst:early", lookback_window="1h"), SleepCondition("9h"))
            return [both, await ctx.aio_wait_for(back)]

        self.task = wait
        self.workflows = (wait,)

    async def begin(self) -> None:
        events = self.client.events
        await events.aio_push("midst:early", {"n": 0})
        self.ref = await self.task.aio_run_no_wait({})
        await self.recorded(self.ref.run_id, 1)
        await events.aio_push("midst:first", {"n": 1})
        await self.left(self.ref.run_id)

    async def end(self) -> None:
        steps = await self.client.durable.aio_history(self.ref.run_id)
        assert [(step.node, step.settled) for step in steps] == [(1, False)]
        await self.client.events.aio_push("midst:first", {"n": 2})
        await self.client.events.aio_push("midst:second", {"n": 3})
        both = {"midst:first": {"n": 1}, "midst:second": {"n": 3}}
        assert await self.ref.aio_result() == [both, {"midst:early": {"n": 0}}]


class Departing(Scene):
    """Code that departs from what was recorded before the death is refused, at its first attempt."""

    def declare(self) -> None:
        async def before(input: Input, ctx: DurableContext) -> None:
            await ctx.aio_publish("way", "old")
            await ctx.aio_wait_for_signal("go")

        self.tried = 0

        async def careless(input: Input, ctx: DurableContext) -> None:
            self.tried += 1
            await ctx.aio_sleep_for(0.01)

        options: Any = {"name": "midst-departing", "eviction_policy": QUICK, "execution_timeout": "1h", "retries": 5}
        self.old = self.client.durable_task(**options)(before)
        self.new = self.client.durable_task(**options)(careless)

    async def begin(self) -> None:
        async with self.serve("midst-departing-old", self.old):
            self.ref = await self.old.aio_run_no_wait({})
            await self.recorded(self.ref.run_id, 2)
            await self.left(self.ref.run_id)

    async def end(self) -> None:
        async with self.serve("midst-departing-new", self.new):
            await self.client.durable.aio_signal(self.ref.run_id, "go")
            with pytest.raises(RunFailed, match="non-determinism error at step 1") as refused:
                await self.ref.aio_result()
        assert "expected: publish way\nreceived: wait for 0.01 s" in str(refused.value)
        assert self.tried == 1


class Children(Scene):
    """Half of a durable task's children have ended when the engine dies; each is run once, and their parent has all."""

    CHILDREN = 100

    def declare(self) -> None:
        self.door = Door()
        self.ran: Counter[int] = Counter()

        @self.client.task(name="midst-child", schedule_timeout="1h")
        async def child(input: Input) -> int:
            self.ran[input["n"]] += 1
            if input["n"] % 2:
                await self.door.knock(input["n"])
            return int(input["n"])

        @self.client.durable_task(name="midst-children", execution_timeout="1h")
        async def parent(input: Input, ctx: DurableContext) -> int:
            return sum(await child.aio_run_many([{"n": n} for n in range(self.CHILDREN)]))

        self.task, self.child = parent, child
        self.workflows = (parent,)

    async def begin(self) -> None:
        self.serving = AsyncExitStack()
        # Workers' slots are others', too: these are held for long.
        await self.serving.enter_async_context(self.serve("midst-children", self.child, slots=self.CHILDREN))
        self.ref = await self.task.aio_run_no_wait({})
        await self.door.until(self.CHILDREN // 2)

    def dead(self) -> None:
        assert sorted(self.door.came) == list(range(1, self.CHILDREN, 2))

    async def end(self) -> None:
        self.door.open()
        async with self.serving:
            assert await self.ref.aio_result() == sum(range(self.CHILDREN))
        assert self.ran == Counter(range(self.CHILDREN))
        steps = await self.client.durable.aio_history(self.ref.run_id)
        assert [step.settled for step in steps] == [True] * self.CHILDREN
        assert len({step.child_run_id for step in steps}) == self.CHILDREN
