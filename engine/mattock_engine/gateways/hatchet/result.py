"""Results of runs on one stream, for any number of runs (SubscribeToWorkflowRuns)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ...contracts.hatchet import dispatcher_pb2 as pb
from ...core.command import WatchRuns
from ...core.message import Message, RunFinished
from ...core.submission import is_uuid
from ...port import EnginePort
from ...wire import Call, Server
from ..door import tenant_of
from .worker import observed, timestamp

# Of all texts in one event; a client takes 4 MiB.
MAX_EVENT_BYTES = 3 << 20
ERROR_TOO_LARGE = "Error is too large to send over the Hatchet stream."
CANCELLED = "Task was cancelled"


def register(server: Server, engine: EnginePort) -> None:
    """Adds the method."""
    server.stream_callback("/Dispatcher/SubscribeToWorkflowRuns", lambda call: ResultStream(engine, call))


class ResultStream:
    """One client's stream: run ids come in, results go out."""

    def __init__(self, engine: EnginePort, call: Call) -> None:
        self._engine = engine
        self._call = call
        self._tenant_id = tenant_of(call)
        self._wanted: dict[str, None] = {}
        self._half_closed = False
        self._session = engine.open_session(self._tenant_id, self._deliver, self._watch_all)

    def on_message(self, request: bytes) -> None:
        """The client wants one more result."""
        run_id = pb.SubscribeToWorkflowRunsRequest.FromString(request).workflow_run_id
        if is_uuid(run_id):
            self._wanted[run_id] = None
            self._watch([run_id])

    def _watch(self, run_ids: list[str]) -> None:
        self._engine.call(self._tenant_id, WatchRuns(self._session.id, run_ids)).add_done_callback(observed)

    def _watch_all(self) -> None:
        if self._wanted:
            self._watch(list(self._wanted))

    def _deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if isinstance(message, RunFinished):
                self._wanted.pop(message.run_id, None)
                self._call.send(finished_event(message))
        self._close_if_done()

    def on_half_close(self) -> None:
        """The client asks for nothing more; what it asked for is still answered."""
        self._half_closed = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._half_closed and not self._wanted:
            self._call.close()

    def on_end(self) -> None:
        """The stream is over."""
        self._session.close()


def finished_event(message: RunFinished) -> bytes:
    """A result as the contract's event."""
    event = pb.WorkflowRunEvent(
        workflow_run_id=message.run_id,
        event_type=pb.WORKFLOW_RUN_EVENT_TYPE_FINISHED,
        event_timestamp=timestamp(time.time()),
    )
    size = 0
    for task in message.tasks:
        result = event.results.add(task_run_external_id=task.task_id, task_name=task.task_name, job_run_id=task.task_id)
        if task.error is not None:
            text = task.error or CANCELLED
            result.error = text if len(text) < MAX_EVENT_BYTES // len(message.tasks) else ERROR_TOO_LARGE
            size += len(result.error)
        elif task.output:
            result.output = task.output
            size += len(task.output)
    if size > MAX_EVENT_BYTES:
        del event.results[:]
    return event.SerializeToString()
