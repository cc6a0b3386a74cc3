"""Bodies of durable tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from .base import Body, Object

StepKind = Literal["RUN", "WAIT_FOR", "MEMO"]


class RecordedStep(Body):
    """A step that a durable task recorded.

    The shared contract's fields, and: `description` (the step in words), `is_current` (it is on the newest branch's
    line), `child_run_external_id`, `is_failure`, and `payload` once it is satisfied.
    """

    task_external_id: str
    task_display_name: str
    branch_id: int
    node_id: int
    kind: StepKind
    is_satisfied: bool
    inserted_at: datetime
    satisfied_at: datetime | None = None
    user_message: str | None = None
    wait_data: Object | None = None
    description: str
    is_current: bool
    child_run_external_id: str | None = None
    is_failure: bool
    payload: Object | None = None


class ForkRequest(Body):
    """From where a durable task is to run again.

    `node_id` is the first step that is done anew, of branch `branch_id` (without it the newest). `input` is in place
    of the run's input, `result` that of the recorded result of this very step.
    """

    task_external_id: str
    node_id: int
    branch_id: int | None = None
    input: Object | None = None
    result: Any = None


class Fork(Body):
    """The new branch, and its first step."""

    task_external_id: str
    node_id: int
    branch_id: int


class Restored(Body):
    """Whether the task was evicted, and waits for a worker now."""

    requeued: bool
