"""Workflows: DAGs, on-failure and on-success tasks, what is registered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fake_engine import FakeEngine
from mattock import Context, Mattock, RunFailed
from mattock.duration import to_seconds
from mattock.registration import define
from pydantic import BaseModel
from worker_fixture import StartWorker


class Text(BaseModel):
    """An input."""

    text: str


class Count(BaseModel):
    """An output."""

    words: int


async def test_a_dag_passes_outputs_on(client: Mattock, start_worker: StartWorker) -> None:
    flow = client.workflow("count", input_validator=Text)

    @flow.task()
    async def split(input: Text, ctx: Context) -> list[str]:
        return input.text.split()

    @flow.task(parents=[split])
    def count(input: Text, ctx: Context) -> Count:
        return Count(words=len(ctx.task_output(split)))

    @flow.on_success_task()
    async def done(input: Text, ctx: Context) -> int:
        with pytest.raises(KeyError, match="no parent"):
            ctx.task_output(split)
        assert not ctx.was_skipped(count)
        return ctx.task_output(count).words * 10

    await start_worker(flow)
    assert flow.parents_of(done) == (count,)
    assert await flow.aio_run(Text(text="a b c")) == {"split": ["a", "b", "c"], "count": Count(words=3), "done": 30}


async def test_on_failure_sees_the_errors(client: Mattock, start_worker: StartWorker) -> None:
    seen: list[Any] = []
    flow = client.workflow("fragile")

    @flow.task()
    async def broken(input: Any, ctx: Context) -> None:
        raise ValueError("oh no")

    @flow.on_failure_task()
    async def report(input: Any, ctx: Context) -> None:
        error = ctx.fetch_task_run_error(broken)
        assert error is not None
        seen.extend((error.exc_type, error.message, list(ctx.task_run_errors)))

    await start_worker(flow)
    with pytest.raises(RunFailed, match="oh no"):
        await flow.aio_run({})
    assert seen == ["ValueError", "oh no", ["broken"]]


async def test_a_sole_task_may_have_an_on_failure_task(client: Mattock, start_worker: StartWorker) -> None:
    seen: list[str] = []

    @client.task()
    async def work(input: dict[str, bool], ctx: Context) -> int:
        if input["fail"]:
            raise ValueError("oh no")
        return 1

    @work.on_failure_task()
    async def report(input: dict[str, bool], ctx: Context) -> None:
        seen.append("told")

    await start_worker(work)
    assert await work.aio_run({"fail": False}) == 1
    with pytest.raises(RunFailed):
        await work.aio_run({"fail": True})
    assert seen == ["told"]


async def test_definition_holds_all_options(engine: FakeEngine) -> None:
    client = Mattock(engine.settings(namespace="Team"))

    @client.task(
        name="Send",
        description="sends",
        version="2",
        retries=3,
        backoff_factor=2.0,
        backoff_max_seconds=60,
        execution_timeout="1m30s",
        schedule_timeout=timedelta(hours=1),
        slots=4,
        priority=2,
        default_priority=3,
        queue_order="LIFO",
        default_additional_metadata={"team": "a"},
    )
    async def send(input: Text, ctx: Context) -> None: ...

    found = define(send.workflow, client.settings)
    assert (found.name, found.description, found.version, found.default_priority) == ("team_Send", "sends", "2", 3)
    assert (found.queue_order, found.metadata) == (1, b'{"team":"a"}')
    assert b'"text"' in found.input_schema
    (task,) = found.tasks
    assert (task.name, task.action, task.retries, task.priority) == ("Send", "team_send:send", 3, 2)
    assert (task.backoff_factor, task.backoff_max, task.execution_timeout, task.schedule_timeout) == (2, 60, 90, 3600)
    assert dict(task.slots) == {"default": 4}


def test_declarations_are_checked() -> None:
    client = Mattock()
    flow = client.workflow("flow")
    other = client.workflow("other")

    @flow.task()
    async def one(input: Any, ctx: Context) -> None: ...

    with pytest.raises(ValueError, match="has a task 'ONE' already"):

        @flow.task(name="ONE")
        async def two(input: Any, ctx: Context) -> None: ...

    with pytest.raises(ValueError, match="'one' is no task of workflow 'other'"):

        @other.task(parents=[one])
        async def three(input: Any, ctx: Context) -> None: ...

    with pytest.raises(TypeError, match="executor='thread' does not go with a coroutine function"):

        @flow.task(executor="thread")
        async def four(input: Any, ctx: Context) -> None: ...

    with pytest.raises(TypeError, match="'extra'"):

        @flow.task()
        async def five(input: dict[str, Any], ctx: Context, extra: int) -> None: ...

    with pytest.raises(TypeError, match="colour"):
        client.task(colour="red")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("250ms", 0.25), ("1m30s", 90), ("1.5h", 5400), ("7d", 604_800), (5, 5), (0.5, 0.5), (timedelta(minutes=1), 60)],
)
def test_durations(given: Any, seconds: float) -> None:
    assert to_seconds(given, "t") == seconds


@pytest.mark.parametrize("given", ["5", "", "1y", "-1s", -1, timedelta(seconds=-1), "1s 2m"])
def test_bad_durations_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="t: "):
        to_seconds(given, "t")
