"""Workflows and their versions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Body, Metadata, Object, Pagination


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
    paused_workflow_cron_run_queue_behavior: Literal["QUEUE", "DROP"] | None = None
    paused_workflow_scheduled_run_queue_behavior: Literal["QUEUE", "DROP"] | None = None
    versions: list[VersionMeta] | None = None
    jobs: list[Job] | None = None


class Pause(Body):
    """What a pause does: to the runs of crons and schedules, and after how long a held run is cancelled ("24h")."""

    action: Literal["pause", "unpause"]
    paused_workflow_cron_run_queue_behavior: Literal["QUEUE", "DROP"] = "QUEUE"
    paused_workflow_scheduled_run_queue_behavior: Literal["QUEUE", "DROP"] = "QUEUE"
    paused_workflow_queue_ttl: str | None = Field(None, alias="pausedWorkflowQueueTTL")


class WorkflowChange(Body):
    """A change of a workflow."""

    pause: Pause | None = None


class WorkflowList(Body):
    """A page of workflows."""

    rows: list[Workflow]
    pagination: Pagination
