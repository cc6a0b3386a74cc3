"""Runs: list, start, look at."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from ...core.command import RunRow, Trigger, TriggerItem
from ...core.duration import parse_duration
from ...core.error import invalid
from ...core.status import Kind
from ...core.submission import check_item, extra_of
from ...core.user_event import EVENT_ID_KEY
from ..selection import READABLE, RunFilter, find_ids
from ..selection import Trigger as TriggerKind
from . import model, view
from .context import Caller, Context, Here, Id
from .cursor import after_row
from .error import not_found
from .find import MAX_TEXT, count_spawned, find_members, find_runs
from .once import is_again, new_id
from .page import Cursor, Limit, Offset, pagination_of
from .progress import add_batches, add_progress
from .route import Route

router = APIRouter(prefix="/api/v1/stable", tags=["runs"], route_class=Route)
MAX_IDS = 20_000
SEARCHED = (
    "An id or how one begins (8 characters or more), or a part of an id, of a workflow's or task's name, of an error "
    "or of the metadata, in any case. A text is looked for among the newest 10 000 runs that the other filters leave; "
    "`searched_until` and `next_cursor` say how far that was."
)

Strings = Annotated[list[str] | None, Query()]
Ids = Annotated[list[Id] | None, Query()]
RunningFilter = Literal["ALL", "EVICTED", "ON_WORKER"]
Statuses = Annotated[list[model.Status] | None, Query()]


def texts(ids: list[Id] | None) -> list[str] | None:
    """Ids as text."""
    return [str(found) for found in ids] if ids else None


@router.get("/tenants/{tenant}/workflow-runs")
async def list_runs(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    only_tasks: bool,
    offset: Offset = 0,
    limit: Limit = 50,
    statuses: Statuses = None,
    until: model.Moment | None = None,
    additional_metadata: Strings = None,
    additional_metadata_operator: str = "OR",
    workflow_ids: Ids = None,
    worker_id: Id | None = None,
    parent_task_external_id: Id | None = None,
    triggering_event_external_id: Id | None = None,
    include_payloads: bool = True,
    running_filter: RunningFilter = "ALL",
    triggered_by: Annotated[TriggerKind | None, Query(description="What started them; RUN: another run.")] = None,
    search: Annotated[str | None, Query(max_length=MAX_TEXT, description=SEARCHED)] = None,
    cursor: Cursor = None,
) -> model.TaskSummaryList:
    """Lists runs, or tasks, the newest first."""
    pairs = list(additional_metadata or ())
    if triggering_event_external_id is not None:
        pairs.append(f"{EVENT_ID_KEY}:{triggering_event_external_id}")
    wanted = RunFilter(
        since=since,
        until=until,
        only_tasks=only_tasks,
        statuses=statuses,
        workflow_ids=texts(workflow_ids),
        worker_id=str(worker_id) if worker_id else None,
        parent_task_id=str(parent_task_external_id) if parent_task_external_id else None,
        metadata=pairs,
        every_pair=additional_metadata_operator == "AND" or triggering_event_external_id is not None,
        running=running_filter,
        text=search.strip() if search else None,
        trigger=triggered_by,
        after=after_row(cursor),
    )
    found = await find_runs(here.store, caller.tenant_id, wanted, limit, 0 if cursor else offset, include_payloads)
    summaries = await summaries_of(here, caller.tenant_id, found.rows, payloads=include_payloads)
    pagination = pagination_of(offset, limit, found.more, found.cursor)
    pagination.searched_until = found.searched_until
    return model.TaskSummaryList(rows=summaries, pagination=pagination)


async def summaries_of(
    here: Context, tenant_id: str, rows: list[RunRow], *, payloads: bool = True
) -> list[model.TaskSummary]:
    """Rows as summaries, with the tasks of DAG runs in them."""
    members = await find_members(here.store, tenant_id, rows)
    if not payloads:
        for row in [row for family in members.values() for row in family]:
            row.input = row.output = ""
    tasks = [row.run_id for row in rows if row.kind != Kind.DAG]
    tasks.extend(row.run_id for family in members.values() for row in family)
    spawned = await count_spawned(here.store, tenant_id, tasks)
    versions = await here.versions.get(tenant_id, (row.version_id for row in rows))
    summaries = [
        view.summary_of(tenant_id, row, versions.get(row.version_id), members.get(row.run_id, ()), spawned)
        for row in rows
    ]
    await add_progress(here, tenant_id, summaries)
    return summaries


@router.get("/tenants/{tenant}/workflow-runs/external-ids")
async def list_ids(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: model.Moment,
    statuses: Statuses = None,
    until: model.Moment | None = None,
    additional_metadata: Strings = None,
    workflow_ids: Ids = None,
) -> list[str]:
    """Lists ids of runs, the newest first, up to 20 000."""
    wanted = RunFilter(
        since=since, until=until, statuses=statuses, workflow_ids=texts(workflow_ids), metadata=additional_metadata
    )
    return await find_ids(here.store, caller.tenant_id, wanted, MAX_IDS)


@router.post("/tenants/{tenant}/workflow-runs/trigger")
async def trigger(here: Here, caller: Caller, tenant: Id, body: model.TriggerBody) -> model.WorkflowRunDetails:
    """Starts a run of the newest version of a workflow."""
    if body.priority is not None and not 1 <= body.priority <= 3:
        raise invalid("priority", f"{body.priority} is out of range; expected 1 to 3")
    item = TriggerItem(
        run_id=new_id(),
        workflow=body.workflow_name,
        input=json_text("input", body.input),
        metadata=json_text("additionalMetadata", body.additional_metadata) if body.additional_metadata else "",
        priority=body.priority or 0,
        extra=extra_of(parse_duration("ttl", body.ttl) if body.ttl else 0.0),
    )
    check_item(item, here.max_payload_bytes)
    item.again = is_again()
    (run_id,) = await here.engine.call(caller.tenant_id, Trigger([item], atomic=True))
    return await details_of(here, caller.tenant_id, run_id)


def json_text(field: str, value: Any) -> str:
    """A value of a body as JSON text."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise invalid(field, "is not valid JSON: NaN and Infinity have no place in it") from error


