"""Durable tasks that wait when the engine dies: for people, for messages, in a branch of their history, in old code."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest
from mattock import DurableContext, EvictionPolicy, RequestError

from .scene import Input, Scene

# They leave their worker at once: what comes after the restart is another run of their code.
QUICK = EvictionPolicy(ttl=0.1)


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
        self.made: list[int] = []
        self.seen: list[list[Any]] = []

        def make() -> int:
            self.made.append(1)
            return len(self.made)

        @self.client.durable_task(name="midst-recorded", eviction_policy=QUICK, execution_timeout="1h")
        async def record(input: Input, ctx: DurableContext) -> list[Any]:
            now = await ctx.aio_now()
            values = [await ctx.aio_memo(make), now.isoformat(), await ctx.aio_random(), str(await ctx.aio_uuid())]
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
        assert self.made == [1]


class Forks(Scene):
    """A run that is done again from a step on goes on in its new branch, with its new input."""

    def declare(self) -> None:
        self.made: list[int] = []

        def make() -> int:
            self.made.append(1)
            return len(self.made)

        @self.client.durable_task(name="midst-fork", eviction_policy=QUICK, execution_timeout="1h")
        async def fork(input: Input, ctx: DurableContext) -> list[Any]:
            first = await ctx.aio_memo(make)
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
        assert self.made == [1]


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
