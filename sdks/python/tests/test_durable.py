"""Durable tasks against a real server: what an attempt is given of those before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from mattock import (
    DurableContext,
    EmbeddedServer,
    EvictionPolicy,
    Mattock,
    RequestError,
    RunFailed,
    RunRef,
    SleepCondition,
    SoleTask,
)
from mattock.execution import eviction
from serving import serve

Input = dict[str, Any]
Code = Callable[[Input, DurableContext], Coroutine[Any, Any, Any]]


def durable(client: Mattock, name: str, code: Code, **options: Any) -> SoleTask[Any, Any]:
    """Declares a durable task."""
    return client.durable_task(name=name, **options)(code)


async def waits_at(client: Mattock, task_id: str, node: int) -> None:
    """Returns once a task has come to a step."""
    for _ in range(1000):
        if any(step.node == node for step in await client.durable.aio_history(task_id)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the task never came to step {node}")


async def test_a_retry_is_given_what_was_recorded(server: EmbeddedServer) -> None:
    client, made, orders = server.client(), [], []

    async def make() -> int:
        made.append(1)
        return len(made)

    async def code(input: Input, ctx: DurableContext) -> Any:
        values: list[Any] = [await ctx.aio_memo(make), (await ctx.aio_now()).timestamp(), await ctx.aio_random()]
        order: list[str] = []

        async def nap(name: str, seconds: float) -> None:
            await ctx.aio_sleep_for(seconds)
            order.append(name)

        await asyncio.gather(nap("long", 0.4), nap("short", 0.1), nap("middle", 0.25))
        orders.append(order)
        if ctx.retry_count == 0:
            values.append("lost")
            raise RuntimeError("once")
        return [*values, str(await ctx.aio_uuid())]

    task = durable(client, "retried", code, retries=1)
    async with serve(client, task):
        first = await task.aio_run({})
    assert len(made) == 1
    assert first[0] == 1
    assert len(first) == 4
    assert orders == [["short", "middle", "long"]] * 2


async def test_children_are_steps(server: EmbeddedServer) -> None:
    client = server.client()

    async def double(input: Input) -> int:
        if input["n"] < 0:
            raise ValueError("too small")
        return int(input["n"]) * 2

    child = client.task(name="double")(double)

    async def code(input: Input, ctx: DurableContext) -> Any:
        later = await child.aio_run_no_wait({"n": 100})
        many = await child.aio_run_many([{"n": n} for n in range(50)])
        mixed = await child.aio_run_many([{"n": 1}, {"n": -1}], return_exceptions=True)
        assert isinstance(mixed[1], RunFailed)
        return [await child.aio_run({"n": 5}), sum(many), mixed[0], await later.aio_result()]

    task = durable(client, "parent", code)
    async with serve(client, task, child):
        ref = await task.aio_run_no_wait({})
        assert await ref.aio_result() == [10, 2450, 2, 200]
        steps = await client.durable.aio_history(ref.run_id)
    assert [step.kind for step in steps] == ["RUN"] * 54
    assert len({step.child_run_id for step in steps}) == 54


async def test_old_runs_go_the_old_way_after_a_change(server: EmbeddedServer) -> None:
    client = server.client()

    async def before(input: Input, ctx: DurableContext) -> str:
        await ctx.aio_publish("way", "old")
        await ctx.aio_wait_for_signal("go")
        return "old"

    async def after(input: Input, ctx: DurableContext) -> str:
        if await ctx.aio_patched("new-way"):
            return "new"
        await ctx.aio_publish("way", "old")
        await ctx.aio_wait_for_signal("go")
        return "old"

    async def careless(input: Input, ctx: DurableContext) -> str:
        await ctx.aio_sleep_for(0.01)
        return "new"

    old = durable(client, "changed", before)
    async with serve(client, old):
        refs = [await old.aio_run_no_wait({}) for _ in range(2)]
        for ref in refs:
            await waits_at(client, ref.run_id, 2)
    new = durable(client, "changed", after)
    async with serve(client, new):
        await client.durable.aio_signal(refs[0].run_id, "go")
        assert await refs[0].aio_result() == "old"
        assert await new.aio_run({}) == "new"
    async with serve(client, durable(client, "changed", careless, retries=5)):
        await client.durable.aio_signal(refs[1].run_id, "go")
        with pytest.raises(RunFailed, match="non-determinism error at step 1") as refused:
            await refs[1].aio_result()
    assert "expected: publish way\nreceived: wait for 0.01 s" in str(refused.value)
    assert (await client.runs.aio_get_task(refs[1].run_id)).attempt == 1


async def test_signals_that_come_early_are_kept_in_order(server: EmbeddedServer) -> None:
    client = server.client()

    async def code(input: Input, ctx: DurableContext) -> list[Any]:
        await ctx.aio_wait_for_signal("start")
        return [await ctx.aio_wait_for_signal("item") for _ in range(3)]

    task = durable(client, "signalled", code)
    async with serve(client, task):
        ref = await task.aio_run_no_wait({})
        await waits_at(client, ref.run_id, 1)
        for number in range(3):
            await client.durable.aio_signal(ref.run_id, "item", number)
        await client.durable.aio_signal(ref.run_id, "start")
        assert await ref.aio_result() == [0, 1, 2]
        with pytest.raises(RequestError) as refused:
            await client.durable.aio_signal(ref.run_id, "item", 3)
    assert refused.value.code == 409


async def test_a_task_that_has_left_is_forked_with_another_result(server: EmbeddedServer) -> None:
    client = server.client()

    async def code(input: Input, ctx: DurableContext) -> Any:
        first = await ctx.aio_memo(lambda: "computed", key="first")
        found = await ctx.aio_wait_for(SleepCondition("1h"))
        return [input.get("n"), first, sorted(found)]

    task = durable(client, "forked", code, eviction_policy=EvictionPolicy(ttl=0.1))
    async with serve(client, task):
        ref = await task.aio_run_no_wait({"n": 1})
        await waits_at(client, ref.run_id, 2)
        await client.durable.aio_fork(ref.run_id, 2, input={"n": 2}, result={"sleep": [{}]})
        assert await ref.aio_result() == [2, "computed", ["sleep"]]
        with pytest.raises(RequestError, match="nodeId"):
            await client.durable.aio_fork(ref.run_id, 7)
        with pytest.raises(RequestError, match="branchId"):
            await client.durable.aio_fork(ref.run_id, 1, branch=9)


async def test_a_replay_begins_anew_and_keeps_what_was(server: EmbeddedServer) -> None:
    client, made = server.client(), []

    def count() -> int:
        made.append(1)
        return len(made)

    async def echo(input: Input) -> int:
        return int(input["n"])

    child = client.task(name="replayed-child")(echo)

    async def code(input: Input, ctx: DurableContext) -> list[int]:
        memo = await ctx.aio_memo(count)
        return [memo, await child.aio_run({"n": memo})]

    task = durable(client, "replayed", code)
    async with serve(client, task, child):
        ref = await task.aio_run_no_wait({})
        assert await ref.aio_result() == [1, 1]
        before = await client.durable.aio_history(ref.run_id)
        await client.runs.aio_replay(ref.run_id)
        assert await task.ref(ref.run_id).aio_result() == [2, 2]
        after = await client.durable.aio_history(ref.run_id)
    assert [(step.branch, step.node, step.kind) for step in before] == [(1, 1, "MEMO"), (1, 2, "RUN")]
    assert after[:2] == [replace(step, current=False) for step in before]
    assert [(step.branch, step.node, step.kind) for step in after[2:]] == [(2, 1, "MEMO"), (2, 2, "RUN")]
    assert after[3].child_run_id != before[1].child_run_id


async def test_short_slots_are_left_by_what_matters_least(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = server.client()

    async def wait(input: Input, ctx: DurableContext) -> str:
        return str(await ctx.aio_wait_for_signal("go"))

    async def pass_by(input: Input, ctx: DurableContext) -> str:
        # Its own slot is one of those that are taken: nobody else is to leave for it.
        monkeypatch.setattr(eviction, "CAPACITY_SECONDS", 3600.0)
        return "passed"

    def waiting(name: str, **options: Any) -> SoleTask[Any, Any]:
        return durable(client, f"short-{name}", wait, eviction_policy=EvictionPolicy(ttl=None, **options))

    low, high = waiting("low", priority=0), waiting("high", priority=5)
    stays = waiting("stays", priority=-1, allow_capacity_eviction=False)
    third = durable(client, "short-third", pass_by, schedule_timeout="2m")

    async def left(ref: RunRef[Any]) -> bool:
        return bool((await client.runs.aio_get_task(ref.run_id)).is_evicted)

    async def fill(keeps: SoleTask[Any, Any], leaves: SoleTask[Any, Any]) -> None:
        # The one that keeps its slot has waited for longer.
        refs: list[RunRef[Any]] = []
        for each in (keeps, leaves):
            refs.append(await each.aio_run_no_wait({}))
            await waits_at(client, refs[-1].run_id, 1)
        monkeypatch.setattr(eviction, "CAPACITY_SECONDS", 0.0)
        assert await third.aio_run({}) == "passed"
        assert [await left(ref) for ref in refs] == [False, True]
        for ref in refs:
            await client.durable.aio_signal(ref.run_id, "go", "went")
            assert await ref.aio_result() == "went"

    async with serve(client, low, high, stays, third, durable_slots=2):
        await fill(high, low)
        await fill(stays, high)


async def test_a_plain_function_cannot_be_durable(server: EmbeddedServer) -> None:
    with pytest.raises(TypeError, match="coroutine function"):
        server.client().durable_task(name="plain")(lambda input: None)  # type: ignore[arg-type, misc]
