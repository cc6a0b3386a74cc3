"""Workers of the shared contract: registration, the stream of actions, reports of attempts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from ...contracts.hatchet import dispatcher_pb2 as pb
from ...core.command import (
    REPORT_CANCELLED,
    REPORT_COMPLETED,
    REPORT_FAILED,
    REPORT_STARTED,
    AttachWorker,
    ChangeWorker,
    DetachWorker,
    Heartbeat,
    RefreshTimeout,
    RegisterWorker,
    ReleaseSlot,
    RemoveWorker,
    ReportTasks,
    TaskReport,
)
from ...core.duration import parse_duration
from ...core.error import Code, Refused, invalid
from ...core.message import Assign, AssignBatch, CancelTask, Message, SessionReplaced
from ...core.registration import check_labels, check_worker
from ...core.submission import check_seconds, error_text, is_uuid, output_of, time_or_none
from ...identity import new_id
from ...port import EnginePort, Session
from ...wire import Call, Server, Status
from ..door import tenant_of, translate

# The version that the SDKs read: it turns on what we have (slot kinds, the stream of durable tasks, batches, …).
CONTRACT_VERSION = "v0.111.0"
DEFAULT_SLOTS = {"default": 100}
_LANGUAGES = {1: "GO", 2: "PYTHON", 3: "TYPESCRIPT", 4: "RUBY"}
_KEEP_ALIVE_SECONDS = 4.0


def register(server: Server, engine: EnginePort) -> None:
    """Adds the methods of workers."""
    workers = Workers(engine)
    server.unary("/Dispatcher/GetVersion", workers.get_version)
    server.unary("/Dispatcher/Register", workers.register)
    server.stream_callback("/Dispatcher/ListenV2", lambda call: ActionStream(engine, call, keeps_alive=False))
    server.stream_callback("/Dispatcher/Listen", lambda call: ActionStream(engine, call, keeps_alive=True))
    server.unary("/Dispatcher/Heartbeat", workers.heartbeat)
    server.unary("/Dispatcher/Unsubscribe", workers.unsubscribe)
    server.unary("/Dispatcher/SendStepActionEvent", workers.report)
    server.unary("/Dispatcher/SendBatchActionEvent", workers.report_batch)
    server.unary("/Dispatcher/UpsertWorkerLabels", workers.upsert_labels)
    server.unary("/Dispatcher/RefreshTimeout", workers.refresh_timeout)
    server.unary("/Dispatcher/ReleaseSlot", workers.release_slot)
    server.unary("/Dispatcher/PutOverridesData", lambda request, call: b"")


class Workers:
    """The unary methods."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine

    def get_version(self, request: bytes, call: Call) -> bytes:
        """Tells the contract's version."""
        return pb.GetVersionResponse(version=CONTRACT_VERSION).SerializeToString()

    def register(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Makes a worker known under a new id."""
        message = pb.WorkerRegisterRequest.FromString(request)
        if message.slot_config and message.HasField("slots"):
            raise invalid("slots", "slots and slot_config cannot both be given")
        slots = dict(message.slot_config)
        if message.HasField("slots"):
            slots = {"default": message.slots}
        tenant_id, worker_id = tenant_of(call), new_id()
        reply = pb.WorkerRegisterResponse(tenant_id=tenant_id, worker_id=worker_id, worker_name=message.worker_name)
        command = RegisterWorker(
            worker_id=worker_id,
            name=message.worker_name,
            actions=list(message.actions),
            slots=slots or dict(DEFAULT_SLOTS),
            labels=labels_of(message.labels),
            runtime=_runtime(message),
        )
        return self._engine.call(tenant_id, check_worker(command), lambda _: reply.SerializeToString())

    def heartbeat(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """The worker lives."""
        worker_id = pb.HeartbeatRequest.FromString(request).worker_id
        return self._engine.call(tenant_of(call), Heartbeat(worker_id), _empty)

    def unsubscribe(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """The worker leaves."""
        worker_id, tenant_id = pb.WorkerUnsubscribeRequest.FromString(request).worker_id, tenant_of(call)
        reply = pb.WorkerUnsubscribeResponse(tenant_id=tenant_id, worker_id=worker_id).SerializeToString()
        return self._engine.call(tenant_id, RemoveWorker(worker_id), lambda _: reply)

    def upsert_labels(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Adds labels to a worker's."""
        message, tenant_id = pb.UpsertWorkerLabelsRequest.FromString(request), tenant_of(call)
        reply = pb.UpsertWorkerLabelsResponse(tenant_id=tenant_id, worker_id=message.worker_id).SerializeToString()
        command = ChangeWorker(message.worker_id, labels=check_labels(labels_of(message.labels)))
        return self._engine.call(tenant_id, command, lambda _: reply)

    def report(self, request: bytes, call: Call) -> bytes | asyncio.Future[bytes]:
        """Takes what a worker says of an attempt."""
        event, tenant_id = pb.StepActionEvent.FromString(request), tenant_of(call)
        reply = _event_response(tenant_id, event.worker_id)
        report = _report(event)
        if report is None:
            return reply
        # A start need not be durable before the worker goes on; its reply comes with others of its round all the same.
        return self._engine.call(tenant_id, ReportTasks([report]), lambda _: reply)

    def report_batch(self, request: bytes, call: Call) -> bytes | asyncio.Future[bytes]:
        """Takes what a worker says of attempts that run together."""
        message, tenant_id = pb.BatchActionEvent.FromString(request), tenant_of(call)
        reply = _event_response(tenant_id, message.worker_id)
        reports = [report for report in map(partial(_report_of_item, message), message.items) if report is not None]
        if not reports:
            return reply
        return self._engine.call(tenant_id, ReportTasks(reports), lambda _: reply)

    def refresh_timeout(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Extends a running attempt's deadline."""
        message = pb.RefreshTimeoutRequest.FromString(request)
        field = "increment_timeout_by"
        by = check_seconds(field, parse_duration(field, message.increment_timeout_by))
        command = RefreshTimeout(message.task_run_external_id, by)
        return self._engine.call(
            tenant_of(call),
            command,
            lambda due: pb.RefreshTimeoutResponse(timeout_at=timestamp(due)).SerializeToString(),
        )

    def release_slot(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Frees a running attempt's slot."""
        task_id = pb.ReleaseSlotRequest.FromString(request).task_run_external_id
        return self._engine.call(tenant_of(call), ReleaseSlot(task_id), _empty)


@lru_cache(maxsize=1024)
def _event_response(tenant_id: str, worker_id: str) -> bytes:
    return pb.ActionEventResponse(tenant_id=tenant_id, worker_id=worker_id).SerializeToString()


def _report(event: pb.StepActionEvent) -> TaskReport | None:
    if not is_uuid(event.task_run_external_id):
        raise invalid("task_run_external_id", f"{event.task_run_external_id[:60]!r} is no UUID")
    report = TaskReport(
        event.task_run_external_id, int(event.event_type), event.retry_count if event.HasField("retry_count") else None
    )
    report.plain = True
    if event.event_type == REPORT_STARTED:
        report.at = time_or_none(event.event_timestamp.seconds + event.event_timestamp.nanos / 1e9)
    elif event.event_type == REPORT_COMPLETED:
        report.payload, error = output_of(event.event_payload)
        if error:
            report.kind, report.payload, report.final = REPORT_FAILED, error, True
    elif event.event_type == REPORT_FAILED:
        report.payload = error_text(event.event_payload)
        report.final = event.should_not_retry
        if event.HasField("retry_after_ms"):
            report.retry_after = check_seconds("retry_after_ms", event.retry_after_ms / 1000)
    elif event.event_type != REPORT_CANCELLED:
        return None
    return report


def _report_of_item(message: pb.BatchActionEvent, item: pb.BatchActionEventItem) -> TaskReport | None:
    event = pb.StepActionEvent(
        task_run_external_id=item.task_run_external_id,
        event_timestamp=message.event_timestamp,
        event_type=message.event_type,
        event_payload=item.event_payload,
    )
    for field in ("should_not_retry", "retry_after_ms"):
        if item.HasField(field):
            setattr(event, field, getattr(item, field))
    report = _report(event)
    if report is not None:
        # The action tells no retry count, and SDKs say 0 at every attempt: it is the batch that tells them apart.
        report.batch_id = message.batch_id
    return report


def labels_of(labels: Any) -> dict[str, str | int]:
    """Labels of the contract as plain values."""
    return {key: label.int_value if label.HasField("int_value") else label.str_value for key, label in labels.items()}


def _runtime(message: pb.WorkerRegisterRequest) -> dict[str, str]:
    info = message.runtime_info
    known = {
        "sdk_version": info.sdk_version,
        "language": _LANGUAGES.get(info.language, ""),
        "language_version": info.language_version,
        "os": info.os,
        "extra": info.extra,
    }
    return {key: value for key, value in known.items() if value}


def _empty(_: Any) -> bytes:
    return b""


def observed(future: asyncio.Future[Any]) -> None:
    """Looks at how a call ended, which is of no account."""
    if not future.cancelled():
        future.exception()


def timestamp(seconds: float) -> dict[str, int]:
    """A time of the contract, as its messages take it."""
    whole = int(seconds)
    return {"seconds": whole, "nanos": int((seconds - whole) * 1e9)}


class ActionStream:
    """A worker's stream of actions (ListenV2, and Listen, which keeps the worker alive by itself)."""

    def __init__(self, engine: EnginePort, call: Call, keeps_alive: bool) -> None:
        self._engine = engine
        self._call = call
        self._keeps_alive = keeps_alive
        self._tenant_id = tenant_of(call)
        self._worker_id = ""
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None

    def on_message(self, request: bytes) -> None:
        """The worker's one request."""
        self._worker_id = pb.WorkerListenRequest.FromString(request).worker_id
        self._session = self._engine.open_session(self._tenant_id, self._deliver, self._attach)
        self._attach()
        if self._keeps_alive:
            self._stay_alive()

    def _attach(self) -> None:
        if self._session is None:
            return
        future = self._engine.call(self._tenant_id, AttachWorker(self._worker_id, self._session.id))
        future.add_done_callback(self._attached)

    def _attached(self, future: asyncio.Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if error is None:
            return
        if isinstance(error, Refused) and error.code == Code.UNAVAILABLE:
            self._call.close(Status.UNAVAILABLE, error.message)
            return
        refused = translate(error)
        self._call.close(refused.code if refused else Status.INTERNAL, refused.message if refused else "internal error")

    def _stay_alive(self) -> None:
        future = self._engine.call(self._tenant_id, Heartbeat(self._worker_id))
        future.add_done_callback(observed)
        self._timer = asyncio.get_running_loop().call_later(_KEEP_ALIVE_SECONDS, self._stay_alive)

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, Assign):
                self._call.send(start_action(self._tenant_id, message))
            elif isinstance(message, AssignBatch):
                self._call.send(start_batch(self._tenant_id, message))
            elif isinstance(message, CancelTask):
                self._call.send(cancel_action(self._tenant_id, message))
            elif isinstance(message, SessionReplaced):
                self._call.close()

    def on_half_close(self) -> None:
        """The client has said all it says on this stream."""

    def on_end(self) -> None:
        """The stream is over: the worker gets nothing until it opens another."""
        if self._timer is not None:
            self._timer.cancel()
        if self._session is not None:
            session, self._session = self._session, None
            future = self._engine.call(self._tenant_id, DetachWorker(self._worker_id, session.id))
            future.add_done_callback(observed)
            session.close()


def start_action(tenant_id: str, message: Assign) -> bytes:
    """An attempt as the contract's action."""
    action = pb.AssignedAction(
        tenant_id=tenant_id,
        workflow_run_id=message.run_id,
        job_id=message.step_id,
        job_name=message.task_name,
        job_run_id=message.task_id,
        task_id=message.step_id,
        task_run_external_id=message.task_id,
        action_id=message.action,
        action_type=pb.START_STEP_RUN,
        action_payload=payload(message),
        task_name=message.task_name,
        retry_count=message.attempt - message.restores,
        additional_metadata=message.metadata or "{}",
        priority=message.priority,
        workflow_id=message.workflow_id,
        workflow_version_id=message.version_id,
    )
    if message.durable:
        action.durable_task_invocation_count = message.attempt + 1
    if message.event_id:
        action.triggering_event_external_id = message.event_id
        action.triggering_event_key = message.event_key
    if message.parent_run_id:
        action.parent_workflow_run_id = message.parent_run_id
        if message.child_key.startswith("i:") and message.child_key[2:].isdigit():
            action.child_workflow_index = int(message.child_key[2:])
        else:
            action.child_workflow_key = message.child_key.removeprefix("k:")
    return action.SerializeToString()


def start_batch(tenant_id: str, message: AssignBatch) -> bytes:
    """Attempts that run together as the contract's action."""
    members = ",".join(
        f'"{task.task_id}":{{"workflow_run_id":"{task.run_id}","payload":{payload(task)}}}' for task in message.tasks
    )
    return pb.AssignedAction(
        tenant_id=tenant_id,
        action_type=pb.START_BATCH,
        action_id=message.tasks[0].action,
        action_payload=f"{{{members}}}",
        batchId=message.batch_id,
        batchKey=message.key,
        batchStartPayload=pb.BatchStartPayload(
            triggerReason=message.reason, triggerTime=timestamp(message.at), expectedSize=len(message.tasks)
        ),
    ).SerializeToString()


def payload(message: Assign) -> str:
    """The action's payload: raw JSON texts put together, never parsed."""
    parents = ",".join(
        f"{json.dumps(name)}:{output if output.lstrip().startswith('{') else '{}'}"
        for name, output in message.parents.items()
    )
    errors = "" if message.errors is None else f',"step_run_errors":{json.dumps(message.errors)}'
    data = "".join(f"{json.dumps(key)}:{text}," for key, text in message.triggers.items() if key != "filter_payload")
    triggers = f'{{{data}"filter_payload":{message.filter_payload or "null"}}}'
    return (
        f'{{"input":{message.input or "{}"},"triggered_by":"manual","parents":{{{parents}}},'
        f'"triggers":{triggers},"user_data":null,"overrides":null{errors}}}'
    )


def cancel_action(tenant_id: str, message: CancelTask) -> bytes:
    """The contract's action that stops an attempt."""
    return pb.AssignedAction(
        tenant_id=tenant_id,
        workflow_run_id=message.run_id,
        job_id=message.step_id,
        job_name=message.task_name,
        job_run_id=message.task_id,
        task_id=message.step_id,
        task_run_external_id=message.task_id,
        action_id=message.action,
        action_type=pb.CANCEL_STEP_RUN,
        task_name=message.task_name,
        retry_count=0 if message.batched else message.attempt - message.restores,
        # Told of durable tasks alone: SDKs find the attempt by it.
        durable_task_invocation_count=message.attempt + 1 if message.durable else None,
        workflow_id=message.workflow_id,
        workflow_version_id=message.version_id,
    ).SerializeToString()
