"""What waits and why, and who holds the places of concurrency limits: from the memory of the tenant's owner."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from ...core.status import Strategy
from ...core.steer import ConcurrencyKey, CountWaiting, ListConcurrency, Waiting
from . import model
from .context import Caller, Context, Here, Id
from .cursor import Cursor, cursor_of, place_of
from .page import Limit

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}", tags=["queues"])


@router.get("/waiting")
async def list_waiting(here: Here, caller: Caller, tenant: Id) -> model.WaitingList:
    """Counts what waits, by workflow, task and reason; good for a second, or longer when there are very many queues."""
    found: list[Waiting] = await here.engine.call(caller.tenant_id, CountWaiting())
    names = await names_of(here, caller.tenant_id, {each.workflow_id for each in found})
    rows = [
        model.Waiting(
            workflow_id=each.workflow_id,
            workflow_name=names.get(each.workflow_id, ""),
            task_name=each.task_name,
            reason=each.reason,  # type: ignore[arg-type]
            count=each.count,
        )
        for each in sorted(found, key=lambda each: -each.count)
    ]
    return model.WaitingList(rows=rows, total=sum(row.count for row in rows))


@router.get("/concurrency")
async def list_concurrency(
    here: Here,
    caller: Caller,
    tenant: Id,
    cursor: Cursor = None,
    limit: Limit = 50,
    search: str = "",
    workflow: Id | None = None,
) -> model.ConcurrencyList:
    """Lists the keys of concurrency limits that somebody holds or waits for; `search` is a part of the key."""
    after = place_of(cursor, tuple[str, str]) if cursor else ("", "")
    command = ListConcurrency(after, limit + 1, search, str(workflow) if workflow else "")
    found: list[ConcurrencyKey] = await here.engine.call(caller.tenant_id, command)
    page = found[:limit]
    ids = {each.scope.partition("/")[0] for each in page if not each.scope.startswith(("~", "batch/"))}
    names = await names_of(here, caller.tenant_id, ids)
    last = cursor_of((page[-1].scope, page[-1].key)) if len(found) > limit else None
    return model.ConcurrencyList(rows=[_shown(each, names) for each in page], next_cursor=last)


def _shown(found: ConcurrencyKey, names: dict[str, str]) -> model.ConcurrencyKey:
    row = model.ConcurrencyKey(
        key=found.key,
        limit=found.limit,
        strategy=Strategy(found.strategy).name,
        running=found.running,
        waiting=found.waiting,
        holders=found.holders,
    )
    if found.scope.startswith("~"):
        row.name = found.scope[1:]
    elif found.scope.startswith("batch/"):
        row.workflow_name, _, row.task_name = found.scope.removeprefix("batch/").partition(":")
        row.expression = "batch_key"
    else:
        row.workflow_id, task_name, row.expression = found.scope.split("/", 2)
        row.task_name = task_name or None
        row.workflow_name = names.get(row.workflow_id)
    return row


async def names_of(here: Context, tenant_id: str, workflow_ids: Iterable[str]) -> dict[str, str]:
    """Names of workflows, those that were taken away too."""
    ids = list(workflow_ids)
    records = await here.store.read("workflow_names", tenant_id, ids) if ids else []
    return {record["workflow_id"]: record["name"] for record in records}
