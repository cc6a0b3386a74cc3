"""Durable tasks of the shared contract: one stream a worker process, for all durable tasks that it runs.

Each request is answered once; what is settled later follows in the order in which it was settled. An attempt is an
`invocation` here, counted from 1.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from ...contracts.hatchet import durable_pb2 as pb
from ...contracts.hatchet.shared_pb2 import DurableEventListenerConditions
from ...core.command import Command, TriggerItem
from ...core.definition import ConditionDefinition
from ...core.error import Code, Refused
from ...core.message import Message, StepSettled, StopTask
from ...core.registration import check_conditions
from ...core.status import StepKind
from ...core.step import (
    DEPARTURE,
    AwaitSteps,
    EvictTask,
    PutMemo,
    RecordSteps,
    StepAck,
    StepRefusal,
    StepRequest,
)
from ...core.submission import is_uuid, text_of
from ...port import EnginePort
from ...wire import Call, RpcError, Server, Status
from ..door import tenant_of
from .condition import waits_of
from .trigger import item_of
from .worker import observed

STALE = "A newer invocation of this task has begun"
Replies = list[StepAck | StepRefusal] | None


def register(server: Server, engine: EnginePort, max_payload_bytes: int) -> None:
    """Adds the method."""
    server.stream_callback("/v1.V1Dispatcher/DurableTask", lambda call: DurableStream(engine, call, max_payload_bytes))
    server.stream_callback("/v1.V1Dispatcher/ListenForDurableEvent", SilentStream)


class SilentStream:
    """The stream of an older way to wait, which the Go SDK opens and then says nothing on: it stays open."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def on_message(self, request: bytes) -> None:
        """Nothing can be registered in that way, so there is nothing to tell."""

    def on_half_close(self) -> None:
        """The worker says nothing more."""
        self._call.close()

    def on_end(self) -> None:
        """The stream is over."""


