"""What became of tasks in a time: how many, how long, of which workflows, with which errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ...core.error import invalid
from ...core.status import Status
from ..selection import READABLE
from . import model
from .context import Caller, Context, Here, Id
from .run import Ids, texts

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}", tags=["metrics"])
SLICES = 60
# All rows of a time are read if there are no more of them; otherwise so many of each slice.
_READ_EXACTLY = 20_000
_READ_OF_SLICE = 1_000
_RUNNING = (Status.RUNNING, Status.EVICTED)

Groups = Annotated[int, Query(ge=1, le=200, description="Groups at most.")]


@router.get("/task-figures")
async def task_figures(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    until: model.Moment | None = None,
    workflow_ids: Ids = None,
) -> model.Figures:
    """How many tasks have ended in a time and how long they waited and ran: in 60 slices, by workflow and in all."""
    until = _end(since, until)
    wanted = texts(workflow_ids)
    (found,) = await here.store.read("count_created", caller.tenant_id, since, until, _READ_EXACTLY)
    rows = _READ_OF_SLICE if found["count"] == _READ_EXACTLY else _READ_EXACTLY
    records = await here.store.read("task_figures", caller.tenant_id, since, until, SLICES, wanted, rows)
    standing = {
        record["status"]: record["count"] for record in await here.store.read("task_standing", caller.tenant_id, wanted)
    }
    length = (until - since) / SLICES
    names = await _names(here, caller.tenant_id)
    total = next(record for record in records if record["place"] is None and record["workflow_id"] is None)
    return model.Figures(
        seconds=length.total_seconds(),
        is_sampled=(total["weight"] or 1) > 1,
        queued=sum(count for status, count in standing.items() if status not in _RUNNING),
        running=sum(count for status, count in standing.items() if status in _RUNNING),
        total=model.Ended(**_ended(total)),
        slices=[
            model.EndedInSlice(time=since + record["place"] * length, **_ended(record))
            for record in records
            if record["place"] is not None
        ],
        workflows=[
            model.EndedOfWorkflow(
                workflow_id=record["workflow_id"],
                workflow_name=names.get(record["workflow_id"], record["workflow_id"]),
                **_ended(record),
            )
            for record in records
            if record["workflow_id"] is not None
        ],
    )


@router.get("/task-errors")
async def task_errors(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    until: model.Moment | None = None,
    workflow_ids: Ids = None,
    limit: Groups = 20,
) -> model.ErrorGroupList:
    """Failures of a time, by the first line of their errors; of the newest 100 000 tasks."""
    until = _end(since, until)
    records = await here.store.read("task_errors", caller.tenant_id, since, until, texts(workflow_ids), limit)
    rows = [
        model.ErrorGroup(
            error=record["error"],
            count=record["count"],
            first_at=record["first_at"],
            last_at=record["last_at"],
            task_external_id=record["task_id"],
            workflow_run_external_id=record["run_id"],
            workflow_ids=record["workflow_ids"],
        )
        for record in records
    ]
    return model.ErrorGroupList(rows=rows)


@router.get("/child-run-counts")
async def count_children(
    here: Here, caller: Caller, tenant: Id, parent_task_external_id: Id
) -> list[model.TaskStatusCount]:
    """How many runs a task has spawned, by status."""
    counts: dict[model.Status, int] = dict.fromkeys(("QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"), 0)
    for record in await here.store.read("children_by_status", caller.tenant_id, str(parent_task_external_id)):
        counts[READABLE[record["status"]]] += record["count"]
    return [model.TaskStatusCount(status=status, count=count) for status, count in counts.items()]


def _end(since: datetime, until: datetime | None) -> datetime:
    end = until or datetime.now(UTC)
    if end <= since:
        raise invalid("until" if until else "since", "expected a time with its end after its begin")
    return end


def _ended(record: Any) -> dict[str, Any]:
    return {
        "succeeded": record["succeeded"],
        "failed": record["failed"],
        "cancelled": record["cancelled"],
        "waited": list(record["waited"] or ()),
        "ran": list(record["ran"] or ()),
    }


async def _names(here: Context, tenant_id: str) -> dict[str, str]:
    records = await here.store.read("all_workflow_names", tenant_id)
    return {record["workflow_id"]: record["name"] for record in records}
