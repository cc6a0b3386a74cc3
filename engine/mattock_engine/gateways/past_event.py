"""Events of the past: finding them, and pushing them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..core.command import EventItem
from ..store import Store
from .selection import SCAN_ROWS, Place


class EventFilter(msgspec.Struct, kw_only=True):
    """Which events are meant; what is None, or empty, does not count.

    Attributes:
        statuses: stored numbers of statuses of the runs that it started; workflow_ids: of their workflows.
        metadata: pairs that must all be there.
        after: only what comes after this place.
        text: part of the key or the payload, or the whole id.
        signals: signals to durable tasks, too. They are found all the same when keys or ids are asked for.
    """

    keys: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    workflow_ids: Sequence[str] | None = None
    statuses: Sequence[int] | None = None
    event_ids: Sequence[str] | None = None
    metadata: Sequence[tuple[str, str]] = ()
    scopes: Sequence[str] | None = None
    after: Place | tuple[None, None] = (None, None)
    text: str | None = None
    signals: bool = False


async def find_events(store: Store, tenant_id: str, wanted: EventFilter, limit: int, offset: int = 0) -> Sequence[Any]:
    """Rows of events, the newest first."""
    found: Sequence[Any] = await store.read(
        "list_events",
        tenant_id,
        _list(wanted.keys),
        wanted.since,
        wanted.until,
        _list(wanted.workflow_ids),
        wanted.statuses,
        _list(wanted.event_ids),
        [key for key, _ in wanted.metadata] or None,
        [value for _, value in wanted.metadata] or None,
        _list(wanted.scopes),
        *wanted.after,
        limit,
        offset,
        SCAN_ROWS,
        wanted.text or None,
        wanted.signals or bool(wanted.keys) or bool(wanted.event_ids),
    )
    return found


def _list(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values else None


def again(record: Any, event_id: str) -> EventItem:
    """A stored event, to be pushed again under another id."""
    return EventItem(
        event_id=event_id,
        key=record["key"],
        payload=record["payload"],
        metadata=record["metadata"] or "",
        priority=record["priority"],
        scope=record["scope"] or "",
    )
