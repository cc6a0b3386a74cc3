"""Starting runs, and awaiting their results."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from fake_engine import FakeEngine
from mattock import Context, Mattock, RunFailed, SyncInAsyncError, TriggerError, identity
from mattock.identity import new_id
from pydantic import BaseModel
from typing_extensions import TypedDict
from worker_fixture import StartWorker


class Order(BaseModel):
    """An input."""

    item: str
    count: int = 1


@dataclass
class Price:
    """An output."""

    total: float


class Greeting(TypedDict):
    """An output."""

    text: str


def test_ids_are_uuids_of_version_7_and_differ() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(uuid.UUID(each).version == 7 and uuid.UUID(each).variant == uuid.RFC_4122 for each in ids)


def test_ids_sort_by_when_they_were_made_within_a_millisecond_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a millisecond's counter holds, with a clock that is set back in their midst."""
    clock = [2_000_000_000_000_000_000]
    monkeypatch.setattr(identity, "time_ns", lambda: clock[0])
    monkeypatch.setattr(identity, "_last", 0)
    ids = [new_id() for _ in range(5000)]
    clock[0] -= 10**9
    ids += [new_id() for _ in range(5000)]
    clock[0] += 2 * 10**9
    ids.append(new_id())
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(uuid.UUID(each).version == 7 and uuid.UUID(each).variant == uuid.RFC_4122 for each in ids)


