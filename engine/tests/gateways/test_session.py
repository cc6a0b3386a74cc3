"""Batched sessions: reconnections, acknowledgements, replacement."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from mattock_engine.contracts.hatchet import admin_pb2
from mattock_engine.contracts.mattock import session_pb2 as pb
from mattock_engine.core.command import AttachWorker, Heartbeat, Loaded
from mattock_engine.core.record import Need
from mattock_engine.identity import new_id

from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORK = "/mattock.v1.SessionService/Work"
CALL = "/mattock.v1.SessionService/Call"


async def work(client: Any, name: str, **hello: Any) -> tuple[Any, pb.WorkerWelcome]:
    """A worker's stream and its welcome."""
    stream = client.stream(WORK, pb.WorkResponse)
    full = pb.WorkerHello(name="w", actions=[f"{name}:t"], slots={"default": 10}, **hello)
    await stream.write(pb.WorkRequest(hello=full))
    return stream, (await stream.read()).welcome


async def assignments(stream: Any, count: int) -> list[Any]:
    found: list[Any] = []
    while len(found) < count:
        found += (await stream.read()).assignments
    return found


async def register(client: Any, name: str) -> None:
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)


def completed(assignment: Any, payload: bytes = b"{}") -> pb.TaskOutcome:
    return pb.TaskOutcome(
        task_id=assignment.task_id,
        attempt=assignment.attempt,
        kind=pb.OUTCOME_KIND_COMPLETED,
        payload=payload,
        started_at=1e300,
    )


async def test_a_batch_from_trigger_to_result(house: Any, name: str) -> None:
    client = house.ours
    await register(client, name)
    worker, welcome = await work(client, name)
    assert welcome.timeout > 0
    caller = client.stream(CALL, pb.CallResponse)
    ids = [new_id() for _ in range(10)]
    items = [pb.TriggerItem(run_id=run_id, workflow=name, input=b'{"n":1}', watch=True) for run_id in ids]
    await caller.write(pb.CallRequest(triggers=items))
    given = await assignments(worker, 10)
    assert sorted(item.task_id for item in given) == sorted(ids)
    assert {item.input for item in given} == {b'{"n":1}'}
    await worker.write(pb.WorkRequest(outcomes=[completed(item, b'{"m":2}') for item in given]))
    acknowledged: list[str] = []
    while len(acknowledged) < 10:
        acknowledged += [item.task_id for item in (await worker.read()).acknowledged]
    results: dict[str, Any] = {}
    accepted: list[str] = []
    while len(results) < 10:
        response = await caller.read()
        accepted += [item.actual_run_id for item in response.accepted]
        results |= {item.run_id: item for item in response.results}
    assert sorted(accepted) == sorted(ids)
    assert {item.tasks[0].output for item in results.values()} == {b'{"m":2}'}

    # Told again after a reconnection: acknowledged, and changes nothing.
    await worker.write(pb.WorkRequest(outcomes=[completed(given[0], b'{"m":3}')]))
    assert [item.task_id for item in (await worker.read()).acknowledged] == [given[0].task_id]
    # The same trigger again: the same run, and its result.
    again = pb.TriggerItem(run_id=ids[0], workflow=name, watch=True, again=True)
    await caller.write(pb.CallRequest(triggers=[again]))
    seen = pb.CallResponse()
    while not (seen.accepted and seen.results):
        seen.MergeFrom(await caller.read())
    assert seen.results[0].tasks[0].output == b'{"m":2}'
    await worker.write(pb.WorkRequest(leaving=True))
    assert await worker.read() is grpc.aio.EOF
    caller.cancel()


async def test_a_reconnection_settles_what_is_held(house: Any, name: str) -> None:
    client = house.ours
    await register(client, name)
    worker, welcome = await work(client, name)
    caller = client.stream(CALL, pb.CallResponse)
    ids = [new_id() for _ in range(3)]
    await caller.write(pb.CallRequest(triggers=[pb.TriggerItem(run_id=run_id, workflow=name) for run_id in ids]))
    first, second, third = sorted(await assignments(worker, 3), key=lambda item: ids.index(item.task_id))
    worker.cancel()
    # It holds the first still, has never got the others, and believes in one that is nobody's.
    held = [pb.Attempt(task_id=first.task_id), pb.Attempt(task_id=new_id(), attempt=3)]
    worker, again = await work(client, name, worker_id=welcome.worker_id, held=held)
    assert again.worker_id == welcome.worker_id
    assert [(item.task_id, item.attempt) for item in again.lost] == [(held[1].task_id, 3)]
    given = await assignments(worker, 2)
    assert {item.task_id for item in given} == {second.task_id, third.task_id}
    assert {item.attempt for item in given} == {0}
    await worker.write(pb.WorkRequest(leaving=True))
    caller.cancel()


async def test_an_attempt_is_sent_once_although_the_engine_knows_less_than_the_session(house: Any, name: str) -> None:
    client = house.ours
    await register(client, name)
    worker, welcome = await work(client, name)
    session_id = list(house.engine._sessions)[-1]
    caller = client.stream(CALL, pb.CallResponse)
    first, second = new_id(), new_id()
    await caller.write(pb.CallRequest(triggers=[pb.TriggerItem(run_id=first, workflow=name)]))
    assert [item.task_id for item in await assignments(worker, 1)] == [first]
    # What an engine that took over hears if the attempt went out between the question and the answer.
    await house.engine.call(client.tenant_id, AttachWorker(welcome.worker_id, session_id, []))
    await caller.write(pb.CallRequest(triggers=[pb.TriggerItem(run_id=second, workflow=name)]))
    assert [item.task_id for item in await assignments(worker, 1)] == [second]
    await worker.write(pb.WorkRequest(leaving=True))
    caller.cancel()


