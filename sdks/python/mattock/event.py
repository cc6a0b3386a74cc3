"""User events: pushing them, and which of them start a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_jsonable_python

from . import tracing
from .record import EventDetails, Status
from .rest import Found, Page, _given, _instant, _page, _pairs, _Request, _Rest


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

    def list(self, limit: int = 50, cursor: str | None = None, **filters: Any) -> Page[EventDetails]:
        """Events, the newest first.

        Args:
            limit: at most so many, up to 1 000.
            cursor: the `next_cursor` of the page before; filters must be the same.
            filters: `keys`, `scopes`, `event_ids`, `workflow_ids` (those that started runs of these), `statuses` (of
                the runs that they started), `additional_metadata` (a dict; all of its pairs), `search` (part of the
                key or of the payload), `since` (datetime or timedelta back from now), `until`.

        Returns:
            The page; its `next_cursor` is None if it is the last one.

        Raises:
            TypeError: there is no such filter.
        """
        return self._send(self._list(limit, cursor, **filters))

    async def aio_list(self, limit: int = 50, cursor: str | None = None, **filters: Any) -> Page[EventDetails]:
        """Events, the newest first; as `list`."""
        return await self._aio_send(self._list(limit, cursor, **filters))

    def keys(self) -> Found[str]:
        """The keys of the last 10 000 events."""
        return self._send(self._keys())

    async def aio_keys(self) -> Found[str]:
        """The keys of the last 10 000 events."""
        return await self._aio_send(self._keys())

    def replay(
        self,
        event_ids: Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **filters: Any,
    ) -> Page[str]:
        """Pushes events again, under new ids and in their old order: those of the ids, or those that fit filters.

        Args:
            event_ids: of the events; or
            limit: of those that fit, so many of the newest, up to 1 000. Without it, more than 1 000 are refused.
            cursor: the `next_cursor` of the call before, which goes on with older ones; filters must be the same.
            filters: `since` (datetime or timedelta back from now), `until`, `keys`, `scopes`, `additional_metadata`
                (a dict; all of its pairs), `search` (part of the key or of the payload). All that is given must hold.

        Returns:
            The new ids, that of the oldest event first; the `next_cursor` is None if no more fit.

        Raises:
            TypeError: there is no such filter, or ids and filters are both given, or neither.
        """
        return self._send(self._replay(event_ids, limit, cursor, filters))

    async def aio_replay(
        self,
        event_ids: Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **filters: Any,
    ) -> Page[str]:
        """Pushes events again, under new ids; as `replay`."""
        return await self._aio_send(self._replay(event_ids, limit, cursor, filters))

    def _push(self, event: Event) -> _Request[EventDetails]:
        path = f"/api/v1/tenants/{self._tenant}/events"
        return _Request("POST", path, EventDetails.model_validate, body=event._body(self._client.qualify))

    def _push_many(self, events: Sequence[Event]) -> _Request[Found[str]]:
        body = {"events": [event._body(self._client.qualify) for event in events]}
        return _Request("POST", f"/api/v1/tenants/{self._tenant}/events/bulk", lambda found: found["ids"], body=body)

    def _get(self, event_id: str) -> _Request[EventDetails]:
        path = f"/api/v1/stable/tenants/{self._tenant}/events/{event_id}"
        return _Request("GET", path, EventDetails.model_validate)

    def _list(
        self,
        limit: int,
        cursor: str | None,
        event_ids: Sequence[str] | None = None,
        workflow_ids: Sequence[str] | None = None,
        statuses: Sequence[Status] | None = None,
        **fitting: Any,
    ) -> _Request[Page[EventDetails]]:
        query = {
            **_fitting(**fitting),
            "eventIds": event_ids,
            "workflowIds": workflow_ids,
            "workflowRunStatuses": statuses,
            "limit": limit,
            "cursor": cursor,
        }
        return _Request("GET", f"/api/v1/stable/tenants/{self._tenant}/events", _page(EventDetails), query)

    def _keys(self) -> _Request[Found[str]]:
        return _Request("GET", f"/api/v1/stable/tenants/{self._tenant}/events/keys", lambda found: found["rows"])

    def _replay(
        self, event_ids: Sequence[str] | None, limit: int | None, cursor: str | None, filters: Mapping[str, Any]
    ) -> _Request[Page[str]]:
        if (event_ids is None) == (not filters):
            raise TypeError("replay: give ids, or filters")
        if event_ids is not None:
            body: dict[str, Any] = {"eventIds": [*event_ids]}
        else:
            body = _given(**_fitting(**filters), limit=limit, cursor=cursor)
        return _Request("POST", f"/api/v1/tenants/{self._tenant}/events/replay", _replayed, body=body)


def _replayed(found: Any) -> Page[str]:
    page = Page(found["ids"])
    page.next_cursor = found.get("cursor")
    return page


def _fitting(
    since: datetime | timedelta | None = None,
    until: datetime | timedelta | None = None,
    keys: Sequence[str] | None = None,
    scopes: Sequence[str] | None = None,
    additional_metadata: Mapping[str, str] | None = None,
    search: str | None = None,
) -> dict[str, Any]:
    return {
        "since": _instant(since) if since is not None else None,
        "until": _instant(until) if until is not None else None,
        "keys": keys,
        "scopes": scopes,
        "additionalMetadata": _pairs(additional_metadata),
        "search": search,
    }
