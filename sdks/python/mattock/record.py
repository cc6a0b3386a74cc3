"""What the server tells of runs, tasks and workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]


class _Record(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class _Metadata(_Record):
    id: str
    created_at: datetime


class TaskProgress(_Record):
    """How far a task is, by its own word; of a workflow's run: by those of its tasks.

    Attributes:
        fraction: 0 to 1.
        text: what it does now.
        updated_at: when it told so.
    """

    fraction: float
    text: str = ""
    updated_at: datetime | None = None


class RunSummary(_Record):
    """A run in a list, or a task.

    Attributes:
        display_name: a name for people.
        run_id: id of the run that it is, or is part of.
        task_id: id of the task; of a workflow's run: its own.
        status: QUEUED, RUNNING, COMPLETED, FAILED or CANCELLED.
        workflow_name: the workflow, with its namespace.
        input: the input (empty if payloads were not asked for).
        output: the output, likewise.
        error_message: text of the failure.
        attempt: number of the last attempt, from 1.
        additional_metadata: the run's metadata.
        created_at: when it was started by its caller.
        started_at: when it began.
        finished_at: when it ended.
        worker_id: the worker of the last attempt.
        children: of a workflow's run: its tasks.
        wait_reason: of a task that is looked at by itself (`runs.get_task`), while it waits: for what.
        is_paused: it is a run, and paused.
        is_durable: its steps are recorded; is_evicted: it runs, and has left its worker while it waits.
        progress: how far it is, if it told so (`ctx.progress`).
        num_spawned_children: how many runs it has started; num_finished_children: how many of them are over.
    """

    display_name: str
    wait_reason: str | None = None
    is_paused: bool | None = None
    is_durable: bool = False
    is_evicted: bool = False
    run_id: str = Field(validation_alias="workflowRunExternalId")
    task_id: str = Field(validation_alias="taskExternalId")
    status: Status
    workflow_id: str
    workflow_name: str | None = None
    input: Any = None
    output: Any = None
    error_message: str | None = None
    attempt: int | None = None
    additional_metadata: dict[str, Any] | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    parent_task_id: str | None = Field(default=None, validation_alias="parentTaskExternalId")
    children: list[RunSummary] | None = None
    progress: TaskProgress | None = None
    num_spawned_children: int = 0
    num_finished_children: int = 0


class RunDetails(_Record):
    """A run with its tasks.

    Attributes:
        run_id: its id.
        status: QUEUED, RUNNING, COMPLETED, FAILED or CANCELLED.
        is_paused: what is queued of it waits for somebody to resume it.
        tasks: its tasks.
    """

    metadata: _Metadata
    display_name: str
    status: Status
    is_paused: bool | None = None
    workflow_id: str
    input: Any = None
    output: Any = None
    error_message: str | None = None
    additional_metadata: dict[str, Any] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    tasks: list[RunSummary] = []

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.metadata.id


class LogLine(_Record):
    """A line of a task's log.

    Attributes:
        at: when it was written.
        level: DEBUG, INFO, WARN or ERROR.
        message: the text.
        fields: further values.
        attempt: number of the attempt that wrote it, from 1.
    """

    at: datetime = Field(validation_alias=AliasChoices("createdAt", "at"))
    level: str | None = None
    message: str
    fields: dict[str, Any] = Field(default={}, validation_alias=AliasChoices("metadata", "fields"))
    attempt: int | None = None


class SlotUse(_Record):
    """Slots of one kind: how many there are, and how many are free."""

    limit: int
    available: int | None = None


class WorkerDetails(_Record):
    """A worker.

    Attributes:
        id: its id.
        name: its name.
        status: ACTIVE, PAUSED or INACTIVE.
        drain: of one that is drained: "DRAINING", or "DRAINED" once it holds nothing more.
        actions: what it can run.
        slots: its slots by kind.
        labels: its labels.
        last_heartbeat_at: when it was heard of last.
    """

    metadata: _Metadata
    name: str
    status: str | None = None
    drain: str | None = None
    actions: list[str] | None = None
    slots: dict[str, SlotUse] = Field(default={}, validation_alias="slotConfig")
    label_list: list[dict[str, Any]] | None = Field(default=None, validation_alias="labels", repr=False)
    last_heartbeat_at: datetime | None = None

    @property
    def id(self) -> str:
        """Id of the worker."""
        return self.metadata.id

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the worker."""
        return {label["key"]: label.get("value") or "" for label in self.label_list or ()}


class EventRun(_Record):
    """A run that an event started."""

    run_id: str = Field(validation_alias=AliasChoices("workflowRunId", "run_id"))
    filter_id: str | None = None


