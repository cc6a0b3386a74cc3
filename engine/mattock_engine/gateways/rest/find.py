"""Finding runs in the store by what the API lets one ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from ...core.command import RunRow
from ...core.error import invalid
from ...core.status import Kind, Status
from ...core.submission import is_uuid
from ...store import Store, to_row
from .page import Place, cursor_of
from .view import READABLE, stored_statuses

Trigger = Literal["EVENT", "CRON", "SCHEDULE", "RUN", "API"]
# Rows that a filter without an order of its own is looked for among, before an index is asked, or it is given up.
SCAN_ROWS = 10_000
MAX_TEXT = 200


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
    # Part of an id, a name, an error or the metadata.
    text: str | None = None
    trigger: Trigger | None = None
    # Only what comes after this place.
    after: Place | tuple[None, None] = (None, None)


class Found(msgspec.Struct):
    """A part of a list of runs.

    Attributes:
        rows: the newest first.
        cursor: after the last of them, or after what was looked through; None if nothing follows.
        searched_until: how far was looked, if not everywhere.
        more: more rows follow.
    """

    rows: list[RunRow]
    cursor: str | None
    searched_until: datetime | None
    more: bool


def _arguments(wanted: RunFilter) -> list[object]:
    pairs = [pair.partition(":") for pair in wanted.metadata or ()]
    if any(not sign for _, sign, _ in pairs):
        raise invalid("additional_metadata", "expected 'key:value'")
    if any("\0" in pair for pair in wanted.metadata or ()) or "\0" in (wanted.text or ""):
        raise invalid("additional_metadata", "NUL cannot be in it")
    for text in wanted.workflow_ids or ():
        if not is_uuid(text):
            raise invalid("workflowIds", f"{text[:60]!r} is no UUID")
    after_at, after_id = wanted.after
    if after_id is not None and not is_uuid(after_id):
        raise invalid("cursor", "is none that this list has given")
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
        wanted.text or None,
        wanted.trigger,
        after_at,
        after_id,
    ]


def _statuses(wanted: RunFilter) -> list[int] | None:
    left_out = {"EVICTED": Status.RUNNING, "ON_WORKER": Status.EVICTED}.get(wanted.running)
    if left_out is None:
        return stored_statuses(wanted.statuses)
    return [number for number in stored_statuses(wanted.statuses) or READABLE if number != left_out]


async def find_runs(store: Store, tenant_id: str, wanted: RunFilter, limit: int, offset: int, payloads: bool) -> Found:
    """A page of runs or tasks, the newest first."""
    found, scanned = await _places(store, tenant_id, wanted, limit + offset + 1)
    places = found[offset : offset + limit]
    rows: dict[str, RunRow] = {}
    if places:
        ids, moved = [each["run_id"] for each in places], [each["finished_at"] for each in places]
        rows = {record["run_id"]: to_row(record) for record in await store.read("runs_by_id", tenant_id, ids, moved)}
    if not payloads:
        for row in rows.values():
            row.input = row.output = ""
    more = len(found) > offset + limit
    last = places[-1] if more and places else None if scanned is None else scanned
    cursor = None if last is None else cursor_of(last["at"], last["run_id"])
    ordered = [rows[each["run_id"]] for each in places if each["run_id"] in rows]
    return Found(ordered, cursor, scanned["scanned_to"] if scanned is not None and not more else None, more)


async def _places(store: Store, tenant_id: str, wanted: RunFilter, limit: int) -> tuple[list[Any], Any]:
    """Ids and times of runs, the newest first; and the place up to which was looked, if it was not everywhere."""
    records = await store.read("find_runs", tenant_id, *_arguments(wanted), limit, SCAN_ROWS)
    scanned = next((record for record in records if record["scanned_to"] is not None), None)
    found = {record["run_id"]: record for record in records if record["scanned_to"] is None}
    # What comes after the end of the looking may be an older one among the unfinished: it comes with the next page.
    places = sorted(found.values(), key=lambda each: each["run_id"])
    places.sort(key=lambda each: each["at"], reverse=True)
    if scanned is not None:
        places = [each for each in places if each["at"] >= scanned["at"]]
    return places[:limit], scanned


async def find_ids(store: Store, tenant_id: str, wanted: RunFilter, limit: int) -> list[str]:
    """Ids of runs, the newest first."""
    places, _ = await _places(store, tenant_id, wanted, limit)
    return [each["run_id"] for each in places]


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
