"""Figures that tasks give of their own: over time, by workflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ...core.error import invalid
from . import model
from .context import Caller, Here, Id
from .error import not_found

router = APIRouter(prefix="/api/v1/stable", tags=["metrics"])
MINUTE = 60.0
MAX_BUCKETS = 1440


@router.get("/tenants/{tenant}/workflows/{workflow}/custom-metrics")
async def custom_metrics(
    here: Here,
    caller: Caller,
    tenant: Id,
    workflow: Id,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS, description="Slices of the time, of whole minutes.")] = 60,
    names: Annotated[list[str] | None, Query(description="Only these figures.")] = None,
    by: Annotated[str, Query(description="A label; its values become series of their own.")] = "",
) -> model.CustomMetrics:
    """Figures that tasks of a workflow gave (`ctx.metric`), by name and time: sum, count, least, greatest, average."""
    end = until or datetime.now(UTC)
    start = since or end - timedelta(hours=24)
    if start >= end:
        raise invalid("since", f"{start.isoformat()} is not before the end, {end.isoformat()}")
    if not await here.store.read("versions", caller.tenant_id, str(workflow)):
        raise not_found("workflow", f"no workflow {workflow}")
    seconds = max(MINUTE, MINUTE * -(-(end - start).total_seconds() // (buckets * MINUTE)))
    first = datetime.fromtimestamp(start.timestamp() // seconds * seconds, UTC)
    records = await here.store.observe(
        "custom_metrics", caller.tenant_id, str(workflow), first, end, seconds, names, by
    )
    labels: dict[str, list[str]] = {}
    for record in await here.store.observe("metric_labels", caller.tenant_id, str(workflow)):
        labels.setdefault(record["name"], []).append(record["label"])
    return model.CustomMetrics(seconds=seconds, series=_series(records), labels=labels)


def _series(records: list[Any]) -> list[model.CustomSeries]:
    found: dict[tuple[str, str], list[model.CustomPoint]] = {}
    for record in records:
        point = model.CustomPoint(
            time=model.moment(record["at"]),
            sum=record["total"],
            count=record["count"],
            min=record["low"],
            max=record["high"],
            avg=record["total"] / record["count"],
        )
        found.setdefault((record["name"], record["value"]), []).append(point)
    return [_summed(name, label, points) for (name, label), points in found.items()]


def _summed(name: str, label: str, points: list[model.CustomPoint]) -> model.CustomSeries:
    total, count = sum(point.sum for point in points), sum(point.count for point in points)
    return model.CustomSeries(
        name=name,
        label=label,
        sum=total,
        count=count,
        min=min(point.min for point in points),
        max=max(point.max for point in points),
        avg=total / count,
        points=points,
    )
