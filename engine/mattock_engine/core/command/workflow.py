"""Commands about workflows, and what holds them back."""

from __future__ import annotations

from ..definition import WorkflowDefinition
from .base import Command


class PutWorkflow(Command):
    """Registers a workflow. Reply: `(workflow_id, version_id)`; an identical definition keeps its version."""

    definition: WorkflowDefinition
    # Used when the workflow, or this version of it, is new.
    new_workflow_id: str
    new_version_id: str


class PutRateLimit(Command):
    """Declares a rate limit of `limit` units a `window` (seconds), or changes it. Reply: None."""

    key: str
    limit: int
    window: float


class PauseRateLimit(Command):
    """Lets nothing use a rate limit before `until` (seconds since 1970). Reply: when its pause ends."""

    key: str
    until: float


class DropRateLimit(Command):
    """Forgets a rate limit. NOT_FOUND; FAILED_PRECONDITION while tasks wait for it."""

    key: str


class PauseWorkflow(Command):
    """Pauses a workflow, or the queue of one task of it, or (`paused` False) lets it go on. Reply: its `PauseRow`.

    NOT_FOUND for an unknown workflow or task.
    """

    workflow_id: str
    paused: bool
    drop_crons: bool = False
    drop_schedules: bool = False
    patience: float = 0.0
    task_name: str = ""


class DropWorkflow(Command):
    """Takes a workflow away: nothing starts it any more, until it is registered again. Reply: None. NOT_FOUND."""

    workflow_id: str
