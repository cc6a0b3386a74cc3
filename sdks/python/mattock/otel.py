"""Spans of triggers and tasks for OpenTelemetry; needs `mattock[otel]`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from . import tracing
from ._contracts.session_pb2 import TriggerItem
from .context import Context
from .durable import DurableContext
from .error import MattockError
from .setting import ClientSettings

try:
    from opentelemetry import trace
    from opentelemetry.context import Context as OtelContext
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import Link, SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as missing:
    raise MattockError(f"tracing needs OpenTelemetry: pip install 'mattock[otel]' ({missing})") from None

if TYPE_CHECKING:
    from .client import Mattock

_PREFIX = "mattock."
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_propagator = TraceContextTextMapPropagator()
_prepared: set[int] = set()


def instrument(
    client: Mattock | None = None, *, tracer_provider: TracerProvider | None = None, export: bool = True
) -> TracerProvider:
    """Makes spans of every run that this process starts and every task that it runs, in one trace across processes.

    Where spans go besides is OpenTelemetry's affair: the provider's exporters, or what `OTEL_EXPORTER_OTLP_ENDPOINT`
    names if this makes the provider. Call it once, before workers start; a second call changes nothing.

    Args:
        client: whose server is to show the spans with its runs; by default that of the environment.
        tracer_provider: makes the spans; by default the global one, which is made if there is none.
        export: False: the server gets no spans (those of its runs, and what tasks did within them).

    Returns:
        The provider.

    Raises:
        SettingError: spans are to go to a server, and none is named.
        MattockError: OpenTelemetry is not installed.
    """
    provider = tracer_provider or _global_provider()
    if id(provider) not in _prepared:
        processors: list[SpanProcessor] = [_Marks()]
        if export:
            settings = ClientSettings.read() if client is None else client.settings
            processors.append(_OfRuns(_exporter(settings)))
        for processor in processors:
            provider.add_span_processor(processor)
        _prepared.add(id(provider))
    tracing.active = _Instrument(provider)
    return provider


def uninstrument() -> None:
    """Makes no more spans."""
    tracing.active = None


def _global_provider() -> TracerProvider:
    found = trace.get_tracer_provider()
    if isinstance(found, TracerProvider):
        return found
    about = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "mattock"}
    made = TracerProvider(resource=Resource.create(about))
    if any(os.environ.get(name) for name in _ENDPOINTS):
        made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(made)
    return made


def _exporter(settings: ClientSettings) -> OTLPSpanExporter:
    headers = {"authorization": f"Bearer {settings.token}"}
    return OTLPSpanExporter(f"{settings.server_url}/v1/traces", headers=headers)


class _Marks(SpanProcessor):
    """What a task does within its span is marked as its own."""

    def on_start(self, span: Span, parent_context: OtelContext | None = None) -> None:
        above = trace.get_current_span(parent_context)
        if isinstance(above, ReadableSpan) and above.attributes:
            own = span.attributes or {}
            for name, value in above.attributes.items():
                if name.startswith(_PREFIX) and name not in own:
                    span.set_attribute(name, value)


class _OfRuns(BatchSpanProcessor):
    """Exports spans of runs alone: an app's others are nothing to the server."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.attributes and f"{_PREFIX}run_id" in span.attributes:
            super().on_end(span)


class _Instrument:
    """Makes spans (see `tracing.Instrument`)."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("mattock")

    def trigger(self, item: TriggerItem, parent: Context | None) -> None:
        if isinstance(parent, DurableContext) and parent._journal.repeats:
            # The run is there already.
            return
        about = {"mattock.workflow": item.workflow, "mattock.triggered_run_id": item.run_id}
        # A task's span that starts another run is part of the task's own one.
        about["mattock.run_id"] = item.run_id if parent is None else parent.run_id
        with self._tracer.start_as_current_span(f"trigger {item.workflow}", kind=SpanKind.PRODUCER, attributes=about):
            tracing.put_traceparent(item, _carried())

    def event(self, key: str, metadata: dict[str, Any]) -> None:
        with self._tracer.start_as_current_span(
            f"push {key}", kind=SpanKind.PRODUCER, attributes={"mattock.event": key}
        ):
            metadata.setdefault(tracing.KEY, _carried())

    @contextmanager
    def task(self, contexts: Sequence[Context]) -> Iterator[None]:
        with ExitStack() as stack:
            first = stack.enter_context(self._current(contexts[0]))
            # The code runs once: the others of a batch point to the span that holds it.
            others = [self._start(context, [Link(first.get_span_context())]) for context in contexts[1:]]
            stack.callback(lambda: [span.end() for span in others])
            try:
                yield
            except asyncio.CancelledError:
                for span in (first, *others):
                    span.set_status(Status(StatusCode.ERROR, "cancelled"))
                raise
            except Exception as error:
                for span in others:
                    span.set_status(Status(StatusCode.ERROR, str(error)))
                raise

    def _current(self, context: Context) -> AbstractContextManager[Any]:
        return trace.use_span(self._start(context), end_on_exit=True)

    def _start(self, context: Context, links: Sequence[Link] = ()) -> trace.Span:
        name = f"attempt {context.workflow_name}:{context.task_name}"
        return self._tracer.start_span(
            name, _above(context), kind=SpanKind.CONSUMER, attributes=_about(context), links=links
        )


def _carried() -> str:
    """The present span as `traceparent`."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(tracing.KEY, "")


def _above(context: Context) -> OtelContext:
    """The span that an attempt is part of: the engine's own, or that which started the run."""
    told = context._assignment.traceparent
    if not told and context._assignment.metadata:
        found = from_json(context._assignment.metadata).get(tracing.KEY)
        told = found if isinstance(found, str) else ""
    return _propagator.extract({tracing.KEY: told} if told else {}, OtelContext())


def _about(context: Context) -> dict[str, str | int]:
    about: dict[str, str | int] = {
        "mattock.run_id": context.run_id,
        "mattock.task_id": context.task_id,
        "mattock.attempt": context.attempt_number,
        "mattock.workflow": context.workflow_name,
        "mattock.task": context.task_name,
        "mattock.worker_id": context.worker.id,
    }
    if context.parent_run_id:
        about["mattock.parent_run_id"] = context.parent_run_id
    if batch_id := context._assignment.batch_id:
        about["mattock.batch_id"] = batch_id
    return about
