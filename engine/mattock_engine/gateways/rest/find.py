"""Finding runs in the store by what the API lets one ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ...core.command import RunRow
from ...core.status import Kind
from ...store import Store, to_row
from ..selection import RunFilter, find_places
from .cursor import cursor_of

MAX_TEXT = 200


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


async def find_runs(store: Store, tenant_id: str, wanted: RunFilter, limit: int, offset: int, payloads: bool) -> Found:
    """A page of runs or tasks, the newest first."""
    found, scanned = await find_places(store, tenant_id, wanted, limit + offset + 1)
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
    cursor = None if last is None else cursor_of((last["at"], last["run_id"]))
    ordered = [rows[each["run_id"]] for each in places if each["run_id"] in rows]
    return Found(ordered, cursor, scanned["scanned_to"] if scanned is not None and not more else None, more)


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
