"""Finding runs in the store by what the API lets one ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ...core.command import RunRow
from ...core.error import invalid
from ...core.status import Kind, Status
from ...core.submission import is_uuid
from ...store import Store, to_row
from .view import READABLE, stored_statuses


class RunFilter(msgspec.Struct, kw_only=True):
    """Which runs (or, with `only_tasks`, tasks) are meant; None does not count."""

    since: datetime
    until: datetime | None = None
    only_tasks: bool = False
    statuses: Sequence[str] | None = None
    workflow_ids: Sequence[str] | None = None
    worker_id: str | None = None
    parent_task_id: str | None = None
    metadata: Sequence[str] | None = None
    # All pairs of `metadata` must be there, not just one.
    every_pair: bool = False
    # Of those that run: "EVICTED" those that have left their workers, "ON_WORKER" the others.
    running: str = "ALL"


def _arguments(wanted: RunFilter) -> list[object]:
    pairs = [pair.partition(":") for pair in wanted.metadata or ()]
    if any(not sign for _, sign, _ in pairs):
        raise invalid("additional_metadata", "expected 'key:value'")
    for text in wanted.workflow_ids or ():
        if not is_uuid(text):
            raise invalid("workflowIds", f"{text[:60]!r} is no UUID")
    return [
        wanted.only_tasks,
        wanted.since,
        wanted.until,
        _statuses(wanted),
        list(wanted.workflow_ids) if wanted.workflow_ids else None,
        wanted.worker_id,
        wanted.parent_task_id,
        [key for key, _, _ in pairs] or None,
        [value for _, _, value in pairs] or None,
        wanted.every_pair,
    ]


def _statuses(wanted: RunFilter) -> list[int] | None:
    left_out = {"EVICTED": Status.RUNNING, "ON_WORKER": Status.EVICTED}.get(wanted.running)
    if left_out is None:
        return stored_statuses(wanted.statuses)
    return [number for number in stored_statuses(wanted.statuses) or READABLE if number != left_out]


async def find_runs(
    store: Store, tenant_id: str, wanted: RunFilter, limit: int, offset: int, payloads: bool
) -> list[RunRow]:
    """A page of runs or tasks, the newest first."""
    records = await store.read("list_runs", tenant_id, *_arguments(wanted), limit, offset)
    rows = [to_row(record) for record in records]
    if not payloads:
        for row in rows:
            row.input = row.output = ""
    return rows


async def find_ids(store: Store, tenant_id: str, wanted: RunFilter, limit: int) -> list[str]:
    """Ids of runs, the newest first."""
    records = await store.read("list_run_ids", tenant_id, *_arguments(wanted), limit)
    return [record["run_id"] for record in records]


async def find_members(store: Store, tenant_id: str, rows: Sequence[RunRow]) -> dict[str, list[RunRow]]:
    """The tasks of the DAG runs among these rows, by run."""
    roots = [row.run_id for row in rows if row.kind == Kind.DAG]
    found: dict[str, list[RunRow]] = {}
    if roots:
        for record in await store.read("members", tenant_id, roots):
            row = to_row(record)
            found.setdefault(row.root_id, []).append(row)
    for members in found.values():
        members.sort(key=lambda row: (row.created_at, row.task_name))
    return found


async def count_spawned(store: Store, tenant_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """How many runs these tasks have spawned."""
    if not task_ids:
        return {}
    return {
        record["parent"]: record["count"] for record in await store.read("children_counts", tenant_id, list(task_ids))
    }
