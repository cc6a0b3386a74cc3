"""Commands of workers: their lives, and what they say of attempts."""

from __future__ import annotations

import msgspec

from ..row import LogLine
from .base import Command


class RegisterWorker(Command):
    """Makes a worker known. Reply: None."""

    worker_id: str
    name: str
    actions: list[str]
    slots: dict[str, int]
    labels: dict[str, str | int] = {}
    # sdk_version, language, language_version, os, extra
    runtime: dict[str, str] = {}


class AttachWorker(Command):
    """Opens a worker's session: from now on its assignments go there. A second session replaces the first.

    Reply: the attempts in `held` that it no longer holds, as `(task_id, attempt)`. With `held` None (the shared
    protocol does not tell) nothing is known of what the worker has; tasks that were assigned and whose start was never
    reported are given to others after a grace time.
    """

    worker_id: str
    session: str
    held: list[tuple[str, int]] | None = None


class DetachWorker(Command):
    """A worker's session ended; ignored if another one has replaced it."""

    worker_id: str
    session: str


class Heartbeat(Command):
    """The worker lives. Reply: None; refused with NOT_FOUND, or FAILED_PRECONDITION when it has no session."""

    worker_id: str


class ChangeWorker(Command):
    """Changes labels (added to those it has), or pauses (True) or resumes (False) a worker.

    With `draining` it is paused too, and shown as drained once it holds nothing; to resume it ends that.
    """

    worker_id: str
    labels: dict[str, str | int] | None = None
    paused: bool | None = None
    draining: bool | None = None


class RemoveWorker(Command):
    """The worker leaves for good; what it still holds goes back to the queue."""

    worker_id: str


class TaskReport(msgspec.Struct, array_like=True):
    """What a worker says of one attempt.

    Attributes:
        kind: one of the `REPORT_…` numbers.
        attempt: None for the task's current one.
        payload: output (JSON text or "") of a completion, error text of a failure.
        final: a failure that must not be retried.
        retry_after: seconds until the next attempt, in place of the backoff.
        plain: `attempt` does not count those that began because a durable task's wait was over (shared contract).
        batch_id: in place of `attempt`, for tasks that run together: the batch that the attempt was in.
    """

    task_id: str
    kind: int
    attempt: int | None = None
    payload: str = ""
    final: bool = False
    retry_after: float | None = None
    at: float | None = None
    plain: bool = False
    batch_id: str = ""


REPORT_STARTED = 1
REPORT_COMPLETED = 2
REPORT_FAILED = 3
REPORT_CANCELLED = 5


class ReportTasks(Command):
    """Reports of attempts, applied in order. Reply: a bool for each, False where it no longer counts."""

    reports: list[TaskReport]


class RefreshTimeout(Command):
    """Adds `by` seconds to the deadline of a running attempt. Reply: the new deadline; NOT_FOUND if none runs."""

    task_id: str
    by: float
    attempt: int | None = None


class ReleaseSlot(Command):
    """Frees the slot of a running attempt, which goes on. NOT_FOUND if none runs."""

    task_id: str
    attempt: int | None = None


class PutStream(Command):
    """Chunks of a task's stream: `(index, data)`; index None is arrival order. NOT_FOUND for an unknown task."""

    task_id: str
    chunks: list[tuple[int | None, bytes]]
    attempt: int | None = None


class PutLogs(Command):
    """Stores log lines. Reply: a bool for each, False for an unknown task."""

    lines: list[LogLine]


class Undelivered(Command):
    """An assignment could not be handed to the worker's session: the attempt goes to others at once."""

    task_id: str
    attempt: int
