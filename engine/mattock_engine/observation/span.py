"""Stores spans of runs' traces, within bounds."""

from __future__ import annotations

import time
from collections import Counter

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from ..core.submission import is_uuid
from ..store import Store
from .otlp import Span, answer, read

# Spans of one call.
MAX_CALL = 1_000
# Spans that are kept of one trace, and of one run.
MAX_TRACE = 5_000
MAX_RUN = 2_000
# Spans that began longer ago, or will begin later than so, are refused, in seconds.
MAX_AGE = 86_400.0
MAX_AHEAD = 3_600.0


async def take_spans(store: Store, tenant_id: str, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
    """Stores spans that name a run or a task of the tenant, and for a while those that name none: they may belong to a
    trace in which another one does.

    Args:
        store: where.
        tenant_id: whose.
        request: as `otlp.decode` gives it.

    Returns:
        What the sender is told: how many were refused, and why.

    Raises:
        DatabaseDown: the database cannot be reached; the sender may try again.
    """
    found, reasons = [], Counter[str]()
    now = time.time()
    for number, span in enumerate(read(request)):
        if number >= MAX_CALL:
            reasons[f"more than {MAX_CALL} spans in a call"] += 1
        elif span is None:
            reasons["ids that are not as long as they should be"] += 1
        elif not now - MAX_AGE < span.began / 1e9 < now + MAX_AHEAD:
            reasons["spans that began more than a day ago, or are of the future"] += 1
        else:
            found.append(span)
    if found:
        kept = await _within_bounds(store, tenant_id, await _with_runs(store, tenant_id, found))
        if len(kept) < len(found):
            reasons[f"more than {MAX_RUN} spans of a run, or {MAX_TRACE} of a trace"] += len(found) - len(kept)
        if kept:
            await _put(store, tenant_id, kept)
    return answer(reasons.total(), "; ".join(f"{count}: {why}" for why, count in reasons.items()))


async def _with_runs(store: Store, tenant_id: str, spans: list[Span]) -> list[Span]:
    """Spans whose run and task are those that there are: what they name is checked."""
    ids = list({each for span in spans for each in (span.run, span.task) if is_uuid(each)})
    known: dict[str, str] = {}
    if ids:
        records = await store.observe("runs_of_tasks", tenant_id, ids)
        known = {record["task_id"]: record["run_id"] for record in records}
    for span in spans:
        span.run = known.get(span.task) or known.get(span.run) or ""
        span.task = span.task if span.task in known else ""
    return spans


async def _within_bounds(store: Store, tenant_id: str, spans: list[Span]) -> list[Span]:
    traces, runs = list({span.trace_id for span in spans}), list({span.run for span in spans if span.run})
    of_trace = {row["id"]: row["count"] for row in await store.observe("trace_sizes", tenant_id, traces)}
    of_run = {row["id"]: row["count"] for row in await store.observe("run_sizes", tenant_id, runs)} if runs else {}
    kept = []
    for span in spans:
        if of_trace.get(span.trace_id, 0) >= MAX_TRACE or (span.run and of_run.get(span.run, 0) >= MAX_RUN):
            continue
        of_trace[span.trace_id] = of_trace.get(span.trace_id, 0) + 1
        of_run[span.run] = of_run.get(span.run, 0) + 1
        kept.append(span)
    return kept


async def _put(store: Store, tenant_id: str, spans: list[Span]) -> None:
    rows = [
        (
            span.trace_id,
            span.span_id,
            span.parent_id or None,
            span.run or None,
            span.task or None,
            span.name,
            span.kind,
            span.status,
            span.message,
            span.service,
            span.began,
            span.ended,
            span.attributes,
            span.events,
        )
        for span in spans
    ]
    await store.observe("put_spans", tenant_id, *(list(column) for column in zip(*rows, strict=True)))
