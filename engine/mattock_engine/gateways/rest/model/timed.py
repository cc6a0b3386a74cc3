"""Crons and schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from .base import Body, Given, Metadata, Moment, Object, Pagination


class Cron(Body):
    """A cron."""

    metadata: Metadata
    tenant_id: str
    workflow_version_id: str
    workflow_id: str
    workflow_name: str
    cron: str
    name: str | None = None
    input: Object
    additional_metadata: Object
    priority: int | None = None
    enabled: bool
    method: Literal["DEFAULT", "API"]
    timezone: str
    missed: str
    overlap: str
    jitter: float
    next_at: datetime | None = None
    # Why the last tick started nothing.
    problem: str | None = None


class CronList(Body):
    """A page of crons."""

    rows: list[Cron]
    pagination: Pagination


class CronRequest(Body):
    """A cron to make.

    Attributes:
        timezone: of the expression, for example `Europe/Berlin`; UTC by default.
        missed: what becomes of ticks of a time when no engine ran: none, the last one or all of them fire late.
        overlap: what becomes of a tick while the run of the one before has not ended.
        jitter: seconds by which ticks are late at most, spread evenly.
    """

    cron_name: str
    cron_expression: str
    input: Given
    additional_metadata: Given
    priority: int | None = Field(default=None, ge=1, le=3)
    timezone: str = ""
    missed: Literal["skip", "one", "all"] = "skip"
    overlap: Literal["allow", "skip", "queue", "cancel"] = "allow"
    jitter: float = Field(default=0.0, ge=0.0, le=86_400.0)


class CronChange(Body):
    """Pauses a cron, lets it go on, or gives it other values; what is absent stays.

    Of a cron that its workflow declares, the name, the expression, the time zone and the input stay as they are there.
    """

    enabled: bool | None = None
    cron_name: str | None = None
    cron_expression: str | None = None
    input: Object | None = None
    additional_metadata: Object | None = None
    priority: int | None = Field(default=None, ge=0, le=3)
    timezone: str | None = None
    missed: Literal["skip", "one", "all"] | None = None
    overlap: Literal["allow", "skip", "queue", "cancel"] | None = None
    jitter: float | None = Field(default=None, ge=0.0, le=86_400.0)


class Firings(Body):
    """Times at which a cron will fire."""

    times: list[datetime]


class Firing(Body):
    """What is to come on a day: the first time, how often (`count`), and whether it goes on like that (`more`)."""

    kind: Literal["CRON", "SCHEDULE"]
    id: str
    workflow_name: str
    name: str | None = None
    cron: str | None = None
    at: datetime
    count: int = 1
    more: bool = False


class FiringList(Body):
    """What is to come, by time. `complete` is False if there was too much to list."""

    rows: list[Firing]
    complete: bool = True


class Backfill(Body):
    """A range of the past; `until` is now by default."""

    since: Moment
    until: Moment | None = None


class RunIds(Body):
    """Ids of runs."""

    ids: list[str]


class ExternalId(Body):
    """The id of a run."""

    external_id: str


class Schedule(Body):
    """A run that is started once, at a time."""

    metadata: Metadata
    tenant_id: str
    workflow_version_id: str
    workflow_id: str
    workflow_name: str
    trigger_at: datetime
    method: Literal["DEFAULT", "API"]
    input: Object
    additional_metadata: Object
    priority: int | None = None
    workflow_run_id: str | None = None
    # None until it has fired.
    workflow_run_status: str | None = None
    # Why it started nothing.
    problem: str | None = None


class ScheduleList(Body):
    """A page of schedules."""

    rows: list[Schedule]
    pagination: Pagination


class ScheduleRequest(Body):
    """A run to schedule."""

    input: Given
    additional_metadata: Given
    trigger_at: Moment
    priority: int | None = Field(default=None, ge=1, le=3)


class NamedScheduleRequest(ScheduleRequest):
    """A run to schedule, of the workflow of that name."""

    workflow_name: str


class SchedulesRequest(Body):
    """Runs to schedule."""

    schedules: list[NamedScheduleRequest]


class ScheduleIds(Body):
    """Ids of schedules, in the order of the request."""

    ids: list[str]


class ScheduleChange(Body):
    """Another time."""

    trigger_at: Moment


class ScheduleFilter(Body):
    """Which schedules; metadata as an object, or as `key:value` pairs."""

    workflow_id: UUID | None = None
    parent_workflow_run_id: UUID | None = None
    parent_step_run_id: UUID | None = None
    additional_metadata: Object | list[str] | None = None


class SchedulesDrop(Body):
    """Schedules to delete, by id or by filter."""

    scheduled_workflow_run_ids: list[UUID] | None = None
    filter: ScheduleFilter | None = None


class ItemError(Body):
    """Why something could not be done to one of many."""

    id: str | None = None
    error: str


class SchedulesDropped(Body):
    """What was deleted."""

    deleted_ids: list[str]
    errors: list[ItemError]


class ScheduleUpdate(Body):
    """Another time for one schedule."""

    id: UUID
    trigger_at: Moment


class SchedulesChange(Body):
    """Other times for schedules."""

    updates: list[ScheduleUpdate]


class SchedulesChanged(Body):
    """What was moved."""

    updated_ids: list[str]
    errors: list[ItemError]