class DurableStream:
    """A worker process's stream."""

    def __init__(self, engine: EnginePort, call: Call, max_payload_bytes: int) -> None:
        self._engine = engine
        self._call = call
        self._limit = max_payload_bytes
        self._tenant_id = tenant_of(call)
        self._session = engine.open_session(self._tenant_id, self._deliver, _nothing)

    def on_message(self, request: bytes) -> None:
        """What the worker says."""
        message = pb.DurableTaskRequest.FromString(request)
        kind = message.WhichOneof("message")
        if kind == "register_worker":
            worker_id = message.register_worker.worker_id
            self._send(register_worker=pb.DurableTaskResponseRegisterWorker(worker_id=worker_id))
        elif kind == "worker_status":
            self._status(message.worker_status)
        elif kind == "complete_memo":
            self._complete_memo(message.complete_memo)
        elif kind == "evict_invocation":
            self._evict(message.evict_invocation)
        elif kind is None:
            raise RpcError(Status.INVALID_ARGUMENT, "message: expected one of the messages of a durable task")
        else:
            self._ask(getattr(message, kind))

    # ---- steps ----

    def _ask(self, message: Any) -> None:
        """A request for steps: whatever is wrong with it is its answer."""
        task_id, invocation = message.durable_task_external_id, message.invocation_count
        try:
            if not is_uuid(task_id):
                raise Refused(Code.INVALID_ARGUMENT, f"durable_task_external_id: {task_id[:60]!r} is no UUID")
            if isinstance(message, pb.DurableTaskMemoRequest):
                steps, answer = [_memo(message)], self._memo_ack
            elif isinstance(message, pb.DurableTaskWaitForRequest):
                steps, answer = [_wait(message)], self._wait_ack
            else:
                steps = [_run(item_of(each, self._limit), task_id) for each in message.trigger_opts]
                answer = self._runs_ack
        except Refused as refused:
            self._error(task_id, invocation, 0, 0, refused.message, departed=False)
            return
        command = RecordSteps(task_id, invocation - 1, self._session.id, steps, patient=True)
        future = self._engine.call(
            self._tenant_id, command, lambda replies: self._recorded(task_id, invocation, replies, answer)
        )
        future.add_done_callback(lambda done: self._refused(task_id, invocation, done))

    def _recorded(
        self, task_id: str, invocation: int, replies: Replies, answer: Callable[[str, int, list[StepAck]], None]
    ) -> None:
        """Sends the answer. (At once, so that nothing that is settled overtakes it.)"""
        if self._call.closed:
            return
        if replies is None:
            self._stop(task_id, invocation, STALE)
            return
        last = replies[-1] if replies else None
        if isinstance(last, StepRefusal):
            departed = last.code == DEPARTURE
            self._error(task_id, invocation, last.branch, last.node, last.message, departed)
        else:
            answer(task_id, invocation, [reply for reply in replies if isinstance(reply, StepAck)])

    def _refused(self, task_id: str, invocation: int, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None and not self._call.closed:
            text = error.message if isinstance(error, Refused) else "internal error"
            self._error(task_id, invocation, 0, 0, text, departed=False)

    def _memo_ack(self, task_id: str, invocation: int, replies: list[StepAck]) -> None:
        ack = pb.DurableTaskEventMemoAckResponse(memo_already_existed=replies[0].known)
        ack.ref.CopyFrom(_ref(task_id, invocation, replies[0].branch, replies[0].node))
        if replies[0].known:
            ack.memo_result_payload = replies[0].payload.encode()
        self._send(memo_ack=ack)

    def _wait_ack(self, task_id: str, invocation: int, replies: list[StepAck]) -> None:
        ref = _ref(task_id, invocation, replies[0].branch, replies[0].node)
        self._send(wait_for_ack=pb.DurableTaskEventWaitForAckResponse(ref=ref))

    def _runs_ack(self, task_id: str, invocation: int, replies: list[StepAck]) -> None:
        ack = pb.DurableTaskEventTriggerRunsAckResponse(durable_task_external_id=task_id, invocation_count=invocation)
        for reply in replies:
            ack.run_entries.add(node_id=reply.node, branch_id=reply.branch, workflow_run_external_id=reply.child_id)
        self._send(trigger_runs_ack=ack)

    # ---- the rest of what it says ----

    def _status(self, status: pb.DurableTaskWorkerStatusRequest) -> None:
        """What its invocations wait for: what is settled of it is told again."""
        waits = [
            (each.durable_task_external_id, each.invocation_count - 1, int(each.branch_id), int(each.node_id))
            for each in status.waiting_entries
        ]
        if not waits:
            return
        future = self._engine.call(self._tenant_id, AwaitSteps(self._session.id, waits, True), self._awaited)
        future.add_done_callback(observed)

    def _awaited(self, stale: list[tuple[str, int]]) -> None:
        for task_id, attempt in stale if not self._call.closed else ():
            self._stop(task_id, attempt + 1, STALE)

    def _complete_memo(self, memo: pb.DurableTaskCompleteMemoRequest) -> None:
        ref = memo.ref
        try:
            value = text_of("payload", memo.payload)
        except Refused as refused:
            self._error(
                ref.durable_task_external_id, ref.invocation_count, 0, int(ref.node_id), refused.message, departed=False
            )
            return
        command = PutMemo(
            ref.durable_task_external_id, ref.invocation_count - 1, int(ref.branch_id), int(ref.node_id), value
        )
        self._call_quietly(command)

    def _evict(self, message: pb.DurableTaskEvictInvocationRequest) -> None:
        ack = pb.DurableTaskEvictionAckResponse(
            invocation_count=message.invocation_count, durable_task_external_id=message.durable_task_external_id
        )
        command = EvictTask(message.durable_task_external_id, message.invocation_count - 1, message.reason)
        future = self._engine.call(self._tenant_id, command, lambda _: self._send(eviction_ack=ack))
        future.add_done_callback(observed)

    def _call_quietly(self, command: Command) -> None:
        self._engine.call(self._tenant_id, command).add_done_callback(observed)

    # ---- out ----

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, StepSettled):
                self._settled(message)
            elif isinstance(message, StopTask):
                self._stop(message.task_id, message.attempt + 1, message.reason)

    def _settled(self, message: StepSettled) -> None:
        entry = pb.DurableTaskEventLogEntryCompletedResponse(
            ref=_ref(message.task_id, message.attempt + 1, message.branch, message.node),
            is_failure=message.failed,
            satisfied_order=message.order,
        )
        if message.failed:
            entry.error_message = message.payload
        elif message.kind == StepKind.WAIT:
            entry.payload = f'{{"CREATE":{message.payload}}}'.encode()
        else:
            entry.payload = message.payload.encode()
        self._send(entry_completed=entry)

    def _stop(self, task_id: str, invocation: int, reason: str) -> None:
        notice = pb.DurableTaskServerEvictNotice(
            durable_task_external_id=task_id, invocation_count=invocation, reason=reason
        )
        self._send(server_evict=notice)

    def _error(self, task_id: str, invocation: int, branch: int, node: int, text: str, departed: bool) -> None:
        error = pb.DurableTaskErrorResponse(
            ref=_ref(task_id, invocation, branch, node),
            error_type=(
                pb.DURABLE_TASK_ERROR_TYPE_NONDETERMINISM if departed else pb.DURABLE_TASK_ERROR_TYPE_UNSPECIFIED
            ),
            error_message=text,
        )
        self._send(error=error)

    def _send(self, **message: Any) -> None:
        if not self._call.closed:
            self._call.send(pb.DurableTaskResponse(**message).SerializeToString())

    def on_half_close(self) -> None:
        """The worker says nothing more."""
        self._call.close()

    def on_end(self) -> None:
        """The stream is over; the worker says again on the next one what it waits for."""
        self._session.close()


