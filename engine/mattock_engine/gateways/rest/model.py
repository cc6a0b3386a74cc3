"""Bodies of the REST API, in the shared contract's shapes: camelCase keys, times with a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"]
LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]
WorkerStatus = Literal["ACTIVE", "INACTIVE", "PAUSED"]
Object = dict[str, Any]


def _with_zone(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# A time in a request; one without a zone is UTC.
Moment = Annotated[datetime, AfterValidator(_with_zone)]


def moment(seconds: float) -> datetime:
    """A time from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: float) -> datetime | None:
    """A time, None for 0."""
    return moment(seconds) if seconds else None


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ErrorItem(Body):
    """One thing that is wrong."""

    description: str
    field: str | None = None
    code: int | None = None


class ErrorBody(Body):
    """Why a request was refused."""

    errors: list[ErrorItem]


class Metadata(Body):
    """Id and times of a resource."""

    id: str
    created_at: datetime
    updated_at: datetime


class Pagination(BaseModel):
    """Where a page is; numbers from 1. `num_pages` counts what is known so far: this page, and a next one if any."""

    current_page: int | None = None
    next_page: int | None = None
    num_pages: int | None = None


class TaskSummary(Body):
    """A task, or (with type DAG) a run of several tasks."""

    metadata: Metadata
    created_at: datetime
    display_name: str
    input: Object
    output: Object
    num_spawned_children: int
    status: Status
    task_external_id: str
    task_id: int
    task_inserted_at: datetime
    tenant_id: str
    type: Literal["DAG", "TASK"]
    workflow_id: str
    workflow_run_external_id: str
    action_id: str | None = None
    retry_count: int | None = None
    attempt: int | None = None
    additional_metadata: Object | None = None
    children: list[TaskSummary] | None = None
    duration: int | None = None
    is_durable: bool | None = None
    error_message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    step_id: str | None = None
    workflow_name: str | None = None
    workflow_version_id: str | None = None
    parent_task_external_id: str | None = None


class TaskSummaryList(Body):
    """A page of runs or tasks."""

    pagination: Pagination
    rows: list[TaskSummary]


class TaskEvent(Body):
    """Something that happened to a task."""

    id: int
    task_id: str
    timestamp: datetime
    event_type: str
    message: str
    error_message: str | None = None
    output: str | None = None
    worker_id: str | None = None
    task_display_name: str | None = None
    retry_count: int | None = None
    attempt: int | None = None


class TaskEventList(Body):
    """What happened to a task or run."""

    pagination: Pagination
    rows: list[TaskEvent]


class ShapeItem(Body):
    """A task of a run with the tasks after it."""

    task_external_id: str
    step_id: str
    children_step_ids: list[str]
    task_name: str


class WorkflowRun(Body):
    """A run."""

    metadata: Metadata
    status: Status
    tenant_id: str
    display_name: str
    workflow_id: str
    input: Object
    output: Object
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: int | None = None
    additional_metadata: Object | None = None
    error_message: str | None = None
    workflow_version_id: str | None = None
    created_at: datetime | None = None
    parent_task_external_id: str | None = None


class WorkflowRunDetails(Body):
    """A run with its tasks."""

    run: WorkflowRun
    task_events: list[TaskEvent]
    shape: list[ShapeItem]
    tasks: list[TaskSummary]
    workflow_config: Object | None = None


class TriggerBody(Body):
    """Starts a run of the newest version of a workflow."""

    workflow_name: str
    input: Object
    additional_metadata: Object | None = None
    priority: int | None = None
    return_only_id: bool | None = Field(default=None, alias="return_only_id")


class TaskFilter(Body):
    """Which runs are meant."""

    since: Moment
    until: Moment | None = None
    statuses: list[Status] | None = None
    workflow_ids: list[str] | None = None
    additional_metadata: list[str] | None = None


class ChangeBody(Body):
    """Runs or tasks to cancel or replay: ids, or a filter."""

    external_ids: list[str] | None = None
    filter: TaskFilter | None = None


class ChangedIds(Body):
    """Ids of what was changed."""

    ids: list[str]


class TaskStatusCount(Body):
    """How many tasks have a status."""

    status: Status
    count: int
    running_detail_count: dict[str, int] | None = None


class LogLine(Body):
    """A line of a task's log."""

    created_at: datetime
    message: str
    metadata: Object
    task_external_id: str | None = None
    task_display_name: str | None = None
    retry_count: int | None = None
    attempt: int | None = None
    level: LogLevel | None = None


class LogLineList(Body):
    """Lines of logs."""

    pagination: Pagination
    rows: list[LogLine]


class Step(Body):
    """A task as its workflow defines it."""

    metadata: Metadata
    readable_id: str
    tenant_id: str
    job_id: str
    action: str
    timeout: str | None = None
    is_durable: bool | None = None
    slot_requests: dict[str, int] | None = None
    children: list[str] | None = None
    parents: list[str] | None = None


