"""Starting runs: one, or many in a call."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from ...contracts.hatchet import admin_pb2, shared_pb2
from ...contracts.hatchet import workflows_pb2 as pb
from ...core.claim import COLLISION
from ...core.command import PutSchedules, Refusal, ScheduleRow, Trigger, TriggerItem
from ...core.definition import LabelDefinition
from ...core.error import Refused, invalid
from ...core.registration import check_desired_labels
from ...core.submission import check_item, check_schedule, text_of
from ...identity import new_id
from ...port import EnginePort
from ...wire import Call, RpcError, Server, Status
from ..door import tenant_of
from .flow import labels_of
from .worker import timestamp

MAX_BULK = 1000


def register(server: Server, engine: EnginePort, max_payload_bytes: int) -> None:
    """Adds the methods."""
    triggers = Triggers(engine, max_payload_bytes)
    server.unary("/WorkflowService/TriggerWorkflow", triggers.trigger)
    server.unary("/WorkflowService/BulkTriggerWorkflow", triggers.bulk_trigger)
    server.unary("/v1.AdminService/TriggerWorkflowRun", triggers.trigger_run)
    server.unary("/WorkflowService/ScheduleWorkflow", triggers.schedule)
    server.unary("/WorkflowService/PutWorkflow", _legacy)


def _legacy(request: bytes, call: Call) -> bytes:
    raise RpcError(Status.UNIMPLEMENTED, "this registration is of older SDKs: use a newer one")


class Triggers:
    """The methods."""

    def __init__(self, engine: EnginePort, max_payload_bytes: int) -> None:
        self._engine = engine
        self._limit = max_payload_bytes

    def trigger(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Starts a run of the newest version of a workflow."""
        item = item_of(shared_pb2.TriggerWorkflowRequest.FromString(request), self._limit)
        command = Trigger([item], atomic=True)
        return self._engine.call(
            tenant_of(call),
            command,
            lambda replies: pb.TriggerWorkflowResponse(workflow_run_id=_started(item, replies[0])).SerializeToString(),
        )

    def bulk_trigger(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Starts up to a thousand runs, all or none."""
        message = pb.BulkTriggerWorkflowRequest.FromString(request)
        if len(message.workflows) > MAX_BULK:
            raise invalid("workflows", f"{len(message.workflows)} items; expected up to {MAX_BULK}")
        items: list[TriggerItem] = []
        for index, workflow in enumerate(message.workflows):
            try:
                items.append(item_of(workflow, self._limit))
            except Refused as error:
                field = f"workflows[{index}].{error.field}"
                raise Refused(error.code, f"workflows[{index}].{error.message}", field) from error
        return self._engine.call(tenant_of(call), Trigger(items, atomic=True), partial(_bulk_reply, items))

    def trigger_run(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Starts a run (the newer call of the same)."""
        message = admin_pb2.TriggerWorkflowRunRequest.FromString(request)
        item = TriggerItem(
            run_id=new_id(),
            workflow=message.workflow_name,
            input=text_of("input", message.input),
            metadata=text_of("additional_metadata", message.additional_metadata),
            priority=_priority(message),
            desired_labels=_labels(message),
        )
        check_item(item, self._limit)
        return self._engine.call(
            tenant_of(call),
            Trigger([item], atomic=True),
            lambda replies: admin_pb2.TriggerWorkflowRunResponse(
                external_id=_started(item, replies[0])
            ).SerializeToString(),
        )

    def schedule(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Schedules a run for each of some times."""
        message = pb.ScheduleWorkflowRequest.FromString(request)
        if not message.schedules:
            raise invalid("schedules", "expected at least one time")
        parent = message.parent_task_run_external_id
        key = f"k:{message.child_key}" if message.child_key else f"i:{message.child_index}"
        rows = [
            check_schedule(
                ScheduleRow(
                    schedule_id=new_id(),
                    workflow=message.name,
                    at=at.seconds + at.nanos / 1e9,
                    input=message.input,
                    metadata=message.additional_metadata,
                    priority=_priority(message),
                    parent_task_id=parent,
                    child_key=f"{key}:{index}" if parent else "",
                    created_at=time.time(),
                ),
                self._limit,
            )
            for index, at in enumerate(message.schedules)
        ]
        scheduled = [pb.ScheduledWorkflow(id=row.schedule_id, trigger_at=timestamp(row.at)) for row in rows]
        # The contract answers with a version; SDKs read the schedules alone.
        reply = pb.WorkflowVersion(id=new_id(), scheduled_workflows=scheduled).SerializeToString()
        return self._engine.call(tenant_of(call), PutSchedules(rows), lambda _: reply)


def item_of(message: shared_pb2.TriggerWorkflowRequest, limit: int) -> TriggerItem:
    """One run to start, looked at; `limit` of bytes."""
    item = TriggerItem(
        run_id=new_id(),
        workflow=message.name,
        input=message.input,
        metadata=message.additional_metadata,
        priority=_priority(message),
        desired_worker_id=message.desired_worker_id,
        desired_labels=_labels(message),
    )
    if message.parent_task_run_external_id:
        # Without a parent the SDKs send an index all the same; it means nothing then.
        item.parent_task_id = message.parent_task_run_external_id
        item.child_key = f"k:{message.child_key}" if message.child_key else f"i:{message.child_index}"
    check_item(item, limit)
    return item


def _labels(message: Any) -> tuple[LabelDefinition, ...]:
    if not message.desired_worker_labels:
        return ()
    labels = labels_of("desired_worker_labels", message.desired_worker_labels)
    check_desired_labels("desired_worker_labels", labels)
    return labels


def _priority(message: Any) -> int:
    if not message.HasField("priority"):
        return 0
    if not 1 <= message.priority <= 3:
        raise invalid("priority", f"{message.priority} is out of range; expected 1 to 3")
    return int(message.priority)


def _bulk_reply(items: list[TriggerItem], replies: list[str | Refusal]) -> bytes:
    """The ids of all; or, if other runs have the keys of some, an error that tells which."""
    started = [reply for reply in replies if isinstance(reply, str)]
    if len(started) == len(replies):
        return pb.BulkTriggerWorkflowResponse(workflow_run_ids=started).SerializeToString()
    detail = admin_pb2.BulkTriggerIdempotencyCollisionError(successful_workflow_run_external_ids=started)
    for item, reply in zip(items, replies, strict=True):
        if isinstance(reply, Refusal):
            detail.collisions.append(_collision(item, reply))
    raise _collided(detail)


def _started(item: TriggerItem, reply: str | Refusal) -> str:
    if isinstance(reply, Refusal):
        raise _collided(_collision(item, reply))
    return reply


def _collision(item: TriggerItem, refusal: Refusal) -> admin_pb2.IdempotencyCollisionError:
    return admin_pb2.IdempotencyCollisionError(
        existing_run_external_id=refusal.existing, colliding_run_external_id=item.run_id
    )


def _collided(detail: Any) -> RpcError:
    """ALREADY_EXISTS, with the detail as gRPC's rich errors carry it (google.rpc.Status)."""
    name = f"type.googleapis.com/v1.{type(detail).__name__}".encode()
    packed = _field(1, name) + _field(2, detail.SerializeToString())
    status = b"\x08\x06" + _field(2, COLLISION.encode()) + _field(3, packed)
    return RpcError(Status.ALREADY_EXISTS, COLLISION, status)


def _field(number: int, data: bytes) -> bytes:
    """A field of bytes in protobuf's encoding."""
    length, size = len(data), bytearray()
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    size.append(length)
    return bytes([number << 3 | 2]) + bytes(size) + data
