"""What tasks tell of themselves: progress, and figures of their own."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from fake_engine import FakeEngine
from mattock import BatchContext, Context, DurableContext, Mattock
from mattock._contracts.session_pb2 import TaskMetric, TaskProgress
from mattock.execution.observation import Thinner
from mattock.testing import engine as memory_engine
from worker_fixture import StartWorker


def progress_of(engine: FakeEngine) -> list[TaskProgress]:
    return [each for request in engine.requests for each in request.progress]


def metrics_of(engine: FakeEngine) -> list[TaskMetric]:
    return [each for request in engine.requests for each in request.metrics]


async def test_ten_thousand_calls_are_two_messages(
    engine: FakeEngine, client: Mattock, start_worker: StartWorker
) -> None:
    @client.task()
    async def count(input: dict[str, int], ctx: Context) -> None:
        for number in range(10_000):
            ctx.progress(number / 10_000, f"step {number}")
        await ctx.aio_progress(1, "done")

    await start_worker(count)
    await count.aio_run({})
    told = progress_of(engine)
    assert [(each.fraction, each.text) for each in told] == [(0, "step 0"), (1, "done")]
    assert told[0].task_id == engine.outcomes[0].task_id
    order = [bool(request.outcomes) for request in engine.requests if request.progress or request.outcomes]
    assert order[-1], "the last progress came after the outcome"


async def test_a_plain_function_tells_too(engine: FakeEngine, client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    def work(input: dict[str, int], ctx: Context) -> None:
        ctx.progress(0.5, "half")
        ctx.metric("rows", 3)

    await start_worker(work)
    await work.aio_run({})
    assert [each.text for each in progress_of(engine)] == ["half"]
    assert [each.total for each in metrics_of(engine)] == [3]


async def test_the_last_of_each_quarter_of_a_second_is_passed_on() -> None:
    told: list[Any] = []
    second = asyncio.Event()

    def post(report: Any) -> None:
        told.append(report)
        if len(told) == 2:
            second.set()

    thinner = Thinner(asyncio.get_running_loop(), post)
    for text in ("a", "b", "c"):
        thinner.progress(TaskProgress(task_id="t", text=text))
    assert [each.text for each in told] == ["a"]
    await second.wait()
    assert [each.text for each in told] == ["a", "c"]
    thinner.progress(TaskProgress(task_id="t", text="d"))
    thinner.flush(("t", 0))
    assert [each.text for each in told] == ["a", "c", "d"]
    assert not thinner.used


async def test_values_are_added_up(engine: FakeEngine, client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def spend(input: dict[str, int], ctx: Context) -> None:
        for number in range(1000):
            ctx.metric("tokens", number, model="small")
        ctx.metric("tokens", 7, model="large")
        await ctx.aio_metric("calls")

    await start_worker(spend)
    await spend.aio_run({})
    found = {(each.name, dict(each.labels).get("model", "")): each for each in metrics_of(engine)}
    small = found[("tokens", "small")]
    assert (small.total, small.count, small.low, small.high) == (499_500, 1000, 0, 999)
    assert found[("tokens", "large")].total == 7
    assert found[("calls", "")].total == 1
    assert len(metrics_of(engine)) == 3


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda ctx: ctx.progress(1.5), "fraction"),
        (lambda ctx: ctx.progress(math.nan), "fraction"),
        (lambda ctx: ctx.progress("half"), "fraction"),
        (lambda ctx: ctx.metric("1st"), "name"),
        (lambda ctx: ctx.metric("a" * 65), "name"),
        (lambda ctx: ctx.metric("tokens", math.inf), "value"),
        (lambda ctx: ctx.metric("tokens", "many"), "value"),
        (lambda ctx: ctx.metric("tokens", 1, a="1", b="2", c="3", d="4", e="5", f="6"), "labels"),
        (lambda ctx: ctx.metric("tokens", 1, model="x" * 101), "labels"),
        (lambda ctx: ctx.metric("tokens", 1, model=3), "labels"),
    ],
)
async def test_what_is_wrong_is_named(call: Any, word: str) -> None:
    client = Mattock()
    told: list[str] = []

    @client.task(name="wrong")
    async def wrong(input: dict[str, int], ctx: Context) -> None:
        with pytest.raises(ValueError, match=f"^{word}: "):
            call(ctx)
        told.append(word)

    async with memory_engine(wrong):
        await wrong.aio_run({})
    assert told == [word]


async def test_a_batch_tells_for_all_its_runs_but_counts_once() -> None:
    client = Mattock()

    @client.batch_task(name="embed", batch_size=3, batch_interval="1m")
    async def embed(texts: list[dict[str, str]], ctx: BatchContext) -> list[int]:
        ctx.progress(0.5, "half")
        ctx.members[0].progress(0.75, "first")
        ctx.metric("calls")
        return [1] * len(texts)

    async with memory_engine(embed) as engine:
        runs = await embed.aio_run_many_no_wait([{"text": str(number)} for number in range(3)])
        assert [await run.aio_result() for run in runs] == [1, 1, 1]
        told = [engine.progress(run.run_id) for run in runs]
        assert sorted(each.text for each in told if each is not None) == ["first", "half", "half"]
        assert engine.metrics() == {"calls": 1}


async def test_a_durable_task_counts_once_what_it_repeats() -> None:
    client = Mattock()

    @client.durable_task(name="long", retries=1)
    async def long(input: dict[str, str], ctx: DurableContext) -> None:
        ctx.metric("begun")
        ctx.progress(0.1, "waiting")
        await ctx.aio_sleep_for("1h")
        ctx.metric("woken")
        if ctx.retry_count == 0:
            raise ValueError("again")

    async with memory_engine(long) as engine:
        await long.aio_run({})
        assert engine.metrics() == {"begun": 1, "woken": 2}
