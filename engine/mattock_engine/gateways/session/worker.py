"""A worker process's session: assignments out, reports in, in batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from ... import tracing
from ...contracts.mattock import session_pb2 as pb
from ...core.command import (
    REPORT_CANCELLED,
    REPORT_COMPLETED,
    REPORT_FAILED,
    REPORT_STARTED,
    AttachWorker,
    ChangeWorker,
    DetachWorker,
    Heartbeat,
    LogLine,
    PutLogs,
    PutStream,
    RefreshTimeout,
    RegisterWorker,
    ReleaseSlot,
    RemoveWorker,
    ReportTasks,
    TaskReport,
)
from ...core.error import Code, Refused, invalid
from ...core.message import Assign, AssignBatch, CancelTask, Message, SessionReplaced, StepSettled, StopTask
from ...core.registration import check_labels, check_worker
from ...core.submission import MAX_SECONDS, check_seconds, error_text, is_uuid, output_of, time_or_none
from ...core.worker import LOST_AFTER
from ...identity import new_id
from ...observation.trace import traceparent_of
from ...port import EnginePort
from ...wire import Call, RpcError, Status
from ..door import tenant_of, translate
from .durable import DurableDesk, add_settled
from .observation import observe

MAX_RESPONSE_BYTES = 3 << 20
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")
_KINDS = {1: REPORT_COMPLETED, 2: REPORT_FAILED, 3: REPORT_CANCELLED}


class WorkStream:
    """One worker's stream."""

    def __init__(self, engine: EnginePort, call: Call, max_payload_bytes: int) -> None:
        self._engine = engine
        self._call = call
        self._tenant_id = tenant_of(call)
        self._worker_id = ""
        self._held: dict[tuple[str, int], None] = {}
        self._session = engine.open_session(self._tenant_id, self._deliver, self._reset)
        self._desk = DurableDesk(
            partial(engine.call, self._tenant_id), self._send_durable, self._session.id, max_payload_bytes
        )
        self._left = False
        # Messages that came before the answer to the hello, which is the first thing that a worker is told.
        self._early: list[Message] | None = []

    # ---- in ----

    def on_message(self, request: bytes) -> None:
        """What the worker says."""
        message = pb.WorkRequest.FromString(request)
        if message.HasField("hello"):
            self._hello(message.hello)
            return
        if not self._worker_id:
            raise RpcError(Status.FAILED_PRECONDITION, "hello: the first message of a worker's session must hold it")
        if message.started or message.outcomes:
            self._report(message)
        for eviction in message.evictions:
            self._held.pop((eviction.task_id, eviction.attempt), None)
        self._desk.on_message(message)
        if message.logs:
            self._logs(message.logs)
        if message.progress or message.metrics:
            observe(self._engine, self._tenant_id, message, self._held, self._refuse)
        for chunk in message.chunks:
            command = PutStream(chunk.task_id, [(chunk.index, chunk.data)], chunk.attempt)
            self._post(command, chunk.task_id)
        for refresh in message.refreshes:
            try:
                by = check_seconds("by", refresh.by)
            except Refused as error:
                self._refuse(refresh.task_id, error)
                continue
            self._post(RefreshTimeout(refresh.task_id, by, refresh.attempt), refresh.task_id)
        for attempt in message.released:
            self._post(ReleaseSlot(attempt.task_id, attempt.attempt), attempt.task_id)
        if message.labels or message.HasField("paused"):
            paused = message.paused if message.HasField("paused") else None
            labels = check_labels(_labels(message.labels)) or None
            self._post(ChangeWorker(self._worker_id, labels, paused), "")
        if message.leaving:
            self._left = True
            self._post(RemoveWorker(self._worker_id), "")
            self._call.close()
        elif not (message.started or message.outcomes):
            self._post(Heartbeat(self._worker_id), "")

    def _hello(self, hello: pb.WorkerHello) -> None:
        if self._worker_id:
            raise RpcError(Status.FAILED_PRECONDITION, "hello: it was sent before")
        if hello.worker_id and not is_uuid(hello.worker_id):
            raise invalid("worker_id", f"{hello.worker_id[:60]!r} is no UUID")
        worker_id = hello.worker_id or new_id()
        command = RegisterWorker(
            worker_id=worker_id,
            name=hello.name,
            actions=list(hello.actions),
            slots=dict(hello.slots) or {"default": 100},
            labels=_labels(hello.labels),
            runtime={
                "sdk_version": hello.sdk_version,
                "language": hello.language.upper(),
                "language_version": hello.language_version,
                "os": hello.os,
            },
        )
        self._register_command = check_worker(command)
        self._worker_id = worker_id
        self._held = {(attempt.task_id, attempt.attempt): None for attempt in hello.held}
        if not hello.worker_id:
            self._engine.call(self._tenant_id, self._register_command).add_done_callback(self._failed_to_register)
        self._attach(first=True)

    def _failed_to_register(self, done: asyncio.Future[Any]) -> None:
        self._end_on_error(done)

    def _attach(self, first: bool) -> None:
        command = AttachWorker(self._worker_id, self._session.id, list(self._held))
        self._engine.call(self._tenant_id, command).add_done_callback(lambda done: self._attached(first, done))

    def _attached(self, first: bool, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused) and error.code == Code.NOT_FOUND:
            # The engine has dropped it meanwhile: it starts over under its old id.
            self._engine.call(self._tenant_id, self._register_command).add_done_callback(self._failed_to_register)
            self._attach(first)
            return
        if self._end_on_error(done) or self._call.closed:
            return
        lost = [tuple(attempt) for attempt in done.result()]
        for attempt in lost:
            self._held.pop(attempt, None)
        response = pb.WorkResponse()
        if first:
            response.welcome.worker_id = self._worker_id
            response.welcome.timeout = LOST_AFTER
            for task_id, number in lost:
                response.welcome.lost.add(task_id=task_id, attempt=number)
        else:
            for task_id, number in lost:
                response.cancels.add(task_id=task_id, attempt=number)
        self._call.send(response.SerializeToString())
        early, self._early = self._early, None
        if early:
            self._deliver(early)

    def _reset(self) -> None:
        """The engine has forgotten this session: what the worker holds is told anew."""
        if self._worker_id and not self._left:
            self._attach(first=False)
            self._desk.resync()

    def _report(self, message: pb.WorkRequest) -> None:
        reports = [TaskReport(s.task_id, REPORT_STARTED, s.attempt, at=time_or_none(s.at)) for s in message.started]
        attempts: list[tuple[str, int]] = []
        for outcome in message.outcomes:
            attempts.append((outcome.task_id, outcome.attempt))
            started_at = time_or_none(outcome.started_at)
            if started_at is not None:
                reports.append(TaskReport(outcome.task_id, REPORT_STARTED, outcome.attempt, at=started_at))
            reports.append(_outcome(outcome))
        future = self._engine.call(self._tenant_id, ReportTasks(reports))
        if attempts:
            future.add_done_callback(lambda done: self._reported(attempts, done))
        else:
            future.add_done_callback(_observed)

    def _reported(self, attempts: list[tuple[str, int]], done: asyncio.Future[Any]) -> None:
        """Recorded, or of no account: the worker may forget them. While the engine is away they are not answered."""
        if done.cancelled() or self._call.closed:
            return
        if done.exception() is not None:
            self._end_on_error(done)
            return
        response = pb.WorkResponse()
        for task_id, number in attempts:
            self._held.pop((task_id, number), None)
            response.acknowledged.add(task_id=task_id, attempt=number)
        self._call.send(response.SerializeToString())

    def _logs(self, logs: Sequence[pb.TaskLog]) -> None:
        lines = [
            LogLine(
                log.task_id,
                time_or_none(log.at) or time.time(),
                log.level if log.level in LEVELS else "INFO",
                error_text(log.message),
                error_text(log.fields.decode("utf-8", "replace")),
                log.attempt,
            )
            for log in logs
        ]
        self._engine.call(self._tenant_id, PutLogs(lines)).add_done_callback(_observed)

    def _post(self, command: Any, about: str) -> None:
        """Sends a command of which only a refusal is told."""
        self._engine.call(self._tenant_id, command).add_done_callback(lambda done: self._posted(about, done))

    def _posted(self, about: str, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is None or self._call.closed:
            return
        if isinstance(error, Refused) and about:
            self._refuse(about, error)

    def _refuse(self, about: str, error: Refused) -> None:
        response = pb.WorkResponse()
        response.errors.add(id=about, code=error.code, message=error.message, field=error.field)
        self._call.send(response.SerializeToString())

    def _end_on_error(self, done: asyncio.Future[Any]) -> bool:
        error = None if done.cancelled() else done.exception()
        if error is None:
            return False
        self._call.fail(translate(error) or RpcError(Status.INTERNAL, "internal error"))
        return True

    # ---- out ----

    def _send_durable(self, response: pb.WorkResponse) -> None:
        for stopped in response.stopped:
            self._held.pop((stopped.task_id, stopped.attempt), None)
        if not self._call.closed:
            self._call.send(response.SerializeToString())

    def _deliver(self, messages: Sequence[Message]) -> None:
        if self._early is not None:
            self._early.extend(messages)
            return
        response, size = pb.WorkResponse(), 0
        for message in messages:
            if isinstance(message, Assign):
                size += self._assign(response, message)
            elif isinstance(message, AssignBatch):
                if size:
                    # A batch is told in one message.
                    self._call.send(response.SerializeToString())
                    response, size = pb.WorkResponse(), 0
                for each in message.tasks:
                    size += self._assign(response, each, message)
            elif isinstance(message, CancelTask):
                self._held.pop((message.task_id, message.attempt), None)
                response.cancels.add(task_id=message.task_id, attempt=message.attempt)
            elif isinstance(message, StepSettled):
                size += add_settled(response, message)
            elif isinstance(message, StopTask):
                self._held.pop((message.task_id, message.attempt), None)
                response.stopped.add(task_id=message.task_id, attempt=message.attempt)
            elif isinstance(message, SessionReplaced):
                self._call.close(Status.ABORTED, "another session of this worker has taken over")
                return
            if size > MAX_RESPONSE_BYTES:
                self._call.send(response.SerializeToString())
                response, size = pb.WorkResponse(), 0
        self._call.send(response.SerializeToString())

    def _assign(self, response: pb.WorkResponse, message: Assign, batch: AssignBatch | None = None) -> int:
        """Adds an assignment, unless the worker has it; returns about its bytes.

        An engine that took over is told anew what the worker holds. What it assigned before it came to hear that is
        missing there, and it sends it again.
        """
        key = (message.task_id, message.attempt)
        if key in self._held:
            return 0
        self._held[key] = None
        size = _add_assignment(response, message, batch)
        if tracing.active is not None:
            traceparent = traceparent_of(message.run_id, message.task_id, message.metadata)
            response.assignments[-1].traceparent = traceparent
        return size

    def on_half_close(self) -> None:
        """The worker says nothing more."""
        self._call.close()

    def on_end(self) -> None:
        """The stream is over."""
        if self._worker_id and not self._left:
            command = DetachWorker(self._worker_id, self._session.id)
            self._engine.call(self._tenant_id, command).add_done_callback(_observed)
        self._session.close()


def _outcome(outcome: pb.TaskOutcome) -> TaskReport:
    kind = _KINDS.get(outcome.kind, REPORT_FAILED)
    report = TaskReport(outcome.task_id, kind, outcome.attempt, at=time_or_none(outcome.finished_at))
    text = outcome.payload.decode("utf-8", "replace")
    if kind == REPORT_COMPLETED:
        report.payload, error = output_of(text)
        if error:
            report.kind, report.payload, report.final = REPORT_FAILED, error, True
    elif kind == REPORT_FAILED:
        report.payload = error_text(text)
        report.final = outcome.final
        if outcome.HasField("retry_after"):
            # A number that is no time leaves the task's own backoff.
            report.retry_after = outcome.retry_after if 0 <= outcome.retry_after <= MAX_SECONDS else None
    return report


def _add_assignment(response: pb.WorkResponse, message: Assign, batch: AssignBatch | None = None) -> int:
    """Adds an assignment; returns about its bytes."""
    assignment = response.assignments.add(
        task_id=message.task_id,
        attempt=message.attempt,
        run_id=message.run_id,
        workflow_id=message.workflow_id,
        version_id=message.version_id,
        workflow_name=message.workflow_name,
        task_name=message.task_name,
        action=message.action,
        input=message.input.encode(),
        metadata=message.metadata.encode(),
        priority=message.priority,
        max_attempts=message.max_attempts,
        timeout=message.timeout,
        durable=message.durable,
        restores=message.restores,
    )
    size = 400 + len(message.input) + len(message.metadata)
    if batch is not None:
        assignment.batch_id, assignment.batch_size, assignment.batch_key = batch.batch_id, len(batch.tasks), batch.key
    if message.parents:
        for name, output in message.parents.items():
            assignment.parents[name] = output.encode()
            size += len(output) + len(name)
    if message.errors:
        assignment.errors.update(message.errors)
        size += sum(len(error) for error in message.errors.values())
    if message.parent_task_id:
        assignment.parent_run_id = message.parent_run_id
        assignment.parent_task_id = message.parent_task_id
        assignment.child_key = message.child_key
    if message.event_id:
        assignment.event_id = message.event_id
        assignment.event_key = message.event_key
        assignment.filter_payload = message.filter_payload.encode()
    for key, data in message.triggers.items():
        assignment.triggers[key] = data.encode()
    return size


def _labels(labels: Any) -> dict[str, str | int]:
    return {key: label.number if label.WhichOneof("value") == "number" else label.text for key, label in labels.items()}


def _observed(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
