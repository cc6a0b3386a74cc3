"""User events: find, look at, push, push again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from ...core.command import EventItem, PushEvents
from ...core.error import invalid
from ...core.submission import check_event
from ..past_event import EventFilter, again, find_events
from ..selection import pairs_of, stored_statuses
from . import model
from .context import Caller, Context, Here, Id
from .cursor import after_row, cursor_of
from .error import not_found
from .once import began, is_again, new_id
from .page import Cursor, Limit, Offset, page_of, with_cursor
from .route import Route
from .run import Strings
from .view import json_object

router = APIRouter(prefix="/api/v1", tags=["events"], route_class=Route)
STABLE = "/stable/tenants/{tenant}"
MAX_BULK = 1000
MAX_REPLAY = 1000
# Stored statuses by the names of the shared contract's summary.
_COUNTED = {"queued": (0, 6, 7), "running": (1, 5), "succeeded": (2,), "failed": (3,), "cancelled": (4,)}


@router.get(f"{STABLE}/events")
async def list_events(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    keys: Strings = None,
    since: datetime | None = None,
    until: datetime | None = None,
    workflow_ids: Annotated[list[Id] | None, Query(alias="workflowIds")] = None,
    statuses: Annotated[list[str] | None, Query(alias="workflowRunStatuses")] = None,
    event_ids: Annotated[list[Id] | None, Query(alias="eventIds")] = None,
    additional_metadata: Annotated[list[str] | None, Query(alias="additionalMetadata")] = None,
    scopes: Strings = None,
    cursor: Cursor = None,
    search: Annotated[str | None, Query(description="Part of the key or the payload, or the whole id.")] = None,
    signals: Annotated[bool, Query(description="Signals to durable tasks, too: they are kept as events.")] = False,
) -> model.EventList:
    """Lists events, the newest first. Metadata pairs (`key:value`) must all be there."""
    wanted = EventFilter(
        keys=keys,
        since=since,
        until=until,
        workflow_ids=[str(each) for each in workflow_ids or ()],
        statuses=stored_statuses(statuses),
        event_ids=[str(each) for each in event_ids or ()],
        metadata=pairs_of(additional_metadata),
        scopes=scopes,
        after=after_row(cursor),
        text=search,
        signals=signals,
    )
    records = await find_events(here.store, caller.tenant_id, wanted, limit + 1, 0 if cursor else offset)
    rows, pagination = page_of(list(records), offset, limit)
    with_cursor(pagination, (rows[-1]["time"], rows[-1]["event_id"]) if rows else None)
    return model.EventList(rows=await _events(here, caller.tenant_id, rows), pagination=pagination)


@router.get(f"{STABLE}/events/keys")
async def list_event_keys(here: Here, caller: Caller, tenant: Id) -> model.EventKeyList:
    """Lists the keys of the last 10 000 events."""
    return model.EventKeyList(rows=[record["key"] for record in await here.store.read("event_keys", caller.tenant_id)])


@router.get(f"{STABLE}/events/{{event}}")
async def get_event(here: Here, caller: Caller, tenant: Id, event: Id) -> model.Event:
    """An event."""
    return await event_of(here, caller.tenant_id, str(event))


@router.post("/tenants/{tenant}/events")
async def push_event(here: Here, caller: Caller, tenant: Id, body: model.EventRequest) -> model.Event:
    """Accepts an event, and starts what it starts."""
    item = _item(body, here.max_payload_bytes)
    await here.engine.call(caller.tenant_id, PushEvents([item], is_again()))
    return await event_of(here, caller.tenant_id, item.event_id)


@router.post("/tenants/{tenant}/events/bulk")
async def push_events(here: Here, caller: Caller, tenant: Id, body: model.EventBulkRequest) -> model.EventIds:
    """Accepts up to a thousand events, all or none."""
    if not 1 <= len(body.events) <= MAX_BULK:
        raise invalid("events", f"{len(body.events)} events; expected 1 to {MAX_BULK}")
    items = [_item(each, here.max_payload_bytes) for each in body.events]
    return model.EventIds(ids=await here.engine.call(caller.tenant_id, PushEvents(items, is_again())))


@router.post("/tenants/{tenant}/events/replay")
async def replay_events(here: Here, caller: Caller, tenant: Id, body: model.EventReplayRequest) -> model.EventIds:
    """Accepts events again, under new ids and in their old order: by id, or by filter."""
    limit = body.limit or MAX_REPLAY
    records = await find_events(here.store, caller.tenant_id, _wanted(body), limit + 1)
    more = len(records) > limit
    if more and body.limit is None:
        raise invalid("limit", f"more than {MAX_REPLAY} events match: choose fewer, or so many at a time with a limit")
    records = records[:limit]
    items = [again(record, new_id()) for record in reversed(records)]
    ids = await here.engine.call(caller.tenant_id, PushEvents(items, is_again())) if items else []
    return model.EventIds(ids=ids, cursor=cursor_of((records[-1]["time"], records[-1]["event_id"])) if more else None)


def _wanted(body: model.EventReplayRequest) -> EventFilter:
    """The events that are to be accepted again. Raises INVALID_ARGUMENT: none are named."""
    narrow = (body.since, body.until, body.keys, body.scopes, body.additional_metadata, body.search)
    if not body.event_ids and not any(narrow):
        names = "since, until, keys, scopes, additionalMetadata or search"
        raise invalid("eventIds", f"is missing; expected eventIds, or a filter by {names}")
    if body.event_ids and body.since is not None:
        raise invalid("eventIds", "expected either eventIds or since")
    until, at = body.until, began()
    if at is not None:
        # What the same request made before it was cut off is not meant.
        until = at if until is None else min(until, at)
    return EventFilter(
        keys=body.keys,
        since=body.since,
        until=until,
        event_ids=[str(each) for each in body.event_ids or ()],
        metadata=pairs_of(body.additional_metadata),
        scopes=body.scopes,
        after=after_row(body.cursor),
        text=body.search,
    )


def _item(body: model.EventRequest, limit: int) -> EventItem:
    item = EventItem(
        event_id=new_id(),
        key=body.key,
        payload=_text(body.data),
        metadata=_text(body.additional_metadata) if body.additional_metadata else "",
        priority=body.priority or 0,
        scope=body.scope or "",
    )
    return check_event(item, limit)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def event_of(here: Context, tenant_id: str, event_id: str) -> model.Event:
    records = await find_events(here.store, tenant_id, EventFilter(event_ids=[event_id]), 1)
    if not records:
        raise not_found("event", f"no event {event_id}")
    return (await _events(here, tenant_id, records))[0]


async def _events(here: Context, tenant_id: str, records: Sequence[Any]) -> list[model.Event]:
    runs: dict[str, list[Any]] = {}
    times = [record["time"] for record in records]
    wanted = ([record["event_id"] for record in records], min(times, default=None), max(times, default=None))
    for run in await here.store.read("event_runs", tenant_id, *wanted):
        runs.setdefault(run["event_id"], []).append(run)
    return [_view(tenant_id, record, runs.get(record["event_id"], [])) for record in records]


def _view(tenant_id: str, record: Any, runs: Sequence[Any]) -> model.Event:
    at = model.moment(record["at"])
    counts = {name: sum(run["status"] in numbers for run in runs) for name, numbers in _COUNTED.items()}
    return model.Event(
        metadata=model.Metadata(id=record["event_id"], created_at=at, updated_at=at),
        key=record["key"],
        tenant_id=tenant_id,
        workflow_run_summary=model.RunCounts(**counts),
        additional_metadata=json_object(record["metadata"] or ""),
        payload=json_object(record["payload"]),
        scope=record["scope"],
        seen_at=at,
        triggered_runs=[model.EventRun(workflow_run_id=run["run_id"], filter_id=run["filter_id"]) for run in runs],
        problem=record["problem"],
    )
