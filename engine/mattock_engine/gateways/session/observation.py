"""What a worker's tasks tell of themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from ...contracts.mattock import session_pb2 as pb
from ...core.error import Refused
from ...core.submission import time_or_none
from ...observation.record import Observation, check_progress, check_sample
from ...port import EnginePort

# Times further away are a clock's mistake, or were told long after: they count as now, so that they are in a partition.
MAX_LATE = 6 * 3600.0


def observe(
    engine: EnginePort,
    tenant_id: str,
    message: pb.WorkRequest,
    held: Container[tuple[str, int]],
    refuse: Callable[[str, Refused], None],
) -> None:
    """Hands on what attempts tell that the worker holds; `refuse` is told of what is malformed."""
    found: list[Observation] = []
    now = time.time()
    for each in message.progress:
        if (each.task_id, each.attempt) in held:
            try:
                at = _at(each.at, now)
                found.append(check_progress(each.task_id, each.attempt, each.fraction, each.text, at))
            except Refused as error:
                refuse(each.task_id, error)
    for metric in message.metrics:
        if (metric.task_id, metric.attempt) in held:
            try:
                found.append(
                    check_sample(
                        metric.task_id,
                        metric.name,
                        metric.labels,
                        metric.total,
                        metric.count,
                        metric.low,
                        metric.high,
                        _at(metric.at, now),
                    )
                )
            except Refused as error:
                refuse(metric.task_id, error)
    if found:
        engine.observe(tenant_id, found)


def _at(told: float, now: float) -> float:
    at = time_or_none(told)
    return at if at is not None and abs(now - at) <= MAX_LATE else now
