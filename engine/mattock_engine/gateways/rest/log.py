"""Logs: of one task, and of all tasks."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query

from ...core.error import invalid
from . import model, view
from .context import Caller, Context, Here, Id
from .cursor import Moment, cursor_of, place_of
from .error import not_found
from .page import Cursor, Limit, Offset, pagination_of
from .run import rows_of

router = APIRouter(prefix="/api/v1/stable", tags=["logs"])
# Lines that are looked through for a text, a level or a workflow.
SCAN_LINES = 50_000
LineId = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Order = Literal["ASC", "DESC", "asc", "desc"]
Levels = Annotated[list[model.LogLevel] | None, Query()]
Search = Annotated[
    str | None,
    Query(max_length=1000, description="A part of the message, in any case; not of one task, among 50 000 lines."),
]
Attempt = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of this attempt alone; they count from 1.")]


@router.get("/tasks/{task}/logs")
async def list_logs(
    here: Here,
    caller: Caller,
    task: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
    search: Search = None,
    levels: Levels = None,
    order_by_direction: Order = "ASC",
    attempt: Attempt = None,
    cursor: Cursor = None,
) -> model.LogLineList:
    """Lines of a task's log."""
    _, tasks = await rows_of(here, caller.tenant_id, str(task))
    row = next((row for row in tasks if row.run_id == str(task)), None)
    if row is None:
        raise not_found("task", f"no task {task}")
    version = (await here.versions.get(caller.tenant_id, [row.version_id])).get(row.version_id)
    wanted = (since, until, search, levels, attempt, [str(task)], None, order_by_direction)
    return await _page(here, caller.tenant_id, wanted, offset, limit, cursor, view.display_name(row, version))


@router.get("/tenants/{tenant}/logs")
async def list_tenant_logs(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
    search: Search = None,
    levels: Levels = None,
    order_by_direction: Order = "DESC",
    attempt: Attempt = None,
    task_external_ids: Annotated[list[UUID] | None, Query(alias="taskExternalIds")] = None,
    workflow_ids: Annotated[list[UUID] | None, Query()] = None,
    cursor: Cursor = None,
) -> model.LogLineList:
    """Lines of the logs of all tasks, the newest first unless the order says otherwise."""
    tasks = [str(each) for each in task_external_ids] if task_external_ids else None
    workflows = [str(each) for each in workflow_ids] if workflow_ids else None
    wanted = (since, until, search, levels, attempt, tasks, workflows, order_by_direction)
    return await _page(here, caller.tenant_id, wanted, offset, limit, cursor, None)


async def _page(
    here: Context,
    tenant_id: str,
    wanted: tuple[Any, ...],
    offset: int,
    limit: int,
    cursor: str | None,
    name: str | None,
) -> model.LogLineList:
    """A page of lines; `name`: the task's, if they are all of one."""
    since, until, search, levels, attempt, tasks, workflows, order = wanted
    after_at, after_id = place_of(cursor, tuple[Moment, LineId]) if cursor else (None, None)
    if search and "\0" in search:
        raise invalid("search", "NUL cannot be in it")
    records = await here.store.read(
        "find_lines",
        tenant_id,
        since,
        until,
        search or None,
        levels or None,
        attempt - 1 if attempt else None,
        tasks,
        workflows,
        order.upper() == "ASC",
        after_at,
        after_id,
        limit + 1,
        0 if cursor else offset,
        SCAN_LINES,
    )
    found = [record for record in records if record["scanned_to"] is None]
    scanned = next((record for record in records if record["scanned_to"] is not None), None)
    more = len(found) > limit
    last = found[limit - 1] if more else scanned
    pagination = pagination_of(offset, limit, more, cursor_of((last["time"], last["line_id"])) if last else None)
    pagination.searched_until = scanned["scanned_to"] if scanned else None
    lines = [view.log_line(record, name or record["task_name"] or "") for record in found[:limit]]
    return model.LogLineList(rows=lines, pagination=pagination)