@router.get("/workflow-runs/{run}")
async def get_run(here: Here, caller: Caller, run: Id) -> model.WorkflowRunDetails:
    """A run with its tasks."""
    return await details_of(here, caller.tenant_id, str(run))


async def rows_of(here: Context, tenant_id: str, run_id: str) -> tuple[RunRow, list[RunRow]]:
    """A run's own row, and its tasks' rows (for a standalone task the same)."""
    rows = await here.store.loader.run_with_tasks(tenant_id, run_id)
    if not rows:
        raise not_found("workflow-run", f"no run {run_id!r}")
    root = next(row for row in rows if row.kind != Kind.TASK)
    tasks = [row for row in rows if row.kind != Kind.DAG]
    return root, sorted(tasks, key=lambda row: (row.created_at, row.task_name))


async def details_of(here: Context, tenant_id: str, run_id: str) -> model.WorkflowRunDetails:
    """A run with all that is known of it."""
    root, tasks = await rows_of(here, tenant_id, run_id)
    version = (await here.versions.get(tenant_id, [root.version_id])).get(root.version_id)
    stored = await here.store.read("events", tenant_id, root.run_id)
    spawned = await count_spawned(here.store, tenant_id, [task.run_id for task in tasks])
    summaries = [view.summary_of(tenant_id, task, version, (), spawned) for task in tasks]
    await add_progress(here, tenant_id, summaries)
    await add_batches(here, tenant_id, tasks, version, summaries)
    run = view.run_of(tenant_id, root, version, tasks)
    for record in await here.store.read("schedule_of_run", tenant_id, root.run_id):
        run.schedule_external_id = record["schedule_id"]
    return model.WorkflowRunDetails(
        run=run,
        task_events=view.events_of(tasks, stored, version),
        shape=view.shape_of(version, tasks),
        tasks=summaries,
    )


@router.get("/workflow-runs/{run}/status")
async def get_status(here: Here, caller: Caller, run: Id) -> model.Status:
    """A run's status."""
    root, _ = await rows_of(here, caller.tenant_id, str(run))
    return READABLE[root.status]


@router.get("/workflow-runs/{run}/task-events")
async def list_run_events(here: Here, caller: Caller, run: Id) -> model.TaskEventList:
    """What happened to a run's tasks."""
    details = await details_of(here, caller.tenant_id, str(run))
    return model.TaskEventList(rows=details.task_events, pagination=model.Pagination(current_page=1, num_pages=1))
