"""The engine in memory: the real rules, and time that is skipped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import mattock
import pytest
from mattock import (
    BatchContext,
    Concurrency,
    Context,
    DesiredLabel,
    DurableContext,
    Mattock,
    RequestError,
    RunFailed,
    TriggerError,
)
from mattock.testing import Engine, LeakedRuns, MockedTask, engine

client = Mattock()
Input = dict[str, Any]


@client.task(name="plain")
async def plain(input: Input) -> int:
    return int(input.get("n", 0)) * 2


@client.task(name="blocking")
def blocking(input: Input) -> str:
    return f"in a thread: {plain.run({'n': 4})}"


@client.task(name="flaky", retries=3, backoff_factor=60.0)
async def flaky(input: Input, ctx: Context) -> int:
    if ctx.retry_count < 3:
        raise ValueError("not yet")
    return ctx.retry_count


@client.durable_task(name="reminder")
async def reminder(input: Input, ctx: DurableContext) -> list[Any]:
    before = await ctx.aio_now()
    await ctx.aio_sleep_for("7d")
    child = await plain.aio_run({"n": 21})
    return [child, (await ctx.aio_now() - before).days]


@client.durable_task(name="payment")
async def payment(input: Input, ctx: DurableContext) -> str:
    await ctx.aio_publish("state", "waiting")
    found = await ctx.aio_wait_for_signal("paid")
    approval = await ctx.aio_wait_for_approval("release", title="Release the money?")
    assert approval is not None
    return f"{found} {approval.by} {approval.approved}"


@client.task(name="parent")
async def parent(input: Input) -> Any:
    return await reminder.aio_run({})


pipeline = client.workflow(name="pipeline", on_events=["file:new"])


@pipeline.task()
async def fetch(input: Input) -> str:
    return "real"


@pipeline.task(parents=[fetch])
async def store(input: Input, ctx: Context) -> str:
    return f"stored {ctx.task_output(fetch)}"


async def test_a_week_passes_in_no_time() -> None:
    async with engine(reminder, plain) as here:
        assert await reminder.aio_run({}) == [42, 7]
        assert timedelta(days=7) <= here.elapsed < timedelta(days=7, minutes=1)


def test_a_week_passes_in_no_time_without_a_loop(mattock_engine: Engine) -> None:
    mattock_engine.serve(reminder, plain)
    assert reminder.run({}) == [42, 7]
    assert mattock_engine.elapsed.days == 7


async def test_retries_wait_their_time() -> None:
    async with engine(flaky) as here:
        assert await flaky.aio_run({}) == 3
        assert here.elapsed >= timedelta(seconds=60 + 3600 + 216_000 / 3)


async def test_a_task_that_awaits_a_child_does_not_hold_the_time() -> None:
    async with engine(parent, reminder, plain, allow_unfinished=True) as here:
        with pytest.raises(RunFailed, match="timeout of 60s"):
            # As with a real server, where the parent's own time is over first.
            await parent.aio_run({})
        assert here.elapsed < timedelta(days=1)


def test_plain_functions_and_children(mattock_engine: Engine) -> None:
    mattock_engine.serve(blocking, plain)
    assert blocking.run({}) == "in a thread: 8"


async def test_signals_approvals_and_published_values() -> None:
    async with engine(payment) as here:
        ref = await payment.aio_run_no_wait({})
        await here.aio_sleep(0)
        assert here.published(ref.run_id, "state") == "waiting"
        assert [step.kind for step in here.steps(ref.run_id)] == ["MEMO", "WAIT_FOR"]
        here.signal(ref.run_id, "paid", 20)
        await here.aio_sleep("1h")
        here.approve(ref.run_id, "release", by="ada")
        assert await ref.aio_result() == "20 ada True"
        with pytest.raises(RequestError, match="it has ended"):
            here.signal(ref.run_id, "paid", 21)


async def test_updates_are_answered() -> None:
    @client.durable_task(name="counter")
    async def counter(input: Input, ctx: DurableContext) -> int:
        total = 0
        while total < 10:
            update = await ctx.aio_wait_for_update("add")
            total += update.data
            await ctx.aio_sleep_for("1d")
            await ctx.aio_reply(update, total)
        return total

    async with engine(counter) as here:
        ref = await counter.aio_run_no_wait({})
        assert await here.aio_update(ref.run_id, "add", 4) == 4
        assert await here.aio_update(ref.run_id, "add", 6) == 10
        assert await ref.aio_result() == 10
        assert here.elapsed.days == 2


async def test_mocks() -> None:
    async with engine(pipeline) as here:
        mocked = here.mock(fetch, "mocked")
        assert (await pipeline.aio_run({"path": "a"}))["store"] == "stored mocked"
        assert (mocked.calls, mocked.inputs) == (1, [{"path": "a"}])
        here.mock(fetch, ValueError("no such file"))
        with pytest.raises(RunFailed, match="no such file"):
            await pipeline.aio_run({})
        here.mock(fetch, lambda input, ctx: f"{input['path']} by {ctx.task_name}")
        assert (await pipeline.aio_run({"path": "b"}))["store"] == "stored b by fetch"
        assert isinstance(mocked, MockedTask)
    async with engine(pipeline):
        assert (await pipeline.aio_run({}))["store"] == "stored real"


async def test_events_start_workflows() -> None:
    async with engine(pipeline) as here:
        mocked = here.mock(store, "stored")
        here.push("file:new", {"path": "x"})
        await here.aio_sleep(0)
        assert mocked.inputs == [{"path": "x"}]


async def test_unfinished_runs_fail_the_test() -> None:
    with pytest.raises(LeakedRuns, match=r"payment .* waits for signal paid"):
        async with engine(payment):
            await payment.aio_run_no_wait({})


async def test_a_result_that_will_never_come() -> None:
    async with engine(payment, allow_unfinished=True):
        with pytest.raises(RequestError, match=r"nothing will happen any more.*signal paid"):
            await payment.aio_run({})


async def test_a_task_without_a_worker_is_given_up() -> None:
    @client.task(name="choosy", desired_worker_labels=[DesiredLabel("kind", "gpu", required=True)])
    async def choosy(input: Input) -> None:
        return None

    async with engine(choosy) as here:
        with pytest.raises(RunFailed, match="schedule timeout"):
            await choosy.aio_run({})
        assert here.elapsed >= timedelta(minutes=5)


async def test_crons_fire_while_time_passes() -> None:
    @client.task(name="daily", on_crons=["0 3 * * *"])
    async def daily(input: Input) -> None:
        return None

    async with engine(daily) as here:
        mocked = here.mock(daily, None)
        await here.aio_sleep("10d")
        assert mocked.calls == 10


async def test_limits_and_batches_hold() -> None:
    running, most = 0, 0

    @client.task(name="limited", concurrency=Concurrency("input.key", max_runs=2))
    async def limited(input: Input) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    @client.batch_task(name="batch", batch_size=10, batch_interval="1h")
    async def batch(items: list[Input], ctx: BatchContext) -> list[int]:
        return [len(items)] * len(items)

    async with engine(limited, batch) as here:
        await limited.aio_run_many([{"key": "a"}] * 6)
        assert most == 2
        assert await batch.aio_run_many([{}] * 3) == [3, 3, 3]
        assert here.elapsed >= timedelta(hours=1)


async def test_what_is_refused_is_refused_here_too() -> None:
    async with engine(plain):
        with pytest.raises(TriggerError, match="JSON object"):
            await client.task(name="plain")(_number).aio_run(3)
        with pytest.raises(mattock.ConnectionError, match="no REST"):
            await client.runs.aio_list()


async def _number(input: Any) -> int:
    return 0
