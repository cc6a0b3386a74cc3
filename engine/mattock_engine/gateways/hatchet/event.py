"""User events of the shared contract: one, or many in a call."""

from __future__ import annotations

import asyncio

from ...contracts.hatchet import events_pb2 as pb
from ...core.command import EventItem, PushEvents
from ...core.error import Refused, invalid
from ...core.submission import check_event
from ...core.user_event import time_of
from ...identity import new_id
from ...port import EnginePort
from ...wire import Call, RpcError, Server, Status
from ..door import tenant_of
from .worker import timestamp

MAX_BULK = 1000


def register(server: Server, engine: EnginePort, max_payload_bytes: int) -> None:
    """Adds the methods."""
    events = Events(engine, max_payload_bytes)
    server.unary("/EventsService/Push", events.push)
    server.unary("/EventsService/BulkPush", events.bulk_push)
    server.unary("/EventsService/ReplaySingleEvent", _never)


def _never(request: bytes, call: Call) -> bytes:
    raise RpcError(Status.UNIMPLEMENTED, "replay the event over REST, or the runs that it started")


class Events:
    """The methods."""

    def __init__(self, engine: EnginePort, max_payload_bytes: int) -> None:
        self._engine = engine
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