class Job(Body):
    """All tasks of a workflow's version."""

    metadata: Metadata
    tenant_id: str
    version_id: str
    name: str
    steps: list[Step]
    description: str | None = None


class VersionMeta(Body):
    """A version of a workflow, in short."""

    metadata: Metadata
    version: str
    order: int
    workflow_id: str


class WorkflowVersion(VersionMeta):
    """A version of a workflow."""

    default_priority: int | None = None
    schedule_timeout: str | None = None
    jobs: list[Job] | None = None
    workflow_config: Object | None = None
    input_json_schema: Object | None = None


class Workflow(Body):
    """A workflow."""

    metadata: Metadata
    name: str
    tenant_id: str
    description: str | None = None
    is_paused: bool | None = None
    versions: list[VersionMeta] | None = None
    jobs: list[Job] | None = None


class WorkflowList(Body):
    """A page of workflows."""

    rows: list[Workflow]
    pagination: Pagination


class SlotUse(Body):
    """Slots of one kind."""

    limit: int
    available: int | None = None


class WorkerLabel(Body):
    """A label of a worker."""

    metadata: Metadata
    key: str
    value: str | None = None


class RuntimeInfo(Body):
    """What a worker runs on."""

    sdk_version: str | None = None
    language: str | None = None
    language_version: str | None = None
    os: str | None = None
    runtime_extra: str | None = None


class Worker(Body):
    """A worker."""

    metadata: Metadata
    name: str
    type: Literal["SELFHOSTED", "MANAGED", "WEBHOOK"] = "SELFHOSTED"
    status: WorkerStatus | None = None
    last_heartbeat_at: datetime | None = None
    actions: list[str] | None = None
    slot_config: dict[str, SlotUse] | None = None
    labels: list[WorkerLabel] | None = None
    runtime_info: RuntimeInfo | None = None


class WorkerList(Body):
    """A page of workers."""

    rows: list[Worker]
    pagination: Pagination


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
    input: Object
    additional_metadata: Object
    priority: int | None = Field(default=None, ge=1, le=3)
    timezone: str = ""
    missed: Literal["skip", "one", "all"] = "skip"
    overlap: Literal["allow", "skip", "queue", "cancel"] = "allow"
    jitter: float = Field(default=0.0, ge=0.0, le=86_400.0)


class CronChange(Body):
    """Pauses a cron, or lets it go on."""

    enabled: bool | None = None


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

    input: Object
    additional_metadata: Object
    trigger_at: Moment
    priority: int | None = Field(default=None, ge=1, le=3)


class ScheduleChange(Body):
    """Another time."""

    trigger_at: Moment


class ScheduleFilter(Body):
    """Which schedules."""

    workflow_id: UUID | None = None
    parent_step_run_id: UUID | None = None
    additional_metadata: Object | None = None


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
    """Events to accept again: those of the ids, or those of a time, keys and scopes."""

    event_ids: list[UUID] | None = None
    since: Moment | None = None
    until: Moment | None = None
    keys: list[str] | None = None
    scopes: list[str] | None = None


class EventIds(Body):
    """Ids of accepted events."""

    ids: list[str]


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
    input: Object
    filter_payload: Object | None = None
    additional_metadata: Object | None = None


class ExpressionReply(Body):
    """What an expression gave."""

    status: Literal["SUCCESS", "ERROR"]
    output: bool | None = None
    error: str | None = None


class RateLimit(Body):
    """A rate limit, with what is left of it."""

    key: str
    tenant_id: str
    limit_value: int
    value: int
    # `1 minute`
    window: str
    last_refill: datetime
    paused_until: datetime | None = None


class RateLimitList(Body):
    """A page of rate limits."""

    rows: list[RateLimit]
    pagination: Pagination


class RateLimitRequest(Body):
    """A rate limit to declare or change; `duration` is the length of its window: SECOND to YEAR."""

    key: str
    limit: int
    duration: str = "SECOND"


class WorkerChange(Body):
    """Pauses or resumes a worker."""

    is_paused: bool | None = None


class Tenant(Body):
    """A tenant."""

    metadata: Metadata
    name: str
    slug: str
    version: Literal["V0", "V1"] = "V1"
    environment: Literal["local", "development", "production"] | None = None
    server_url: str | None = None


class ApiToken(Body):
    """A token, without its text."""

    metadata: Metadata
    name: str
    expires_at: datetime | None = None


class ApiTokenList(Body):
    """Tokens."""

    rows: list[ApiToken]
    pagination: Pagination


class TokenRequest(Body):
    """Asks for a token."""

    name: str
    expires_in: str | None = None


class TokenReply(Body):
    """A new token; it is shown this once."""

    token: str
