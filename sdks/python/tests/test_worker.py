"""Workers: retries, cancellation, reconnection, stopping."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine
from mattock import (
    Context,
    Mattock,
    MattockError,
    NonRetryableError,
    RegistrationError,
    RunCancelled,
    RunFailed,
    RunRef,
)
from process_task import client as process_client
from process_task import crash, crunch
from worker_fixture import StartWorker


async def test_failures_are_retried_and_final_ones_are_not(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    @client.task(retries=2)
    async def flaky(input: dict[str, Any], ctx: Context) -> list[int]:
        if ctx.retry_count < 2:
            raise OSError("not yet")
        return [ctx.attempt_number, ctx.retry_count, ctx.max_attempts]

    @client.task(retries=2)
    async def hopeless(input: dict[str, Any], ctx: Context) -> None:
        raise NonRetryableError("never")

    await start_worker(flaky, hopeless)
    assert await flaky.aio_run({}) == [3, 2, 3]
    engine.outcomes.clear()
    with pytest.raises(RunFailed, match="never"):
        await hopeless.aio_run({})
    assert len(engine.outcomes) == 1


async def test_coroutines_are_cancelled(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    begun = asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> None:
        begun.set()
        await asyncio.Event().wait()

    await start_worker(wait)
    ref = await wait.aio_run_no_wait({})
    await begun.wait()
    engine.cancel(ref.run_id)
    with pytest.raises(RunCancelled):
        await ref.aio_result()


async def test_plain_functions_are_told_of_cancellation(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    begun = threading.Event()
    seen: list[bool] = []

    @client.task()
    def wait(input: dict[str, Any], ctx: Context) -> None:
        begun.set()
        seen.extend((ctx.wait_cancelled(10), ctx.is_cancelled, ctx.exit_flag))

    await start_worker(wait)
    ref = await wait.aio_run_no_wait({})
    await asyncio.to_thread(begun.wait)
    engine.cancel(ref.run_id)
    with pytest.raises(RunCancelled):
        await ref.aio_result()
    assert seen == [True, True, True]


async def test_held_attempts_and_unacknowledged_outcomes_survive_a_break(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    gate = asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> str:
        if input["long"]:
            await gate.wait()
        return ctx.task_id

    worker = await start_worker(wait)
    engine.acknowledge = False
    long = await wait.aio_run_no_wait({"long": True})
    short = await wait.aio_run_no_wait({"long": False})
    assert await short.aio_result() == short.run_id
    engine.acknowledge = True
    engine.drop()
    await engine.until(lambda: len(engine.outcomes) == 2)
    assert [each.task_id for each in engine.outcomes] == [short.run_id] * 2
    assert {held.task_id for held in engine.hellos[1].held} == {long.run_id, short.run_id}
    assert engine.hellos[1].worker_id == worker.id == "worker-1"
    gate.set()
    assert await long.aio_result() == long.run_id


async def test_an_attempt_that_has_ended_does_not_run_again(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    runs: list[int] = []

    @client.task()
    async def count(input: dict[str, int]) -> int:
        runs.append(input["number"])
        return len(runs)

    await start_worker(count)
    engine.acknowledge = False
    first = await count.aio_run_no_wait({"number": 1})
    assert await first.aio_result() == 1
    engine.assign_again(first.run_id)
    assert await count.aio_run({"number": 2}) == 2
    assert runs == [1, 2]
    engine.acknowledge = True
    engine.drop()
    await engine.until(lambda: len(engine.outcomes) == 4)


async def test_lost_attempts_are_stopped_silently(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    stopped = asyncio.Event()
    begun = asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    await start_worker(wait)
    ref = await wait.aio_run_no_wait({})
    await begun.wait()
    engine.lost.add((ref.run_id, 0))
    engine.drop()
    await stopped.wait()
    assert engine.outcomes == []


async def test_a_graceful_stop_finishes_what_it_holds(client: Mattock, engine: FakeEngine) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> int:
        begun.set()
        await gate.wait()
        return 1

    worker = client.worker("w", workflows=[wait])
    running = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    ref = await wait.aio_run_no_wait({})
    await begun.wait()
    worker.stop()
    await engine.until(lambda: any(stream.paused for stream in engine.streams))
    assert not running.done()
    gate.set()
    await running
    assert engine.left == ["w"]
    assert len(engine.outcomes) == 1
    assert engine.runs[ref.run_id].result is not None


async def test_others_go_on_waiting_when_a_worker_ends(client: Mattock, engine: FakeEngine) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @client.task()
    async def slow(input: dict[str, Any]) -> str:
        begun.set()
        await go.wait()
        return "done"

    @client.task()
    async def quick(input: dict[str, Any]) -> str:
        return "quick"

    workers = [client.worker(name, workflows=[task]) for name, task in (("slow", slow), ("quick", quick))]
    serving = [asyncio.create_task(worker.aio_start()) for worker in workers]
    for worker in workers:
        await worker.aio_ready()
    waiting = asyncio.create_task(slow.aio_run({}))
    await begun.wait()
    assert await quick.aio_run({}) == "quick"
    workers[1].stop()
    await serving[1]
    assert not waiting.done()
    go.set()
    assert await waiting == "done"
    workers[0].stop()
    await serving[0]


async def test_a_second_stop_forces(client: Mattock, engine: FakeEngine) -> None:
    begun = asyncio.Event()

    @client.task()
    async def wait(input: dict[str, Any], ctx: Context) -> None:
        begun.set()
        await asyncio.Event().wait()

    worker = client.worker("w", workflows=[wait])
    running = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    await wait.aio_run_no_wait({})
    await begun.wait()
    worker.stop()
    worker.stop()
    await running
    assert engine.left == ["w"]
    assert engine.outcomes == []


async def test_lifespan_labels_and_slots(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    ended: list[str] = []

    async def lifespan() -> AsyncIterator[dict[str, str]]:
        yield {"pool": "open"}
        ended.append("closed")

    @client.task(slots=2)
    async def look(input: dict[str, Any], ctx: Context) -> list[Any]:
        ctx.worker.upsert_labels({"model": "large"})
        return [ctx.lifespan["pool"], ctx.worker.id, ctx.worker.labels]

    worker = client.worker("w", workflows=[look], slots=7, labels={"gpu": 1}, lifespan=lifespan)
    running = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    assert await look.aio_run({}) == ["open", worker.id, {"gpu": 1, "model": "large"}]
    hello = engine.hellos[0]
    assert (dict(hello.slots), hello.labels["gpu"].number) == ({"default": 7}, 1)
    assert dict(engine.workflows["look"].tasks[0].slots) == {"default": 2}
    await engine.until(lambda: any(request.labels for request in engine.requests))
    worker.stop()
    await running
    assert ended == ["closed"]


async def test_children_are_found_again_by_a_retried_parent(
    client: Mattock, engine: FakeEngine, start_worker: StartWorker
) -> None:
    ran: list[int] = []

    @client.task()
    async def child(input: dict[str, int], ctx: Context) -> list[Any]:
        ran.append(input["n"])
        return [input["n"], ctx.child_index, ctx.child_key]

    @client.task(retries=1)
    async def parent(input: dict[str, Any], ctx: Context) -> list[Any]:
        found = await child.aio_run_many([{"n": n} for n in range(3)])
        found.append(await child.aio_run({"n": 9}, child_key="nine"))
        if ctx.retry_count == 0:
            raise OSError("once")
        return found

    await start_worker(child, parent)
    assert await parent.aio_run({}) == [[0, 0, None], [1, 1, None], [2, 2, None], [9, None, "nine"]]
    assert sorted(ran) == [0, 1, 2, 9]


async def test_children_of_plain_functions(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    @client.task()
    def child(input: dict[str, int], ctx: Context) -> str | None:
        return ctx.parent_task_id

    @client.task()
    def parent(input: dict[str, Any], ctx: Context) -> list[str | None]:
        return [child.run({"n": 1}), *child.run_many([{"n": 2}]), ctx.task_id]

    await start_worker(child, parent)
    found = await parent.aio_run({})
    assert found[0] == found[1] == found[2] is not None
    assert len([stream for stream in engine.streams if stream.hello is None]) == 1


async def test_reports(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    @client.task()
    async def talk(input: dict[str, Any], ctx: Context) -> None:
        ctx.log("begun", level="WARN", part=1)
        await asyncio.to_thread(ctx.log, {"a": 1})
        for word in ("one ", "two ", "three"):
            ctx.put_stream(word)
        await ctx.aio_put_stream(b"\xff")
        ctx.refresh_timeout("1m")
        ctx.release_slot()

    await start_worker(talk)
    ref = await talk.aio_run_no_wait({})
    assert [chunk async for chunk in ref.aio_stream()] == ["one ", "two ", "three", "\ufffd"]
    assert b"".join([chunk async for chunk in ref.aio_stream_bytes()]) == b"one two three\xff"
    assert await asyncio.to_thread(lambda: list(ref.stream())) == ["one ", "two ", "three", "\ufffd"]
    assert [(line.level, line.message, line.fields) for line in engine.logs] == [
        ("WARN", "begun", b'{"part":1}'),
        ("INFO", '{"a":1}', b""),
    ]
    (refresh,) = [refresh for request in engine.requests for refresh in request.refreshes]
    assert (refresh.by, engine.released[0].task_id) == (60.0, ref.run_id)


async def test_a_stream_goes_on_after_a_break(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    gate = asyncio.Event()

    @client.task()
    async def talk(input: dict[str, Any], ctx: Context) -> None:
        ctx.put_stream("a")
        ctx.put_stream("b")
        await gate.wait()
        ctx.put_stream("c")

    await start_worker(talk)
    ref = await talk.aio_run_no_wait({})
    found = []
    async for chunk in ref.aio_stream():
        found.append(chunk)
        if chunk == "b":
            engine.drop()
            await engine.until(lambda: len(engine.hellos) == 2)
            gate.set()
    assert found == ["a", "b", "c"]


async def test_logs_are_captured(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    logger = logging.getLogger("of.the.user")

    @client.task()
    async def talk(input: dict[str, Any], ctx: Context) -> None:
        logger.warning("look out")

    await start_worker(talk, capture_logs=logger)
    await talk.aio_run({})
    logger.warning("elsewhere")
    await engine.until(lambda: engine.logs)
    assert [(line.level, line.message) for line in engine.logs] == [("WARN", "look out")]


async def test_tasks_in_processes(client: Mattock, engine: FakeEngine, start_worker: StartWorker) -> None:
    process_client._fixed = process_client._settings = engine.settings()
    await start_worker(crunch, crash)
    found = await crunch.aio_run({"n": 10})
    assert found.total == 45
    assert found.process != found.parent
    with pytest.raises(RunFailed, match="in crash") as caught:
        await crash.aio_run({})
    assert caught.value.tasks[0].exc_type == "ZeroDivisionError"
    await engine.until(lambda: engine.logs)
    assert engine.logs[0].message == "crunching"
    await process_client.aio_close()


async def test_a_worker_waits_for_a_server_that_is_not_there_yet(client: Mattock, engine: FakeEngine) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> int:
        return 1

    await engine.stop()
    worker = client.worker("w", workflows=[echo])
    running = asyncio.create_task(worker.aio_start())
    await engine.start()
    await worker.aio_ready()
    assert await echo.aio_run({}) == 1
    worker.stop()
    await running


async def test_a_worker_needs_workflows(client: Mattock) -> None:
    with pytest.raises(MattockError, match="workflows"):
        await client.worker("w").aio_start()
    flow = client.workflow("flow")

    @flow.task()
    async def part(input: Any, ctx: Context) -> None: ...

    with pytest.raises(TypeError, match="part of"):
        client.worker("w", workflows=[part])  # type: ignore[list-item]


async def test_a_refused_registration_names_the_field(client: Mattock) -> None:
    @client.task(retries=-1)
    async def echo(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(RegistrationError, match="negative") as caught:
        await client.worker("w", workflows=[echo]).aio_start()
    assert (caught.value.code, caught.value.field) == (3, "tasks[0].retries")


PROGRAM = """
import sys, time
from fake_engine import token_for
from mattock import Context, Mattock