def _nothing() -> None:
    """The engine has forgotten the session: the worker's next status tells it anew."""


def _ref(task_id: str, invocation: int, branch: int, node: int) -> pb.DurableEventLogEntryRef:
    return pb.DurableEventLogEntryRef(
        durable_task_external_id=task_id, invocation_count=invocation, branch_id=branch, node_id=node
    )


# ---- requests as steps: a fingerprint holds all that must be the same at the next attempt, and no more ----


def _digest(parts: Iterable[str]) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _memo(message: pb.DurableTaskMemoRequest) -> StepRequest:
    value = text_of("payload", message.payload) if message.HasField("payload") else None
    return StepRequest(kind=StepKind.MEMO, fingerprint=message.key.hex(), what="memo", value=value)


def _run(item: TriggerItem, task_id: str) -> StepRequest:
    if item.parent_task_id and item.parent_task_id != task_id:
        field = "parent_task_run_external_id"
        raise Refused(Code.INVALID_ARGUMENT, f"{field}: expected the durable task {task_id}", field)
    item.parent_task_id = task_id
    fingerprint = _digest((item.workflow, item.input))
    return StepRequest(kind=StepKind.RUN, fingerprint=fingerprint, what=f"run {item.workflow}", item=item)


def _wait(message: pb.DurableTaskWaitForRequest) -> StepRequest:
    asked = message.wait_for_conditions if message.HasField("wait_for_conditions") else DurableEventListenerConditions()
    conditions = waits_of("wait_for_conditions", asked)
    check_conditions("wait_for_conditions", conditions)
    parts = sorted(
        json.dumps((each.key, each.expression, each.sleep_text, each.event_key, each.scope)) for each in conditions
    )
    what = "wait for " + ", ".join(_words(each) for each in conditions)
    return StepRequest(
        kind=StepKind.WAIT, fingerprint=_digest(parts), what=what, label=message.label, conditions=conditions
    )


def _words(condition: ConditionDefinition) -> str:
    return f"event {condition.event_key}" if condition.event_key else f"{condition.sleep_text} to pass"
