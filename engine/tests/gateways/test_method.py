"""Every method of gRPC: which role it takes, and that it neither shows nor changes what another tenant has."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from mattock_engine.contracts.hatchet import (
    admin_pb2,
    dispatcher_pb2,
    durable_pb2,
    events_pb2,
    shared_pb2,
    workflows_pb2,
)
from mattock_engine.contracts.mattock import session_pb2, workflow_pb2
from mattock_engine.role import Role, of_call

from .test_refusal import PUT, TRIGGER, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
FILES = (admin_pb2, dispatcher_pb2, durable_pb2, events_pb2, workflows_pb2, session_pb2, workflow_pb2)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
# A viewer's; all others take a member. A method that is new has to be put here, or to be a member's.
VIEWERS = {
    "/Dispatcher/GetVersion",
    "/Dispatcher/SubscribeToWorkflowEvents",
    "/Dispatcher/SubscribeToWorkflowRuns",
    "/v1.AdminService/GetRunDetails",
}
# They have no message in our contracts: one takes spans, the other refuses whatever comes.
FOREIGN = {"/opentelemetry.proto.collector.trace.v1.TraceService/Export", "/WorkflowService/PutWorkflow"}
SECRET = "top-secret-of-ours"


async def test_each_has_a_role(house: Any) -> None:
    assert set(house.door.paths) - FOREIGN <= set(METHODS)
    assert {path for path in house.door.paths if of_call(path) == Role.VIEWER} == VIEWERS
    assert all(of_call(path) == Role.MEMBER for path in house.door.paths if path not in VIEWERS)


def fill(message: Any, ids: dict[str, str], depth: int = 0) -> Any:
    """A message whose every field speaks of what is ours."""
    chosen = set()
    for field in message.DESCRIPTOR.fields:
        one_of = field.containing_oneof
        if one_of is not None and one_of.name in chosen:
            continue
        if one_of is not None:
            chosen.add(one_of.name)
        many = field.is_repeated
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry or depth > 3:
                continue
            part = getattr(message, field.name)
            part = part.add() if many else part
            part.SetInParent()
            fill(part, ids, depth + 1)
        elif field.type == FieldDescriptor.TYPE_STRING:
            kind = next((name for name in ids if name in field.name), "run")
            if many:
                getattr(message, field.name).append(ids[kind])
            else:
                setattr(message, field.name, ids[kind])
    return message


async def state(house: Any, run_id: str, worker_id: str) -> list[Any]:
    """All that the store holds of a run and a worker, and how many there are."""
    pool, tenant = house.store.pool, house.ours.tenant_id
    rows = [await pool.fetchrow("select * from mattock.run where tenant_id = $1 and run_id = $2", tenant, run_id)]
    sql = "select name, paused, labels, actions, removed_at from mattock.worker where tenant_id = $1 and worker_id = $2"
    rows.append(await pool.fetchrow(sql, tenant, worker_id))
    for table in ("run", "finished_run", "worker", "event", "schedule", "rate_limit", "log_line", "step", "task_event"):
        rows.append(await pool.fetchval(f"select count(*) from mattock.{table} where tenant_id = $1", tenant))
    return rows


async def test_another_tenant(house: Any, name: str) -> None:
    ours, theirs = house.ours, house.theirs
    await ours.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    trigger = shared_pb2.TriggerWorkflowRequest(name=name, input=f'{{"a":"{SECRET}"}}')
    run_id = (await ours.call(TRIGGER, trigger, workflows_pb2.TriggerWorkflowResponse)).workflow_run_id
    hello = dispatcher_pb2.WorkerRegisterRequest(worker_name="w", actions=["x:y"])
    worker_id = (await ours.call("/Dispatcher/Register", hello, dispatcher_pb2.WorkerRegisterResponse)).worker_id
    ids = {"worker": worker_id, "name": name, "payload": "{}", "input": "{}", "metadata": "{}", "run": run_id}
    before = await state(house, run_id, worker_id)
    assert before[0] is not None

    async def replies(path: str) -> list[bytes]:
        request = fill(message_factory.GetMessageClass(METHODS[path].input_type)(), ids)
        # A stream of requests takes one that is followed by none.
        call = theirs.channel.unary_stream(path)(request.SerializeToString(), metadata=theirs.metadata, timeout=3)
        found = []
        with contextlib.suppress(grpc.aio.AioRpcError):
            async for reply in call:
                found.append(reply)
        assert await call.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), path
        return [*found, (await call.details() or "").encode()]

    paths = [path for path in house.door.paths if path not in FOREIGN]
    for path, found in zip(paths, await asyncio.gather(*map(replies, paths)), strict=True):
        assert not any(SECRET.encode() in reply for reply in found), path
    assert await state(house, run_id, worker_id) == before
    # The same calls show and change something of one's own: the check is no empty one.
    details = admin_pb2.GetRunDetailsRequest(external_id=run_id)
    assert (
        SECRET.encode()
        in (await ours.call("/v1.AdminService/GetRunDetails", details, admin_pb2.GetRunDetailsResponse)).input
    )
