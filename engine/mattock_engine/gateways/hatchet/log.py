"""Logs and streams of tasks, as the shared contract sends them: one line, one chunk a call."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ...contracts.hatchet import events_pb2 as pb
from ...core.command import LogLine, PutLogs, PutStream
from ...core.error import Code, Refused, invalid
from ...core.submission import check_payload, error_text, is_uuid, time_or_none
from ...port import EnginePort
from ...wire import Call, Server
from ..door import tenant_of

LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")
MAX_MESSAGE = 10_000
MAX_METADATA = 1 << 20


def register(server: Server, engine: EnginePort) -> None:
    """Adds the methods."""
    logs = Logs(engine)
    server.unary("/EventsService/PutLog", logs.put_log)
    server.unary("/EventsService/PutStreamEvent", logs.put_stream)


class Logs:
    """The methods."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine

    def put_log(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Stores a line of a task's log."""
        message = pb.PutLogRequest.FromString(request)
        task_id = _task_id(message.task_run_external_id)
        level = message.level or "INFO"
        if level not in LEVELS:
            raise invalid("level", f"{level!r} is unknown; expected one of {', '.join(LEVELS)}")
        if not 1 <= len(message.message) <= MAX_MESSAGE:
            raise invalid("message", f"{len(message.message)} characters; expected 1 to {MAX_MESSAGE}")
        if message.metadata:
            check_payload("metadata", message.metadata, MAX_METADATA)
        at = message.created_at.seconds + message.created_at.nanos / 1e9
        attempt = message.task_retry_count if message.HasField("task_retry_count") else None
        text, fields = error_text(message.message), error_text(message.metadata)
        line = LogLine(task_id, time_or_none(at) or time.time(), level, text, fields, attempt)
        return self._engine.call(tenant_of(call), PutLogs([line]), lambda known: _known(known[0], task_id))

    def put_stream(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Passes on a chunk of a task's stream."""
        message = pb.PutStreamEventRequest.FromString(request)
        task_id = _task_id(message.task_run_external_id)
        index = message.event_index if message.HasField("event_index") else None
        command = PutStream(task_id, [(index, message.message)])
        return self._engine.call(tenant_of(call), command, lambda _: b"")


def _task_id(text: str) -> str:
    if not is_uuid(text):
        raise invalid("task_run_external_id", f"{text[:60]!r} is no UUID")
    return text


def _known(known: Any, task_id: str) -> bytes:
    if not known:
        raise Refused(Code.NOT_FOUND, f"task_run_external_id: no task {task_id!r}", "task_run_external_id")
    return b""
