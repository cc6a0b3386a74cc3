"""Spans of the engine for OpenTelemetry: of runs, their tasks, and their waits, once the run is over and committed.

They are exported if OpenTelemetry's standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on) say where to, and its
packages are there (`mattock-engine[otel]`). Otherwise `active` is None, and nothing is done.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .core.record import Records
from .core.row import RunRow
from .core.run import Version
from .core.status import Kind, Status
from .observation.trace import Place, own_place, place_of, queued_span, run_span, task_span

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
    from opentelemetry.sdk.trace.sampling import Sampler

logger = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NAME = "mattock-engine"
active: Tracer | None = None


def start() -> None:
    """Begins to export, if the environment says so."""
    global active
    if not _wanted(os.environ):
        return
    try:
        active = Tracer.open()
    except ImportError as error:
        logger.warning(
            "OpenTelemetry's variables are set, and its packages are not there (%s): install `mattock-engine[otel]`, "
            "for OTEL_EXPORTER_OTLP_PROTOCOL=grpc also `opentelemetry-exporter-otlp-proto-grpc`",
            error.name,
        )


def stop(seconds: float = 2.0) -> None:
    """Exports what is left, for so many seconds at most; blocking."""
    global active
    tracer, active = active, None
    if tracer is not None:
        closing = threading.Thread(target=tracer.processor.shutdown, name="mattock-otel", daemon=True)
        closing.start()
        closing.join(seconds)


def _wanted(environment: Mapping[str, str]) -> bool:
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").lower()
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporters == "none":
        return False
    return "otlp" in exporters or any(environment.get(name) for name in _ENDPOINTS)


class Tracer:
    """Makes spans of what has ended.

    Args:
        processor: takes them.
        sampler: decides for runs that stand in no trace yet.
        resource: who makes them.
    """

    def __init__(self, processor: SpanProcessor, sampler: Sampler, resource: Any) -> None:
        self.processor = processor
        self._sampler = sampler
        self._resource = resource

    @classmethod
    def open(cls) -> Tracer:
        """As the environment says.

        Raises:
            ImportError: OpenTelemetry's packages are not installed.
        """
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        about = {"service.version": version(NAME)}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            about["service.name"] = NAME
        resource = Resource.create(about)
        return cls(BatchSpanProcessor(_exporter()), TracerProvider(shutdown_on_exit=False).sampler, resource)

    def ended(self, tenant_id: str, records: Records, versions: Mapping[str, Version]) -> None:
        """Runs have ended in a round that is committed."""
        try:
            self._ended(tenant_id, records, versions)
        except Exception:
            # The round is committed: its replies go out whatever becomes of spans.
            logger.exception("spans of a round could not be made")

    def _ended(self, tenant_id: str, records: Records, versions: Mapping[str, Version]) -> None:
        rows = [*records.finished.values(), *records.born_final.values(), *records.refinished.values()]
        members: dict[str, list[RunRow]] = {}
        for row in rows:
            if row.kind == Kind.TASK:
                members.setdefault(row.root_id, []).append(row)
        for row in rows:
            if row.kind != Kind.TASK:
                self._run(tenant_id, row, members.get(row.run_id, ()), versions)

    def _run(self, tenant_id: str, row: RunRow, tasks: Iterable[RunRow], versions: Mapping[str, Version]) -> None:
        place = place_of(row.metadata) or self._place(row.run_id)
        if not place.sampled:
            return
        found = versions.get(row.version_id)
        workflow = found.name if found is not None else row.workflow_id
        about = {"mattock.tenant_id": tenant_id, "mattock.run_id": row.run_id, "mattock.workflow": workflow}
        if row.parent_run_id:
            about |= {"mattock.parent_run_id": row.parent_run_id, "mattock.parent_task_id": row.parent_task_id}
        top = run_span(row.run_id)
        self._emit(f"run {workflow}", place, top, place.span_id, row.created_at, row.finished_at, about, row)
        for task in (row,) if row.kind == Kind.STANDALONE else tasks:
            self._task(task, place, top, workflow, about)

    def _task(self, task: RunRow, place: Place, above: str, workflow: str, about: Mapping[str, str]) -> None:
        if task.skipped or not task.finished_at:
            return
        more: dict[str, Any] = {
            **about,
            "mattock.task_id": task.run_id,
            "mattock.task": task.task_name,
            "mattock.attempts": task.attempt + 1,
        }
        if task.worker_id:
            more["mattock.worker_id"] = task.worker_id
        # Of a task that was tried again only the last wait is known.
        began = task.created_at if task.attempt else task.queued_at or task.created_at
        own = task_span(task.run_id)
        name = f"task {workflow}:{task.task_name}"
        self._emit(name, place, own, above, began, task.finished_at, more, task)
        if task.queued_at and task.assigned_at >= task.queued_at:
            wait = queued_span(task.run_id)
            self._emit(f"queued {task.task_name}", place, wait, own, task.queued_at, task.assigned_at, more, None)

    def _place(self, run_id: str) -> Place:
        from opentelemetry.sdk.trace.sampling import Decision

        place = own_place(run_id)
        decided = self._sampler.should_sample(None, int(place.trace_id, 16), "run").decision
        return place._replace(sampled=decided == Decision.RECORD_AND_SAMPLE)

    def _emit(
        self,
        name: str,
        place: Place,
        span_id: str,
        parent_id: str,
        began: float,
        ended: float,
        attributes: Mapping[str, Any],
        row: RunRow | None,
    ) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

        def context(id_: str) -> SpanContext:
            return SpanContext(int(place.trace_id, 16), int(id_, 16), True, TraceFlags(TraceFlags.SAMPLED))

        span: ReadableSpan = ReadableSpan(
            name,
            context=context(span_id),
            parent=context(parent_id) if parent_id else None,
            resource=self._resource,
            attributes=dict(attributes),
            kind=SpanKind.INTERNAL,
            status=_status(row),
            start_time=int(began * 1e9),
            end_time=int(max(began, ended) * 1e9),
        )
        self.processor.on_end(span)


def _status(row: RunRow | None) -> Any:
    from opentelemetry.trace import Status as SpanStatus
    from opentelemetry.trace import StatusCode

    if row is None:
        return SpanStatus(StatusCode.UNSET)
    if row.status == Status.COMPLETED:
        return SpanStatus(StatusCode.OK)
    text = row.error.split("\n", 1)[0][:200] if row.status == Status.FAILED else "cancelled"
    return SpanStatus(StatusCode.ERROR, text)


def _exporter() -> Any:
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    protocol = next((os.environ[name] for name in names if os.environ.get(name)), "http/protobuf")
    if protocol == "grpc":
        from importlib import import_module

        return import_module("opentelemetry.exporter.otlp.proto.grpc.trace_exporter").OTLPSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
