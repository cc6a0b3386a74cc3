"""Dead letters: runs that failed for good, or were dropped, and that nobody has dealt with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ...core.command import ReplayRuns
from ...core.error import invalid
from ...core.lifecycle import SCHEDULE_TIMEOUT_ERROR
from ...core.status import Status
from ...core.submission import is_uuid
from . import model
from .backlog import names_of
from .context import Caller, Context, Here, Id
from .cursor import Cursor, after_row, cursor_of
from .page import Limit
from .route import Route
from .run import Ids, texts

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}/dead-letters", tags=["dead letters"], route_class=Route)
MAX_GROUPS = 500
# Ids that one request changes, and that one command replays.
MAX_CHANGED = 5_000
_CHUNK = 500
Since = model.Moment | None
ErrorText = Annotated[str | None, Query(description="The first line of the error, as a group has it.")]


@router.get("")
async def list_dead_letters(
    here: Here,
    caller: Caller,
    tenant: Id,
    since: Since = None,
    until: Since = None,
    workflow_ids: Ids = None,
    error: ErrorText = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> model.DeadLetterList:
    """Lists dead letters, the newest first."""
    before = after_row(cursor)
    records = await _find(here, caller.tenant_id, since, until, texts(workflow_ids), error, limit + 1, before)
    page = records[:limit]
    names = await names_of(here, caller.tenant_id, {record["workflow_id"] for record in page})
    rows = [
        model.DeadLetter(
            run_id=record["run_id"],
            workflow_id=record["workflow_id"],
            workflow_name=names.get(record["workflow_id"], ""),
            reason=_reason(record),
            error=record["error"],
            attempts=record["attempt"] + 1,
            created_at=record["created_at"],
            finished_at=record["finished_at"],
        )
        for record in page
    ]
    last = cursor_of((page[-1]["finished_at"], page[-1]["run_id"])) if len(records) > limit else None
    return model.DeadLetterList(rows=rows, next_cursor=last)


@router.get("/groups")
async def list_dead_letter_groups(
    here: Here, caller: Caller, tenant: Id, since: Since = None, until: Since = None, workflow_ids: Ids = None
) -> model.DeadLetterGroups:
    """Groups dead letters by workflow and the first line of the error; up to 500, the largest first."""
    records = await here.store.read(
        "dead_letter_groups", caller.tenant_id, since, until, texts(workflow_ids), MAX_GROUPS
    )
    names = await names_of(here, caller.tenant_id, {record["workflow_id"] for record in records})
    rows = [
        model.DeadLetterGroup(
            workflow_id=record["workflow_id"],
            workflow_name=names.get(record["workflow_id"], ""),
            reason=_reason(record),
            error=record["error"],
            count=record["count"],
            first_at=record["first_at"],
            last_at=record["last_at"],
            last_run_id=record["last_run_id"],
        )
        for record in records
    ]
    return model.DeadLetterGroups(rows=rows)


@router.post("/replay")
async def replay_dead_letters(
    here: Here, caller: Caller, tenant: Id, body: model.DeadLetterChange
) -> model.DeadLettersChanged:
    """Runs dead letters again, by ids or all that fit a filter (up to 5 000 at once)."""
    ids, more = await _chosen(here, caller.tenant_id, body)
    changed: list[str] = []
    for start in range(0, len(ids), _CHUNK):
        changed += await here.engine.call(caller.tenant_id, ReplayRuns(ids[start : start + _CHUNK]))
    # What cannot be run again stays: to ask for it again would change nothing.
    return model.DeadLettersChanged(ids=changed, more=more and bool(changed))


@router.post("/discard")
async def discard_dead_letters(
    here: Here, caller: Caller, tenant: Id, body: model.DeadLetterChange
) -> model.DeadLettersChanged:
    """Marks dead letters as dealt with, by ids or all that fit a filter (up to 5 000 at once); they stay in history."""
    ids, more = await _chosen(here, caller.tenant_id, body)
    records = await here.store.change("discard_dead_letters", caller.tenant_id, ids) if ids else []
    return model.DeadLettersChanged(ids=[record["run_id"] for record in records], more=more)


async def _chosen(here: Context, tenant_id: str, body: model.DeadLetterChange) -> tuple[list[str], bool]:
    """Ids of what is meant, of dead letters alone; and whether there are more of them."""
    if (body.external_ids is None) == (body.filter is None):
        raise invalid("externalIds", "expected exactly one of externalIds and filter")
    if body.external_ids is not None:
        ids = list(dict.fromkeys(text.lower() for text in body.external_ids))
        for text in ids:
            if not is_uuid(text):
                raise invalid("externalIds", f"{text[:60]!r} is no UUID")
        if len(ids) > MAX_CHANGED:
            raise invalid("externalIds", f"more than {MAX_CHANGED} at once")
        records = await here.store.read("dead_letters_by_id", tenant_id, ids)
        return [record["run_id"] for record in records], False
    assert body.filter is not None
    asked = body.filter
    for text in asked.workflow_ids or ():
        if not is_uuid(text):
            raise invalid("filter.workflowIds", f"{text[:60]!r} is no UUID")
    records = await _find(
        here, tenant_id, asked.since, asked.until, asked.workflow_ids, asked.error, MAX_CHANGED + 1, (None, None)
    )
    return [record["run_id"] for record in records[:MAX_CHANGED]], len(records) > MAX_CHANGED


async def _find(
    here: Context,
    tenant_id: str,
    since: datetime | None,
    until: datetime | None,
    workflow_ids: Sequence[str] | None,
    error: str | None,
    limit: int,
    before: tuple[datetime | None, str | None],
) -> list[Any]:
    ids = list(workflow_ids) if workflow_ids else None
    return await here.store.read("dead_letters", tenant_id, since, until, ids, error, *before, limit)


def _reason(record: Any) -> model.DeadReason:
    if record["status"] == Status.CANCELLED:
        return "DROPPED"
    return "EXPIRED" if record["error"].startswith(SCHEDULE_TIMEOUT_ERROR) else "FAILED"
