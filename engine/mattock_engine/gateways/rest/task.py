"""Tasks: look at, cancel, replay, logs, counts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from ...core.command import CancelRuns, Command, ExplainWait, ReplayRuns
from ...core.error import invalid
from ...core.status import Status
from ...core.submission import is_uuid
from ..selection import MAX_CANCELLED, MAX_REPLAYED, READABLE, RunFilter, change_runs, pairs_of
from . import model, view
from .context import Caller, Context, Here, Id
from .find import count_spawned
from .progress import add_batches, add_progress
from .route import Route
from .run import Ids, Strings, rows_of, texts

router = APIRouter(prefix="/api/v1/stable", tags=["tasks"], route_class=Route)
_WAITING = (Status.QUEUED, Status.BACKOFF, Status.PENDING, Status.EVICTED)


@router.get("/tasks/{task}")
async def get_task(here: Here, caller: Caller, task: Id, attempt: int | None = None) -> model.TaskSummary:
    """A task as it stands after its last attempt."""
    root, tasks = await rows_of(here, caller.tenant_id, str(task))
    row = next((row for row in (*tasks, root) if row.run_id == str(task)), root)
    version = (await here.versions.get(caller.tenant_id, [row.version_id])).get(row.version_id)
    members = tasks if row is root and root not in tasks else []
    spawned = await count_spawned(here.store, caller.tenant_id, [item.run_id for item in tasks])
    found = view.summary_of(caller.tenant_id, row, version, members, spawned)
    await add_progress(here, caller.tenant_id, [found])
    await add_batches(here, caller.tenant_id, [row], version, [found])
    if row.status in _WAITING:
        reason = await here.engine.call(caller.tenant_id, ExplainWait(row.run_id))
        if not reason and row.queue_id < 0:
            # It stands in the store alone.
            reason = "its run is paused"
        found.wait_reason = reason or ("its turn: others go first" if row.status == Status.QUEUED else None)
    return found


@router.get("/tasks/{task}/task-events")
async def list_task_events(here: Here, caller: Caller, task: Id) -> model.TaskEventList:
    """What happened to a task."""
    root, tasks = await rows_of(here, caller.tenant_id, str(task))
    version = (await here.versions.get(caller.tenant_id, [root.version_id])).get(root.version_id)
    stored = await here.store.read("events", caller.tenant_id, root.run_id)
    own = [row for row in tasks if row.run_id == str(task)]
    rows = view.events_of(own, stored, version)
    return model.TaskEventList(rows=rows, pagination=model.Pagination(current_page=1, num_pages=1))


@router.post("/tenants/{tenant}/tasks/cancel")
async def cancel(here: Here, caller: Caller, tenant: Id, body: model.ChangeBody) -> model.ChangedIds:
    """Cancels runs or tasks, with all that they spawned."""
    return await change(here, caller.tenant_id, body, CancelRuns, MAX_CANCELLED)


@router.post("/tenants/{tenant}/tasks/replay")
async def replay(here: Here, caller: Caller, tenant: Id, body: model.ChangeBody) -> model.ChangedIds:
    """Runs final runs again, or tasks with all that is downstream of them."""
    return await change(here, caller.tenant_id, body, ReplayRuns, MAX_REPLAYED)


async def change(
    here: Context, tenant_id: str, body: model.ChangeBody, make: Callable[[list[str]], Command], limit: int
) -> model.ChangedIds:
    """Sends the command for what the body names; replies what it changed."""
    if (body.external_ids is None) == (body.filter is None):
        raise invalid("externalIds", "expected exactly one of externalIds and filter")
    wanted: RunFilter | list[str]
    if body.external_ids is not None:
        wanted = [text.lower() for text in body.external_ids]
        for text in wanted:
            if not is_uuid(text):
                raise invalid("externalIds", f"{text[:60]!r} is no UUID")
    else:
        assert body.filter is not None
        wanted = RunFilter(
            since=body.filter.since,
            until=body.filter.until,
            statuses=body.filter.statuses,
            workflow_ids=body.filter.workflow_ids,
            metadata=body.filter.additional_metadata,
        )
    changed = await change_runs(here.engine, here.store, tenant_id, wanted, make, limit)
    return model.ChangedIds(ids=changed)


@router.get("/tenants/{tenant}/task-metrics")
async def count_tasks(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    until: model.Moment | None = None,
    workflow_ids: Ids = None,
    parent_task_external_id: Id | None = None,
    triggering_event_external_id: Id | None = None,
    additional_metadata: Strings = None,
) -> list[model.TaskStatusCount]:
    """How many tasks there are of each status."""
    pairs = pairs_of(additional_metadata)
    records = await here.store.read(
        "count_by_status",
        caller.tenant_id,
        since,
        until,
        texts(workflow_ids),
        *(str(each) if each else None for each in (parent_task_external_id, triggering_event_external_id)),
        [key for key, _ in pairs] or None,
        [value for _, value in pairs] or None,
    )
    counts: dict[str, int] = dict.fromkeys(("QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"), 0)
    for record in records:
        counts[READABLE[record["status"]]] += record["count"]
    evicted = sum(record["count"] for record in records if record["status"] == Status.EVICTED)
    return [
        model.TaskStatusCount(
            status=status,  # type: ignore[arg-type]
            count=count,
            running_detail_count={"evicted": evicted, "onWorker": count - evicted} if status == "RUNNING" else None,
        )
        for status, count in counts.items()
    ]