async def test_a_second_session_replaces_the_first(house: Any, name: str) -> None:
    client = house.ours
    await register(client, name)
    first, welcome = await work(client, name)
    second, _ = await work(client, name, worker_id=welcome.worker_id)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await first.read()
    assert caught.value.code() == grpc.StatusCode.ABORTED
    await second.write(pb.WorkRequest(leaving=True))
    assert await second.read() is grpc.aio.EOF


async def test_an_unknown_method_order(house: Any) -> None:
    stream = house.ours.stream(WORK, pb.WorkResponse)
    await stream.write(pb.WorkRequest(paused=True))
    with pytest.raises(grpc.aio.AioRpcError, match="hello"):
        await stream.read()


async def test_a_refusal_within_a_batch_names_the_task(house: Any, name: str) -> None:
    worker, _ = await work(house.ours, name)
    unknown = new_id()
    for refresh in (pb.TimeoutRefresh(task_id=unknown, by=1.0), pb.TimeoutRefresh(task_id=unknown, by=float("nan"))):
        await worker.write(pb.WorkRequest(refreshes=[refresh]))
        (error,) = (await worker.read()).errors
        assert error.id == unknown
        assert error.code in (3, 5)
    await worker.write(pb.WorkRequest(leaving=True))
    assert await worker.read() is grpc.aio.EOF


async def test_streams_reach_a_listener_that_comes_late(house: Any, name: str) -> None:
    client = house.ours
    await register(client, name)
    worker, _ = await work(client, name)
    caller = client.stream(CALL, pb.CallResponse)
    run_id = new_id()
    await caller.write(pb.CallRequest(triggers=[pb.TriggerItem(run_id=run_id, workflow=name)]))
    (given,) = await assignments(worker, 1)
    chunks = [pb.TaskStreamChunk(task_id=run_id, attempt=0, index=index, data=b"%d" % index) for index in (1, 0, 2)]
    await worker.write(pb.WorkRequest(chunks=chunks[:2]))
    await caller.write(pb.CallRequest(listen=[run_id]))
    seen: list[Any] = []
    while len(seen) < 2:
        seen += (await caller.read()).chunks
    await worker.write(pb.WorkRequest(chunks=chunks[2:]))
    await worker.write(pb.WorkRequest(outcomes=[completed(given)]))
    while not seen[-1].end:
        seen += (await caller.read()).chunks
    assert [(chunk.index, chunk.data) for chunk in seen[:-1]] == [(0, b"0"), (1, b"1"), (2, b"2")]
    await worker.write(pb.WorkRequest(leaving=True))
    caller.cancel()


async def test_who_listens_overtakes_a_trigger_that_waits_for_rows(
    house: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a key is claimed is read from the store: what is asked of the run comes to the engine before the run."""
    client = house.ours
    once = admin_pb2.IdempotencyConfig(expression="input.key", ttl_ms=60_000)
    reply = admin_pb2.CreateWorkflowVersionResponse
    await client.call(PUT, workflow(task(action=f"{name}:t"), name=name, idempotency=once), reply)
    worker, welcome = await work(client, name)
    run_id, second, load = new_id(), new_id(), house.store.loader.load
    overtaken = asyncio.Event()

    async def slow(tenant_id: str, need: Need, now: float) -> list[Loaded]:
        found: list[Loaded] = await load(tenant_id, need, now)
        if need.claims:
            await overtaken.wait()
        elif run_id in need.ids or second in need.ids:
            overtaken.set()
        return found

    monkeypatch.setattr(house.store.loader, "load", slow)
    caller = client.stream(CALL, pb.CallResponse)
    item = pb.TriggerItem(run_id=run_id, workflow=name, input=b'{"key":"a"}')
    await caller.write(pb.CallRequest(triggers=[item], listen=[run_id]))
    (given,) = await assignments(worker, 1)
    await worker.write(pb.WorkRequest(chunks=[pb.TaskStreamChunk(task_id=run_id, attempt=0, index=0, data=b"heard")]))
    seen = pb.CallResponse()
    while not seen.chunks:
        seen.MergeFrom(await caller.read())
    assert not seen.errors
    assert seen.chunks[0].data == b"heard"
    # What is refused meanwhile is listened to by nobody.
    overtaken.clear()
    item = pb.TriggerItem(run_id=second, workflow=name, input=b'{"key":"a"}')
    await caller.write(pb.CallRequest(triggers=[item], listen=[second]))
    seen = pb.CallResponse()
    while not seen.errors:
        seen.MergeFrom(await caller.read())
    assert [(error.id, error.existing_run_id) for error in seen.errors] == [(second, run_id)]
    await overtaken.wait()
    listeners = house.engine._decider.tenant(client.tenant_id).state.listeners
    for _ in range(2):
        # What was loaded has reached the engine by then.
        await house.engine.call(client.tenant_id, Heartbeat(welcome.worker_id))
    while list(listeners) != [run_id]:
        await house.engine.call(client.tenant_id, Heartbeat(welcome.worker_id))
    await worker.write(pb.WorkRequest(outcomes=[completed(given)], leaving=True))
    caller.cancel()
