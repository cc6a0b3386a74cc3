"""The SDK with a real server: what an engine in memory cannot show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from mattock import (
    ConnectionError,
    Context,
    EmbeddedServer,
    Mattock,
    NonRetryableError,
    RequestError,
    RunCancelled,
    RunFailed,
    SoleTask,
    TriggerError,
    Workflow,
    embedded,
)
from pydantic import BaseModel


class Number(BaseModel):
    """An input or output."""

    n: int


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Mattock]:
    client = server.client()
    yield client
    await client.aio_close()


class Serving:
    """A worker for the time of a block."""

    def __init__(self, client: Mattock, *workflows: Workflow[Any] | SoleTask[Any, Any], **options: Any) -> None:
        self.worker = client.worker("worker", workflows=workflows, **options)

    async def __aenter__(self) -> Serving:
        self.serving = asyncio.create_task(self.worker.aio_start())
        ready = asyncio.create_task(self.worker.aio_ready())
        await asyncio.wait((self.serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if self.serving.done():
            await self.serving
        return self

    async def __aexit__(self, *_: object) -> None:
        self.worker.stop()
        await self.serving


async def test_many_runs(client: Mattock) -> None:
    @client.task(name="double")
    async def double(input: Number, ctx: Context) -> Number:
        return Number(n=input.n * 2)

    async with Serving(client, double):
        assert await double.aio_run(Number(n=2)) == Number(n=4)
        found = await double.aio_run_many([Number(n=n) for n in range(1000)])
        assert [each.n for each in found] == [2 * n for n in range(1000)]
        refs = await double.aio_run_many_no_wait([Number(n=n) for n in range(100)])
        assert [(await ref.aio_result()).n for ref in refs] == [2 * n for n in range(100)]
        assert await asyncio.to_thread(double.run, Number(n=3)) == Number(n=6)


@pytest.mark.parametrize("value", [1, 1.5, "text", [1, 2], True, None, {"a": None}, "", [], {}, "\U0001f600"])
async def test_outputs_of_any_kind(client: Mattock, value: Any) -> None:
    @client.task(name="constant")
    async def constant(input: dict[str, Any], ctx: Context) -> Any:
        return value

    async with Serving(client, constant):
        assert await constant.aio_run({}) == value


async def test_retries_and_final_failures(client: Mattock) -> None:
    @client.task(name="flaky", retries=2)
    def flaky(input: dict[str, Any], ctx: Context) -> list[int]:
        if ctx.retry_count < 2:
            raise OSError("not yet")
        return [ctx.attempt_number, ctx.max_attempts]

    @client.task(name="hopeless", retries=3)
    async def hopeless(input: dict[str, Any], ctx: Context) -> None:
        raise NonRetryableError(f"attempt {ctx.attempt_number}")

    async with Serving(client, flaky, hopeless):
        assert await flaky.aio_run() == [3, 3]
        with pytest.raises(RunFailed, match="attempt 1") as caught:
            await hopeless.aio_run()
        assert "in hopeless" in caught.value.tasks[0].remote_traceback


async def test_timeouts_cancel_the_attempt(client: Mattock) -> None:
    stopped = asyncio.Event()

    @client.task(name="slow", execution_timeout="200ms")
    async def slow(input: dict[str, Any], ctx: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with Serving(client, slow):
        with pytest.raises(RunFailed, match="exceeded timeout of"):
            await slow.aio_run()
        await stopped.wait()


async def test_a_dag_with_failure(client: Mattock) -> None:
    seen: list[str] = []
    flow = client.workflow("dag", input_validator=Number)

    @flow.task()
    async def first(input: Number, ctx: Context) -> Number:
        return Number(n=input.n + 1)

    @flow.task(parents=[first])
    async def second(input: Number, ctx: Context) -> int:
        if input.n < 0:
            raise ValueError("negative")
        return ctx.task_output(first).n * 10

    @flow.on_success_task()
    async def good(input: Number, ctx: Context) -> str:
        return f"got {ctx.task_output(second)}"

    @flow.on_failure_task()
    async def bad(input: Number, ctx: Context) -> None:
        error = ctx.fetch_task_run_error(second)
        assert error is not None
        seen.append(error.message)

    async with Serving(client, flow):
        found = await flow.aio_run(Number(n=1))
        assert {name: found[name] for name in ("first", "second", "good")} == {
            "first": Number(n=2),
            "second": 20,
            "good": "got 20",
        }
        with pytest.raises(RunFailed, match="negative") as caught:
            await flow.aio_run(Number(n=-1))
        assert [task.task_name for task in caught.value.tasks] == ["second"]
        assert seen == ["negative"]


async def test_children_are_started_once(client: Mattock) -> None:
    ran: list[int] = []

    @client.task(name="child")
    async def child(input: Number, ctx: Context) -> list[Any]:
        ran.append(input.n)
        return [input.n, ctx.child_index, ctx.child_key, ctx.parent_task_id, ctx.additional_metadata.get("who")]

    @client.task(name="parent", retries=1)
    async def parent(input: dict[str, Any], ctx: Context) -> list[Any]:
        found = await child.aio_run_many([Number(n=n) for n in range(3)])
        found.append(await child.aio_run(Number(n=9), child_key="nine"))
        if ctx.retry_count == 0:
            raise OSError("once")
        return [ctx.task_id, *found]

    async with Serving(client, child, parent):
        own, *found = await parent.aio_run({}, additional_metadata={"who": "me"})
        assert found == [*([n, n, None, own, "me"] for n in range(3)), [9, None, "nine", own, "me"]]
        assert sorted(ran) == [0, 1, 2, 9]


async def test_cancelling_reaches_the_worker_and_the_children(client: Mattock) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    @client.task(name="waiting-child")
    async def child(input: dict[str, Any], ctx: Context) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    @client.task(name="waiting-parent")
    async def parent(input: dict[str, Any], ctx: Context) -> None:
        await child.aio_run()

    async with Serving(client, child, parent):
        ref = await parent.aio_run_no_wait()
        await begun.wait()
        await ref.aio_cancel()
        with pytest.raises(RunCancelled):
            await ref.aio_result()
        await stopped.wait()
        assert await ref.aio_status() == "CANCELLED"


async def test_a_task_cancels_itself(client: Mattock) -> None:
    @client.task(name="suicidal")
    async def suicidal(input: dict[str, Any], ctx: Context) -> None:
        await ctx.aio_cancel()
        await asyncio.Event().wait()

    async with Serving(client, suicidal):
        with pytest.raises(RunCancelled):
            await suicidal.aio_run()


async def test_streams_and_logs(client: Mattock) -> None:
    gate = asyncio.Event()

    @client.task(name="talk")
    async def talk(input: dict[str, Any], ctx: Context) -> None:
        ctx.log("begun", level="WARN", part=1)
        ctx.put_stream("early")
        await gate.wait()
        for n in range(100):
            ctx.put_stream(f" {n}")

    async with Serving(client, talk):
        ref = await talk.aio_run_no_wait()
        found = []
        async for chunk in ref.aio_stream():
            found.append(chunk)
            gate.set()
        assert found == ["early", *(f" {n}" for n in range(100))]
        await ref.aio_result()
        quick = await talk.aio_run_no_wait(stream=True)
        await quick.aio_result()
        assert len([chunk async for chunk in quick.aio_stream()]) == 101
        (line,) = await client.runs.aio_logs(ref.run_id)
        assert (line.level, line.message, line.fields["part"]) == ("WARN", "begun", 1)


async def events_of(client: Mattock, run_id: str) -> list[dict[str, Any]]:
    """What happened to a run, as its page in the dashboard is told."""
    settings = client.settings
    path = f"{settings.server_url}/api/v1/stable/workflow-runs/{run_id}/task-events"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings.token}"}) as http:
        return list((await http.get(path)).json()["rows"])


async def test_runs_are_listed_read_and_replayed(client: Mattock) -> None:
    @client.task(name="counted")
    async def counted(input: Number, ctx: Context) -> Number:
        return Number(n=ctx.attempt_number)

    async with Serving(client, counted):
        ref = await counted.aio_run_no_wait(Number(n=5), additional_metadata={"batch": "seven"}, priority=3)
        assert await ref.aio_result() == Number(n=1)
        details = await ref.aio_details()
        assert (details.run_id, details.status) == (ref.run_id, "COMPLETED")
        assert (details.tasks[0].input, details.tasks[0].output) == ({"n": 5}, {"n": 1})
        (found,) = await client.runs.aio_list(additional_metadata={"batch": "seven"})
        assert (found.run_id, found.status, found.workflow_name) == (ref.run_id, "COMPLETED", "counted")
        assert await client.runs.aio_replay(ref.run_id) == [ref.run_id]
        assert (await ref.aio_result()).n == 2
        told = [(each["eventType"], each["attempt"]) for each in await events_of(client, ref.run_id)]
        assert told == [
            ("CREATED", 1),
            ("STARTED", 1),
            ("FINISHED", 1),
            ("RETRIED_BY_USER", 2),
            ("QUEUED", 2),
            ("ASSIGNED", 2),
            ("STARTED", 2),
            ("FINISHED", 2),
        ]
        with pytest.raises(RequestError) as caught:
            await client.runs.aio_get("00000000-0000-7000-8000-000000000000")
        assert caught.value.code == 404


async def test_workers_are_listed_and_paused(client: Mattock) -> None:
    @client.task(name="idle")
    async def idle(input: dict[str, Any], ctx: Context) -> str:
        ctx.worker.upsert_labels({"seen": "yes"})
        return ctx.worker.id

    async with Serving(client, idle, slots=7, labels={"gpu": 1}) as serving:
        worker_id = serving.worker.id
        assert await idle.aio_run() == worker_id
        worker = await client.workers.aio_get(worker_id)
        assert (worker.name, worker.status, worker.slots["default"].limit) == ("worker", "ACTIVE", 7)
        assert worker.labels["gpu"] == "1"
        assert worker_id in {each.id for each in await client.workers.aio_list(statuses=["ACTIVE"])}
        assert (await client.workers.aio_pause(worker_id)).status == "PAUSED"
        ref = await idle.aio_run_no_wait()
        assert (await client.workers.aio_pause(worker_id, False)).status == "ACTIVE"
        assert await ref.aio_result() == worker_id


async def test_refusals(client: Mattock) -> None:
    @client.task(name="nowhere")
    async def nowhere(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(TriggerError, match="nowhere"):
        await nowhere.aio_run()
    bad = Mattock(replace(client.settings, token=client.settings.token[:-4] + "AAAA"))

    @bad.task(name="double")
    async def denied(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(RequestError) as caught:
        await denied.aio_run()
    assert caught.value.code == 16
    await bad.aio_close()


@pytest.mark.usefixtures("server")
async def test_everything_goes_on_after_a_restart(tmp_path: Any) -> None:
    """The server is stopped amid runs, and another one starts on its data and ports."""
    async with embedded(tmp_path, set_environment=False) as first:
        client = first.client()
        ports = [first.host_port.rpartition(":")[2], first.url.rpartition(":")[2]]
        gate, begun = asyncio.Event(), asyncio.Event()

        @client.task(name="wait")
        async def wait(input: Number, ctx: Context) -> int:
            begun.set()
            await gate.wait()
            return input.n

        serving = Serving(client, wait)
        await serving.__aenter__()
        waiting = asyncio.create_task(wait.aio_run_many([Number(n=n) for n in range(20)]))
        await begun.wait()
        first._clients.clear()
    async with embedded(tmp_path, arguments=("--grpc-port", ports[0], "--http-port", ports[1]), set_environment=False):
        gate.set()
        assert await waiting == list(range(20))
        await serving.__aexit__()
        await client.aio_close()


async def test_no_server_is_a_clear_error(server: EmbeddedServer) -> None:
    client = server.client(host_port="127.0.0.1:1", reconnect_seconds=0)

    @client.task(name="x")
    async def x(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        await x.aio_run()
