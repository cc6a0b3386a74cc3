"""User events: pushing them, and which of them start a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from . import tracing
from .administration import Found, _Request, _Rest
from .record import EventDetails


@dataclass(frozen=True)
class EventFilter:
    """Which events of a scope start a workflow. One that has any is started by no other events.

    Attributes:
        expression: CEL that says whether, over `input` (the event's payload), `payload` (this filter's),
            `additional_metadata`, `event_key` and `event_id`.
        scope: equal to the event's.
        payload: a JSON object for the expression, and for the task (`ctx.filter_payload`).
    """

    expression: str
    scope: str
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Event:
    """An event to push.

    Attributes:
        key: by which workflows are registered for it.
        payload: a JSON object: the input of the runs that it starts.
        additional_metadata: of those runs.
        priority: of those runs, 1 to 3; by default their workflows'.
        scope: chooses filters.
    """

    key: str
    payload: Mapping[str, Any]
    additional_metadata: Mapping[str, Any] | None = None
    priority: int | None = None
    scope: str | None = None

    def _body(self, qualify: Any) -> dict[str, Any]:
        metadata = to_jsonable_python(self.additional_metadata)
        if tracing.active is not None:
            metadata = dict(metadata or {})
            tracing.active.event(self.key, metadata)
        return {
            "key": qualify(self.key),
            "data": to_jsonable_python(self.payload),
            "additionalMetadata": metadata,
            "priority": self.priority,
            "scope": self.scope,
        }


class Events(_Rest):
    """User events. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses, and `ConnectionError` if it is not there.
    """

    def push(self, key: str, payload: Mapping[str, Any], **options: Any) -> EventDetails:
        """Pushes an event, which starts all that is registered for it.

        Args:
            key: the event's key.
            payload: a JSON object.
            options: see `Event`.

        Returns:
            The event, once it and the runs that it starts are stored.
        """
        return self._send(self._push(Event(key, payload, **options)))

    async def aio_push(self, key: str, payload: Mapping[str, Any], **options: Any) -> EventDetails:
        """Pushes an event, which starts all that is registered for it."""
        return await self._aio_send(self._push(Event(key, payload, **options)))

    def push_many(self, events: Sequence[Event]) -> Found[str]:
        """Pushes up to 1 000 events, all or none.

        Returns:
            Their ids, in order.
        """
        return self._send(self._push_many(events))

    async def aio_push_many(self, events: Sequence[Event]) -> Found[str]:
        """Pushes up to 1 000 events, all or none."""
        return await self._aio_send(self._push_many(events))

    def get(self, event_id: str) -> EventDetails:
        """An event, with the runs that it started.

        Args:
            event_id: its id.
        """
        return self._send(self._get(event_id))

    async def aio_get(self, event_id: str) -> EventDetails:
        """An event, with the runs that it started."""
        return await self._aio_send(self._get(event_id))

    def replay(self, event_ids: Sequence[str]) -> Found[str]:
        """Pushes events again, under new ids.

        Args:
            event_ids: of the events.

        Returns:
            The new ids, in order.
        """
        return self._send(self._replay(event_ids))

    async def aio_replay(self, event_ids: Sequence[str]) -> Found[str]:
        """Pushes events again, under new ids."""
        return await self._aio_send(self._replay(event_ids))

    def _push(self, event: Event) -> _Request[EventDetails]:
        path = f"/api/v1/tenants/{self._tenant}/events"
        return _Request("POST", path, EventDetails.model_validate, body=event._body(self._client.qualify))

    def _push_many(self, events: Sequence[Event]) -> _Request[Found[str]]:
        body = {"events": [event._body(self._client.qualify) for event in events]}
        return _Request("POST", f"/api/v1/tenants/{self._tenant}/events/bulk", lambda found: found["ids"], body=body)

    def _get(self, event_id: str) -> _Request[EventDetails]:
        path = f"/api/v1/stable/tenants/{self._tenant}/events/{event_id}"
        return _Request("GET", path, EventDetails.model_validate)

    def _replay(self, event_ids: Sequence[str]) -> _Request[Found[str]]:
        path = f"/api/v1/tenants/{self._tenant}/events/replay"
        return _Request("POST", path, lambda found: found["ids"], body={"eventIds": list(event_ids)})
