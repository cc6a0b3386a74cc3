"""User events of the shared contract: one, or many in a call."""

from __future__ import annotations

import asyncio

from ...contracts.hatchet import events_pb2 as pb
from ...core.command import EventItem, PushEvents
from ...core.error import Code, Refused, invalid
from ...core.submission import check_event, is_uuid
from ...core.user_event import time_of
from ...identity import new_id
from ...port import EnginePort
from ...store import Store
from ...wire import Call, Server
from ..door import tenant_of
from ..past_event import EventFilter, again, find_events
from .worker import timestamp

MAX_BULK = 1000


def register(server: Server, engine: EnginePort, store: Store, max_payload_bytes: int) -> None:
    """Adds the methods."""
    events = Events(engine, store, max_payload_bytes)
    server.unary("/EventsService/Push", events.push)
    server.unary("/EventsService/BulkPush", events.bulk_push)
    server.unary("/EventsService/ReplaySingleEvent", events.replay)


class Events:
    """The methods."""

    def __init__(self, engine: EnginePort, store: Store, max_payload_bytes: int) -> None:
        self._engine = engine
        self._store = store
        self._limit = max_payload_bytes

    def push(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Accepts an event."""
        item, tenant_id = self._item(pb.PushEventRequest.FromString(request)), tenant_of(call)
        return self._engine.call(tenant_id, PushEvents([item]), lambda _: _event(tenant_id, item).SerializeToString())

    def bulk_push(self, request: bytes, call: Call) -> asyncio.Future[bytes]:
        """Accepts up to a thousand events, all or none."""
        messages, tenant_id = pb.BulkPushEventRequest.FromString(request).events, tenant_of(call)
        if not 1 <= len(messages) <= MAX_BULK:
            raise invalid("events", f"{len(messages)} events; expected 1 to {MAX_BULK}")
        items = []
        for index, message in enumerate(messages):
            try:
                items.append(self._item(message))
            except Refused as error:
                raise Refused(
                    error.code, f"events[{index}].{error.message}", f"events[{index}].{error.field}"
                ) from error
        return self._engine.call(
            tenant_id,
            PushEvents(items),
            lambda _: pb.Events(events=[_event(tenant_id, item) for item in items]).SerializeToString(),
        )

    async def replay(self, request: bytes, call: Call) -> bytes:
        """Accepts a stored event again, under a new id."""
        event_id, tenant_id = pb.ReplayEventRequest.FromString(request).event_id.lower(), tenant_of(call)
        if not is_uuid(event_id):
            raise invalid("event_id", f"{event_id[:60]!r} is no UUID")
        records = await find_events(self._store, tenant_id, EventFilter(event_ids=[event_id]), 1)
        if not records:
            raise Refused(Code.NOT_FOUND, f"event_id: no event {event_id}", "event_id")
        item = again(records[0], new_id())
        await self._engine.call(tenant_id, PushEvents([item]))
        return _event(tenant_id, item).SerializeToString()

    def _item(self, message: pb.PushEventRequest) -> EventItem:
        item = EventItem(
            event_id=new_id(),
            key=message.key,
            payload=message.payload,
            metadata=message.additional_metadata,
            priority=message.priority if message.HasField("priority") else 0,
            scope=message.scope,
        )
        if message.HasField("priority") and not 1 <= message.priority <= 3:
            raise invalid("priority", f"{message.priority} is out of range; expected 1 to 3")
        return check_event(item, self._limit)


def _event(tenant_id: str, item: EventItem) -> pb.Event:
    return pb.Event(
        tenant_id=tenant_id,
        event_id=item.event_id,
        key=item.key,
        payload=item.payload,
        event_timestamp=timestamp(time_of(item.event_id)),
        additional_metadata=item.metadata or "{}",
    )
