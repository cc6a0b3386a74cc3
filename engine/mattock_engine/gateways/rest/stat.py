"""How workflows fare, and how much tasks log, over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from ..selection import READABLE
from . import model
from .context import Caller, Here, Id

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}", tags=["metrics"])
MAX_POINTS = 60


@router.get("/workflow-stats")
async def workflow_stats(
    here: Here, caller: Caller, tenant: Id, since: model.Moment | None = None
) -> model.WorkflowStatList:
    """Of each workflow: its runs that wait and run, how those that ended since a time did (by default within a day),
    and its newest run of these."""
    begin = since or datetime.now(UTC) - timedelta(days=1)
    rows = []
    for record in await here.store.read("workflow_stats", caller.tenant_id, begin):
        run_id, _, status = record["last"].partition("/")
        rows.append(
            model.WorkflowStat(
                workflow_id=record["workflow_id"],
                queued=record["queued"],
                running=record["running"],
                completed=record["completed"],
                failed=record["failed"],
                cancelled=record["cancelled"],
                last_run_id=run_id,
                last_run_status=READABLE[int(status)],
                last_run_at=model.moment(record["last_at"]),
            )
        )
    return model.WorkflowStatList(rows=rows)


@router.get("/log-point-metrics")
async def log_points(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
    search: str | None = None,
    levels: Annotated[list[model.LogLevel] | None, Query()] = None,
    workflow_ids: Annotated[list[UUID] | None, Query()] = None,
) -> model.LogPoints:
    """How many lines tasks have logged, by level, in up to 60 slices of a time."""
    end = until or datetime.now(UTC)
    begin = since or end - timedelta(hours=1)
    length = max(1.0, (end - begin).total_seconds() / MAX_POINTS)
    workflows = [str(each) for each in workflow_ids] if workflow_ids else None
    arguments = (begin, end, length, search or None, levels, workflows)
    slices: dict[float, dict[str, int]] = {}
    for record in await here.store.read("log_points", caller.tenant_id, *arguments):
        slices.setdefault(record["at"], {})[record["level"]] = record["count"]
    points = [model.LogPoint.model_validate({"time": model.moment(at), **counts}) for at, counts in slices.items()]
    return model.LogPoints(seconds=length, results=points)
