"""User events and their filters."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from .base import Body, Given, Metadata, Moment, Object, Pagination


class RunCounts(Body):
    """Runs by how they stand."""

    running: int = 0
    queued: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


class EventRun(Body):
    """A run that an event started."""

    workflow_run_id: str
    filter_id: str | None = None


class Event(Body):
    """A user event, with the runs that it started."""

    metadata: Metadata
    key: str
    tenant_id: str
    workflow_run_summary: RunCounts
    additional_metadata: Object
    payload: Object
    scope: str | None = None
    seen_at: datetime
    triggered_runs: list[EventRun]
    # What kept runs from being started: an expression that failed.
    problem: str | None = None


class EventList(Body):
    """A page of events."""

    rows: list[Event]
    pagination: Pagination


class EventKeyList(Body):
    """Keys of events."""

    rows: list[str]


class EventRequest(Body):
    """An event to accept."""

    key: str
    data: Object
    additional_metadata: Object | None = None
    priority: int | None = None
    scope: str | None = None


class EventBulkRequest(Body):
    """Events to accept."""

    events: list[EventRequest]


class EventReplayRequest(Body):
    """Events to accept again: those of the ids, or those that a filter matches. All that is given must hold."""

    event_ids: list[UUID] | None = None
    since: Moment | None = None
    until: Moment | None = None
    keys: list[str] | None = None
    scopes: list[str] | None = None
    additional_metadata: list[str] | None = Field(None, description="Pairs `key:value` that must all be there.")
    search: str | None = Field(None, description="Part of the key or the payload, or the whole id.")
    limit: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Accepts so many, the newest of them; `cursor` of the answer goes on with older ones.",
    )
    cursor: str | None = Field(None, description="`cursor` of the answer before, with the same filter.")


class EventIds(Body):
    """Ids of accepted events. `cursor`, of a replay with a limit: more match."""

    ids: list[str]
    cursor: str | None = None


class Filter(Body):
    """A filter: which events of a scope start a workflow."""

    metadata: Metadata
    tenant_id: str
    workflow_id: str
    scope: str
    expression: str
    payload: Object
    is_declarative: bool


class FilterList(Body):
    """A page of filters."""

    rows: list[Filter]
    pagination: Pagination


class FilterRequest(Body):
    """A filter to make."""

    workflow_id: UUID
    expression: str
    scope: str
    payload: Object | None = None


class FilterChange(Body):
    """What of a filter changes."""

    expression: str | None = None
    scope: str | None = None
    payload: Object | None = None


class ExpressionRequest(Body):
    """An expression to try, and what it sees."""

    expression: str
    input: Given
    filter_payload: Object | None = None
    additional_metadata: Object | None = None


class ExpressionReply(Body):
    """What an expression gave."""

    status: Literal["SUCCESS", "ERROR"]
    output: bool | None = None
    error: str | None = None