class EventDetails(_Record):
    """A user event.

    Attributes:
        key: its key.
        payload: its payload.
        scope: its scope, if it has one.
        triggered_runs: the runs that it started.
        problem: what kept runs from being started: an expression that failed.
    """

    metadata: _Metadata
    key: str
    payload: dict[str, Any]
    additional_metadata: dict[str, Any]
    scope: str | None = None
    triggered_runs: list[EventRun]
    problem: str | None = None

    @property
    def event_id(self) -> str:
        """Its id."""
        return self.metadata.id


class CronDetails(_Record):
    """A cron.

    Attributes:
        cron: the expression.
        enabled: False while it is paused.
        next_at: when it fires next.
        problem: why the last tick started nothing.
    """

    metadata: _Metadata
    workflow_name: str
    cron: str
    name: str | None = None
    timezone: str
    input: dict[str, Any]
    additional_metadata: dict[str, Any]
    enabled: bool
    next_at: datetime | None = None
    problem: str | None = None

    @property
    def cron_id(self) -> str:
        """Its id."""
        return self.metadata.id


class ScheduleDetails(_Record):
    """A run that is started once, at a time.

    Attributes:
        trigger_at: when.
        run_id: id of the run, once it has fired.
        problem: why it started nothing.
    """

    metadata: _Metadata
    workflow_name: str
    trigger_at: datetime
    input: dict[str, Any]
    additional_metadata: dict[str, Any]
    run_id: str | None = Field(default=None, validation_alias=AliasChoices("workflowRunId", "run_id"))
    problem: str | None = None

    @property
    def schedule_id(self) -> str:
        """Its id."""
        return self.metadata.id


class BulkResult(_Record):
    """What was done to many.

    Attributes:
        ids: those to which it was done.
        problems: why not, by the ids of the others.
    """

    ids: list[str]
    problems: dict[str, str]


class FilterDetails(_Record):
    """Which events of a scope start a workflow.

    Attributes:
        is_declarative: the workflow declares it, so that it is changed there.
    """

    metadata: _Metadata
    workflow_id: str
    scope: str
    expression: str
    payload: dict[str, Any]
    is_declarative: bool

    @property
    def filter_id(self) -> str:
        """Its id."""
        return self.metadata.id


class RateLimitDetails(_Record):
    """A rate limit.

    Attributes:
        limit: units a window.
        value: units that are left now.
        window: length of a window, for example "1 minute".
        paused_until: nothing is given before; it has been given back more than it had.
    """

    key: str
    limit: int = Field(validation_alias=AliasChoices("limitValue", "limit"))
    value: int
    window: str
    paused_until: datetime | None = None


class WorkflowDetails(_Record):
    """A workflow.

    Attributes:
        is_paused: nothing of it is started until it is resumed.
    """

    metadata: _Metadata
    name: str
    description: str | None = None
    is_paused: bool | None = None

    @property
    def workflow_id(self) -> str:
        """Its id."""
        return self.metadata.id


class WaitingTasks(_Record):
    """Tasks that wait for one reason.

    Attributes:
        workflow_id, workflow_name, task_name: of whom; no task's name for runs that wait for their workflow's limits.
        reason: NO_WORKER, NO_SLOT, CONCURRENCY, RATE_LIMIT, TENANT_LIMIT, PAUSED, BACKOFF (for the next attempt),
            DEBOUNCE, CONDITIONS, BATCH, or TURN (others go first).
        count: how many.
    """

    workflow_id: str
    workflow_name: str
    task_name: str
    reason: str
    count: int


class ConcurrencyKey(_Record):
    """A key of a concurrency limit.

    Attributes:
        name: of a limit that is shared; others belong to a workflow (`workflow_name`), or to its task (`task_name`).
        expression: that gave the key.
        limit: how many may run; running: how many do; waiting: how many wait for a place.
        holders: ids of the first of those that run.
    """

    name: str | None = None
    workflow_id: str | None = None
    workflow_name: str | None = None
    task_name: str | None = None
    expression: str | None = None
    key: str
    limit: int
    strategy: str
    running: int
    waiting: int
    holders: list[str]


class TenantLimits(_Record):
    """What a tenant may have at once; see `Queues.put_limits`."""

    max_queued: int | None = None
    when_full: str = "REJECT"
    max_running: int | None = None
    pace: float | None = None


class DeadLetter(_Record):
    """A run that failed for good, or was dropped.

    Attributes:
        reason: FAILED, EXPIRED (it waited for too long in its queue) or DROPPED (from a full queue).
        attempts: how many there were.
    """

    run_id: str
    workflow_id: str
    workflow_name: str
    reason: str
    error: str
    attempts: int
    created_at: datetime
    finished_at: datetime


class DeadLetterGroup(_Record):
    """Dead letters of one workflow with one error.

    Attributes:
        error: its first line.
        count: how many; first_at, last_at: when they ended; last_run_id: the newest of them.
    """

    workflow_id: str
    workflow_name: str
    reason: str
    error: str
    count: int
    first_at: datetime
    last_at: datetime
    last_run_id: str