client = Mattock(token=token_for(sys.argv[1]), tls_strategy="none")

@client.task()
def stuck(input: dict, ctx: Context) -> int:
    ctx.log("begun")
    time.sleep(input["seconds"])
    return 1

client.worker("program", workflows=[stuck], stop_timeout=20).start()
print("ended")
"""


async def start_program(engine: FakeEngine) -> asyncio.subprocess.Process:
    """A worker in a process of its own, connected."""
    address = f"127.0.0.1:{engine.port}"
    folder = Path(__file__).parent
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, address, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    await engine.until(lambda: engine.hellos)
    return program


async def trigger(client: Mattock, engine: FakeEngine, seconds: float) -> RunRef[Any]:
    """Starts a run of the program's task, and waits until it has begun."""

    @client.task()
    async def stuck(input: dict[str, float], ctx: Context) -> int:
        return 0

    ref = await stuck.aio_run_no_wait({"seconds": seconds})
    await engine.until(lambda: engine.logs)
    return ref


async def test_a_signal_stops_gracefully(client: Mattock, engine: FakeEngine) -> None:
    program = await start_program(engine)
    ref = await trigger(client, engine, 0.2)
    program.send_signal(signal.SIGTERM)
    out, _ = await program.communicate()
    assert (out, program.returncode) == (b"ended\n", 0)
    assert await ref.aio_result() == 1
    assert engine.left == ["program"]


async def test_a_second_signal_ends_a_worker_whose_thread_is_stuck(client: Mattock, engine: FakeEngine) -> None:
    program = await start_program(engine)
    await trigger(client, engine, 600)
    program.send_signal(signal.SIGINT)
    await engine.until(lambda: any(stream.paused for stream in engine.streams))
    program.send_signal(signal.SIGINT)
    out, _ = await program.communicate()
    assert (out, program.returncode) == (b"", 1)
    assert engine.left == ["program"]
    assert engine.outcomes == []


async def test_a_worker_without_server_stops_at_once(client: Mattock, engine: FakeEngine) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> None: ...

    worker = client.worker("w", workflows=[echo])
    running = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    await engine.stop()
    worker.stop()
    await running
    never = asyncio.create_task(worker.aio_start())
    waiting = asyncio.create_task(worker.aio_ready())
    await asyncio.sleep(0)
    worker.stop()
    await never
    with pytest.raises(MattockError, match="ended"):
        await waiting
