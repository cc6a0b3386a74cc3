"""Logs of all tasks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from . import model, view
from .context import Caller, Here, Id
from .page import Limit, Offset, page_of

router = APIRouter(prefix="/api/v1/stable", tags=["logs"])


@router.get("/tenants/{tenant}/logs")
async def list_tenant_logs(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    since: model.Moment | None = None,
    until: model.Moment | None = None,
    search: str | None = None,
    levels: Annotated[list[model.LogLevel] | None, Query()] = None,
    order_by_direction: str = "DESC",
    attempt: int | None = None,
    task_external_ids: Annotated[list[UUID] | None, Query(alias="taskExternalIds")] = None,
    workflow_ids: Annotated[list[UUID] | None, Query()] = None,
) -> model.LogLineList:
    """Lines of the logs of all tasks, the newest first unless the order says otherwise."""
    records = await here.store.read(
        "tenant_logs",
        caller.tenant_id,
        since,
        until,
        search,
        levels,
        attempt - 1 if attempt else None,
        [str(each) for each in task_external_ids] if task_external_ids else None,
        [str(each) for each in workflow_ids] if workflow_ids else None,
        order_by_direction.upper() == "ASC",
        limit + 1,
        offset,
    )
    lines = [view.log_line(record, record["task_name"] or "") for record in records]
    lines, pagination = page_of(lines, offset, limit)
    return model.LogLineList(rows=lines, pagination=pagination)
