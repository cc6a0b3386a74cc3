"""Which runs a caller means: filters that both the REST API and the shared contract have, and changing what fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from ..core.command import Command
from ..core.error import invalid
from ..core.status import Status
from ..core.submission import is_uuid
from ..port import EnginePort
from ..store import Store

Trigger = Literal["EVENT", "CRON", "SCHEDULE", "RUN", "API"]
Readable = Literal["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
# A place in a list: the time and the id of a row.
Place = tuple[datetime, str]
# Rows that a filter without an order of its own is looked for among, before an index is asked, or it is given up.
SCAN_ROWS = 10_000
MAX_CANCELLED = 20_000
MAX_REPLAYED = 1_000
# Ids of one command.
_CHUNK = 1_000
READABLE: Mapping[int, Readable] = {
    Status.QUEUED: "QUEUED",
    Status.BACKOFF: "QUEUED",
    Status.PENDING: "QUEUED",
    Status.RUNNING: "RUNNING",
    Status.EVICTED: "RUNNING",
    Status.COMPLETED: "COMPLETED",
    Status.FAILED: "FAILED",
    Status.CANCELLED: "CANCELLED",
}


def stored_statuses(statuses: Sequence[str] | None) -> list[int] | None:
    """The stored numbers of readable statuses."""
    return [number for number, text in READABLE.items() if text in statuses] if statuses else None


def pairs_of(texts: Sequence[str] | None) -> list[tuple[str, str]]:
    """Pairs `key:value`; one without a colon has an empty value."""
    parts = [text.partition(":") for text in texts or ()]
    return [(key, value) for key, _, value in parts]


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


def _arguments(wanted: RunFilter) -> list[object]:
    pairs = pairs_of(wanted.metadata)
    if any(":" not in text for text in wanted.metadata or ()):
        raise invalid("additional_metadata", "expected 'key:value'")
    if any("\0" in pair for pair in wanted.metadata or ()) or "\0" in (wanted.text or ""):
        raise invalid("additional_metadata", "NUL cannot be in it")
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
        [key for key, _ in pairs] or None,
        [value for _, value in pairs] or None,
        wanted.every_pair,
        wanted.text or None,
        wanted.trigger,
        *wanted.after,
    ]


def _statuses(wanted: RunFilter) -> list[int] | None:
    left_out = {"EVICTED": Status.RUNNING, "ON_WORKER": Status.EVICTED}.get(wanted.running)
    if left_out is None:
        return stored_statuses(wanted.statuses)
    return [number for number in stored_statuses(wanted.statuses) or READABLE if number != left_out]


async def find_places(store: Store, tenant_id: str, wanted: RunFilter, limit: int) -> tuple[list[Any], Any]:
    """Ids and times of runs, the newest first; and the place up to which was looked, if it was not everywhere."""
    records = await store.read("find_runs", tenant_id, *_arguments(wanted), limit, SCAN_ROWS)
    scanned = next((record for record in records if record["scanned_to"] is not None), None)
    found = {record["run_id"]: record for record in records if record["scanned_to"] is None}
    # What comes after the end of the looking may be an older one among the unfinished: it comes with the next page.
    places = sorted(found.values(), key=lambda each: (each["at"], each["run_id"]), reverse=True)
    if scanned is not None:
        places = [each for each in places if each["at"] >= scanned["at"]]
    return places[:limit], scanned


async def find_ids(store: Store, tenant_id: str, wanted: RunFilter, limit: int) -> list[str]:
    """Ids of runs, the newest first."""
    places, _ = await find_places(store, tenant_id, wanted, limit)
    return [each["run_id"] for each in places]


async def change_runs(
    engine: EnginePort,
    store: Store,
    tenant_id: str,
    wanted: RunFilter | Sequence[str],
    make: Callable[[list[str]], Command],
    limit: int,
) -> list[str]:
    """Sends a command for the runs that fit, or for these; a thousand at a time.

    Args:
        engine: where to; store: where to look.
        tenant_id: whose runs.
        wanted: which ones; or their ids.
        make: the command for some ids; its reply is those that it has changed.
        limit: how many at most.

    Returns:
        Ids of what was changed.

    Raises:
        Refused: INVALID_ARGUMENT: there are more, and nothing was changed.
    """
    if isinstance(wanted, RunFilter):
        ids, field = await find_ids(store, tenant_id, wanted, limit + 1), "filter"
    else:
        ids, field = list(dict.fromkeys(wanted)), "ids"
    if len(ids) > limit:
        raise invalid(field, f"more than {limit} runs at once; narrow it down")
    changed: list[str] = []
    for start in range(0, len(ids), _CHUNK):
        changed += await engine.call(tenant_id, make(ids[start : start + _CHUNK]))
    return changed
