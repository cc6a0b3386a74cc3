"""Live events of runs (SubscribeToWorkflowEvents): tasks' starts and ends, and their streams."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...contracts.hatchet import dispatcher_pb2 as pb
from ...core.command import Listen
from ...core.error import Code, Refused, invalid
from ...core.message import Message, RunEnded, StreamChunk, TaskEvent
from ...core.submission import is_uuid
from ...port import EnginePort
from ...wire import Call, Server
from ..door import tenant_of, translate
from .worker import timestamp

# A run may be subscribed to before its trigger has arrived: how long and how often it is looked for.
_APPEARS_WITHIN_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.2


def register(server: Server, engine: EnginePort) -> None:
    """Adds the method."""
    server.stream_callback("/Dispatcher/SubscribeToWorkflowEvents", lambda call: EventStream(engine, call))


class EventStream:
    """One client's stream of one run's events, or of all runs with a metadata pair."""

    def __init__(self, engine: EnginePort, call: Call) -> None:
        self._engine = engine
        self._call = call
        self._tenant_id = tenant_of(call)
        self._session = engine.open_session(self._tenant_id, self._deliver, self._listen)
        self._run_id = ""
        self._pair: tuple[str, str] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def on_message(self, request: bytes) -> None:
        """What the client wants to hear of."""
        message = pb.SubscribeToWorkflowEventsRequest.FromString(request)
        if message.workflow_run_id:
            if not is_uuid(message.workflow_run_id):
                raise translate(invalid("workflow_run_id", f"{message.workflow_run_id[:60]!r} is no UUID"))  # type: ignore[misc]
            self._run_id = message.workflow_run_id
        elif message.additional_meta_key and message.additional_meta_value:
            self._pair = (message.additional_meta_key, message.additional_meta_value)
        else:
            error = invalid("workflow_run_id", "expected a run id, or a metadata key and value")
            raise translate(error)  # type: ignore[misc]
        self._deadline = asyncio.get_running_loop().time() + _APPEARS_WITHIN_SECONDS
        self._listen()

    def _listen(self) -> None:
        if self._run_id or self._pair:
            command = Listen(self._session.id, self._run_id, self._pair)
            self._engine.call(self._tenant_id, command).add_done_callback(self._listening)

    def _listening(self, future: asyncio.Future[Any]) -> None:
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or self._call.closed:
            return
        if error is None:
            if future.result():
                self._call.close()
            return
        loop = asyncio.get_running_loop()
        if isinstance(error, Refused) and error.code == Code.NOT_FOUND and loop.time() < self._deadline:
            self._timer = loop.call_later(_LOOK_EVERY_SECONDS, self._listen)
            return
        refused = translate(error)
        if refused is not None:
            self._call.fail(refused)

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, TaskEvent):
                self._call.send(_task_event(message))
            elif isinstance(message, StreamChunk):
                self._call.send(_chunk(message))
            elif isinstance(message, RunEnded):
                self._call.send(_ended(message))
                if message.hangup:
                    self._call.close()

    def on_half_close(self) -> None:
        """The client has asked."""

    def on_end(self) -> None:
        """The stream is over."""
        if self._timer is not None:
            self._timer.cancel()
        self._session.close()


def _task_event(message: TaskEvent) -> bytes:
    return pb.WorkflowEvent(
        workflow_run_id=message.run_id,
        resource_type=pb.RESOURCE_TYPE_STEP_RUN,
        event_type=message.kind,  # type: ignore[arg-type]
        resource_id=message.task_id,
        event_timestamp=timestamp(message.at),
        event_payload=message.payload,
        task_retries=message.retries,
        retry_count=message.attempt,
    ).SerializeToString()


def _chunk(message: StreamChunk) -> bytes:
    return pb.WorkflowEvent(
        workflow_run_id=message.run_id,
        resource_type=pb.RESOURCE_TYPE_STEP_RUN,
        event_type=pb.RESOURCE_EVENT_TYPE_STREAM,
        resource_id=message.task_id,
        event_timestamp=timestamp(message.at),
        event_payload=message.data.decode("utf-8", "replace"),
        event_index=message.index,
    ).SerializeToString()


def _ended(message: RunEnded) -> bytes:
    return pb.WorkflowEvent(
        workflow_run_id=message.run_id,
        resource_type=pb.RESOURCE_TYPE_WORKFLOW_RUN,
        event_type=message.kind,  # type: ignore[arg-type]
        resource_id=message.run_id,
        event_timestamp=timestamp(message.at),
        hangup=message.hangup,
    ).SerializeToString()
