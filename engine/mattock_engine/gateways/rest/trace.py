"""Traces: spans that SDKs and services send, and those of a run."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from google.protobuf import json_format

from ...core.command import RunRow
from ...core.error import invalid
from ...core.status import FINAL, Status
from ...observation.otlp import decode, decode_json
from ...observation.span import take_spans
from ...observation.trace import own_place, place_of, queued_span, run_span, task_span
from . import model
from .context import Caller, Here, Id
from .page import Limit, Offset, page_of
from .run import rows_of
from .version import Version

router = APIRouter(tags=["traces"])
JSON, PROTOBUF = "application/json", "application/x-protobuf"
SERVICE = "mattock-engine"


@router.post(
    "/v1/traces",
    response_class=Response,
    responses={
        200: {
            "description": "They were taken.",
            "content": {kind: {"schema": {"type": "object"}} for kind in (JSON, PROTOBUF)},
        }
    },
    openapi_extra={
        "requestBody": {
            "content": {kind: {"schema": {"type": "object"}} for kind in (JSON, PROTOBUF)},
            "required": True,
        }
    },
)
async def export_traces(here: Here, caller: Caller, request: Request) -> Response:
    """Takes spans by OpenTelemetry's protocol over HTTP, in protobuf or JSON.

    Kept are those that name a run or task (attributes `mattock.run_id`, `mattock.task_id`, `hatchet.workflow_run_id`,
    `hatchet.step_run_id`), and those of a trace in which another one does.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, PROTOBUF):
        raise invalid("content-type", f"{kind[:60]!r} is unknown; expected {PROTOBUF} or {JSON}")
    data = _plain(await request.body(), request.headers.get("content-encoding", ""), 2 * here.max_payload_bytes)
    answer = await take_spans(here.store, caller.tenant_id, decode_json(data) if kind == JSON else decode(data))
    if kind == JSON:
        return Response(json_format.MessageToJson(answer), media_type=JSON)
    return Response(answer.SerializeToString(), media_type=PROTOBUF)


def _plain(data: bytes, encoding: str, limit: int) -> bytes:
    """A body as it was before it was compressed."""
    if encoding in ("", "identity"):
        return data
    if encoding not in ("gzip", "deflate"):
        raise invalid("content-encoding", f"{encoding[:60]!r} is unknown; expected gzip or deflate")
    try:
        found = zlib.decompressobj(wbits=47).decompress(data, limit + 1)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise invalid("body", f"is not in {encoding}") from error
    if len(found) > limit:
        raise invalid("body", f"is above the limit of {limit} bytes")
    return found


@router.get("/api/v1/stable/workflow-runs/{run}/spans")
async def list_spans(here: Here, caller: Caller, run: Id, offset: Offset = 0, limit: Limit = 1000) -> model.RunSpanList:
    """Spans of a run by the order of their starts: of the engine (run, tasks, waits), and those that were sent."""
    root, tasks = await rows_of(here, caller.tenant_id, str(run))
    version = (await here.versions.get(caller.tenant_id, [root.version_id])).get(root.version_id)
    trace_id = (place_of(root.metadata) or own_place(root.run_id)).trace_id
    own = engine_spans(root, tasks, version)
    records = await here.store.observe("spans_of_run", caller.tenant_id, root.run_id, [trace_id], offset + limit + 1, 0)
    sent = [_span(record) for record in records]
    both = sorted([*own, *sent], key=lambda span: int(span.start_time_unix_nano))
    rows, pagination = page_of(both[offset : offset + limit + 1], offset, limit)
    return model.RunSpanList(rows=rows, pagination=pagination)


def engine_spans(root: RunRow, tasks: Sequence[RunRow], version: Version | None) -> list[model.RunSpan]:
    """The engine's spans of a run, which follow from its rows; those of what is not over have no end."""
    place = place_of(root.metadata) or own_place(root.run_id)
    workflow = version.name if version is not None else root.workflow_id
    top = run_span(root.run_id)

    def made(name: str, row: RunRow, ids: tuple[str, str], began: float, ended: float, status: str) -> model.RunSpan:
        is_task = name.startswith(("task ", "queued "))
        return model.RunSpan(
            trace_id=place.trace_id,
            span_id=ids[0],
            parent_span_id=ids[1] or None,
            name=name,
            kind="INTERNAL",
            status=status,  # type: ignore[arg-type]
            status_message=row.error.split("\n", 1)[0] if status == "ERROR" else "",
            service_name=SERVICE,
            source="ENGINE",
            start_time=model.moment(began),
            end_time=model.moment_or_none(ended),
            start_time_unix_nano=str(int(began * 1e9)),
            end_time_unix_nano=str(int(ended * 1e9)) if ended else None,
            task_external_id=row.run_id if is_task else None,
            attributes={"mattock.attempts": row.attempt + 1, "mattock.task": row.task_name} if is_task else {},
            events=[],
        )

    found = [made(f"run {workflow}", root, (top, place.span_id), root.created_at, root.finished_at, _status(root))]
    for task in tasks:
        if task.skipped or not (task.queued_at or task.assigned_at):
            continue
        own = task_span(task.run_id)
        began = task.created_at if task.attempt else task.queued_at or task.created_at
        name = f"task {workflow}:{task.task_name}"
        found.append(made(name, task, (own, top), began, task.finished_at, _status(task)))
        if task.queued_at:
            ended = task.assigned_at if task.assigned_at >= task.queued_at else 0.0
            if not ended and task.status in FINAL:
                ended = task.finished_at
            wait = (queued_span(task.run_id), own)
            found.append(made(f"queued {task.task_name}", task, wait, task.queued_at, ended, "UNSET"))
    return found


def _status(row: RunRow) -> str:
    if row.status == Status.COMPLETED:
        return "OK"
    return "ERROR" if row.status in (Status.FAILED, Status.CANCELLED) else "UNSET"


def _span(record: Any) -> model.RunSpan:
    return model.RunSpan(
        trace_id=record["trace_id"],
        span_id=record["span_id"],
        parent_span_id=record["parent_span_id"],
        name=record["name"],
        kind=record["kind"],
        status=record["status"],
        status_message=record["message"],
        service_name=record["service"],
        source="OTLP",
        start_time=model.moment(record["began"] / 1e9),
        end_time=model.moment(record["ended"] / 1e9),
        start_time_unix_nano=str(record["began"]),
        end_time_unix_nano=str(record["ended"]),
        task_external_id=record["task_id"],
        attributes=json.loads(record["attributes"]),
        events=[
            model.SpanEvent(name=each["name"], time_unix_nano=each["at"], attributes=each["attributes"])
            for each in json.loads(record["events"])
        ],
    )
