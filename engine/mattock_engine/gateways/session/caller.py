"""A calling process's session: triggers in, results and streams out, in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...contracts.mattock import session_pb2 as pb
from ...core.command import Listen, Refusal, Trigger, TriggerItem, Unlisten, UnwatchRuns, WatchRuns
from ...core.definition import LabelDefinition
from ...core.error import Refused
from ...core.message import Message, RunEnded, RunFinished, StreamChunk
from ...core.registration import check_desired_labels
from ...core.submission import check_item, extra_of, is_uuid, text_of
from ...port import EnginePort
from ...wire import Call
from ..door import tenant_of
from .flow import labels_of

# Of one response, so that it stays below a client's limit of 4 MiB.
MAX_RESPONSE_BYTES = 3 << 20


class CallStream:
    """One caller's stream."""

    def __init__(self, engine: EnginePort, call: Call, max_payload_bytes: int) -> None:
        self._engine = engine
        self._call = call
        self._limit = max_payload_bytes
        self._tenant_id = tenant_of(call)
        self._wanted: dict[str, None] = {}
        self._listening: dict[str, None] = {}
        # Triggers that the engine has not answered.
        self._starting: set[str] = set()
        self._session = engine.open_session(self._tenant_id, self._deliver, self._reset)

    def on_message(self, request: bytes) -> None:
        """What the caller asks for."""
        message = pb.CallRequest.FromString(request)
        if message.triggers:
            self._trigger(message.triggers)
        if message.watch:
            ids = [run_id for run_id in message.watch if is_uuid(run_id)]
            self._wanted.update(dict.fromkeys(ids))
            self._post(WatchRuns(self._session.id, ids))
        if message.unwatch:
            for run_id in message.unwatch:
                self._wanted.pop(run_id, None)
            self._post(UnwatchRuns(self._session.id, list(message.unwatch)))
        for run_id in message.listen:
            self._listening[run_id] = None
            self._listen(run_id)

    def _post(self, command: Any) -> None:
        self._engine.call(self._tenant_id, command).add_done_callback(_observed)

    def _trigger(self, messages: Sequence[pb.TriggerItem]) -> None:
        """One command for those that want their results, one for the rest; what is malformed is refused here."""
        watched: list[TriggerItem] = []
        plain: list[TriggerItem] = []
        response = pb.CallResponse()
        for message in messages:
            try:
                item = item_of(message)
                check_item(item, self._limit)
            except Refused as error:
                response.errors.add(id=message.run_id, code=error.code, message=error.message, field=error.field)
                continue
            if message.watch:
                self._wanted[item.run_id] = None
                watched.append(item)
            else:
                plain.append(item)
        if response.errors:
            self._call.send(response.SerializeToString())
        for items, session in ((watched, self._session.id), (plain, "")):
            if items:
                self._starting.update(item.run_id for item in items)
                future = self._engine.call(self._tenant_id, Trigger(items, watch_session=session))
                future.add_done_callback(lambda done, items=items: self._accepted(items, done))  # type: ignore[misc]

    def _accepted(self, items: list[TriggerItem], done: asyncio.Future[Any]) -> None:
        self._starting.difference_update(item.run_id for item in items)
        if done.cancelled() or self._call.closed:
            return
        response = pb.CallResponse()
        error = done.exception()
        if error is not None:
            code, text = (int(error.code), error.message) if isinstance(error, Refused) else (13, "internal error")
            for item in items:
                self._never_begins(item.run_id)
                response.errors.add(id=item.run_id, code=code, message=text)
        else:
            for item, reply in zip(items, done.result(), strict=True):
                if isinstance(reply, Refusal):
                    self._never_begins(item.run_id)
                    response.errors.add(
                        id=item.run_id,
                        code=reply.code,
                        message=reply.message,
                        field=reply.field,
                        existing_run_id=reply.existing,
                    )
                    continue
                if reply != item.run_id:
                    if item.run_id in self._wanted:
                        self._wanted[reply] = None
                    self._never_begins(item.run_id)
                response.accepted.add(run_id=item.run_id, actual_run_id=reply)
        self._call.send(response.SerializeToString())

    def _never_begins(self, run_id: str) -> None:
        """A trigger was refused, or stands under another id: of this one there is nothing to hear."""
        self._wanted.pop(run_id, None)
        if run_id in self._listening:
            del self._listening[run_id]
            self._post(Unlisten(self._session.id, run_id))

    def _listen(self, run_id: str) -> None:
        future = self._engine.call(self._tenant_id, Listen(self._session.id, run_id, ahead=run_id in self._starting))
        future.add_done_callback(lambda done: self._listened(run_id, done))

    def _listened(self, run_id: str, done: asyncio.Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or self._call.closed:
            return
        response = pb.CallResponse()
        if isinstance(error, Refused):
            response.errors.add(id=run_id, code=error.code, message=error.message, field=error.field)
        elif error is not None or done.result():
            response.chunks.add(run_id=run_id, end=True)
        else:
            if run_id not in self._listening:
                # Its trigger was refused meanwhile.
                self._post(Unlisten(self._session.id, run_id))
            return
        self._listening.pop(run_id, None)
        self._call.send(response.SerializeToString())

    def _reset(self) -> None:
        """The engine has forgotten this session."""
        if self._wanted:
            self._post(WatchRuns(self._session.id, list(self._wanted)))
        for run_id in self._listening:
            self._listen(run_id)

    def _deliver(self, messages: Sequence[Message]) -> None:
        response, size = pb.CallResponse(), 0
        for message in messages:
            if isinstance(message, RunFinished):
                self._wanted.pop(message.run_id, None)
                size += _add_result(response, message)
            elif isinstance(message, StreamChunk):
                response.chunks.add(
                    run_id=message.run_id,
                    task_id=message.task_id,
                    attempt=message.attempt,
                    index=message.index,
                    data=message.data,
                )
                size += len(message.data)
            elif isinstance(message, RunEnded):
                self._listening.pop(message.run_id, None)
                response.chunks.add(run_id=message.run_id, end=True)
            if size > MAX_RESPONSE_BYTES:
                self._call.send(response.SerializeToString())
                response, size = pb.CallResponse(), 0
        self._call.send(response.SerializeToString())

    def on_half_close(self) -> None:
        """The caller asks for nothing more."""
        self._call.close()

    def on_end(self) -> None:
        """The stream is over."""
        self._session.close()


def item_of(message: pb.TriggerItem) -> TriggerItem:
    """A run to start, not looked at yet."""
    return TriggerItem(
        message.run_id,
        message.workflow,
        text_of("input", message.input),
        text_of("metadata", message.metadata),
        message.priority,
        message.parent_task_id,
        message.child_key,
        message.desired_worker_id,
        message.again,
        _labels(message),
        extra_of(message.ttl),
    )


def _labels(message: pb.TriggerItem) -> tuple[LabelDefinition, ...]:
    if not message.desired_labels:
        return ()
    labels = labels_of("desired_labels", message.desired_labels)
    check_desired_labels("desired_labels", labels)
    return labels


def _add_result(response: pb.CallResponse, message: RunFinished) -> int:
    """Adds a result; returns about its bytes."""
    result = response.results.add(run_id=message.run_id, status=message.status)
    size = 100
    for task in message.tasks:
        result.tasks.add(
            task_id=task.task_id,
            task_name=task.task_name,
            status=task.status,
            output=task.output.encode(),
            error=task.error or "",
        )
        size += 100 + len(task.output) + len(task.error or "")
    return size


def _observed(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