async def test_task_runs_and_types_survive(client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def price(input: Order, ctx: Context) -> Price:
        assert isinstance(input, Order)
        return Price(total=input.count * 2.5)

    @client.task()
    def greet(input: dict[str, str]) -> Greeting:
        return {"text": f"hello {input['name']}"}

    @client.task()
    async def nothing() -> None:
        return None

    await start_worker(price, greet, nothing)
    assert await price.aio_run(Order(item="pen", count=4)) == Price(total=10.0)
    assert await greet.aio_run({"name": "Ann"}) == {"text": "hello Ann"}
    assert await nothing.aio_run_many([None, None]) == [None, None]


async def test_many_runs_share_one_stream(client: Mattock, start_worker: StartWorker, engine: FakeEngine) -> None:
    @client.task()
    async def double(input: dict[str, int], ctx: Context) -> int:
        return input["n"] * 2

    await start_worker(double)
    one_by_one = asyncio.gather(*(double.aio_run({"n": n}) for n in range(50)))
    assert await double.aio_run_many([{"n": n} for n in range(100)]) == [2 * n for n in range(100)]
    assert await one_by_one == [2 * n for n in range(50)]
    assert len([stream for stream in engine.streams if stream.hello is None]) == 1


async def test_refs_give_results_later_and_more_than_once(client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> dict[str, Any]:
        return input

    await start_worker(echo)
    ref = await echo.aio_run_no_wait({"a": 1})
    assert await ref.aio_result() == await ref.aio_result() == {"a": 1}
    refs = await echo.aio_run_many_no_wait([{"a": n} for n in range(10)])
    assert [await ref.aio_result() for ref in refs] == [{"a": n} for n in range(10)]
    assert await echo.ref(ref.run_id).aio_result() == {"a": 1}


async def test_sync_calls_work_in_other_threads(client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> dict[str, Any]:
        return input

    await start_worker(echo)
    assert await asyncio.to_thread(echo.run, {"a": 1}) == {"a": 1}
    assert await asyncio.to_thread(echo.run_many, [{"a": 1}, {"a": 2}]) == [{"a": 1}, {"a": 2}]
    ref = await asyncio.to_thread(echo.run_no_wait, {"a": 3})
    assert await asyncio.to_thread(ref.result) == {"a": 3}
    with pytest.raises(SyncInAsyncError, match=r"await echo\.aio_run"):
        echo.run({"a": 1})


async def test_options_go_with_the_trigger(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    @client.task(default_priority=2)
    async def echo(input: dict[str, Any], ctx: Context) -> list[Any]:
        return [ctx.priority, ctx.additional_metadata]

    await start_worker(echo)
    assert await echo.aio_run({}, priority=3, additional_metadata={"k": "v"}) == [3, {"k": "v"}]
    assert await echo.aio_run({}, {"additional_metadata": {"k": "w"}}) == [2, {"k": "w"}]
    items = [echo.create_bulk_run_item({}, priority=1), echo.create_bulk_run_item({}, priority=3)]
    assert await echo.aio_run_many(items) == [[1, {}], [3, {}]]
    with pytest.raises(TypeError, match="colour"):
        await echo.aio_run({}, colour="red")  # type: ignore[call-arg]


async def test_refusals_name_the_field(client: Mattock) -> None:
    @client.task()
    async def unknown(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(TriggerError, match="unknown") as caught:
        await unknown.aio_run({})
    assert (caught.value.code, caught.value.field) == (5, "workflow")
    with pytest.raises(TriggerError):
        await unknown.aio_run_no_wait({})
    found = await unknown.aio_run_many([{}, {}], return_exceptions=True)
    assert [type(each) for each in found] == [TriggerError, TriggerError]
    with pytest.raises(TriggerError, match="more than a message"):
        await unknown.aio_run({"text": "x" * 5_000_000})


async def test_failures_carry_the_remote_traceback(client: Mattock, start_worker: StartWorker) -> None:
    def inner() -> None:
        raise LookupError("no such thing\nat all")

    @client.task()
    async def broken(input: dict[str, Any], ctx: Context) -> None:
        try:
            inner()
        except LookupError as error:
            raise ValueError("wrapped") from error

    @client.task()
    async def good(input: dict[str, Any], ctx: Context) -> int:
        return 1

    await start_worker(broken, good)
    with pytest.raises(RunFailed) as caught:
        await broken.aio_run({})
    (task,) = caught.value.tasks
    assert (task.task_name, task.exc_type, task.message) == ("broken", "ValueError", "wrapped")
    assert "in inner" in task.remote_traceback
    assert "runner.py" not in task.remote_traceback
    assert "no such thing" in str(caught.value)
    found = await broken.aio_run_many([{}], return_exceptions=True)
    assert isinstance(found[0], RunFailed)


async def test_input_of_the_wrong_type_is_final(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    @client.task(name="t", retries=5)
    async def strict(input: Order, ctx: Context) -> None: ...

    @client.task(name="t")
    async def loose(input: dict[str, Any], ctx: Context) -> None: ...

    await start_worker(strict)
    with pytest.raises(RunFailed, match="item"):
        await loose.aio_run({"count": 1})
    assert [(outcome.attempt, outcome.final) for outcome in engine.outcomes] == [(0, True)]


async def test_triggers_are_sent_again_after_a_break(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> dict[str, Any]:
        return input

    await start_worker(echo)
    engine.accept = False
    running = asyncio.create_task(echo.aio_run({"a": 1}))
    await engine.until(lambda: engine.triggers)
    engine.accept = True
    engine.drop()
    assert await running == {"a": 1}
    first, second = engine.triggers
    assert (first.run_id, first.again, second.again) == (second.run_id, False, True)


async def test_results_are_watched_again_after_a_restart(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    gate = asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> int:
        await gate.wait()
        return 7

    await start_worker(wait)
    ref = await wait.aio_run_no_wait({})
    waiting = asyncio.create_task(ref.aio_result())
    await engine.until(lambda: any(ref.run_id in stream.watched for stream in engine.streams))
    await engine.stop()
    await engine.start()
    gate.set()
    assert await waiting == 7
    assert len(engine.outcomes) == 1


async def test_a_caller_that_gives_up_unwatches(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> None:
        await asyncio.Event().wait()

    await start_worker(wait, stop_timeout=0)
    running = asyncio.create_task(wait.aio_run({}))
    await engine.until(lambda: any(stream.watched for stream in engine.streams))
    running.cancel()
    await engine.until(lambda: not any(stream.watched for stream in engine.streams))
    assert running.cancelled() or running.cancelling()


async def test_nothing_is_lost_or_doubled_by_many_breaks(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    counts: dict[int, int] = {}

    @client.task()
    async def count(input: dict[str, int], ctx: Context) -> int:
        counts[input["n"]] = counts.get(input["n"], 0) + 1
        if input["n"] % 20 == 0:
            engine.drop()
        await asyncio.sleep(0)
        return input["n"]

    await start_worker(count)

    async def one_after_the_other(start: int) -> list[int]:
        return [await count.aio_run({"n": n}) for n in range(start, start + 20)]

    found = await asyncio.gather(*(one_after_the_other(20 * n) for n in range(10)))
    assert [each for part in found for each in part] == list(range(200))
    assert counts == dict.fromkeys(range(200), 1)
    assert len(engine.runs) == 200
