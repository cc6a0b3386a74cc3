"""What tasks tell of themselves: how far they are, figures of their own, spans of traces."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from .base import Body, Object, Pagination


class TaskProgress(Body):
    """How far a task is, by its own word; of a run of several tasks: by those of its tasks."""

    fraction: float
    text: str = ""
    updated_at: datetime | None = None


class BatchFill(Body):
    """A batch that gathers: how many tasks wait for it, and with how many it starts at once."""

    waiting: int
    size: int


class CustomPoint(Body):
    """Values of a figure in a slice of time."""

    time: datetime
    sum: float
    count: int
    min: float
    max: float
    avg: float


class CustomSeries(Body):
    """A figure over time; `label` is the value of the label that was asked for, "" without it."""

    name: str
    label: str
    sum: float
    count: int
    min: float
    max: float
    avg: float
    points: list[CustomPoint]


class CustomMetrics(Body):
    """Figures of a workflow; slices without values are left out, `seconds` is the length of each."""

    seconds: float
    series: list[CustomSeries]
    # Labels that values of each figure have, by its name.
    labels: dict[str, list[str]]


class SpanEvent(Body):
    """Something that happened in a span."""

    name: str
    time_unix_nano: str
    attributes: Object


class RunSpan(Body):
    """A span of a run's trace: of the engine (from the run's own times), or told by an SDK or a service."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str
    kind: Literal["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
    status: Literal["UNSET", "OK", "ERROR"]
    status_message: str = ""
    service_name: str
    source: Literal["ENGINE", "OTLP"]
    start_time: datetime
    end_time: datetime | None = None
    # Nanoseconds since 1970, which are more than a number of JSON holds exactly.
    start_time_unix_nano: str
    end_time_unix_nano: str | None = None
    task_external_id: str | None = None
    attributes: Object
    events: list[SpanEvent]


class RunSpanList(Body):
    """Spans of a run, in the order of their starts."""

    pagination: Pagination
    rows: list[RunSpan]
