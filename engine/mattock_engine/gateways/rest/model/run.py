"""Runs, tasks and their logs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from .base import Body, Given, LogLevel, Metadata, Moment, Object, Pagination, Status
from .observation import BatchFill, TaskProgress


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
    is_evicted: bool | None = None
    error_message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    step_id: str | None = None
    workflow_name: str | None = None
    workflow_version_id: str | None = None
    parent_task_external_id: str | None = None
    idempotency_key: str | None = None
    # Of a task by itself, while it waits: for what.
    wait_reason: str | None = None
    # Of a run, or of a task by itself: what is queued of it waits for a person.
    is_paused: bool | None = None
    progress: TaskProgress | None = None
    num_finished_children: int = 0
    # Of a task that waits for its batch.
    batch: BatchFill | None = None


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
    is_paused: bool | None = None
    # The schedule that started it.
    schedule_external_id: str | None = None


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
    input: Given
    additional_metadata: Object | None = None
    priority: int | None = None
    # How long it may wait for its start, as `1m30s`; by default as long as its tasks say.
    ttl: str | None = None
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
